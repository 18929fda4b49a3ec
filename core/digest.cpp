#include "core/digest.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/atomic_file.hpp"

namespace noesis {
namespace {

std::string to_hex(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string hex;
  for (const unsigned char byte : canonical.digest) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace

struct Digest::State {
  XXH3_state_t xxh;
};

Digest::Digest() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh); }
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(const void* bytes, std::size_t size) {
  if (size > 0) XXH3_128bits_update(&state_->xxh, bytes, size);
}

std::string Digest::hex() const { return to_hex(XXH3_128bits_digest(&state_->xxh)); }

std::string digest_bytes(const void* bytes, std::size_t size) {
  return to_hex(XXH3_128bits(bytes, size));
}

FileDigest digest_file(const std::filesystem::path& file) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"),
                                                           &std::fclose);
  if (!in) throw file_error("cannot read the file", file, errno);
  Digest digest;
  FileDigest result;
  std::vector<char> piece(std::size_t{1} << 20);
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), in.get())) {
    digest.update(piece.data(), size);
    result.size += size;
  }
  if (std::ferror(in.get())) throw file_error("cannot read the file", file, errno);
  result.hex = digest.hex();
  return result;
}

}  // namespace noesis
