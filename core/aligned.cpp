#include "core/aligned.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace noesis {

void advise_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // memory is aligned to kHugePage
#endif
}

}  // namespace noesis
