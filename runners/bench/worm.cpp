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
std::vector<float> currents(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  RandomSequence random(1, Stream::kTask);
  for (float& value : values) value = static_cast<float>(2 * random.uniform() - 1);
  return values;
}

void simulation(Report& report) {
  const Subject subject = make_subject("celegans", 0);
  const std::int64_t n = subject.connectome->num_neurons();
  std::vector<std::uint64_t> seeds(kNumEnvs);
  std::iota(seeds.begin(), seeds.end(), 1);
  Simulation<float> brains({subject.connectome}, subject.brain, seeds, report.arena());
  const std::vector<float> actions = currents(kNumEnvs * n);
  const double interval_ms = kControlInterval * subject.tau_ms;
  const double substeps = interval_ms / subject.brain.integrator.dt_ms;
  constexpr int kIntervals = 20;
  double now = 0;
  const double seconds = measure(
      [&] {
        for (int k = 0; k < kIntervals; ++k) {
          const float sign = k % 2 == 0 ? 1 : -1;
          for (std::int64_t e = 0; e < kNumEnvs; ++e) {
            for (std::int64_t i = 0; i < n; ++i) {
              brains.surgeon().set_current(e, i,
                                           sign * actions[static_cast<std::size_t>(e * n + i)]);
            }
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

void environment(Report& report) {
  const auto env =
      make_vec("noesis/Steer-v0", kNumEnvs, {.toml = {}, .overrides = {"subject=celegans"}},
               Autoreset::kNextStep, report.arena().num_threads());
  env->reset(1);
  const std::vector<float> actions = currents(kNumEnvs * env->action_size());
  constexpr int kSteps = 20;
  const double seconds = measure(
      [&] {
        for (int k = 0; k < kSteps; ++k) env->step(actions);
      },
      3);
  const double steps = static_cast<double>(kNumEnvs * kSteps) / seconds;
  const double per_interval = 2;  // RK4 steps of 0.1 tau in the control interval
  report.add({"worm", "noesis/Steer-v0 on C. elegans, 64 env, double", steps, "env steps/s",
              "the goal, by control intervals", kSubstepsGoal / per_interval,
              steps * per_interval / kSubstepsGoal});
}

}  // namespace

void worm(Report& report) {
  report.note("C. elegans under control");
  simulation(report);
  environment(report);
}

}  // namespace noesis::bench
