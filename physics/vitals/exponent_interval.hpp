#pragma once
/// How far the exponent of a spectrum is known. Pure and thread-safe.

#include <cstdint>
#include <optional>

#include "physics/vitals/aperiodic.hpp"
#include "physics/vitals/spectrum.hpp"

namespace noesis {

struct BootstrapOptions {
  int num_resamples = 200;   ///< >= 20
  double confidence = 0.95;  ///< in (0, 1)
  std::uint64_t seed = 0;
};

struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// Confidence interval of the exponent, by resampling blocks of about cube root of n neighbouring
/// Welch segments (Kuensch, Ann. Stat. 17, 1989), since neighbouring bins are correlated and the
/// standard error of the regression is too small. `segments` has a row a segment
/// (welch_per_segment); each resample is fitted by fit_aperiodic with `options`. Empty where a fit
/// is.
/// @throws ConfigError for fewer than 8 segments or options out of range, and as fit_aperiodic.
std::optional<Interval> bootstrap_exponent(const Spectra& segments, FrequencyBand band,
                                           const AperiodicOptions& options = {},
                                           const BootstrapOptions& bootstrap = {});

}  // namespace noesis
