/// Attributes of HDF5 objects: one number or one string.

#include <algorithm>

#include "core/hdf5_file.hpp"
#include "core/hdf5_handle.hpp"

namespace noesis {

using detail::Hdf5Call;
using detail::Hdf5Handle;

namespace {

void write_attribute(hid_t object, const std::string& name, hid_t type, const void* value,
                     const std::string& where) {
  if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle attribute(
      H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!attribute || H5Awrite(attribute.get(), type, value) < 0) {
    throw detail::hdf5_write_error(where, "cannot write the attribute '" + name + "'");
  }
}

Hdf5Handle open_attribute(hid_t file, const std::string& object, const std::string& name,
                          bool is_string, const std::string& where) {
  Hdf5Handle attribute(
      H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!attribute) throw detail::hdf5_read_error(where, "there is no attribute '" + name + "'");
  const Hdf5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Hdf5Handle space(H5Aget_space(attribute.get()), H5Sclose);
  const H5T_class_t kind = H5Tget_class(type.get());
  const bool right = is_string ? kind == H5T_STRING : kind == H5T_INTEGER || kind == H5T_FLOAT;
  if (!right || H5Sget_simple_extent_npoints(space.get()) != 1) {
    throw detail::hdf5_read_error(
        where, "the attribute '" + name + "' is not one " + (is_string ? "string" : "number"));
  }
  return attribute;
}

}  // namespace

template <Hdf5Number T>
void Hdf5File::set_attribute(const std::string& object, const std::string& name, T value) {
  const Hdf5Call call;
  const Hdf5Handle handle(H5Oopen(id_, object.c_str(), H5P_DEFAULT), H5Oclose);
  if (!handle) throw detail::hdf5_write_error(where(object), "there is no such object");
  write_attribute(handle.get(), name, detail::hdf5_type<T>(), &value, where(object));
}

void Hdf5File::set_attribute(const std::string& object, const std::string& name,
                             const std::string& value) {
  const Hdf5Call call;
  const Hdf5Handle handle(H5Oopen(id_, object.c_str(), H5P_DEFAULT), H5Oclose);
  if (!handle) throw detail::hdf5_write_error(where(object), "there is no such object");
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), value.size() + 1);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  write_attribute(handle.get(), name, type.get(), value.c_str(), where(object));
}

template <Hdf5Number T>
T Hdf5File::attribute(const std::string& object, const std::string& name) const {
  const Hdf5Call call;
  const Hdf5Handle attribute = open_attribute(id_, object, name, false, where(object));
  T value{};
  // HDF5 would clip a number that does not fit.
  long double wide = 0;
  const Hdf5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  if (H5Aread(attribute.get(), detail::hdf5_type<T>(), &value) < 0 ||
      H5Aread(attribute.get(), H5T_NATIVE_LDOUBLE, &wide) < 0) {
    throw detail::hdf5_read_error(where(object), "the attribute '" + name + "' cannot be read");
  }
  if (std::is_integral_v<T> && static_cast<long double>(value) != wide) {
    throw detail::hdf5_read_error(where(object),
                                  "the attribute '" + name + "' is no integer of this size");
  }
  return value;
}

std::string Hdf5File::string_attribute(const std::string& object, const std::string& name) const {
  const Hdf5Call call;
  const Hdf5Handle attribute = open_attribute(id_, object, name, true, where(object));
  const Hdf5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const bool variable = H5Tis_variable_str(type.get()) > 0;
  std::string value;
  if (variable) {
    char* text = nullptr;
    if (H5Aread(attribute.get(), type.get(), &text) >= 0) {
      if (text) value = text;
      H5free_memory(text);
      return value;
    }
  } else {
    constexpr std::size_t kLongest = std::size_t{1} << 24;
    value.resize(std::min(H5Tget_size(type.get()), kLongest));
    if (H5Tget_size(type.get()) <= kLongest &&
        H5Aread(attribute.get(), type.get(), value.data()) >= 0) {
      value.resize(std::min(value.size(), value.find('\0')));
      return value;
    }
  }
  throw detail::hdf5_read_error(where(object), "the attribute '" + name + "' cannot be read");
}

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  const Hdf5Call call;
  return H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

#define NOESIS_INSTANTIATE(T)                                                       \
  template void Hdf5File::set_attribute(const std::string&, const std::string&, T); \
  template T Hdf5File::attribute(const std::string&, const std::string&) const;
NOESIS_INSTANTIATE(float)
NOESIS_INSTANTIATE(double)
NOESIS_INSTANTIATE(std::int32_t)
NOESIS_INSTANTIATE(std::int64_t)
NOESIS_INSTANTIATE(std::uint64_t)
NOESIS_INSTANTIATE(std::uint8_t)
#undef NOESIS_INSTANTIATE

}  // namespace noesis
