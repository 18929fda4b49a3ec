#pragma once
/// Huge pages for arrays that are written already, of any allocator (those of aligned.hpp ask for
/// them when they are allocated).

#include <cstddef>
#include <span>

namespace noesis {

/// Moves what of an array lies in whole pages of 2 MiB there, which takes a copy of it. A hint:
/// nothing happens where the system (before Linux 6.1) or its memory does not allow it.
void collapse_to_huge_pages(std::span<const std::byte> array) noexcept;

/// For arrays of numbers that go together.
template <class... Vectors>
void use_huge_pages(const Vectors&... vectors) noexcept {
  (collapse_to_huge_pages(std::as_bytes(std::span(vectors))), ...);
}

}  // namespace noesis
