#include "core/names.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace noesis {

int edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table of distances between prefixes are enough.
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string nearest_name(std::string_view word, std::span<const std::string> candidates) {
  // A pasted kilobyte is no misspelling, and would cost a quadratic time.
  if (word.empty() || word.size() > 256) return {};
  const int limit = std::max(2, static_cast<int>(word.size()) / 3);
  std::string nearest;
  int least = limit + 1;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(word, candidate);
    // Replacing the whole word is no nearness.
    if (distance < least && distance < static_cast<int>(std::max(word.size(), candidate.size()))) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string join_names(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string suggest_name(std::string_view word, std::span<const std::string> candidates,
                         std::string_view otherwise) {
  const std::string nearest = nearest_name(word, candidates);
  return nearest.empty() ? std::string(otherwise) : "did you mean '" + nearest + "'?";
}

}  // namespace noesis
