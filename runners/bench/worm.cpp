// C. elegans in 64 environments whose neurons all get a new current each control interval.

#include <numeric>

#include "core/rng.hpp"
#include "env/registry.hpp"
#include "physics/simulation.hpp"
#include "physics/subject.hpp"
#include "runners/bench/benches.hpp"

namespace noesis::bench {
namespace {

constexpr std::int64_t kNumEnvs = 64;
constexpr double kSubstepsGoal = 250'000;  // environments x RK4 steps a second
constexpr double kControlInterval = 0.2;   // of noesis/Steer-v0 [tau]

/// Currents, one an environment and neuron, that go on for ever.
template <Real T>
std::vector<T> currents(std::int64_t count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  RandomSequence random(1, Stream::kTask);
  for (T& value : values) value = static_cast<T>(2 * random.uniform() - 1);
  return values;
}

void simulation(Report& report) {
  const Subject subject = make_subject("celegans", 0);
  const std::int64_t n = subject.connectome->num_neurons();
  std::vector<std::uint64_t> seeds(kNumEnvs);
  std::iota(seeds.begin(), seeds.end(), 1);
  Simulation<float> brains({subject.connectome}, subject.brain, seeds, report.arena());
  // Two intervals' worth, of opposite sign.
  std::vector<double> actions = currents<double>(kNumEnvs * n);
  for (std::int64_t k = 0; k < kNumEnvs * n; ++k) {
    actions.push_back(-actions[static_cast<std::size_t>(k)]);
  }
  std::vector<std::int64_t> neurons(static_cast<std::size_t>(n));
  std::iota(neurons.begin(), neurons.end(), 0);
  const double interval_ms = kControlInterval * subject.tau_ms;
  const double substeps = interval_ms / subject.brain.integrator.dt_ms;
  constexpr int kIntervals = 200;
  double now = 0;
  const double seconds = measure(
      [&] {
        for (int k = 0; k < kIntervals; ++k) {
          const double* amplitude = actions.data() + k % 2 * kNumEnvs * n;
          for (std::int64_t e = 0; e < kNumEnvs; ++e, amplitude += n) {
            brains.surgeon().set_currents(e, neurons, {amplitude, neurons.size()});
          }
          now += interval_ms;
          brains.advance_to(now);
        }
      },
      3);
  const double steps = static_cast<double>(kNumEnvs * kIntervals) / seconds;
  report.add({"worm", "C. elegans, 64 env, rk4, float, currents each 0.2 tau", steps * substeps,
              "env x rk4 steps/s", "the goal", kSubstepsGoal, steps * substeps / kSubstepsGoal, 1});
}

void environment(const std::string& precision, Report& report) {
  const auto env =
      make_vec("noesis/Steer-v0", kNumEnvs,
               {.toml = {}, .overrides = {"subject=celegans", "precision=" + precision}},
               Autoreset::kNextStep, report.arena().num_threads());
  env->reset(1);
  const std::vector<float> actions = currents<float>(kNumEnvs * env->action_size());
  constexpr int kSteps = 200;
  const double seconds = measure(
      [&] {
        for (int k = 0; k < kSteps; ++k) env->step(actions);
      },
      3);
  const double steps = static_cast<double>(kNumEnvs * kSteps) / seconds;
  const double per_interval = 2;  // RK4 steps of 0.1 tau in the control interval
  report.add({"worm", "noesis/Steer-v0 on C. elegans, 64 env, " + precision, steps, "env steps/s",
              "the goal, by control intervals", kSubstepsGoal / per_interval,
              steps * per_interval / kSubstepsGoal});
}

}  // namespace

void worm(Report& report) {
  report.note("C. elegans under control");
  simulation(report);
  for (const char* precision : {"double", "float"}) environment(precision, report);
}

}  // namespace noesis::bench
