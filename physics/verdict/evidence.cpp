#include "physics/verdict/evidence.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/signature.hpp"

namespace noesis {
namespace {

void check_candidate(const Process& candidate, const VerdictReference& reference) {
  if (candidate.num_units() == reference.num_units &&
      candidate.num_sites() == reference.num_sites &&
      std::abs(candidate.interval() - reference.interval) < 1e-9 * reference.interval) {
    return;
  }
  const auto shape = [](std::int64_t units, std::int64_t sites, double interval) {
    return std::to_string(units) + " units, " + std::to_string(sites) + " sites, interval " +
           std::to_string(interval) + " tau";
  };
  throw ConfigError(
      {.what = "a candidate that is not shaped as its subject",
       .where = reference.subject,
       .got = shape(candidate.num_units(), candidate.num_sites(), candidate.interval()),
       .allowed = shape(reference.num_units, reference.num_sites, reference.interval),
       .next = {}});
}

/// Index of the first unit that is not finite or out of bounds, or the number of units.
std::size_t first_outside(std::span<const double> sample, const VerdictReference& reference) {
  std::size_t i = 0;
  for (; i < sample.size(); ++i) {
    const double level = (sample[i] - reference.low[i]) / (reference.high[i] - reference.low[i]);
    if (!(std::abs(level) <= kLevelBound)) break;
  }
  return i;
}

/// The free run: fills series, num_samples and failure, and returns states on the way.
std::vector<Process::State> run_free(Process& candidate, const VerdictReference& reference,
                                     std::uint64_t seed, Evidence& evidence) {
  const auto units = static_cast<std::size_t>(reference.num_units);
  const std::vector<double> rest(static_cast<std::size_t>(reference.num_sites));
  const std::int64_t spacing =
      std::max<std::int64_t>(1, reference.num_samples / reference.num_states);
  std::vector<Process::State> kept;
  evidence.series.resize(static_cast<std::size_t>(reference.num_samples) * units);
  try {
    Process::State state = candidate.start(seed);
    for (std::int64_t t = 0; t < reference.num_samples; ++t) {
      const auto sample =
          std::span(evidence.series).subspan(static_cast<std::size_t>(t) * units, units);
      candidate.step({&state, 1}, rest, sample);
      if (const std::size_t i = first_outside(sample, reference); i < units) {
        evidence.failure = "unit " + std::to_string(i) + " was " + std::to_string(sample[i]) +
                           " at sample " + std::to_string(t);
        break;
      }
      ++evidence.num_samples;
      if ((t + 1) % spacing == 0 && std::ssize(kept) < reference.num_states) kept.push_back(state);
    }
  } catch (const RunError& error) {
    evidence.failure = error.what();
  }
  evidence.series.resize(static_cast<std::size_t>(evidence.num_samples) * units);
  return kept;
}

/// Mean over the runs of the null, of which `all` has equal parts.
template <class T, class Distance>
std::optional<double> mean_over_runs(const std::vector<T>& all, std::int64_t num_runs,
                                     const Distance& distance) {
  const std::size_t size = all.size() / static_cast<std::size_t>(num_runs);
  double sum = 0;
  for (std::size_t r = 0; r < static_cast<std::size_t>(num_runs); ++r) {
    const std::optional<double> d = distance(std::span(all).subspan(r * size, size));
    if (!d) return std::nullopt;
    sum += *d;
  }
  return sum / static_cast<double>(num_runs);
}

void compare_run(const VerdictReference& reference, Evidence& evidence) {
  Signature signature = take_signature({reference.num_units, reference.interval, reference.bin_low,
                                        reference.bin_high, reference.centre, reference.axes},
                                       evidence.series);
  evidence.exponents = signature.exponents;
  evidence.family = signature.family;
  evidence.d_h = mean_over_runs(reference.root_spectra, reference.num_runs, [&](auto run) {
    return spectral_distance(run, signature.roots, reference.num_units);
  });
  evidence.d_del = mean_over_runs(reference.delay_counts, reference.num_runs, [&](auto run) {
    return delay_divergence(run, signature.delay_counts, reference.num_units);
  });
  evidence.d_stsp = mean_over_runs(reference.projections, reference.num_runs, [&](auto run) {
    return state_space_divergence(run, signature.projection, reference.num_axes);
  });
  evidence.wasserstein =
      wasserstein_distance(reference.recording, evidence.series, reference.num_units);
  evidence.mean_density = std::move(signature.mean_density);
}

/// What stays empty where the candidate blows up on the way.
template <class Measure>
void try_measure(const Measure& measure) {
  try {
    measure();
  } catch (const RunError&) {
    return;
  }
}

}  // namespace

Evidence collect_evidence(Process& candidate, const VerdictReference& reference,
                          const EvidenceOptions& options) {
  check_candidate(candidate, reference);
  Evidence evidence;
  const std::vector<Process::State> states = run_free(candidate, reference, options.seed, evidence);
  evidence.windows = activity_windows(evidence.series, reference.num_units, reference.interval,
                                      reference.low, reference.high);
  if (evidence.failure.empty()) {
    compare_run(reference, evidence);
    try_measure([&] {
      if (reference.touch.touches.empty()) return;
      evidence.touch = compare_touches(reference.touch, reference.touch_responses,
                                       touch_responses(candidate, states, reference.touch).mean,
                                       reference.num_units);
    });
    std::vector<Process::State> forked;
    for (std::int64_t k = 0; k < reference.num_forks; ++k) {
      forked.push_back(
          states[static_cast<std::size_t>(k * std::ssize(states) / reference.num_forks)]);
    }
    try_measure([&] {
      evidence.exponent = fork_exponent(candidate, forked, options.seed, reference.fork);
    });
  }
  if (!options.keep_series) evidence.series = {};
  return evidence;
}

}  // namespace noesis
