#pragma once
/// NumPy's .npy and .npz files (format versions 1.0 to 3.0, NEP 1): little-endian, C order, numbers
/// and strings; objects, records and big-endian data are refused.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace noesis {

template <class T>
concept NpyNumber = std::same_as<T, float> || std::same_as<T, double> ||
                    std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

/// One array, owning its bytes: C order, little-endian.
struct NpyArray {
  char kind = 'f';             ///< NumPy's: b, i, u, f (numbers), S (bytes), U (UCS-4 text)
  std::int64_t item_size = 8;  ///< [bytes]
  std::vector<std::int64_t> shape;
  std::vector<char> bytes;

  /// Product of the shape; 1 for a scalar.
  std::int64_t size() const noexcept;
  /// "<f8", as NumPy writes it.
  std::string dtype() const;
  /// The numbers, converted: integers and booleans to any type that holds them, floats to float
  /// (which may round) or double. @throws ConfigError for text, for floats asked for as integers,
  /// and for a number out of range; `where` (file and array) starts the message.
  template <NpyNumber T>
  std::vector<T> numbers(const std::string& where) const;
  /// The strings of an S or U array, as UTF-8 (S: as its bytes) without the padding.
  /// @throws ConfigError for numbers and for text that is not Unicode.
  std::vector<std::string> strings(const std::string& where) const;
};

/// Copies `values` into an array. @throws InternalError unless the shape has as many elements.
template <NpyNumber T>
NpyArray npy_array(std::span<const T> values, std::vector<std::int64_t> shape);
template <NpyNumber T>
NpyArray npy_array(const std::vector<T>& values) {
  return npy_array(std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
}
/// A one-dimensional U array. @throws ConfigError for strings that are not UTF-8.
NpyArray npy_strings(std::span<const std::string> values);

/// Named arrays of one .npz file, in order.
using NpzArrays = std::vector<std::pair<std::string, NpyArray>>;

/// Written beside and renamed; the bytes depend on the arrays alone. @throws RunError naming the
/// file.
void write_npy(const std::filesystem::path& file, const NpyArray& array);
void write_npz(const std::filesystem::path& file, const NpzArrays& arrays);

/// @throws ConfigError naming the file and what is wrong with it. Nothing is allocated for the data
/// before the header agrees with the size of the file.
NpyArray read_npy(const std::filesystem::path& file);

/// The arrays of an .npz file, read one at a time. An object belongs to one thread.
class NpzReader {
 public:
  /// @throws ConfigError when the file is missing or is no zip archive.
  explicit NpzReader(std::filesystem::path file);
  ~NpzReader();
  NpzReader(NpzReader&&) noexcept;
  NpzReader& operator=(NpzReader&&) noexcept;

  /// Without ".npy", in the order of the file.
  const std::vector<std::string>& names() const noexcept { return names_; }
  bool contains(std::string_view name) const;
  /// "file: array 'name'", for messages.
  std::string where(std::string_view name) const;
  /// @throws ConfigError when there is no such array (listing those there are) or it is damaged.
  NpyArray read(std::string_view name) const;

 private:
  struct Archive;
  std::filesystem::path file_;
  std::unique_ptr<Archive> archive_;
  std::vector<std::string> names_;
};

}  // namespace noesis
