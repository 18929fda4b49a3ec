#pragma once
/// What a subject is like, and how far two runs of it are apart: the null that every verdict on an
/// emulator is relative to. Times are in tau of the subject, frequencies in cycles per tau.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "physics/process.hpp"
#include "physics/subject.hpp"
#include "physics/verdict/fork_exponent.hpp"
#include "physics/verdict/null_quantile.hpp"
#include "physics/verdict/spectral_family.hpp"
#include "physics/verdict/touch.hpp"

namespace noesis {

struct ReferenceOptions {
  std::uint64_t seed = 0;           ///< of the starts
  std::int64_t num_runs = 12;       ///< >= 12: 66 pairs
  std::int64_t num_samples = 5000;  ///< of each run, >= 2000
  std::int64_t num_states = 50;     ///< touched, >= 20; ten times as many of up to 5 units
  std::int64_t num_forks = 12;      ///< >= 10; times fork.duration: 2,040 tau by default
  std::int64_t num_resamples = 200;
  ForkOptions fork{};
};

/// Everything a verdict needs to know of a subject, and what plots of it show. A plain value.
///
/// Levels: x is at level (x - low) / (high - low) of its unit. Brains of rates in [0, 1] have low 0
/// and high 1. Others (Lorenz-63) have the range that their own runs visit; "saturated" then means
/// in the uppermost tenth of that range, "silent" moving by less than a thousandth of it, a site is
/// a coordinate's derivative, and a touch adds 2 of its standard deviations to it.
struct VerdictReference {
  std::string subject;
  std::uint64_t seed = 0;  ///< of the starts
  double interval = 0;     ///< between samples
  std::int64_t num_units = 0;
  std::int64_t num_sites = 0;
  std::int64_t num_runs = 0;
  std::int64_t num_samples = 0;
  std::int64_t num_states = 0;
  std::int64_t num_forks = 0;
  ForkOptions fork{};

  std::vector<double> low, high;          ///< (num_units) levels 0 and 1
  std::vector<double> bin_low, bin_high;  ///< (num_units) range of the delay histograms
  std::vector<double> deviation;          ///< (num_units) sd over time, mean over runs
  std::vector<double> recording;          ///< (num_samples x num_units) the first run

  double unit_deviation = 0;        ///< V_ref: mean over windows of the mean sd [levels]
  double population_deviation = 0;  ///< mean over windows of the sd of the mean [levels]

  std::vector<double> frequencies;   ///< (num_bins)
  std::vector<double> mean_density;  ///< (num_bins) over units and runs
  std::vector<double> exponents;     ///< (num_runs x kNumBands), NaN where there is none
  std::array<double, kNumBands> band_exponent{};      ///< mean over runs
  std::array<double, kNumBands> band_tolerance{};     ///< max(.15, 99% of differences between runs)
  std::vector<std::int32_t> families;                 ///< (num_runs) SpectralFamily, -1 for none
  SpectralFamily family = SpectralFamily::kConstant;  ///< the most frequent

  std::vector<double> root_spectra;        ///< (num_runs x num_units x (num_bins - 1))
  std::vector<std::int32_t> delay_counts;  ///< (num_runs x num_units x kDelayBins^2)
  std::int64_t num_axes = 0;               ///< 3, or all units where there are at most 5
  std::vector<double> centre;              ///< (num_units) subtracted before projection
  std::vector<double> axes;                ///< (num_axes x num_units) principal, or the units
  std::vector<double> projections;         ///< (num_runs x num_samples x num_axes)

  std::vector<double> null_d_h;     ///< one a pair of runs
  std::vector<double> null_d_del;   ///< one an ordered pair
  std::vector<double> null_d_stsp;  ///< one an ordered pair
  NullQuantile q95_d_h, q95_d_del, q95_d_stsp;

  /// Touches of up to 10 sites of the highest out-degree, compared in all units but the touched
  /// one. Of up to 5 units, only those whose mean response exceeds 3 standard errors (RMS over
  /// lags) are compared, and touches that no other unit answers are left out: Lorenz-63 does not
  /// change when x and y turn their signs, so that most answers have either sign and none on
  /// average.
  TouchProtocol touch;
  std::vector<double> touch_responses;   ///< (num_touches x lag_samples x num_units)
  std::optional<ForkExponent> exponent;  ///< empty when it could not be measured
};

/// Amplitude of a touch of each site (num_sites): 2 in the drive of a brain; of Lorenz-63, twice
/// the sd of the coordinate's derivative on the recording.
std::vector<double> touch_amplitudes(const VerdictReference& reference, const Subject& subject);

/// Runs the subject: all runs, touches and forks side by side. The process must be the subject's.
/// @throws ConfigError for options out of range; RunError when the subject is not finite.
VerdictReference measure_reference(const Subject& subject, Process& process,
                                   const ReferenceOptions& options = {});

/// One HDF5 file. @throws RunError when it cannot be written.
void write_reference(const VerdictReference& reference, const std::filesystem::path& file);
/// @throws ConfigError when the file is missing, of another version, or inconsistent.
VerdictReference read_reference(const std::filesystem::path& file);

}  // namespace noesis
