#pragma once
// Environments whose brains are on a device: the observations and rewards of the CPU's, bit for
// bit.

#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>

#include "core/rng.hpp"
#include "env/registry.hpp"
#include "gpu/backends.hpp"

namespace noesis::testing {

/// Two batches of one task under the same random actions, with episodes that end and begin, and a
/// fork in between. Mutations: a backend that is made and not given to the brains, actions that do
/// not reach the device.
template <Real T>
void check_env(const GpuKind<T>& kind, const std::string& id,
               const std::vector<std::string>& overrides, std::int64_t num_envs) {
  SCOPED_TRACE(id);
  int made = 0;
  const auto make_backend = [&](const BackendRequest<T>& request) {
    ++made;
    return kind.make(request);
  };
  EnvOptions options{.toml = {}, .overrides = overrides};
  if (std::same_as<T, float>) options.overrides.emplace_back("precision=float");
  const auto expected = make_vec(id, num_envs, options, Autoreset::kNextStep, 2);
  if constexpr (std::same_as<T, float>) {
    options.make_backend.of_float = make_backend;
  } else {
    options.make_backend.of_double = make_backend;
  }
  const auto got = make_vec(id, num_envs, options, Autoreset::kNextStep, 2);
  expected->reset(5);
  got->reset(5);
  EXPECT_GT(made, 0);
  RandomSequence random(9, Stream::kTask);
  std::vector<float> actions(static_cast<std::size_t>(num_envs * expected->action_size()));
  for (int step = 0; step < 12; ++step) {
    for (float& action : actions) action = static_cast<float>(2 * random.uniform() - 1);
    for (VectorEnv* env : {expected.get(), got.get()}) {
      env->step(actions);
      if (step == 6) env->restore(num_envs - 1, env->snapshot(0));
    }
    ASSERT_TRUE(std::ranges::equal(expected->observations(), got->observations())) << step;
    ASSERT_TRUE(std::ranges::equal(expected->rewards(), got->rewards())) << step;
    ASSERT_TRUE(std::ranges::equal(expected->truncated(), got->truncated())) << step;
  }
}

/// Those that have single precision.
inline void check_envs(const GpuKind<float>& kind) {
  check_env(kind, "noesis/Steer-v0", {"max_episode_steps=5", "noise=0.02"}, 19);
  check_env(kind, "noesis/Steer-v0", {"action_mode=surgeon", "subject=celegans"}, 2);
  check_env(kind, "noesis/Quench-v0", {"max_episode_steps=7"}, 3);
}

inline void check_envs(const GpuKind<double>& kind) {
  check_env(kind, "noesis/Steer-v0", {"max_episode_steps=5", "noise=0.02"}, 11);
  check_env(kind, "noesis/Steer-v0", {"action_mode=surgeon", "subject=celegans"}, 2);
  check_env(kind, "noesis/Steer-v0",
            {"subject=reference-150", "recorded=random:7", "stimulated=random:5",
             "max_episode_steps=5", "observation_noise=0.1"},
            11);
  check_env(kind, "noesis/Steer-v0",
            {"subject=reference-150", "model=rate", "recorded=3+5:-0.5,90", "stimulated=random:4"},
            1);
  check_env(kind, "noesis/Quench-v0", {"max_episode_steps=7", "charge_balanced=true"}, 9);
  check_env(kind, "noesis/Wake-v0", {}, 3);
  check_env(kind, "noesis/Discover-v0", {"num_neurons=8", "budget=40", "noise=0.01"}, 3);
  check_env(kind, "noesis/Emulate-v0", {"cut_step=6", "transient=10", "noise=0.01"}, 9);
}

}  // namespace noesis::testing
