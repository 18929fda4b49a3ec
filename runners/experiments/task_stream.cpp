#include "runners/experiments/task_stream.hpp"

#include <algorithm>

#include "core/rng.hpp"

namespace noesis {
namespace {

/// What a random number of the tape is for.
enum Slot : std::uint32_t { kInput, kTarget, kNoise, kChoice };

std::vector<double> normals(std::uint64_t seed, std::uint64_t step, Slot slot, std::int64_t count) {
  std::vector<double> values;
  for (std::int64_t k = 0; k < count; k += 2) {
    const RandomPair pair =
        normal_pair(seed, Stream::kTask, step, static_cast<std::uint32_t>(k / 2), slot);
    values.push_back(pair.first);
    if (k + 1 < count) values.push_back(pair.second);
  }
  return values;
}

}  // namespace

Sample TaskStream::pattern(std::int64_t task, std::int64_t index) const {
  const auto key = static_cast<std::uint64_t>(task * spec_.patterns_per_task + index);
  return {normals(seed_, key, kInput, spec_.num_inputs),
          normals(seed_, key, kTarget, spec_.num_outputs)};
}

Sample TaskStream::at(std::int64_t step) const {
  const auto key = static_cast<std::uint64_t>(step);
  const double place = uniform_pair(seed_, Stream::kTask, key, 0, kChoice).first *
                       static_cast<double>(spec_.patterns_per_task);
  Sample sample = pattern(task_of(step),
                          std::min(static_cast<std::int64_t>(place), spec_.patterns_per_task - 1));
  const std::vector<double> noise = normals(seed_, key, kNoise, spec_.num_inputs);
  for (std::size_t k = 0; k < noise.size(); ++k) sample.input[k] += spec_.input_noise * noise[k];
  return sample;
}

}  // namespace noesis
