#include "core/checkpoint.hpp"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/atomic_file.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "core/version.hpp"

namespace noesis {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kManifest = "manifest.json";
constexpr const char* kFormat = "noesis-checkpoint";

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name != kManifest &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

/// "run/latest/" names the same folder as "run/latest".
fs::path without_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

/// Where the old checkpoint waits, for the moment between two renames, on systems that cannot
/// exchange two folders in one.
fs::path aside(const fs::path& folder) {
  return parent_folder(folder) / ("." + folder.filename().string() + ".old");
}

ConfigError bad_checkpoint(const fs::path& path, std::string what, std::string got = {},
                           std::string allowed = {}, std::string next = {}) {
  return ConfigError({.what = std::move(what),
                      .where = path.string(),
                      .got = std::move(got),
                      .allowed = std::move(allowed),
                      .next = std::move(next)});
}

void rename_or_throw(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw file_error("cannot rename the checkpoint into place", to, errno);
  }
}

/// Puts `fresh` in the place of `folder`; a reader finds the old or the new one at any moment.
void swap_into_place(const fs::path& fresh, const fs::path& folder) {
  std::error_code error;
  const fs::path old = aside(folder);
  if (!fs::exists(folder, error)) {
    rename_or_throw(fresh, folder);
    sync_path(parent_folder(folder));
    fs::remove_all(old, error);  // left by a crash between two renames
    return;
  }
#ifdef RENAME_EXCHANGE
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
    sync_path(parent_folder(folder));
    fs::remove_all(fresh, error);  // the old one
    return;
  }
#endif
  fs::remove_all(old, error);
  rename_or_throw(folder, old);
  rename_or_throw(fresh, folder);
  sync_path(parent_folder(folder));
  fs::remove_all(old, error);
}

json read_manifest(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw bad_checkpoint(file, "the manifest of the checkpoint cannot be read", {}, {},
                         "name the folder of a finished checkpoint");
  }
  json manifest = json::parse(in, nullptr, false);
  const auto has = [&](const char* key, json::value_t type) {
    return manifest.contains(key) && manifest[key].type() == type;
  };
  if (!manifest.is_object() || !has("format", json::value_t::string) ||
      manifest["format"] != kFormat) {
    throw bad_checkpoint(file, "this is no manifest of a noesis checkpoint, or it is damaged");
  }
  json content = manifest;
  content.erase("digest");
  const bool readable = has("kind", json::value_t::string) &&
                        has("schema_version", json::value_t::number_unsigned) &&
                        has("program_version", json::value_t::string) &&
                        has("parts", json::value_t::array) && has("digest", json::value_t::string);
  if (!readable || digest_text(content.dump(-1, ' ', false, json::error_handler_t::replace)) !=
                       manifest["digest"].get<std::string>()) {
    throw bad_checkpoint(file, "the manifest of the checkpoint is damaged");
  }
  return manifest;
}

void verify_part(const fs::path& file, std::uint64_t size, const std::string& digest) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw bad_checkpoint(file, "a part of the checkpoint is missing");
  }
  const std::uint64_t actual = fs::file_size(file, error);
  if (error || actual != size) {
    throw bad_checkpoint(file, "a part of the checkpoint has the wrong size",
                         std::to_string(actual) + " bytes", std::to_string(size) + " bytes",
                         "it was cut off or replaced");
  }
  if (const std::string found = digest_file(file).hex; found != digest) {
    throw bad_checkpoint(file, "a part of the checkpoint is damaged", "digest " + found, digest);
  }
}

}  // namespace

CheckpointWriter::CheckpointWriter(fs::path folder, std::string kind, int schema_version)
    : folder_(without_slash(folder)), kind_(std::move(kind)), schema_version_(schema_version) {
  ensure(schema_version >= 0, "schema versions are not negative");
  std::error_code error;
  const bool replaces = fs::exists(folder_, error);
  if (replaces && !fs::exists(folder_ / kManifest, error) &&
      (!fs::is_directory(folder_, error) || !fs::is_empty(folder_, error))) {
    throw RunError({.what = "a checkpoint would replace something that is no checkpoint",
                    .where = folder_.string(),
                    .got = {},
                    .allowed = {},
                    .next = "choose another folder or remove it"});
  }
  fs::create_directories(parent_folder(folder_), error);
  const fs::path temporary = temporary_beside(folder_);
  if (error || !fs::create_directory(temporary, error)) {
    throw file_error("cannot create a checkpoint here", folder_, error ? error.value() : EEXIST);
  }
  temporary_ = temporary;
}

CheckpointWriter::~CheckpointWriter() {
  std::error_code error;
  if (!temporary_.empty()) fs::remove_all(temporary_, error);
}

fs::path CheckpointWriter::part(std::string_view name) const {
  ensure(is_plain_name(name), "parts of checkpoints have plain file names");
  return temporary_ / name;
}

void CheckpointWriter::commit() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(temporary_)) {
    ensure(entry.is_regular_file(), "parts of checkpoints are files");
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  json manifest = {{"format", kFormat},
                   {"kind", kind_},
                   {"schema_version", static_cast<unsigned>(schema_version_)},
                   {"program_version", version()},
                   {"parts", json::array()}};
  for (const fs::path& file : files) {
    sync_path(file);
    const FileDigest digest = digest_file(file);
    manifest["parts"].push_back(
        {{"name", file.filename().string()}, {"size", digest.size}, {"digest", digest.hex}});
  }
  manifest["digest"] = digest_text(manifest.dump());
  write_file_atomically(temporary_ / kManifest, manifest.dump(2) + "\n");
  swap_into_place(temporary_, folder_);
  temporary_.clear();
}

bool has_checkpoint(const fs::path& folder) {
  std::error_code error;
  const fs::path place = without_slash(folder);
  return fs::exists(place, error) || fs::exists(aside(place), error);
}

CheckpointReader::CheckpointReader(const fs::path& folder, const std::string& kind,
                                   int schema_version, int oldest_schema)
    : folder_(without_slash(folder)) {
  std::error_code error;
  if (!fs::exists(folder_, error) && fs::exists(aside(folder_), error)) folder_ = aside(folder_);
  if (!fs::is_directory(folder_, error)) {
    throw bad_checkpoint(folder_, "there is no such checkpoint", {}, {}, "check the path");
  }
  const json manifest = read_manifest(folder_ / kManifest);
  program_version_ = manifest["program_version"];
  if (manifest["kind"] != kind) {
    throw bad_checkpoint(folder_, "the checkpoint is of another kind",
                         "'" + manifest["kind"].get<std::string>() + "'", "'" + kind + "'");
  }
  const auto schema = manifest["schema_version"].get<std::uint64_t>();
  const auto newest = static_cast<std::uint64_t>(schema_version);
  const auto oldest = oldest_schema < 0 ? newest : static_cast<std::uint64_t>(oldest_schema);
  if (schema < oldest || schema > newest) {
    const bool is_newer = schema > newest;
    throw bad_checkpoint(
        folder_,
        std::string("the checkpoint has ") + (is_newer ? "a newer" : "an older") + " schema",
        std::to_string(schema) + ", written by noesis " + program_version_,
        (oldest < newest ? std::to_string(oldest) + " to " : "") + std::to_string(newest),
        is_newer ? "use that version of noesis or a later one"
                 : "use that version of noesis: the state it saved lacks what this one needs");
  }
  schema_version_ = static_cast<int>(schema);
  for (const json& part : manifest["parts"]) {
    const bool readable = part.is_object() && part.contains("name") && part["name"].is_string() &&
                          part.contains("size") && part["size"].is_number_unsigned() &&
                          part.contains("digest") && part["digest"].is_string() &&
                          is_plain_name(part["name"].get<std::string>());
    if (!readable) throw bad_checkpoint(folder_ / kManifest, "a part is described wrongly");
    const std::string name = part["name"];
    verify_part(folder_ / name, part["size"], part["digest"]);
    parts_.push_back(name);
  }
}

bool CheckpointReader::contains(std::string_view name) const {
  return std::find(parts_.begin(), parts_.end(), name) != parts_.end();
}

fs::path CheckpointReader::part(std::string_view name) const {
  if (!contains(name)) {
    throw bad_checkpoint(folder_, "the checkpoint has no part '" + std::string(name) + "'", {},
                         join_names(parts_));
  }
  return folder_ / name;
}

}  // namespace noesis
