#include "agent/gae.hpp"

#include "core/error.hpp"

namespace noesis {

void estimate_advantages(std::span<const float> rewards, std::span<const float> values,
                         std::span<const std::uint8_t> ended, float last_value, float gamma,
                         float lambda, std::span<float> advantages) {
  ensure(values.size() == rewards.size() && ended.size() == rewards.size() &&
             advantages.size() == rewards.size(),
         "parts of a rollout of different lengths");
  float next_value = last_value;
  float next_advantage = 0;
  for (std::size_t t = rewards.size(); t-- > 0;) {
    const float goes_on = ended[t] != 0 ? 0.0F : 1.0F;
    const float delta = rewards[t] + gamma * goes_on * next_value - values[t];
    next_advantage = delta + gamma * lambda * goes_on * next_advantage;
    advantages[t] = next_advantage;
    next_value = values[t];
  }
}

}  // namespace noesis
