#include "physics/plasticity/weight_decay.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/math.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kRowGrain = 64;
constexpr double kSmallestStep = 1e-5;  // of dt / tau

/// The weakest |weight| that is spared, infinite where none is.
float spared_from(std::span<const float> weights, double fraction, std::vector<float>& scratch) {
  const auto count = static_cast<std::ptrdiff_t>(fraction * double(weights.size()));
  if (count == 0) return std::numeric_limits<float>::infinity();
  scratch.resize(weights.size());
  std::transform(weights.begin(), weights.end(), scratch.begin(),
                 [](float weight) { return std::abs(weight); });
  const auto weakest = scratch.begin() + (count - 1);
  std::nth_element(scratch.begin(), weakest, scratch.end(), std::greater<>{});
  return *weakest;
}

}  // namespace

double decay_factor(const WeightDecaySpec& spec, double dt) {
  require(spec.tau_ms > 0 && std::isfinite(spec.tau_ms), "decay parameter out of range", "tau",
          spec.tau_ms, "> 0");
  require(spec.spared_fraction >= 0 && spec.spared_fraction < 1, "decay parameter out of range",
          "spared_fraction", spec.spared_fraction, "0 to below 1");
  require(dt / spec.tau_ms >= kSmallestStep && std::isfinite(dt), "decay step out of range", "dt",
          dt, "at least 1e-5 tau");
  return math::exp(-dt / spec.tau_ms);
}

void decay_weights(PlasticConnectome& connectome, const WeightDecaySpec& spec, double dt,
                   const ThreadArena& arena) {
  const double factor = decay_factor(spec, dt);
  const auto& counts = connectome.synapses().row_count;
  const std::size_t longest = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  arena.parallel_for(connectome.num_neurons(), kRowGrain, [&](std::int64_t row, std::int64_t last) {
    std::vector<float> scratch;
    if (spec.spared_fraction > 0) scratch.reserve(longest);
    for (; row < last; ++row) {
      const auto weights = connectome.row_weights(row);
      const float spared = spared_from(weights, spec.spared_fraction, scratch);
      for (float& weight : weights) {
        if (std::abs(weight) < spared) weight = static_cast<float>(weight * factor);
      }
    }
  });
}

}  // namespace noesis
