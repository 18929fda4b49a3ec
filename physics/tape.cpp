#include "physics/tape.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

void check(const TouchPlan& plan, std::int64_t num_sites) {
  const auto require = [](bool ok, const char* where, const std::string& got, const char* allowed) {
    if (ok) return;
    throw ConfigError({.what = "a plan of touches out of range",
                       .where = where,
                       .got = got,
                       .allowed = allowed,
                       .next = {}});
  };
  require(plan.fraction >= 0 && plan.fraction < 1, "fraction", std::to_string(plan.fraction),
          "0 to below 1");
  require(plan.pulse_samples >= 1, "pulse_samples", std::to_string(plan.pulse_samples),
          "at least 1");
  require(plan.scale.empty() || static_cast<std::int64_t>(plan.scale.size()) == num_sites, "scale",
          std::to_string(plan.scale.size()) + " values", "one value a site, or none");
}

}  // namespace

Tape record_tape(Process& process, std::uint64_t seed, std::int64_t num_samples,
                 const TouchPlan& plan) {
  check(plan, process.num_sites());
  Tape tape{
      .num_units = process.num_units(),
      .num_sites = process.num_sites(),
      .observations =
          std::vector<double>(static_cast<std::size_t>(num_samples * process.num_units())),
      .inputs = std::vector<double>(static_cast<std::size_t>(num_samples * process.num_sites()))};
  RandomSequence random(seed, Stream::kTask);
  // At each sample without a pulse, one begins with the probability that makes `fraction`.
  const auto length = static_cast<double>(plan.pulse_samples);
  const double begins = plan.fraction / (plan.fraction + length * (1 - plan.fraction));
  std::vector<Process::State> state = {process.start(seed)};
  std::int64_t left = 0;
  std::size_t site = 0;
  double level = 0;
  const auto sites = static_cast<std::size_t>(tape.num_sites);
  for (std::size_t t = 0; t < static_cast<std::size_t>(num_samples); ++t) {
    const std::span<double> input = std::span(tape.inputs).subspan(t * sites, sites);
    if (left == 0 && sites > 0 && random.uniform() < begins) {
      left = plan.pulse_samples;
      site = std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(sites)),
                      sites - 1);
      level = plan.amplitude * (2 * random.uniform() - 1) *
              (plan.scale.empty() ? 1.0 : plan.scale[site]);
    }
    if (left > 0) {
      input[site] = level;
      --left;
    }
    process.step(state, input,
                 std::span(tape.observations)
                     .subspan(t * static_cast<std::size_t>(tape.num_units),
                              static_cast<std::size_t>(tape.num_units)));
  }
  return tape;
}

}  // namespace noesis
