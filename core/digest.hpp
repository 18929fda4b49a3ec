#pragma once
/// XXH3 128-bit digests, to tell whether bytes are the same. Not a cryptographic hash.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace noesis {

/// A digest of bytes that come in pieces. One object belongs to one thread.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(const void* bytes, std::size_t size);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// 32 lower-case hexadecimal digits, in the canonical (big-endian) order of xxHash, as
  /// `xxh128sum` prints. More may be added after.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string digest_bytes(const void* bytes, std::size_t size);
inline std::string digest_text(std::string_view text) {
  return digest_bytes(text.data(), text.size());
}

struct FileDigest {
  std::string hex;
  std::uint64_t size = 0;  ///< [bytes]
};
/// Reads the file once, in pieces of 1 MiB. @throws RunError naming the file when it cannot be
/// read.
FileDigest digest_file(const std::filesystem::path& file);

}  // namespace noesis
