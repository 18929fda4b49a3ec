#pragma once
/// Snapshots as bytes: what is written in one order is read in the same order. For one machine:
/// numbers are stored as they lie in memory.

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/error.hpp"

namespace noesis {

/// The whole state of one environment; opaque to its keeper.
using Snapshot = std::vector<std::uint8_t>;

template <class T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

class ByteWriter {
 public:
  template <Plain T>
  void put(const T& value) {
    append(&value, sizeof value);
  }
  template <Plain T>
  void put(const std::vector<T>& values) {
    put(static_cast<std::uint64_t>(values.size()));
    append(values.data(), values.size() * sizeof(T));
  }
  void put(std::string_view text) {
    put(static_cast<std::uint64_t>(text.size()));
    append(text.data(), text.size());
  }
  Snapshot take() { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size) {
    const std::size_t end = bytes_.size();
    bytes_.resize(end + size);
    if (size > 0) std::memcpy(bytes_.data() + end, data, size);
  }
  Snapshot bytes_;
};

/// Reads what a ByteWriter wrote; the bytes are borrowed.
/// Every read @throws ConfigError when the bytes end too early; nothing is allocated before.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <Plain T>
  void get(T& value) {
    std::memcpy(&value, next(1, sizeof value), sizeof value);
  }
  template <Plain T>
  void get(std::vector<T>& values) {
    const auto count = get<std::uint64_t>();
    const std::uint8_t* data = next(count, sizeof(T));
    values.resize(count);
    if (count > 0) std::memcpy(values.data(), data, count * sizeof(T));
  }
  void get(std::string& text) {
    const auto count = get<std::uint64_t>();
    const std::uint8_t* data = next(count, 1);
    text.assign(data, data + count);
  }
  template <class T>
  T get() {
    T value;
    get(value);
    return value;
  }

  /// Reads a text that must be `tag`.
  void expect(std::string_view tag) {
    const auto text = get<std::string>();
    if (text != tag) fail("'" + text.substr(0, 40) + "'", std::string(tag));
  }
  /// @throws ConfigError when bytes are left over.
  void finish() const {
    if (!bytes_.empty()) fail(std::to_string(bytes_.size()) + " bytes too many");
  }
  /// @throws ConfigError: the snapshot is not of this environment.
  [[noreturn]] static void fail(std::string got, std::string allowed = {}) {
    throw ConfigError({.what = "a snapshot that does not fit this environment",
                       .where = "restore",
                       .got = std::move(got),
                       .allowed = std::move(allowed),
                       .next = "restore it into an environment made with the same options"});
  }

 private:
  const std::uint8_t* next(std::uint64_t count, std::size_t size) {
    if (count > bytes_.size() / size) fail("it ends too early");
    const std::uint8_t* data = bytes_.data();
    bytes_ = bytes_.subspan(count * size);
    return data;
  }
  std::span<const std::uint8_t> bytes_;
};

}  // namespace noesis
