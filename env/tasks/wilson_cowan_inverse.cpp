#include "env/tasks/wilson_cowan_inverse.hpp"

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/math.hpp"

namespace noesis {
namespace {

/// S(z) + shift of either population is c / (1 + exp(-a (z - b))).
double shift(double c, double a, double b, bool on) { return on ? c / (1 + math::exp(a * b)) : 0; }

}  // namespace

InputEstimate summed_input(const WilsonCowanParameters& p, double e, double i, double s) {
  // s = (k - r e) S(z), and c / (S + shift) - 1 = exp(-a (z - b)).
  const double share = p.k_e - p.r_e * e;
  const double y = (s / share + shift(p.c_e, p.a_e, p.b_e, p.shift_sigmoid)) / p.c_e;
  if (!(y > 0 && y < 1)) return {};
  const double z = p.b_e + math::log(y / (1 - y)) / p.a_e;
  return {.input = z / p.alpha_e + p.theta_e - p.c_ee * e + p.c_ei * i,
          .gain = share * p.c_e * p.a_e * y * (1 - y) * p.alpha_e,
          .valid = true};
}

double resting_inhibition(const WilsonCowanParameters& p, double e) {
  const double floor = shift(p.c_i, p.a_i, p.b_i, p.shift_sigmoid);
  const auto excess = [&](double i) {
    const double z = p.alpha_i * (p.c_ie * e - p.c_ii * i + p.q - p.theta_i);
    return (p.k_i - p.r_i * i) * (p.c_i * math::sigmoid(p.a_i * (z - p.b_i)) - floor) - i;
  };
  double low = -p.c_i * p.k_i;
  double high = p.c_i * p.k_i;
  for (int k = 0; k < 60; ++k) {
    const double middle = (low + high) / 2;
    (excess(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

HoldingCurrent::HoldingCurrent(const Subject& subject)
    : connectome_(subject.connectome), model_(subject.brain.model.wilson_cowan) {
  if (subject.brain.model.name != "wilson_cowan") {
    throw ConfigError({.what = "this task is about Wilson-Cowan brains",
                       .where = "subject",
                       .got = subject.name,
                       .allowed = "celegans, celegans-coupled, reference-N",
                       .next = {}});
  }
  drive_ = subject.brain.drive.values(connectome_->num_neurons());
}

double HoldingCurrent::needed(double rate) const {
  const auto estimate = summed_input(model_, rate, resting_inhibition(model_, rate), rate);
  return estimate.valid ? estimate.input : std::numeric_limits<double>::quiet_NaN();
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
  add(connectome_->synapses(), model_.coupling, 0);
  add(connectome_->gap_junctions(), model_.gap_coupling, rates[n]);
  return from_others;
}

std::vector<double> HoldingCurrent::of(std::span<const double> rates) const {
  std::vector<double> current(rates.size());
  for (std::size_t i = 0; i < current.size(); ++i) {
    current[i] = needed(rates[i]) - received(rates, static_cast<std::int64_t>(i));
  }
  return current;
}

}  // namespace noesis
