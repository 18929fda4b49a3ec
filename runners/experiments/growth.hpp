#pragma once
/// A brain that grows, and looks at it on the way.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runners/experiments/grow_config.hpp"
#include "runners/experiments/health_look.hpp"

namespace noesis {

struct GrowthStage {
  std::int64_t num_neurons = 0;
  double seizing_fraction = 0;  ///< part of the time since the size before with a mean rate > 0.6
  HealthLook look;              ///< of the frozen brain
  std::string verdict;          ///< health_verdict(look)
};

/// Grows through all sizes of the specification. Neurons are born by the rule `neurogenesis` under
/// an error that nothing satisfies, one at a time up to 100 neurons, a twentieth of the next size
/// beyond; before a look births and stimulus end, rules go on for settle_ms, and then weights and
/// biases are frozen and gains are 1. A brain whose state is not finite is Seizing and ends its
/// growth. Steps are taken by what `make_backend` makes, on the CPU without it. Nothing when
/// interrupted.
std::optional<std::vector<GrowthStage>> grow(const GrowthSpec& spec, std::uint64_t seed,
                                             const std::function<void(double)>& progress,
                                             const BackendFactory<double>& make_backend = {});

}  // namespace noesis
