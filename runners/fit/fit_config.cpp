#include "runners/fit/fit_config.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "physics/simulate_config.hpp"

namespace noesis {

void FitBrainSpec::take_from_recording() {
  const Hdf5File file = Hdf5File::open(recording);
  const auto recorded =
      parse_config<SimulateConfig>(file.string_attribute("/", "config"), recording + ": config");
  connectome = recorded.connectome;
  brain = recorded.brain;
  num_envs = recorded.num_envs;
  transient_ms = recorded.record.start_ms;
  interval_ms = recorded.record.interval_ms;
  all_components = recorded.record.all_components;
}

void check_fit_config(const FitConfig& config) {
  const auto fail = [](std::string what, std::string where, std::string got, std::string allowed) {
    throw ConfigError({std::move(what), std::move(where), std::move(got), std::move(allowed), {}});
  };
  if (config.brains.empty()) fail("nothing to fit", "brains", "none", "at least one [[brains]]");
  std::set<std::string> names;
  for (std::size_t k = 0; k < config.brains.size(); ++k) {
    const FitBrainSpec& spec = config.brains[k];
    const std::string at = "brains." + std::to_string(k) + ".";
    const bool plain = std::ranges::all_of(
        spec.name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
    if (spec.name.empty() || !plain || !names.insert(spec.name).second) {
      fail("an impossible name", at + "name", "\"" + spec.name + "\"",
           "letters, digits, - and _, another one for each brain");
    }
    if (spec.samples.empty() || !std::ranges::is_sorted(spec.samples)) {
      fail("lengths are given in ascending order", at + "samples",
           std::to_string(spec.samples.size()) + " numbers", "at least one, ascending");
    }
    if (spec.brain.integrator.adaptive()) {
      fail("gradients go through fixed steps", at + "integrator.name",
           "\"" + spec.brain.integrator.name + "\"", "\"euler\", \"heun\" or \"rk4\"");
    }
    if (!spec.brain.plasticity.rules.empty()) {
      fail("weights that change while they are recorded cannot be fitted", at + "plasticity.rules",
           std::to_string(spec.brain.plasticity.rules.size()) + " rules", "none");
    }
    const double steps = spec.interval_ms / spec.brain.integrator.dt_ms;
    if (steps < 0.5 || std::abs(steps - std::round(steps)) > 1e-6 * steps) {
      fail("a sample is not a whole number of steps", at + "interval_ms",
           std::to_string(spec.interval_ms) + " ms",
           "a multiple of integrator.dt_ms = " + std::to_string(spec.brain.integrator.dt_ms));
    }
    if (!spec.recording.empty() && config.seeds > 1) {
      fail("a recording is one", "seeds", std::to_string(config.seeds),
           "1 with a recording (" + spec.name + ")");
    }
  }
}

}  // namespace noesis
