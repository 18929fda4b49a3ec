#include "physics/discovery/responses.hpp"

#include <algorithm>

#include "physics/discovery/scores.hpp"
#include "physics/simulation.hpp"

namespace noesis {
namespace {

constexpr double kBetweenStates = 10;  // [tau]

using States = std::vector<State<double>>;  // of one environment each

States states_on_attractor(const Subject& subject, const ResponsePlan& plan,
                           const ThreadArena& arena) {
  const auto brain = make_simulation(subject, plan.seed, arena);
  States states;
  for (std::int64_t s = 0; s < plan.num_states; ++s) {
    brain->advance_to((subject.transient + kBetweenStates * static_cast<double>(s)) *
                      subject.tau_ms);
    states.push_back(brain->state());
  }
  return states;
}

std::vector<std::int64_t> sites_of(std::int64_t num_neurons, std::int64_t max_sites) {
  const std::int64_t count = std::min(num_neurons, max_sites);
  std::vector<std::int64_t> sites;
  for (std::int64_t k = 0; k < count; ++k) sites.push_back(k * num_neurons / count);
  return sites;
}

/// Pulsed minus unpulsed E: for every state and site, after every sample, of every other neuron.
std::vector<double> changes(const Subject& subject, const States& states,
                            const std::vector<std::int64_t>& sites, const ResponsePlan& plan,
                            const ThreadArena& arena) {
  const std::size_t branches = 1 + sites.size();  // the first without a pulse
  Simulation<double> brain({subject.connectome}, subject.brain,
                           std::vector<std::uint64_t>(branches), arena, subject.make_backend);
  const std::int64_t n = subject.num_units;
  const double interval_ms = subject.interval * subject.tau_ms;
  for (std::size_t k = 0; k < sites.size(); ++k) {
    brain.surgeon().set_current(static_cast<std::int64_t>(k) + 1, sites[k], plan.amplitude);
  }
  std::vector<double> result;
  std::int64_t count = 0;
  for (const State<double>& start : states) {
    State<double> x(brain.shape());
    for (std::int64_t env = 0; env < static_cast<std::int64_t>(branches); ++env) {
      for (int c = 0; c < x.shape().num_components; ++c) {
        for (std::int64_t j = 0; j < n; ++j) x.at(env, c, j) = start.at(0, c, j);
      }
    }
    brain.set_state(x);
    for (std::int64_t t = 0; t < plan.samples; ++t) {
      brain.advance_to(static_cast<double>(++count) * interval_ms);
      for (std::size_t k = 0; k < sites.size(); ++k) {
        const auto env = static_cast<std::int64_t>(k) + 1;
        for (std::int64_t j = 0; j < n; ++j) {
          if (j == sites[k]) continue;
          result.push_back(brain.state().at(env, 0, j) - brain.state().at(0, 0, j));
        }
      }
    }
  }
  return result;
}

}  // namespace

double response_r2(const Subject& truth, const Estimate& estimate, const ResponsePlan& plan) {
  const ThreadArena arena(1);
  const States states = states_on_attractor(truth, plan, arena);
  const std::vector<std::int64_t> sites = sites_of(truth.num_units, plan.max_sites);
  const std::vector<double> observed = changes(truth, states, sites, plan, arena);
  if (estimate.model) {
    const std::vector<double> predicted = changes(*estimate.model, states, sites, plan, arena);
    double missed = 0, all = 0;
    for (std::size_t k = 0; k < observed.size(); ++k) {
      missed += (observed[k] - predicted[k]) * (observed[k] - predicted[k]);
      all += observed[k] * observed[k];
    }
    return 1 - missed / all;
  }
  std::vector<double> predicted;
  for (std::int64_t t = 0; t < plan.num_states * plan.samples; ++t) {
    for (const std::int64_t site : sites) {
      for (std::int64_t i = 0; i < truth.num_units; ++i) {
        if (i != site) predicted.push_back(estimate.weights.at(i, site));
      }
    }
  }
  return scaled_r2(predicted, observed);
}

}  // namespace noesis
