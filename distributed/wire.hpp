#pragma once
/// What messages are made of: values and arrays in the machine's little-endian order, written one
/// after the other and read back in the same order, with every bound checked before memory is
/// taken.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/error.hpp"

namespace noesis {

static_assert(std::endian::native == std::endian::little, "messages are little-endian");

using Bytes = std::vector<std::byte>;

/// A message of a peer that is not what it should be: that peer is not to be trusted any more.
class WireError : public RunError {
 public:
  WireError(std::string what, std::string got, std::string allowed = {})
      : RunError({.what = std::move(what),
                  .where = "message of a peer",
                  .got = std::move(got),
                  .allowed = std::move(allowed),
                  .next = {}}) {}
};

class WireWriter {
 public:
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void put(const T& value) {
    append(&value, sizeof value);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint64_t>(text.size()));
    append(text.data(), text.size());
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(const char* text) { put(std::string_view(text)); }
  template <class T>
  void put_array(std::span<const T> values) {
    put(static_cast<std::uint64_t>(values.size()));
    append(values.data(), values.size_bytes());
  }
  template <class T>
  void put_array(const std::vector<T>& values) {
    put_array(std::span<const T>(values));
  }
  /// One value after the other, each by its kind: how structures say what they are made of.
  template <class... T>
  void operator()(const T&... values) {
    (put_one(values), ...);
  }

  std::size_t size() const noexcept { return bytes_.size(); }
  Bytes take() { return std::move(bytes_); }

 private:
  template <class T>
  void put_one(const T& value) {
    if constexpr (requires { const_cast<T&>(value).visit(*this); }) {
      const_cast<T&>(value).visit(*this);  // which only reads
    } else {
      put(value);
    }
  }
  template <class T>
  void put_one(const std::vector<T>& values) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      put_array(values);
    } else {
      put(static_cast<std::uint64_t>(values.size()));
      for (const T& value : values) put_one(value);
    }
  }
  void put_one(const std::string& text) { put(text); }

  void append(const void* data, std::size_t size) {
    if (size == 0) return;
    const std::size_t at = bytes_.size();
    bytes_.resize(at + size);
    std::memcpy(bytes_.data() + at, data, size);
  }

  Bytes bytes_;
};

/// Reads what WireWriter wrote. @throws WireError where there is less than what is asked for.
class WireReader {
 public:
  explicit WireReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
    requires std::is_trivially_copyable_v<T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string get_text(std::size_t most = 1 << 16) {
    const std::size_t size = get_count(1, most);
    const auto text = take(size);
    return {reinterpret_cast<const char*>(text.data()), size};
  }
  template <class T>
  std::vector<T> get_array() {
    std::vector<T> values(get_count(sizeof(T)));
    copy_array<T>(values);
    return values;
  }
  /// An array of just that many values, to where the caller has room.
  template <class T>
  void get_array(std::span<T> values) {
    const std::size_t count = get_count(sizeof(T));
    if (count != values.size()) {
      throw WireError("an array of another length", std::to_string(count),
                      std::to_string(values.size()));
    }
    copy_array<T>(values);
  }
  template <class... T>
  void operator()(T&... values) {
    (get_one(values), ...);
  }

  bool done() const noexcept { return at_ == bytes_.size(); }
  /// @throws WireError where something is left.
  void end() const {
    if (!done())
      throw WireError("a message with more in it", std::to_string(bytes_.size() - at_) + " bytes");
  }

 private:
  template <class T>
  void get_one(T& value) {
    if constexpr (requires { value.visit(*this); }) {
      value.visit(*this);
    } else {
      value = get<T>();
    }
  }
  template <class T>
  void get_one(std::vector<T>& values) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      values = get_array<T>();
    } else {
      const std::size_t count = get_count(1);
      values.clear();
      for (std::size_t k = 0; k < count; ++k) get_one(values.emplace_back());
    }
  }
  void get_one(std::string& text) { text = get_text(); }

  template <class T>
  void copy_array(std::span<T> values) {
    const auto from = take(values.size_bytes());
    if (!values.empty()) std::memcpy(values.data(), from.data(), from.size());
  }
  std::size_t get_count(std::size_t value_bytes, std::size_t most = SIZE_MAX) {
    const auto count = get<std::uint64_t>();
    if (count > most || count > (bytes_.size() - at_) / value_bytes) {
      throw WireError("an array longer than its message", std::to_string(count));
    }
    return static_cast<std::size_t>(count);
  }
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size() - at_) {
      throw WireError("a message that is cut off", std::to_string(bytes_.size()) + " bytes");
    }
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace noesis
