#include "data/memory.hpp"

#include <unistd.h>

#include <fstream>
#include <limits>

#include "core/error.hpp"

namespace noesis {
namespace {

std::string mebibytes(std::int64_t bytes) { return std::to_string(bytes / (1 << 20)) + " MiB"; }

}  // namespace

std::int64_t available_memory_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  std::int64_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    if (key == "MemAvailable:") return kibibytes * 1024;
    std::getline(file, unit);
  }
  return std::numeric_limits<std::int64_t>::max();
}

std::int64_t resident_memory_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total_pages = 0, resident_pages = 0;
  file >> total_pages >> resident_pages;
  return file ? resident_pages * ::sysconf(_SC_PAGESIZE) : 0;
}

void require_memory(std::int64_t bytes, const std::string& where, const std::string& what) {
  const std::int64_t available = available_memory_bytes();
  if (bytes >= 0 && bytes <= available) return;
  throw ConfigError({.what = "not enough memory for " + what,
                     .where = where,
                     .got = bytes < 0 ? "a size that overflows" : mebibytes(bytes),
                     .allowed = "at most the free " + mebibytes(available),
                     .next = ""});
}

}  // namespace noesis
