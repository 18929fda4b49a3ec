#include "runners/jobs/paired.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"

namespace noesis {
namespace {

/// Two-sided p of the signed-rank statistic, over all signs of the differences that are not 0.
/// Ties share the mean of their ranks; ranks are doubled, so that they are whole.
double signed_rank_p(std::vector<double> differences) {
  std::erase(differences, 0.0);
  std::ranges::sort(differences, {}, [](double d) { return std::abs(d); });
  const std::size_t count = differences.size();
  if (count == 0) return 1;
  std::vector<std::size_t> ranks(count);  // doubled
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first;
    while (last < count && std::abs(differences[last]) == std::abs(differences[first])) ++last;
    for (std::size_t k = first; k < last; ++k) ranks[k] = first + last + 1;
    first = last;
  }
  std::size_t positive = 0;
  for (std::size_t k = 0; k < count; ++k) positive += differences[k] > 0 ? ranks[k] : 0;
  const std::size_t total = count * (count + 1);
  // chance[s]: of a sum s of the positive ranks, each sign being as likely as the other.
  std::vector<double> chance(total + 1);
  chance[0] = 1;
  for (const std::size_t rank : ranks) {
    for (std::size_t s = total + 1; s-- > 0;) {
      chance[s] = chance[s] / 2 + (s >= rank ? chance[s - rank] / 2 : 0);
    }
  }
  const std::size_t extreme = std::min(positive, total - positive);
  double tail = 0;
  for (std::size_t s = 0; s <= extreme; ++s) tail += chance[s];
  return std::min(1.0, 2 * tail);
}

}  // namespace

PairedComparison compare_paired(std::span<const double> first, std::span<const double> second) {
  ensure(first.size() == second.size() && !first.empty(), "a comparison is of pairs");
  std::vector<double> differences;
  for (std::size_t k = 0; k < first.size(); ++k) differences.push_back(first[k] - second[k]);
  return {static_cast<std::int64_t>(first.size()), mean_interval(differences),
          signed_rank_p(differences)};
}

}  // namespace noesis
