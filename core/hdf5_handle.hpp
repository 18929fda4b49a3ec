#pragma once
/// RAII over HDF5 identifiers, and its errors. Private to hdf5_file.

#include <hdf5.h>

#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"

namespace noesis::detail {

/// Held through every call into HDF5, which is not thread-safe in every build; keeps HDF5 from
/// printing its errors.
class Hdf5Call {
 public:
  Hdf5Call();
  ~Hdf5Call();
  Hdf5Call(const Hdf5Call&) = delete;
  Hdf5Call& operator=(const Hdf5Call&) = delete;

 private:
  static std::recursive_mutex mutex_;
  std::lock_guard<std::recursive_mutex> lock_;
  H5E_auto2_t print_ = nullptr;
  void* print_to_ = nullptr;
};

/// An owned identifier; negative when the call that made it failed.
class Hdf5Handle {
 public:
  Hdf5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;

  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// ": " and what HDF5 says about the last failure, in its own words; empty when it says nothing.
std::string hdf5_reason();

ConfigError hdf5_read_error(const std::string& where, std::string what, std::string got = {},
                            std::string allowed = {}, std::string next = {});
/// With hdf5_reason().
RunError hdf5_write_error(const std::string& where, const std::string& what);

template <class T>
hid_t hdf5_type() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
}

}  // namespace noesis::detail
