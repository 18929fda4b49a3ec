#pragma once
/// Files that appear whole or not at all: written beside their place, synced, renamed.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace noesis {

/// A RunError "path: what: <the system's reason>", from an errno value.
RunError file_error(std::string what, const std::filesystem::path& path, int error_number);

/// Asks the system to have a file's or a folder's content on the disk. @throws RunError.
void sync_path(const std::filesystem::path& path);

/// The folder that holds `path`: "." for a bare name.
std::filesystem::path parent_folder(const std::filesystem::path& path);

/// A name beside `path` that no other object, thread or process uses.
std::filesystem::path temporary_beside(const std::filesystem::path& path);

/// A file in the making. Write to temporary(), by whatever means, and close it; then commit().
/// Without commit() the temporary is removed and a file already at `path` is untouched.
class AtomicFile {
 public:
  /// @throws RunError when the folder of `path` does not exist or `path` is a folder.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& temporary() const noexcept { return temporary_; }
  /// Syncs, renames over `path`, syncs the folder. @throws RunError.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

/// The whole file at once. @throws RunError naming the file (disk full, no permission, ...).
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace noesis
