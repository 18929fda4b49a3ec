#pragma once
/// HDF5 files of typed arrays. Objects are named by their path in the file, such as "state/rate";
/// groups on the way are made as needed.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace noesis {

template <class T>
concept Hdf5Number = std::same_as<T, float> || std::same_as<T, double> ||
                     std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t> ||
                     std::same_as<T, std::uint64_t> || std::same_as<T, std::uint8_t>;

/// Lengths of an array, slowest first; empty for a scalar.
using Hdf5Shape = std::vector<std::int64_t>;

/// An open file, owned. Reading errors are ConfigError, writing errors RunError; each names the
/// file and the object. Objects may be used from any thread: calls into HDF5 are made one at a
/// time.
class Hdf5File {
 public:
  /// For reading. @throws ConfigError when the file is missing or is no HDF5 file.
  static Hdf5File open(const std::filesystem::path& file);
  /// For reading and for adding to what is there. @throws ConfigError as open() does.
  static Hdf5File append(const std::filesystem::path& file);
  /// For writing; a file that is there is emptied. @throws RunError.
  static Hdf5File create(const std::filesystem::path& file);
  /// Closes; what cannot be written then is lost in silence, so writers call close().
  ~Hdf5File();
  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;

  /// Writes everything out. @throws RunError (disk full).
  void flush();
  /// flush() and close; the object may only be destroyed after.
  void close();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// "file: object", for messages.
  std::string where(std::string_view object) const;

  /// Whether there is a group or dataset of this name.
  bool contains(std::string_view object) const;
  /// Names in a group, in alphabetical order; "/" is the root. @throws ConfigError if there is
  /// none.
  std::vector<std::string> names(const std::string& group) const;
  void create_group(const std::string& group);

  /// Writes a new dataset. @throws InternalError unless the shape has as many elements as there are
  /// values; RunError when the name is taken or the disk is full.
  template <Hdf5Number T>
  void write(const std::string& dataset, std::span<const T> values, const Hdf5Shape& shape);
  template <Hdf5Number T>
  void write(const std::string& dataset, const std::vector<T>& values) {
    write(dataset, std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
  }
  /// UTF-8, padded with zeros to the longest.
  void write_strings(const std::string& dataset, std::span<const std::string> values);

  /// @throws ConfigError when there is no such dataset.
  Hdf5Shape shape(const std::string& dataset) const;
  /// All elements, in C order. Integers come as any type that holds each of them, floats as float
  /// (which may round) or double. @throws ConfigError when the dataset is missing or of another
  /// kind, when a number is out of range, or when the claimed size is impossible for the file.
  template <Hdf5Number T>
  std::vector<T> read(const std::string& dataset) const;
  /// Rows [first, first + count) of the first dimension. @throws ConfigError also when out of
  /// range.
  template <Hdf5Number T>
  std::vector<T> read_rows(const std::string& dataset, std::int64_t first,
                           std::int64_t count) const;
  /// Fixed or variable length.
  std::vector<std::string> read_strings(const std::string& dataset) const;

  /// A dataset that grows: 0 rows of `row_shape`, stored in chunks of `rows_per_chunk` rows.
  template <Hdf5Number T>
  void create_rows(const std::string& dataset, const Hdf5Shape& row_shape,
                   std::int64_t rows_per_chunk);
  /// Appends whole rows. @throws InternalError when `values` is no whole number of rows.
  template <Hdf5Number T>
  void append_rows(const std::string& dataset, std::span<const T> values);

  /// Scalar attributes of a group or dataset; setting replaces. @throws ConfigError when missing or
  /// of another kind.
  template <Hdf5Number T>
  void set_attribute(const std::string& object, const std::string& name, T value);
  void set_attribute(const std::string& object, const std::string& name, const std::string& value);
  template <Hdf5Number T>
  T attribute(const std::string& object, const std::string& name) const;
  std::string string_attribute(const std::string& object, const std::string& name) const;
  bool has_attribute(const std::string& object, const std::string& name) const;

 private:
  Hdf5File(std::filesystem::path path, std::int64_t id) : path_(std::move(path)), id_(id) {}

  std::filesystem::path path_;
  std::int64_t id_;  ///< an HDF5 hid_t; negative when closed
};

}  // namespace noesis
