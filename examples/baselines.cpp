// What an agent must beat, and how fast it can try: returns of an environment's baselines over 20
// episodes, and steps per second of 64 environments in a batch on one thread.
//
// usage: baselines [ID] [key=value ...]

#include "env/baselines.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace {

double steps_per_second(const std::string& id, const noesis::EnvOptions& options) {
  const auto envs = noesis::make_vec(id, 64, options);
  envs->reset(0);
  noesis::RandomSequence random(0, noesis::Stream::kTask);
  const noesis::Space& space = envs->single_action_space();
  std::vector<float> actions;
  for (std::int64_t env = 0; env < envs->num_envs(); ++env) {
    std::vector<float> one(static_cast<std::size_t>(envs->action_size()));
    space.flatten(space.sample(random), one);
    actions.insert(actions.end(), one.begin(), one.end());
  }
  for (int k = 0; k < 10; ++k) envs->step(actions);
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  double seconds = 0;
  std::int64_t steps = 0;
  for (; seconds < 1; ++steps) {
    envs->step(actions);
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return static_cast<double>(steps * envs->num_envs()) / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string id = argc > 1 ? argv[1] : "noesis/Steer-v0";
  noesis::EnvOptions options;
  for (int k = 2; k < argc; ++k) options.overrides.emplace_back(argv[k]);
  try {
    for (const std::string& name : noesis::baseline_names(id)) {
      const auto policy = noesis::make_baseline(name, id, options);
      const noesis::Evaluation result = noesis::evaluate(policy, id, 20, 0, options);
      std::printf("%-12s %9.3f +- %.3f\n", name.c_str(), result.mean, result.se);
    }
    std::printf("%.0f steps per second\n", steps_per_second(id, options));
  } catch (const noesis::UserError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.exit_code();
  }
}
