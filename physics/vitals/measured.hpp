#pragma once
/// A measurement, or the reason why there is none: a series may be too short or too still for it
/// without anything being wrong.

#include <optional>
#include <string>
#include <utility>

namespace noesis {

template <typename T>
class Measured {
 public:
  Measured(T value) : value_(std::move(value)) {}  // NOLINT: as std::optional does

  static Measured undefined(std::string reason) {
    Measured measured;
    measured.reason_ = std::move(reason);
    return measured;
  }

  explicit operator bool() const noexcept { return value_.has_value(); }
  /// Only where there is a value.
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  /// Why there is none; empty where there is one.
  const std::string& reason() const noexcept { return reason_; }

 private:
  Measured() = default;

  std::optional<T> value_;
  std::string reason_;
};

}  // namespace noesis
