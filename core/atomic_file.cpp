#include "core/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace noesis {

namespace fs = std::filesystem;

RunError file_error(std::string what, const fs::path& path, int error_number) {
  return RunError({.what = std::move(what) + ": " + std::strerror(error_number),
                   .where = path.string(),
                   .got = {},
                   .allowed = {},
                   .next = {}});
}

void sync_path(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw file_error("cannot open to sync", path, errno);
  const int failed = ::fsync(file);
  const int error_number = errno;
  ::close(file);
  // Some file systems cannot sync folders and say EINVAL; they order renames by themselves.
  if (failed && error_number != EINVAL) throw file_error("cannot sync", path, error_number);
}

fs::path parent_folder(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  return parent_folder(path) / ("." + path.filename().string() + ".tmp-" +
                                std::to_string(::getpid()) + "-" + std::to_string(count++));
}

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)), temporary_(temporary_beside(path_)) {
  std::error_code error;
  if (fs::is_directory(path_, error)) throw file_error("cannot write a file", path_, EISDIR);
  const fs::path folder = parent_folder(path_);
  if (!fs::is_directory(folder, error)) {
    throw file_error("cannot write a file here", path_,
                     fs::exists(folder, error) ? ENOTDIR : ENOENT);
  }
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::commit() {
  sync_path(temporary_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw file_error("cannot rename the finished file into place", path_, errno);
  }
  temporary_.clear();
  sync_path(parent_folder(path_));
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  std::FILE* out = std::fopen(file.temporary().c_str(), "wbe");
  if (!out) throw file_error("cannot create the file", path, errno);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  int error_number = errno;
  const bool closed = std::fclose(out) == 0;
  if (written && !closed) error_number = errno;
  if (!written || !closed) throw file_error("cannot write the file", path, error_number);
  file.commit();
}

}  // namespace noesis
