#pragma once
/// Checkpoints: a folder of parts with a manifest.json, which is there whole or not at all.
///
/// manifest.json: {"format": "noesis-checkpoint", "kind", "schema_version", "program_version",
/// "parts": [{"name", "size", "digest"}], "digest"}; sizes in bytes, digests XXH3 128-bit, the last
/// one of the manifest without it (compact JSON, sorted keys).

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace noesis {

/// A checkpoint in the making: a hidden folder beside its place, removed unless commit() is
/// reached. A crash at any point leaves the old checkpoint, or the new one. One thread at a time.
class CheckpointWriter {
 public:
  /// `kind` is what is saved, such as "simulation". A checkpoint at `folder` will be replaced.
  /// @throws RunError when the place cannot be written, or holds something that is no checkpoint.
  CheckpointWriter(std::filesystem::path folder, std::string kind, int schema_version);
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// Where to write a part, such as "brain.h5"; a plain file name.
  std::filesystem::path part(std::string_view name) const;
  /// Every file in the hidden folder becomes a part. The parts must be closed. @throws RunError.
  void commit();

 private:
  std::filesystem::path folder_;
  std::filesystem::path temporary_;
  std::string kind_;
  int schema_version_;
};

/// Whether there is a checkpoint at `folder`, in whatever state.
bool has_checkpoint(const std::filesystem::path& folder);

/// A checkpoint that was verified: manifest, kind, schema, and size and digest of every part.
class CheckpointReader {
 public:
  /// Schemas from `oldest_schema` (default: none older) to `schema_version` are accepted.
  /// @throws ConfigError naming the folder or part and what is wrong: missing, cut off, changed,
  /// foreign, older or newer.
  CheckpointReader(const std::filesystem::path& folder, const std::string& kind, int schema_version,
                   int oldest_schema = -1);

  /// The schema the checkpoint was written with.
  int schema_version() const noexcept { return schema_version_; }
  const std::string& program_version() const noexcept { return program_version_; }
  bool contains(std::string_view name) const;
  /// @throws ConfigError when there is no such part.
  std::filesystem::path part(std::string_view name) const;

 private:
  std::filesystem::path folder_;
  int schema_version_ = 0;
  std::string program_version_;
  std::vector<std::string> parts_;
};

}  // namespace noesis
