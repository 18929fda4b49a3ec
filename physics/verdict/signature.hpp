#pragma once
/// What verdicts compare of a run, taken alike from subjects and candidates.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "physics/verdict/spectral_family.hpp"

namespace noesis {

/// How runs of a subject are looked at.
struct Gaze {
  std::int64_t num_units = 0;
  double interval = 0;               ///< [tau]
  std::span<const double> bin_low;   ///< (num_units)
  std::span<const double> bin_high;  ///< (num_units)
  std::span<const double> centre;    ///< (num_units)
  std::span<const double> axes;      ///< (num_axes x num_units)
};

struct Signature {
  std::vector<double> frequencies;         ///< (num_bins) [cycles per tau]
  std::vector<double> mean_density;        ///< (num_bins) over units
  std::vector<double> roots;               ///< root_spectra()
  std::vector<std::int32_t> delay_counts;  ///< delay_counts(), at a lag of 1 tau
  std::vector<double> projection;          ///< (num_samples x num_axes)
  std::array<std::optional<double>, kNumBands> exponents;
  std::optional<SpectralFamily> family;
};

/// `series` is (num_samples x num_units), finite, of at least kVerdictSegment samples.
Signature take_signature(const Gaze& gaze, std::span<const double> series);

}  // namespace noesis
