/// Datasets of HDF5 files.

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <system_error>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "core/hdf5_handle.hpp"

namespace noesis {

using detail::Hdf5Call;
using detail::Hdf5Handle;

namespace {

std::vector<hsize_t> extents(const Hdf5Shape& shape) {
  std::vector<hsize_t> lengths;
  for (const std::int64_t length : shape) {
    ensure(length >= 0, "lengths of an HDF5 array are not negative");
    lengths.push_back(static_cast<hsize_t>(length));
  }
  return lengths;
}

Hdf5Handle make_space(const Hdf5Shape& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> lengths = extents(shape);
  return {H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr), H5Sclose};
}

std::int64_t element_count(const Hdf5Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) count *= length;
  return count;
}

/// Makes a dataset, and the groups on the way. `chunk` is empty for a fixed shape.
Hdf5Handle make_dataset(hid_t file, const std::string& name, hid_t type, const Hdf5Handle& space,
                        const std::vector<hsize_t>& chunk, const std::string& where) {
  const Hdf5Handle parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(parents.get(), 1);
  const Hdf5Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(layout.get(), false);  // the file's bytes depend on its content alone
  if (!chunk.empty()) {
    H5Pset_chunk(layout.get(), static_cast<int>(chunk.size()), chunk.data());
  }
  Hdf5Handle dataset(
      H5Dcreate2(file, name.c_str(), type, space.get(), parents.get(), layout.get(), H5P_DEFAULT),
      H5Dclose);
  if (!dataset) throw detail::hdf5_write_error(where, "cannot create the dataset");
  return dataset;
}

struct OpenDataset {
  Hdf5Handle handle;
  Hdf5Handle type;
  Hdf5Handle space;
  Hdf5Shape shape;
};

OpenDataset open_dataset(const Hdf5File& file, hid_t id, const std::string& name) {
  Hdf5Handle handle(H5Dopen2(id, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!handle) throw detail::hdf5_read_error(file.where(name), "there is no such dataset");
  Hdf5Handle type(H5Dget_type(handle.get()), H5Tclose);
  Hdf5Handle space(H5Dget_space(handle.get()), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (!type || !space || rank < 0)
    throw detail::hdf5_read_error(file.where(name), "the dataset is damaged");
  std::vector<hsize_t> lengths(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), lengths.data(), nullptr);
  for (const hsize_t length : lengths) {
    if (length > static_cast<hsize_t>(std::numeric_limits<std::int64_t>::max())) {
      throw detail::hdf5_read_error(file.where(name), "the dataset is damaged");
    }
  }
  return {std::move(handle), std::move(type), std::move(space),
          Hdf5Shape(lengths.begin(), lengths.end())};
}

/// Elements of the shape. @throws ConfigError when a file of this size cannot hold them:
/// compression packs at most 1032 bytes into one, and a few MiB may be unwritten fill values.
std::size_t checked_count(const Hdf5File& file, const std::string& name, const Hdf5Shape& shape,
                          std::size_t element_size) {
  std::error_code error;
  const double file_size = static_cast<double>(std::filesystem::file_size(file.path(), error));
  double bytes = static_cast<double>(element_size);
  for (const std::int64_t length : shape) bytes *= static_cast<double>(length);
  if (error || bytes > 1032.0 * file_size + 0x1p24) {
    throw detail::hdf5_read_error(file.where(name), "an impossible size is claimed",
                                  std::to_string(bytes) + " bytes");
  }
  return static_cast<std::size_t>(element_count(shape));
}

/// Reads the selected elements as they are, in the memory type of T.
template <class T>
std::vector<T> read_as(const OpenDataset& dataset, const Hdf5Handle& memory, std::size_t count,
                       const std::string& where) {
  std::vector<T> values(count);
  if (H5Dread(dataset.handle.get(), detail::hdf5_type<T>(), memory.get(), dataset.space.get(),
              H5P_DEFAULT, values.data()) < 0) {
    throw detail::hdf5_read_error(where, "the dataset cannot be read" + detail::hdf5_reason());
  }
  return values;
}

/// Like read_as, but HDF5 would clip integers that do not fit: they are read wide and refused.
template <class T>
std::vector<T> read_checked(const OpenDataset& dataset, const Hdf5Handle& memory, std::size_t count,
                            const std::string& where) {
  const H5T_class_t kind = H5Tget_class(dataset.type.get());
  if (kind != H5T_INTEGER && !(kind == H5T_FLOAT && std::is_floating_point_v<T>)) {
    throw detail::hdf5_read_error(where, "the dataset has the wrong type",
                                  kind == H5T_FLOAT    ? "floating-point numbers"
                                  : kind == H5T_STRING ? "strings"
                                                       : "another kind",
                                  std::is_integral_v<T> ? "integers" : "numbers");
  }
  if constexpr (std::is_integral_v<T>) {
    const bool is_signed = H5Tget_sign(dataset.type.get()) == H5T_SGN_2;
    const bool same_sign = is_signed == std::is_signed_v<T>;
    if (!(same_sign && H5Tget_size(dataset.type.get()) <= sizeof(T))) {
      const auto narrow = [&](const auto& wide) {
        std::vector<T> values(wide.size());
        for (std::size_t i = 0; i < wide.size(); ++i) {
          if (!std::in_range<T>(wide[i])) {
            throw detail::hdf5_read_error(where + "[" + std::to_string(i) + "]",
                                          "the number is out of range", std::to_string(wide[i]),
                                          std::to_string(std::numeric_limits<T>::min()) + " to " +
                                              std::to_string(std::numeric_limits<T>::max()));
          }
          values[i] = static_cast<T>(wide[i]);
        }
        return values;
      };
      if (is_signed) return narrow(read_as<std::int64_t>(dataset, memory, count, where));
      return narrow(read_as<std::uint64_t>(dataset, memory, count, where));
    }
  }
  return read_as<T>(dataset, memory, count, where);
}

}  // namespace

template <Hdf5Number T>
void Hdf5File::write(const std::string& dataset, std::span<const T> values,
                     const Hdf5Shape& shape) {
  ensure(element_count(shape) == static_cast<std::int64_t>(values.size()),
         "the shape of an HDF5 array has as many elements as there are values");
  const Hdf5Call call;
  const Hdf5Handle handle =
      make_dataset(id_, dataset, detail::hdf5_type<T>(), make_space(shape), {}, where(dataset));
  if (H5Dwrite(handle.get(), detail::hdf5_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) <
      0) {
    throw detail::hdf5_write_error(where(dataset), "cannot write the dataset");
  }
}

void Hdf5File::write_strings(const std::string& dataset, std::span<const std::string> values) {
  const Hdf5Call call;
  std::size_t width = 1;  // HDF5 has no strings of width 0
  for (const std::string& value : values) width = std::max(width, value.size());
  std::vector<char> padded(width * values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::copy(values[i].begin(), values[i].end(),
              padded.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), width);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  const Hdf5Shape shape = {static_cast<std::int64_t>(values.size())};
  const Hdf5Handle handle =
      make_dataset(id_, dataset, type.get(), make_space(shape), {}, where(dataset));
  if (H5Dwrite(handle.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()) < 0) {
    throw detail::hdf5_write_error(where(dataset), "cannot write the dataset");
  }
}

Hdf5Shape Hdf5File::shape(const std::string& dataset) const {
  const Hdf5Call call;
  return open_dataset(*this, id_, dataset).shape;
}

template <Hdf5Number T>
std::vector<T> Hdf5File::read(const std::string& dataset) const {
  const Hdf5Call call;
  const OpenDataset open = open_dataset(*this, id_, dataset);
  const std::size_t count =
      checked_count(*this, dataset, open.shape, std::max<std::size_t>(sizeof(T), 8));
  if (count == 0) return {};
  return read_checked<T>(open, make_space(open.shape), count, where(dataset));
}

template <Hdf5Number T>
std::vector<T> Hdf5File::read_rows(const std::string& dataset, std::int64_t first,
                                   std::int64_t count) const {
  const Hdf5Call call;
  const OpenDataset open = open_dataset(*this, id_, dataset);
  const std::int64_t rows = open.shape.empty() ? 0 : open.shape[0];
  if (first < 0 || count < 0 || first > rows || count > rows - first) {
    throw detail::hdf5_read_error(where(dataset), "rows out of range",
                                  std::to_string(count) + " from " + std::to_string(first),
                                  "within 0 to " + std::to_string(rows));
  }
  Hdf5Shape part = open.shape;
  if (!part.empty()) part[0] = count;
  const std::size_t size = checked_count(*this, dataset, part, std::max<std::size_t>(sizeof(T), 8));
  if (size == 0 || part.empty()) return {};
  std::vector<hsize_t> start(part.size(), 0);
  start[0] = static_cast<hsize_t>(first);
  H5Sselect_hyperslab(open.space.get(), H5S_SELECT_SET, start.data(), nullptr, extents(part).data(),
                      nullptr);
  return read_checked<T>(open, make_space(part), size, where(dataset));
}

std::vector<std::string> Hdf5File::read_strings(const std::string& dataset) const {
  const Hdf5Call call;
  const OpenDataset open = open_dataset(*this, id_, dataset);
  if (H5Tget_class(open.type.get()) != H5T_STRING) {
    throw detail::hdf5_read_error(where(dataset), "the dataset has the wrong type",
                                  "numbers or another kind", "strings");
  }
  const std::size_t width = H5Tget_size(open.type.get());  // of a pointer where they vary
  const std::size_t count = checked_count(*this, dataset, open.shape, width);
  std::vector<std::string> values(count);
  if (count == 0) return values;
  const auto fail = [&] {
    return detail::hdf5_read_error(where(dataset),
                                   "the dataset cannot be read" + detail::hdf5_reason());
  };
  if (H5Tis_variable_str(open.type.get()) > 0) {
    std::vector<char*> texts(count, nullptr);
    const Hdf5Handle type(H5Tcopy(open.type.get()), H5Tclose);
    if (H5Dread(open.handle.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()) < 0) {
      throw fail();
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (texts[i]) values[i] = texts[i];
    }
    H5Dvlen_reclaim(type.get(), open.space.get(), H5P_DEFAULT, texts.data());
    return values;
  }
  std::vector<char> padded(width * count);
  if (H5Dread(open.handle.get(), open.type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()) <
      0) {
    throw fail();
  }
  const bool by_spaces = H5Tget_strpad(open.type.get()) == H5T_STR_SPACEPAD;
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = padded.data() + i * width;
    values[i].assign(text, ::strnlen(text, width));
    if (by_spaces) values[i].resize(values[i].find_last_not_of(' ') + 1);
  }
  return values;
}

template <Hdf5Number T>
void Hdf5File::create_rows(const std::string& dataset, const Hdf5Shape& row_shape,
                           std::int64_t rows_per_chunk) {
  ensure(rows_per_chunk >= 1, "a chunk has at least one row");
  const Hdf5Call call;
  std::vector<hsize_t> lengths = extents(row_shape);
  lengths.insert(lengths.begin(), 0);
  std::vector<hsize_t> most = lengths, chunk = lengths;
  most[0] = H5S_UNLIMITED;
  chunk[0] = static_cast<hsize_t>(rows_per_chunk);
  for (hsize_t& length : chunk) length = std::max<hsize_t>(length, 1);
  const Hdf5Handle space(
      H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), most.data()), H5Sclose);
  make_dataset(id_, dataset, detail::hdf5_type<T>(), space, chunk, where(dataset));
}

template <Hdf5Number T>
void Hdf5File::append_rows(const std::string& dataset, std::span<const T> values) {
  const Hdf5Call call;
  const OpenDataset open = open_dataset(*this, id_, dataset);
  Hdf5Shape part = open.shape;
  ensure(!part.empty(), "rows are appended to an array of rows");
  part[0] = 1;
  const std::int64_t row_size = element_count(part);
  ensure(row_size > 0 && static_cast<std::int64_t>(values.size()) % row_size == 0,
         "whole rows are appended");
  part[0] = static_cast<std::int64_t>(values.size()) / row_size;
  if (part[0] == 0) return;
  std::vector<hsize_t> grown = extents(open.shape), start(part.size(), 0);
  start[0] = grown[0];
  grown[0] += static_cast<hsize_t>(part[0]);
  const bool extended = H5Dset_extent(open.handle.get(), grown.data()) >= 0;
  const Hdf5Handle space(H5Dget_space(open.handle.get()), H5Sclose);
  H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, extents(part).data(),
                      nullptr);
  if (!extended || H5Dwrite(open.handle.get(), detail::hdf5_type<T>(), make_space(part).get(),
                            space.get(), H5P_DEFAULT, values.data()) < 0) {
    throw detail::hdf5_write_error(where(dataset), "cannot append to the dataset");
  }
}

#define NOESIS_INSTANTIATE(T)                                                                 \
  template void Hdf5File::write(const std::string&, std::span<const T>, const Hdf5Shape&);    \
  template std::vector<T> Hdf5File::read(const std::string&) const;                           \
  template std::vector<T> Hdf5File::read_rows(const std::string&, std::int64_t, std::int64_t) \
      const;                                                                                  \
  template void Hdf5File::create_rows<T>(const std::string&, const Hdf5Shape&, std::int64_t); \
  template void Hdf5File::append_rows(const std::string&, std::span<const T>);
NOESIS_INSTANTIATE(float)
NOESIS_INSTANTIATE(double)
NOESIS_INSTANTIATE(std::int32_t)
NOESIS_INSTANTIATE(std::int64_t)
NOESIS_INSTANTIATE(std::uint64_t)
NOESIS_INSTANTIATE(std::uint8_t)
#undef NOESIS_INSTANTIATE

}  // namespace noesis
