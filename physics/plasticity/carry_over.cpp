#include "physics/plasticity/carry_over.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"

namespace noesis {
namespace {

/// Both are arrays of one value a neuron, one after another; overwrites the first neurons of each.
template <class T>
void paste(const std::vector<T>& from, std::int64_t from_neurons, std::vector<T>& to,
           std::int64_t to_neurons) {
  const auto num_arrays = static_cast<std::int64_t>(from.size()) / from_neurons;
  ensure(static_cast<std::int64_t>(to.size()) == num_arrays * to_neurons,
         "snapshots of one model have the same arrays");
  for (std::int64_t k = 0; k < num_arrays; ++k) {
    std::copy_n(from.begin() + k * from_neurons, from_neurons, to.begin() + k * to_neurons);
  }
}

}  // namespace

template <Real T>
void carry_over(const Simulation<T>& from, Simulation<T>& to) {
  const BatchShape& old = from.shape();
  const BatchShape& grown = to.shape();
  const auto check = [](bool ok, const char* what, const std::string& got, std::string allowed) {
    if (!ok) throw ConfigError({what, "carry_over", got, std::move(allowed), {}});
  };
  check(from.spec().model.name == to.spec().model.name, "the simulations are of different models",
        to.spec().model.name, from.spec().model.name);
  check(from.spec().plasticity.rules.empty() && to.spec().plasticity.rules.empty(),
        "rules run inside the simulations", "plasticity.rules", "no rules in either");
  check(old.num_envs == grown.num_envs, "number of environments", std::to_string(grown.num_envs),
        std::to_string(old.num_envs));
  check(old.num_neurons <= grown.num_neurons, "neurons keep their ids, so that none can be missing",
        std::to_string(grown.num_neurons), "at least " + std::to_string(old.num_neurons));
  for (std::int64_t env = 0; env < old.num_envs; ++env) {
    const BrainSnapshot<T> before = from.snapshot(env);
    BrainSnapshot<T> after = to.snapshot(env);
    after.seed = before.seed;
    after.step = before.step;
    paste(before.state, old.num_neurons, after.state, grown.num_neurons);
    paste(before.inputs, old.num_neurons, after.inputs, grown.num_neurons);
    to.restore(env, after);
  }
}

template void carry_over(const Simulation<float>&, Simulation<float>&);
template void carry_over(const Simulation<double>&, Simulation<double>&);

}  // namespace noesis
