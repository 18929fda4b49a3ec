#pragma once
/// What noise adds to a batch in a step: a normal number for each state variable, which belongs to
/// the environment's seed, its step and the neuron's id, wherever it is drawn.

#include <cstdint>
#include <span>

#include "core/threads.hpp"
#include "physics/state.hpp"
#include "physics/surgeon.hpp"

namespace noesis {

/// Whose noise it is. Rows of a part of a brain have ids of their own.
struct NoiseKeys {
  std::span<const std::uint64_t> seeds;         ///< (num_envs)
  std::span<const std::int64_t> episode_start;  ///< (num_envs) the step before which it was 0
  const std::int32_t* ids = nullptr;            ///< (num_neurons); null: places
};

/// normal_pair() of `count` ids from `ids` on, or where that is null from `first_id` on.
void normal_pairs(std::uint64_t seed, std::uint64_t step, std::uint32_t slot,
                  const std::int32_t* ids, std::int64_t first_id, std::int64_t count, double* first,
                  double* second);

/// increment = `scale` times the noise of step `step` in the environments from `first_env` on of
/// `keys` and `surgeon`, 0 where it may move nothing. Pure; threads change no bit.
template <Real T>
void draw_noise(std::int64_t step, double scale, const NoiseKeys& keys, std::int64_t first_env,
                const Surgeon<T>& surgeon, const ThreadArena& arena, State<T>& increment);

}  // namespace noesis
