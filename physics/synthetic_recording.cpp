#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "physics/binned_recording.hpp"
#include "physics/subject.hpp"

namespace noesis {
namespace {

constexpr double kBinMs = 20;
/// Spikes a second at rate 1: a mean of about 25 Hz.
constexpr double kFullRateHz = 100;

/// Poisson by products of uniforms (Knuth, The Art of Computer Programming 2, 3.4.1): means are
/// small.
std::uint16_t draw_count(double mean, RandomSequence& random) {
  const double floor = math::exp(-mean);
  std::uint16_t count = 0;
  for (double product = random.uniform(); product > floor; product *= random.uniform()) ++count;
  return count;
}

}  // namespace

BinnedRecording synthetic_recording(std::int64_t num_bins, std::uint64_t seed) {
  require(num_bins >= 2, "too short a recording", "num_bins", num_bins, "at least 2");
  const Subject subject = make_subject("reference-20", seed);
  const ThreadArena arena(1);
  const auto brain = make_simulation(subject, seed, arena);
  double time_ms = subject.transient * subject.tau_ms;
  brain->advance_to(time_ms);
  BinnedRecording recording;
  recording.bin_ms = kBinMs;
  recording.num_units = subject.num_units;
  recording.source = "synthetic: Poisson spikes of a Wilson-Cowan brain";
  recording.synthetic = true;
  RandomSequence random(seed, Stream::kObservation);
  for (std::int64_t bin = 0; bin < num_bins; ++bin) {
    brain->advance_to(time_ms += kBinMs);
    for (std::int64_t unit = 0; unit < subject.num_units; ++unit) {
      const double rate = std::max(brain->state().at(0, 0, unit), 0.0);
      recording.counts.push_back(draw_count(rate * kFullRateHz * kBinMs / 1000, random));
    }
  }
  for (std::int64_t unit = 0; unit < subject.num_units; ++unit) recording.unit_id.push_back(unit);
  return recording;
}

}  // namespace noesis
