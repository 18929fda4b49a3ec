/// HDF5 files and groups; datasets are in hdf5_dataset.cpp, attributes in hdf5_attribute.cpp.

#include "core/hdf5_file.hpp"

#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "core/hdf5_handle.hpp"

namespace noesis {

using detail::Hdf5Call;
using detail::Hdf5Handle;

namespace detail {

std::recursive_mutex Hdf5Call::mutex_;

Hdf5Call::Hdf5Call() : lock_(mutex_) {
  // Every file is closed by its owner. HDF5's own closing at exit would print after damaged files.
  static const herr_t no_closing_at_exit = H5dont_atexit();
  static_cast<void>(no_closing_at_exit);
  H5Eget_auto2(H5E_DEFAULT, &print_, &print_to_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
Hdf5Call::~Hdf5Call() { H5Eset_auto2(H5E_DEFAULT, print_, print_to_); }

std::string hdf5_reason() {
  std::string reason;
  const auto keep_innermost = [](unsigned, const H5E_error2_t* error, void* to) -> herr_t {
    auto& text = *static_cast<std::string*>(to);
    if (text.empty() && error->desc) text = std::string(": ") + error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
  return reason;
}

ConfigError hdf5_read_error(const std::string& where, std::string what, std::string got,
                            std::string allowed, std::string next) {
  return ConfigError({.what = std::move(what),
                      .where = where,
                      .got = std::move(got),
                      .allowed = std::move(allowed),
                      .next = std::move(next)});
}

RunError hdf5_write_error(const std::string& where, const std::string& what) {
  return RunError(
      {.what = what + hdf5_reason(), .where = where, .got = {}, .allowed = {}, .next = {}});
}

}  // namespace detail

namespace {

hid_t open_file(const std::filesystem::path& file, unsigned access) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    throw detail::hdf5_read_error(file.string(), "there is no such file", {}, {}, "check the path");
  }
  const hid_t id = H5Fopen(file.c_str(), access, H5P_DEFAULT);
  if (id < 0) {
    throw detail::hdf5_read_error(file.string(),
                                  "this cannot be read as an HDF5 file" + detail::hdf5_reason(), {},
                                  {}, "it may be cut off or of another kind");
  }
  return id;
}

}  // namespace

Hdf5File Hdf5File::open(const std::filesystem::path& file) {
  const Hdf5Call call;
  return Hdf5File(file, open_file(file, H5F_ACC_RDONLY));
}

Hdf5File Hdf5File::append(const std::filesystem::path& file) {
  const Hdf5Call call;
  return Hdf5File(file, open_file(file, H5F_ACC_RDWR));
}

Hdf5File Hdf5File::create(const std::filesystem::path& file) {
  const Hdf5Call call;
  const hid_t id = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (id < 0) throw detail::hdf5_write_error(file.string(), "cannot create the HDF5 file");
  return Hdf5File(file, id);
}

Hdf5File::~Hdf5File() {
  if (id_ < 0) return;
  const Hdf5Call call;
  H5Fclose(id_);
}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : path_(std::move(other.path_)), id_(std::exchange(other.id_, -1)) {}

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(id_, other.id_);
  return *this;
}

void Hdf5File::flush() {
  const Hdf5Call call;
  if (H5Fflush(id_, H5F_SCOPE_GLOBAL) < 0) {
    throw detail::hdf5_write_error(path_.string(), "cannot write the HDF5 file");
  }
}

void Hdf5File::close() {
  const Hdf5Call call;
  flush();
  if (H5Fclose(std::exchange(id_, -1)) < 0) {
    throw detail::hdf5_write_error(path_.string(), "cannot close the HDF5 file");
  }
}

std::string Hdf5File::where(std::string_view object) const {
  return path_.string() + ": '" + std::string(object) + "'";
}

bool Hdf5File::contains(std::string_view object) const {
  const Hdf5Call call;
  // HDF5 answers for one link at a time.
  for (std::size_t end = 0; end < object.size();) {
    end = std::min(object.find('/', end + 1), object.size());
    const std::string prefix(object.substr(0, end));
    if (prefix == "/") continue;
    if (H5Lexists(id_, prefix.c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return object == "/" || H5Oexists_by_name(id_, std::string(object).c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5File::names(const std::string& group) const {
  const Hdf5Call call;
  const Hdf5Handle handle(H5Gopen2(id_, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!handle) throw detail::hdf5_read_error(where(group), "there is no such group");
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  if (H5Literate(handle.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names) < 0) {
    throw detail::hdf5_read_error(where(group), "the group is damaged" + detail::hdf5_reason());
  }
  return names;
}

void Hdf5File::create_group(const std::string& group) {
  const Hdf5Call call;
  if (contains(group)) return;
  const Hdf5Handle parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(parents.get(), 1);
  const Hdf5Handle handle(H5Gcreate2(id_, group.c_str(), parents.get(), H5P_DEFAULT, H5P_DEFAULT),
                          H5Gclose);
  if (!handle) throw detail::hdf5_write_error(where(group), "cannot create the group");
}

}  // namespace noesis
