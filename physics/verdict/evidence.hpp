#pragma once
/// What was seen of a candidate, before anything is concluded.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "physics/process.hpp"
#include "physics/verdict/activity_window.hpp"
#include "physics/verdict/reference.hpp"

namespace noesis {

/// Levels beyond +- this are out of bounds.
inline constexpr double kLevelBound = 10;

/// Free run, touches and forks of a candidate. An empty value could not be computed.
struct Evidence {
  std::int64_t num_samples = 0;  ///< of the free run that were finite and within bounds
  std::string failure;           ///< why the free run ended early; empty when it did not
  std::vector<double> series;    ///< (num_samples x num_units)
  std::vector<ActivityWindow> windows;

  std::vector<double> mean_density;  ///< (num_bins) on the reference's frequencies
  std::array<std::optional<double>, kNumBands> exponents;
  std::optional<SpectralFamily> family;
  std::optional<double> d_h, d_del, d_stsp;  ///< mean over the runs of the null
  std::optional<double> wasserstein;         ///< from the reference's recording
  TouchAgreement touch;
  std::optional<ForkExponent> exponent;
};

struct EvidenceOptions {
  std::uint64_t seed = 0;   ///< of the start and the forks
  bool keep_series = true;  ///< the series is large where there are many units
};

/// Watches, touches and forks the candidate as the reference did its subject. The candidate is
/// left as it was. A candidate that blows up (NaN, out of bounds, RunError) is evidence and no
/// error. @throws ConfigError when units, sites or interval are not the subject's.
Evidence collect_evidence(Process& candidate, const VerdictReference& reference,
                          const EvidenceOptions& options = {});

}  // namespace noesis
