#include "core/huge_pages.hpp"

#include <cstdint>

#include "core/aligned.hpp"

#ifdef __linux__
#include <sys/mman.h>
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE \
  25  // headers may be older than the kernel, which refuses what it does not know
#endif
#endif

namespace noesis {

void collapse_to_huge_pages([[maybe_unused]] std::span<const std::byte> array) noexcept {
#ifdef __linux__
  const auto first = reinterpret_cast<std::uintptr_t>(array.data());
  const std::uintptr_t begin = (first + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = (first + array.size()) / kHugePage * kHugePage;
  if (begin >= end) return;
  void* const whole = reinterpret_cast<void*>(begin);
  madvise(whole, end - begin, MADV_HUGEPAGE);
  madvise(whole, end - begin, MADV_COLLAPSE);
#endif
}

}  // namespace noesis
