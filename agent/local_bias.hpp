#pragma once
/// Homeostasis of the intrinsic excitability: each unit tracks its own rate and moves its bias, so
/// that the rate comes to a set-point,
///
///   r' = (y - r) / rate_time,   b' = rate * (set_point - r),   |b| <= limit.

#include <algorithm>
#include <span>

#include "agent/agent_config.hpp"
#include "core/math.hpp"

namespace noesis {

/// One step of the units of one environment: what they did, their rates and biases. A unit that is
/// not finite keeps both.
template <Real T>
void advance_local_bias(const LocalBiasConfig& config, std::span<const T> activity,
                        std::span<T> rates, std::span<T> biases) {
  const T step = T{1} / static_cast<T>(config.rate_time);
  const T rate = static_cast<T>(config.rate);
  const T target = static_cast<T>(config.set_point);
  const T limit = static_cast<T>(config.limit);
  for (std::size_t i = 0; i < activity.size(); ++i) {
    if (!std::isfinite(activity[i])) continue;
    rates[i] += (activity[i] - rates[i]) * step;
    biases[i] = std::clamp(biases[i] + rate * (target - rates[i]), -limit, limit);
  }
}

}  // namespace noesis
