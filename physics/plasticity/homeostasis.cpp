#include "physics/plasticity/homeostasis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kGrain = 4096;
constexpr std::int64_t kRowGrain = 64;

void check(const HomeostasisSpec& spec) {
  const auto check_one = [](bool ok, const char* where, double got, const char* allowed) {
    require(ok && std::isfinite(got), "homeostasis parameter out of range", where, got, allowed);
  };
  check_one(spec.target_rate >= 0, "target_rate", spec.target_rate, ">= 0");
  check_one(spec.rate_tau_ms > 0, "rate_tau_ms", spec.rate_tau_ms, "> 0");
  check_one(spec.bias_speed >= 0, "bias_speed", spec.bias_speed, ">= 0");
  check_one(spec.max_bias > 0, "max_bias", spec.max_bias, "> 0");
  check_one(spec.scaling_speed >= 0, "scaling_speed", spec.scaling_speed, ">= 0");
  check_one(spec.max_weight > 0, "max_weight", spec.max_weight, "> 0");
}

double bounded_factor(double factor, std::span<const float> weights, double max_weight) {
  float largest = 0;
  float smallest = std::numeric_limits<float>::max();
  for (const float weight : weights) {
    const float size = std::abs(weight);
    largest = std::max(largest, size);
    if (size > 0) smallest = std::min(smallest, size);
  }
  return noesis::bounded_factor(factor, largest, smallest, max_weight);
}

}  // namespace

void scale_row(std::span<float> weights, double& log_factor, double max_weight) {
  if (std::abs(log_factor) < kLogFactorStep) return;
  const double factor = bounded_factor(math::exp(log_factor), weights, max_weight);
  log_factor = 0;
  for (float& weight : weights) weight = static_cast<float>(weight * factor);
}

Homeostasis::Homeostasis(const HomeostasisSpec& spec, std::int64_t num_neurons) : spec_(spec) {
  check(spec);
  grow(num_neurons);
}

void Homeostasis::grow(std::int64_t num_neurons) {
  ensure(num_neurons >= static_cast<std::int64_t>(filtered_.size()), "neurons keep their ids");
  filtered_.resize(num_neurons, spec_.target_rate);
  shortfall_.resize(num_neurons);
  log_factors_.resize(num_neurons);
}

template <Real T>
void Homeostasis::observe(std::span<const T> rates, double dt, const ThreadArena& arena) {
  ensure(rates.size() == filtered_.size(), "homeostasis has one rate for each neuron");
  ensure(dt > 0, "a step of homeostasis is positive");
  const HomeostasisStep step = HomeostasisStep::of(spec_, dt);
  arena.parallel_for(std::int64_t(rates.size()), kGrain, [&](std::int64_t i, std::int64_t last) {
    for (; i < last; ++i) {
      observe_rate(step, rates[i], filtered_[i], shortfall_[i], log_factors_[i]);
    }
  });
}

template <Real T>
void Homeostasis::adapt_bias(std::span<T> bias, const ThreadArena& arena) const {
  ensure(bias.size() == filtered_.size(), "homeostasis has one bias for each neuron");
  const HomeostasisStep step = HomeostasisStep::of(spec_, 0);
  arena.parallel_for(std::int64_t(bias.size()), kGrain, [&](std::int64_t i, std::int64_t last) {
    for (; i < last; ++i) {
      bias[i] = static_cast<T>(adapted_bias(step, bias[i], shortfall_[i]));
    }
  });
}

void Homeostasis::scale(PlasticConnectome& connectome, const ThreadArena& arena) {
  ensure(connectome.num_neurons() == static_cast<std::int64_t>(filtered_.size()),
         "homeostasis has one filter for each neuron");
  arena.parallel_for(connectome.num_neurons(), kRowGrain, [&](std::int64_t row, std::int64_t last) {
    for (; row < last; ++row) {
      scale_row(connectome.row_weights(row), log_factors_[row], spec_.max_weight);
    }
  });
}

template void Homeostasis::observe(std::span<const float>, double, const ThreadArena&);
template void Homeostasis::observe(std::span<const double>, double, const ThreadArena&);
template void Homeostasis::adapt_bias(std::span<float>, const ThreadArena&) const;
template void Homeostasis::adapt_bias(std::span<double>, const ThreadArena&) const;

}  // namespace noesis
