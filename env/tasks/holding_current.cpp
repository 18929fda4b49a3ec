#include "env/tasks/holding_current.hpp"

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "env/tasks/wilson_cowan_inverse.hpp"

namespace noesis {

HoldingCurrent::HoldingCurrent(const Subject& subject)
    : connectome_(subject.connectome), model_(subject.brain.model) {
  const bool is_tanh = model_.name == "rate" && model_.rate.activation == "tanh";
  if (model_.name == "wilson_cowan") {
    coupling_ = model_.wilson_cowan.coupling;
    gap_coupling_ = model_.wilson_cowan.gap_coupling;
  } else if (is_tanh && connectome_->gap_junctions().empty()) {
    coupling_ = model_.rate.coupling;
    gap_coupling_ = 0;
  } else {
    throw ConfigError({.what = "this task is about Wilson-Cowan brains and rate networks of tanh",
                       .where = "subject",
                       .got = subject.name,
                       .allowed = "celegans, celegans-coupled, reference-N; reference-N as a rate "
                                  "network, which has no gap junctions",
                       .next = {}});
  }
  drive_ = subject.brain.drive.values(connectome_->num_neurons());
}

std::vector<double> HoldingCurrent::needed(std::span<const double> rates) const {
  std::vector<double> input(rates.size());
  if (model_.name == "rate") {
    for (std::size_t k = 0; k < rates.size(); ++k) input[k] = std::atanh(rates[k]);
    return input;
  }
  const WilsonCowanParameters& p = model_.wilson_cowan;
  std::vector<double> inhibition(rates.size());
  resting_inhibition(p, rates, inhibition);
  for (std::size_t k = 0; k < rates.size(); ++k) {
    const InputEstimate estimate = summed_input(p, rates[k], inhibition[k], rates[k]);
    input[k] = estimate.valid ? estimate.input : std::numeric_limits<double>::quiet_NaN();
  }
  return input;
}

double HoldingCurrent::received(std::span<const double> rates, std::int64_t neuron) const {
  const auto n = static_cast<std::size_t>(neuron);
  double from_others = drive_[n];
  const auto add = [&](const SynapseTable& table, double gain, double own) {
    if (table.empty()) return;
    const auto sources = table.row_sources(neuron);
    const auto weights = table.row_weights(neuron);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      from_others += gain * weights[k] * (rates[static_cast<std::size_t>(sources[k])] - own);
    }
  };
  add(connectome_->synapses(), coupling_, 0);
  add(connectome_->gap_junctions(), gap_coupling_, rates[n]);
  return from_others;
}

std::vector<double> HoldingCurrent::of(std::span<const double> rates) const {
  std::vector<double> current = needed(rates);
  for (std::size_t i = 0; i < current.size(); ++i) {
    current[i] -= received(rates, static_cast<std::int64_t>(i));
  }
  return current;
}

}  // namespace noesis
