#pragma once
/// Help with names that are almost right.

#include <span>
#include <string>
#include <string_view>

namespace noesis {

/// Edits (insert, delete, replace a byte, swap two neighbours) that turn `a` into `b`: the optimal
/// string alignment distance.
int edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, the first of equals; empty when none is near (more than two
/// edits and more than a third of the word away).
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

/// "a, b, c", for error messages.
std::string join_names(std::span<const std::string> names);

/// "did you mean 'x'?", or `otherwise` when no candidate is near.
std::string suggest_name(std::string_view word, std::span<const std::string> candidates,
                         std::string_view otherwise = {});

}  // namespace noesis
