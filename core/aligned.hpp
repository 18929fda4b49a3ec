#pragma once
/// Memory aligned to a cache line, for arrays that SIMD code reads, and large arrays on huge pages.

#include <cstddef>
#include <new>
#include <vector>

namespace noesis {

inline constexpr std::size_t kCacheLine = 64;                   ///< [bytes]
inline constexpr std::size_t kHugePage = std::size_t{1} << 21;  ///< [bytes]

/// Asks for pages of 2 MiB under memory that has not been touched yet; a hint, and nothing where
/// the system has no such call. Random reads of an array with more small pages than the processor
/// keeps addresses of wait for the table of pages as well.
void advise_huge_pages(void* memory, std::size_t bytes) noexcept;

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    void* memory = ::operator new(bytes, alignment(bytes));
    if (bytes >= kLarge) advise_huge_pages(memory, bytes);
    return static_cast<T*>(memory);
  }
  void deallocate(T* p, std::size_t n) noexcept { ::operator delete(p, alignment(n * sizeof(T))); }
  template <class U>
  bool operator==(const AlignedAllocator<U>&) const noexcept {
    return true;
  }

 private:
  static constexpr std::size_t kLarge = 2 * kHugePage;  // less would mostly be rounding
  static constexpr std::align_val_t alignment(std::size_t bytes) {
    return std::align_val_t{bytes >= kLarge ? kHugePage : kCacheLine};
  }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace noesis
