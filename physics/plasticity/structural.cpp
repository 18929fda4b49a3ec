#include "physics/plasticity/structural.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "data/memory.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kGrain = 1024;

void check(const StructuralSpec& spec) {
  const auto check_one = [](bool ok, const char* where, double got, const char* allowed) {
    require(ok && std::isfinite(got), "structural plasticity parameter out of range", where, got,
            allowed);
  };
  check_one(spec.calcium_tau_ms > 0, "calcium_tau_ms", spec.calcium_tau_ms, "> 0");
  check_one(spec.calcium_per_rate > 0, "calcium_per_rate", spec.calcium_per_rate, "> 0");
  check_one(spec.least_calcium >= 0, "least_calcium", spec.least_calcium, ">= 0");
  check_one(spec.target_calcium > spec.least_calcium, "target_calcium", spec.target_calcium,
            "above least_calcium");
  check_one(spec.growth_speed > 0, "growth_speed", spec.growth_speed, "> 0");
  check_one(spec.weight != 0 && std::abs(spec.weight) < 1e30, "weight", spec.weight,
            "any but 0, below 1e30");
}

/// Puts `count` random elements first, each equally likely.
template <class T>
void draw_to_front(std::vector<T>& items, std::size_t count, RandomSequence& random) {
  for (std::size_t k = 0; k < count; ++k) {
    std::swap(items[k], items[k + random.below(items.size() - k)]);
  }
}

std::int64_t whole(double elements) { return static_cast<std::int64_t>(elements); }

/// Each neuron as often as it has vacant elements, in random order.
template <class Used>
std::vector<std::int32_t> vacancies(const PlasticConnectome& connectome,
                                    std::span<const double> elements, const Used& used,
                                    RandomSequence& random) {
  std::int64_t total = 0;
  const auto vacant = [&](std::int64_t id) {
    return connectome.alive(id) ? std::max(whole(elements[id]) - used(id), std::int64_t{0}) : 0;
  };
  for (std::int64_t id = 0; id < connectome.num_neurons(); ++id) total += vacant(id);
  require_memory(total * std::int64_t(sizeof(std::int32_t)), "structural plasticity",
                 std::to_string(total) + " vacant elements");
  std::vector<std::int32_t> list;
  list.reserve(total);
  for (std::int64_t id = 0; id < connectome.num_neurons(); ++id) {
    list.insert(list.end(), vacant(id), static_cast<std::int32_t>(id));
  }
  draw_to_front(list, list.size(), random);
  return list;
}

}  // namespace

StructuralStep StructuralStep::of(const StructuralSpec& spec, double dt) {
  return {.dt = dt,
          .kept_half = math::exp(-dt / (2 * spec.calcium_tau_ms)),
          .rest_per_rate = spec.calcium_tau_ms * spec.calcium_per_rate,
          .middle = (spec.least_calcium + spec.target_calcium) / 2,
          .width = (spec.target_calcium - spec.least_calcium) / (2 * std::sqrt(std::numbers::ln2)),
          .growth_speed = spec.growth_speed};
}

StructuralPlasticity::StructuralPlasticity(const StructuralSpec& spec,
                                           const PlasticConnectome& connectome, std::uint64_t seed)
    : spec_(spec), seed_(seed) {
  check(spec);
  grow(connectome);
}

void StructuralPlasticity::grow(const PlasticConnectome& connectome) {
  for (auto id = static_cast<std::int64_t>(calcium_.size()); id < connectome.num_neurons(); ++id) {
    calcium_.push_back(spec_.target_calcium);
    axonal_.push_back(static_cast<double>(connectome.num_outputs(id)) + 0.5);
    dendritic_.push_back(static_cast<double>(connectome.row_sources(id).size()) + 0.5);
  }
}

template <Real T>
void StructuralPlasticity::observe(std::span<const T> rates, double dt, const ThreadArena& arena) {
  ensure(rates.size() == calcium_.size(), "structural plasticity has one rate for each neuron");
  ensure(dt > 0, "a step of structural plasticity is positive");
  const StructuralStep step = StructuralStep::of(spec_, dt);
  const auto most = static_cast<double>(rates.size());
  arena.parallel_for(std::int64_t(rates.size()), kGrain, [&](std::int64_t i, std::int64_t last) {
    for (; i < last; ++i) {
      grow_elements(step, rates[i], most, calcium_[i], axonal_[i], dendritic_[i]);
    }
  });
}

std::int64_t StructuralPlasticity::remove_surplus(PlasticConnectome& connectome,
                                                  std::uint32_t update) const {
  const std::vector<Synapse> edges = connectome.edges();
  std::vector<bool> gone(edges.size());
  const auto choose = [&](std::vector<std::size_t>& candidates, double elements,
                          RandomSequence& random) {
    const auto have = static_cast<std::int64_t>(candidates.size());
    const std::int64_t surplus = have - std::min(whole(elements), have);
    draw_to_front(candidates, surplus, random);
    for (std::int64_t k = 0; k < surplus; ++k) gone[candidates[k]] = true;
  };
  RandomSequence random(seed_, Stream::kStructural, update);
  std::vector<std::vector<std::size_t>> inputs(connectome.num_neurons());
  for (std::size_t k = 0; k < edges.size(); ++k) inputs[edges[k].target].push_back(k);
  for (std::size_t id = 0; id < inputs.size(); ++id) choose(inputs[id], dendritic_[id], random);
  std::vector<std::vector<std::size_t>> outputs(connectome.num_neurons());
  for (std::size_t k = 0; k < edges.size(); ++k) {
    if (!gone[k]) outputs[edges[k].source].push_back(k);
  }
  for (std::size_t id = 0; id < outputs.size(); ++id) choose(outputs[id], axonal_[id], random);
  std::size_t next = 0;
  return connectome.remove_synapses([&](const Synapse&) { return gone[next++]; });
}

std::int64_t StructuralPlasticity::join_vacant(PlasticConnectome& connectome,
                                               std::uint32_t update) const {
  RandomSequence random(seed_, Stream::kStructural, update);
  const auto sources = vacancies(
      connectome, axonal_, [&](std::int64_t id) { return connectome.num_outputs(id); }, random);
  const auto targets = vacancies(
      connectome, dendritic_,
      [&](std::int64_t id) { return std::int64_t(connectome.row_sources(id).size()); }, random);
  std::vector<Synapse> joined;
  std::set<std::pair<std::int32_t, std::int32_t>> pairs;
  for (std::size_t k = 0; k < std::min(sources.size(), targets.size()); ++k) {
    const auto row = connectome.row_sources(targets[k]);
    const bool there = std::binary_search(row.begin(), row.end(), sources[k]);
    if (there || sources[k] == targets[k] || !pairs.insert({sources[k], targets[k]}).second) {
      continue;
    }
    joined.push_back({sources[k], targets[k], static_cast<float>(spec_.weight)});
  }
  connectome.add_synapses(joined);
  return static_cast<std::int64_t>(joined.size());
}

Rewired StructuralPlasticity::update(PlasticConnectome& connectome) {
  ensure(connectome.num_neurons() == static_cast<std::int64_t>(calcium_.size()),
         "structural plasticity has elements for each neuron");
  require_memory(
      connectome.num_synapses() * std::int64_t(sizeof(Synapse) + 2 * sizeof(std::size_t)),
      "structural plasticity", std::to_string(connectome.num_synapses()) + " synapses");
  // Two sequences an update, one for each half.
  Rewired rewired;
  rewired.num_removed = remove_surplus(connectome, num_updates_++);
  rewired.num_added = join_vacant(connectome, num_updates_++);
  return rewired;
}

template void StructuralPlasticity::observe(std::span<const float>, double, const ThreadArena&);
template void StructuralPlasticity::observe(std::span<const double>, double, const ThreadArena&);

}  // namespace noesis
