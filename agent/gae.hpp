#pragma once
/// Generalised advantage estimation (Schulman et al., ICLR 2016):
///
///   delta_t = r_t + gamma v_t+1 - v_t,   A_t = delta_t + gamma lambda A_t+1,
///
/// where nothing comes after the end of an episode. An episode that was only stopped (truncated)
/// would have gone on: the value of its final observation is part of r_t then.

#include <cstdint>
#include <span>

namespace noesis {

/// One environment's rollout of n steps: `ended` is 1 where the episode ended with the step,
/// `last_value` that of the state after the last step. All but it are (n). @throws InternalError
/// for other lengths.
void estimate_advantages(std::span<const float> rewards, std::span<const float> values,
                         std::span<const std::uint8_t> ended, float last_value, float gamma,
                         float lambda, std::span<float> advantages);

}  // namespace noesis
