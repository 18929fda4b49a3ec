#include "core/huge_pages.hpp"

#include <memory>

#include "core/aligned.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace noesis {

void collapse_to_huge_pages([[maybe_unused]] std::span<const std::byte> array) noexcept {
#ifdef __linux__
  constexpr int kCollapse = 25;  // MADV_COLLAPSE, which headers may lack; older kernels refuse it
  void* first = const_cast<std::byte*>(array.data());  // what is there stays
  std::size_t room = array.size();
  if (std::align(kHugePage, kHugePage, first, room) == nullptr) return;
  const std::size_t whole = room / kHugePage * kHugePage;
  madvise(first, whole, MADV_HUGEPAGE);
  madvise(first, whole, kCollapse);
#endif
}

}  // namespace noesis
