#pragma once
/// A lifespan tape: one task after another, each a few pairs of a random input and a random target
/// that come in random order. Everything is a pure function of the seed.

#include <cstdint>
#include <span>
#include <vector>

#include "runners/experiments/life_config.hpp"

namespace noesis {

/// Input and target of a step; both have unit variance before noise.
struct Sample {
  std::vector<double> input;   ///< (num_inputs)
  std::vector<double> target;  ///< (num_outputs)
};

/// Thread-safe.
class TaskStream {
 public:
  TaskStream(const LifeSpec& spec, std::uint64_t seed) : spec_(spec), seed_(seed) {}

  std::int64_t task_of(std::int64_t step) const { return step / spec_.task_steps; }
  std::int64_t num_tasks() const {
    return (spec_.life_steps + spec_.task_steps - 1) / spec_.task_steps;
  }
  /// What the tape shows at a step, with noise.
  Sample at(std::int64_t step) const;
  /// A pair of a task without noise, for tests.
  Sample pattern(std::int64_t task, std::int64_t index) const;

 private:
  LifeSpec spec_;
  std::uint64_t seed_;
};

}  // namespace noesis
