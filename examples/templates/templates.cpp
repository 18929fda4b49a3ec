// The templates of a task and of a rule at work, so that they keep working: every promise of
// environments is checked of the task, alone and in a batch, and the rule keeps a brain's weights
// from growing.

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "core/registry.hpp"
#include "env/env_checker.hpp"
#include "env/vector_env.hpp"
#include "examples/templates/own_rule.hpp"
#include "examples/templates/own_task.hpp"
#include "physics/generators.hpp"
#include "physics/simulation.hpp"

namespace {

using namespace noesis;

const EnvSpec kSpec{.id = "Hold", .reward_threshold = {}, .options = {}};

/// Mean return of a batch over an episode of `steps`, under one constant action.
double mean_return(float action, int steps) {
  VectorEnv envs(std::make_unique<HoldTask>(HoldOptions{}, 4, 1), kSpec);
  envs.reset(7);
  const std::vector<float> actions(static_cast<std::size_t>(4 * envs.action_size()), action);
  double sum = 0;
  for (int t = 0; t < steps; ++t) {
    envs.step(actions);
    for (const double reward : envs.rewards()) sum += reward / 4;
  }
  return sum;
}

/// Largest summed strength of a neuron's inputs after 200 ms of Hebb's rule, with or without ours.
double largest_sum(bool normalises) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.drive.mean = 0.5;
  spec.integrator.dt_ms = 1;
  spec.plasticity.rules = {"hebbian"};
  spec.plasticity.hebbian.learning_rate = 0.01;
  const ThreadArena arena(1);
  const auto connectome =
      std::make_shared<Connectome>(random_connectome({.num_neurons = 30, .in_degree = 10}, 3));
  Simulation<double> brain({connectome}, spec, {1}, arena);
  for (int t = 1; t <= 200; ++t) {
    brain.advance_to(t);
    if (!normalises) continue;
    brain.edit_connectome(0, [&](PlasticConnectome& plastic) {
      normalise_inputs(plastic, {.sum = 1, .rate = 0.5}, arena);
    });
  }
  double largest = 0;
  for (std::int64_t i = 0; i < 30; ++i) {
    double sum = 0;
    for (const float weight : brain.plastic_connectome(0).row_weights(i)) {
      sum += std::abs(double{weight});
    }
    largest = std::max(largest, sum);
  }
  return largest;
}

}  // namespace

int main() {
  require_env([](const std::string& render_mode) {
    return std::make_unique<TaskEnv>(std::make_unique<HoldTask>(HoldOptions{}, 1, 1), kSpec,
                                     render_mode);
  });
  const double still = mean_return(0, 20), driven = mean_return(1, 20);
  const double with = largest_sum(true), without = largest_sum(false);
  std::printf("task: every promise kept; return %.1f left alone, %.1f at full current\n", still,
              driven);
  std::printf("rule: inputs add up to at most %.2f with it, %.2f without\n", with, without);
  return still != driven && with < 1.2 && without > 2 ? 0 : 1;
}
