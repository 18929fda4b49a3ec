#include "physics/plasticity/neurogenesis.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "physics/generator_parts.hpp"

namespace noesis {
namespace {

void check(const NeurogenesisSpec& spec) {
  const auto check_one = [](bool ok, const char* where, auto got, const char* allowed) {
    require(ok, "neurogenesis parameter out of range", where, got, allowed);
  };
  const auto check_time = [&](const char* where, double got) {
    check_one(got >= 0 && std::isfinite(got), where, got, ">= 0");
  };
  check_one(spec.error_tau_ms > 0 && std::isfinite(spec.error_tau_ms), "error_tau_ms",
            spec.error_tau_ms, "> 0");
  check_one(spec.threshold > 0 && std::isfinite(spec.threshold), "threshold", spec.threshold,
            "> 0");
  check_time("persistence_ms", spec.persistence_ms);
  check_time("refractory_ms", spec.refractory_ms);
  check_one(spec.neurons_per_batch >= 1, "neurons_per_batch", spec.neurons_per_batch, ">= 1");
  check_one(spec.max_neurons >= 1, "max_neurons", spec.max_neurons, ">= 1");
  check_one(spec.num_inputs >= 1, "num_inputs", spec.num_inputs, ">= 1");
  check_one(spec.num_outputs >= 1, "num_outputs", spec.num_outputs, ">= 1");
  check_one(spec.mean_weight > 0 && spec.mean_weight <= 1e6, "mean_weight", spec.mean_weight,
            "above 0, at most 1e6");
  check_one(spec.excitatory_fraction >= 0 && spec.excitatory_fraction <= 1, "excitatory_fraction",
            spec.excitatory_fraction, "0 to 1");
}

/// `count` distinct ids of `pool`, each equally likely, or all of them.
std::vector<std::int32_t> choose(const std::vector<std::int32_t>& pool, std::int64_t count,
                                 RandomSequence& random) {
  const auto size = static_cast<std::int64_t>(pool.size());
  if (count >= size) return pool;
  std::vector<std::int32_t> chosen;
  generating::sample_without_replacement(
      random, size, -1, count, [&](std::int32_t index) { chosen.push_back(pool[index]); });
  return chosen;
}

std::vector<std::int32_t> living(const PlasticConnectome& connectome) {
  std::vector<std::int32_t> ids;
  ids.reserve(connectome.num_alive());
  for (std::int64_t id = 0; id < connectome.num_neurons(); ++id) {
    if (connectome.alive(id)) ids.push_back(static_cast<std::int32_t>(id));
  }
  return ids;
}

}  // namespace

Neurogenesis::Neurogenesis(const NeurogenesisSpec& spec, std::uint64_t seed)
    : spec_(spec), seed_(seed) {
  check(spec);
}

Born Neurogenesis::advance(double error, double dt, PlasticConnectome& connectome,
                           std::int64_t max_ids) {
  require(dt > 0 && std::isfinite(dt), "neurogenesis step out of range", "dt", dt, "> 0");
  if (!(std::isfinite(error) && error >= 0)) {
    throw RunError({.what = "prediction error is not a number >= 0",
                    .where = "neurogenesis",
                    .got = std::to_string(error),
                    .allowed = "a finite number, at least 0",
                    .next = ""});
  }
  mean_error_ = error + (mean_error_ - error) * math::exp(-dt / spec_.error_tau_ms);
  if (refractory_left_ > 0) {
    refractory_left_ -= dt;
    return {connectome.num_neurons(), 0};
  }
  time_above_ = mean_error_ > spec_.threshold ? time_above_ + dt : 0;
  const std::int64_t room =
      std::min(spec_.max_neurons - connectome.num_alive(), max_ids - connectome.num_neurons());
  if (time_above_ == 0 || time_above_ < spec_.persistence_ms || room <= 0) {
    return {connectome.num_neurons(), 0};
  }
  const Born born = spawn(std::min(spec_.neurons_per_batch, room), connectome);
  time_above_ = 0;
  refractory_left_ = spec_.refractory_ms;
  return born;
}

bool Neurogenesis::would_bear(double error, double dt, const PlasticConnectome& connectome,
                              std::int64_t max_ids) const {
  if (refractory_left_ > 0) return false;
  const double mean = error + (mean_error_ - error) * math::exp(-dt / spec_.error_tau_ms);
  const double time = mean > spec_.threshold ? time_above_ + dt : 0;
  return time > 0 && time >= spec_.persistence_ms && connectome.num_alive() < spec_.max_neurons &&
         connectome.num_neurons() < max_ids;
}

Born Neurogenesis::spawn(std::int64_t count, PlasticConnectome& connectome) const {
  require(count >= 0, "number of neurons out of range", "spawn", count, ">= 0");
  const std::vector<std::int32_t> partners = living(connectome);
  Born born{connectome.num_neurons(), count};
  std::vector<std::int8_t> signs;
  std::vector<Synapse>& synapses = born.synapses;
  for (std::int64_t id = born.first_id; id < born.first_id + count; ++id) {
    const auto neuron = static_cast<std::int32_t>(id);
    RandomSequence random(seed_, Stream::kNeurogenesis, static_cast<std::uint32_t>(id));
    const auto draw_sign = [&] { return random.uniform() < spec_.excitatory_fraction ? 1 : -1; };
    const auto draw_weight = [&](int sign) {
      return static_cast<float>(sign * 2 * spec_.mean_weight * random.uniform());
    };
    const int sign = draw_sign();
    signs.push_back(static_cast<std::int8_t>(sign));
    for (const std::int32_t source : choose(partners, spec_.num_inputs, random)) {
      const auto& known = connectome.neurons().sign;
      const int source_sign = known.empty() || known[source] == 0 ? draw_sign() : known[source];
      synapses.push_back({source, neuron, draw_weight(source_sign)});
    }
    for (const std::int32_t target : choose(partners, spec_.num_outputs, random)) {
      synapses.push_back({neuron, target, draw_weight(sign)});
    }
  }
  connectome.add_neurons(count, signs);
  connectome.add_synapses(synapses);
  return born;
}

}  // namespace noesis
