#pragma once
/// Two conditions compared seed by seed.

#include <cstdint>
#include <span>

#include "runners/jobs/figure.hpp"

namespace noesis {

/// Two conditions on the same seeds.
struct PairedComparison {
  std::int64_t pairs = 0;
  Figure difference;   ///< of a figure, first minus second
  double p_value = 1;  ///< Wilcoxon signed-rank, two-sided, exact (Wilcoxon, Biometrics 1, 1945)
};

/// `first` and `second` are values of one figure, paired by seed.
PairedComparison compare_paired(std::span<const double> first, std::span<const double> second);

}  // namespace noesis
