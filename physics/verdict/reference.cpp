#include "physics/verdict/reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/verdict/activity_window.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/reference_parts.hpp"
#include "physics/verdict/signature.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {
namespace {

constexpr double kMinTolerance = 0.15;
constexpr const char* kTooLittle = "too little for a null";

/// All runs side by side.
struct Runs {
  std::vector<double> series;          ///< (num_runs x num_samples x num_units)
  std::vector<Process::State> states;  ///< on the way, of all runs in turn: (num_states)
};

Runs run_subject(Process& process, const ReferenceOptions& options, std::int64_t wanted_states) {
  const auto runs = static_cast<std::size_t>(options.num_runs);
  const auto samples = static_cast<std::size_t>(options.num_samples);
  const auto units = static_cast<std::size_t>(process.num_units());
  std::vector<Process::State> states;
  for (std::size_t r = 0; r < runs; ++r) {
    const auto word = philox(options.seed, Stream::kVerdict, r, 1);
    states.push_back(process.start((static_cast<std::uint64_t>(word[0]) << 32) | word[1]));
  }
  Runs all;
  all.series.resize(runs * samples * units);
  const std::vector<double> rest(runs * static_cast<std::size_t>(process.num_sites()));
  std::vector<double> seen(runs * units);
  const auto num_states = static_cast<std::size_t>(wanted_states);
  const std::size_t stops = (num_states + runs - 1) / runs;
  for (std::size_t t = 0; t < samples; ++t) {
    process.step(states, rest, seen);
    for (std::size_t r = 0; r < runs; ++r) {
      std::copy_n(seen.begin() + static_cast<std::ptrdiff_t>(r * units), units,
                  all.series.begin() + static_cast<std::ptrdiff_t>((r * samples + t) * units));
    }
    if ((t + 1) % (samples / stops) == 0) {
      const std::size_t wanted = std::min(runs, num_states - all.states.size());
      all.states.insert(all.states.end(), states.begin(),
                        states.begin() + static_cast<std::ptrdiff_t>(wanted));
    }
  }
  check_series(tau_series(all.series, process.num_units(), process.interval()), 1);
  return all;
}

void set_null(VerdictReference& reference, const std::vector<double>& series,
              const ReferenceOptions& options) {
  const Gaze gaze{reference.num_units, reference.interval, reference.bin_low,
                  reference.bin_high,  reference.centre,   reference.axes};
  const auto append = [](auto& all, const auto& part) {
    all.insert(all.end(), part.begin(), part.end());
  };
  const auto runs = static_cast<double>(reference.num_runs);
  for (std::int64_t r = 0; r < reference.num_runs; ++r) {
    const Signature signature = take_signature(gaze, run_of(series, r, reference.num_runs));
    reference.frequencies = signature.frequencies;
    reference.mean_density.resize(signature.mean_density.size());
    for (std::size_t k = 0; k < signature.mean_density.size(); ++k) {
      reference.mean_density[k] += signature.mean_density[k] / runs;
    }
    append(reference.root_spectra, signature.roots);
    append(reference.delay_counts, signature.delay_counts);
    append(reference.projections, signature.projection);
    for (const auto& exponent : signature.exponents) {
      reference.exponents.push_back(exponent.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    reference.families.push_back(signature.family ? static_cast<std::int32_t>(*signature.family)
                                                  : -1);
  }
  const auto part = [n = static_cast<std::size_t>(reference.num_runs)](const auto& all,
                                                                       std::int64_t run) {
    const std::size_t size = all.size() / n;
    return std::span(all).subspan(static_cast<std::size_t>(run) * size, size);
  };
  const RunPairs d_h(reference.num_runs, [&](std::int64_t i, std::int64_t j) {
    return spectral_distance(part(reference.root_spectra, i), part(reference.root_spectra, j),
                             reference.num_units);
  });
  const RunPairs d_del(reference.num_runs, [&](std::int64_t i, std::int64_t j) {
    return delay_divergence(part(reference.delay_counts, i), part(reference.delay_counts, j),
                            reference.num_units);
  });
  const RunPairs d_stsp(reference.num_runs, [&](std::int64_t i, std::int64_t j) {
    const auto divergence = state_space_divergence(
        part(reference.projections, i), part(reference.projections, j), reference.num_axes);
    return divergence.value_or(std::numeric_limits<double>::infinity());
  });
  reference.null_d_h = d_h.values(true);
  reference.null_d_del = d_del.values(false);
  reference.null_d_stsp = d_stsp.values(false);
  constexpr double kQuantile = 0.95;
  reference.q95_d_h = d_h.quantile_of(kQuantile, options.num_resamples, options.seed);
  reference.q95_d_del = d_del.quantile_of(kQuantile, options.num_resamples, options.seed);
  reference.q95_d_stsp = d_stsp.quantile_of(kQuantile, options.num_resamples, options.seed);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const auto exponent = [&](std::int64_t run) {
      return reference.exponents[static_cast<std::size_t>(run) * kNumBands + b];
    };
    for (std::int64_t r = 0; r < reference.num_runs; ++r) {
      reference.band_exponent[b] += exponent(r) / runs;
    }
    const RunPairs differences(reference.num_runs, [&](std::int64_t i, std::int64_t j) {
      return std::abs(exponent(i) - exponent(j));
    });
    reference.band_tolerance[b] = std::max(kMinTolerance, quantile(differences.values(true), 0.99));
  }
  std::map<std::int32_t, int> votes;
  for (const std::int32_t family : reference.families) votes[family] += family >= 0 ? 1 : 0;
  const auto most =
      std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  reference.family = static_cast<SpectralFamily>(std::max(most->first, 0));
}

void set_activity(VerdictReference& reference, const std::vector<double>& series) {
  double count = 0;
  for (std::int64_t r = 0; r < reference.num_runs; ++r) {
    for (const ActivityWindow& window :
         activity_windows(run_of(series, r, reference.num_runs), reference.num_units,
                          reference.interval, reference.low, reference.high)) {
      reference.unit_deviation += window.unit_deviation;
      reference.population_deviation += window.population_deviation;
      count += 1;
    }
  }
  reference.unit_deviation /= count;
  reference.population_deviation /= count;
}

}  // namespace

VerdictReference measure_reference(const Subject& subject, Process& process,
                                   const ReferenceOptions& options) {
  require(options.num_runs >= 12, kTooLittle, "num_runs", options.num_runs, ">= 12");
  require(options.num_samples >= 2000, kTooLittle, "num_samples", options.num_samples, ">= 2000");
  require(options.num_states >= 20, kTooLittle, "num_states", options.num_states, ">= 20");
  require(options.num_forks >= 10 && options.num_forks <= options.num_states, kTooLittle,
          "num_forks", options.num_forks, "10 .. num_states");
  require(options.num_resamples >= 20, kTooLittle, "num_resamples", options.num_resamples, ">= 20");
  ensure(process.num_units() == subject.num_units && process.num_sites() == subject.num_sites &&
             process.interval() == subject.interval,
         "the process of the subject");

  constexpr std::int64_t kMoreStates = 10;  // where they are cheap
  const bool is_small = subject.num_units <= kMaxStateSpaceUnits;
  const std::int64_t num_states = options.num_states * (is_small ? kMoreStates : 1);
  const Runs runs = run_subject(process, options, num_states);
  VerdictReference reference;
  reference.subject = subject.name;
  reference.seed = options.seed;
  reference.interval = subject.interval;
  reference.num_units = subject.num_units;
  reference.num_sites = subject.num_sites;
  reference.num_runs = options.num_runs;
  reference.num_samples = options.num_samples;
  reference.num_states = num_states;
  reference.num_forks = options.num_forks;
  reference.fork = options.fork;
  const auto first = run_of(runs.series, 0, options.num_runs);
  reference.recording.assign(first.begin(), first.end());
  set_ranges(reference, subject, runs.series);
  set_axes(reference);
  set_null(reference, runs.series, options);
  set_activity(reference, runs.series);
  set_touches(reference, subject, process, runs.states);
  reference.exponent = fork_exponent(
      process, std::span(runs.states).first(static_cast<std::size_t>(options.num_forks)),
      options.seed, options.fork);
  return reference;
}

}  // namespace noesis
