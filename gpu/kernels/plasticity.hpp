#pragma once
/// The rules that change weights and biases in place, for one brain of a batch.

#include <cstdint>

#include "core/math.hpp"
#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"
#include "physics/plasticity/hebbian.hpp"
#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/oja.hpp"

namespace noesis::NOESIS_GPU {

/// Homeostasis of each neuron: its filtered rate, and its bias. Rows are neurons.
template <class T>
struct AdaptBias {
  static constexpr int kTeamSize = 1;

  HomeostasisStep step;
  const T* output = nullptr;      // (num_neurons) what synapses carry
  double* filtered = nullptr;     // (num_neurons)
  double* shortfall = nullptr;    // (num_neurons)
  double* log_factors = nullptr;  // (num_neurons)
  T* bias = nullptr;              // (num_neurons)
  const T* current = nullptr;     // (num_neurons)
  T* drive = nullptr;             // (num_neurons) bias + current

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t i, std::int64_t) const {
    observe_rate(step, output[i], filtered[i], shortfall[i], log_factors[i]);
    bias[i] = static_cast<T>(adapted_bias(step, bias[i], shortfall[i]));
    drive[i] = bias[i] + current[i];
  }
};

/// The rules on the weights of a row, in the order of physics/plasticity/plastic_brain.hpp, in one
/// pass: synaptic scaling, Oja's rule, Hebb's rule, decay. A team works on a row, its threads on
/// every 32nd synapse. Nothing is kept of a synapse but its weight.
template <class T>
struct ChangeWeights {
  static constexpr int kTeamSize = 32;
  using RowTeam = Team<kTeamSize>;

  DeviceTable table;
  float* weights = nullptr;       // of the table
  const T* output = nullptr;      // (num_neurons)
  double* log_factors = nullptr;  // (num_neurons) of scaling; null without it
  double max_weight = 0;          // of scaling
  T oja_rate = 0;                 // learning rate; 0: no Oja
  const T* factors = nullptr;     // (num_neurons) m of Hebb's rule
  T hebbian_rate = 0;             // learning rate; 0: no Hebb
  T kept = 1;                     // by Hebb's rule, of a weight
  double decay = 1;               // factor; 1: none

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t) const {
    const DeviceRow row = table.rows[place];
    float* const own = weights + row.begin;
    const double log_factor = log_factors == nullptr ? 0 : log_factors[row.neuron];
    const double size = log_factor < 0 ? -log_factor : log_factor;
    const bool scales = log_factors != nullptr && !(size < kLogFactorStep);
    const bool learns = oja_rate != T(0) || hebbian_rate != T(0);
    if (!scales && !learns && decay == 1) return;  // the whole team
    const double factor = scales ? scaling(team, row, own, log_factor) : 1;
    const T y = output[row.neuron];
    const T step = hebbian_rate == T(0) ? T(0) : hebbian_rate * factors[row.neuron];
    team.each([&](int t) {
      if (scales && t == 0) log_factors[row.neuron] = 0;
      const T yy = y * y;
      for (std::int32_t k = t; k < row.count; k += kTeamSize) {
        float weight = own[k];
        if (scales) weight = static_cast<float>(weight * factor);
        if (learns) {
          const T x = output[read_once(table.sources + row.begin + k)];
          if (oja_rate != T(0)) {
            weight = static_cast<float>(oja_step(static_cast<T>(weight), x * y, yy, oja_rate));
          }
          if (hebbian_rate != T(0)) {
            weight = static_cast<float>(hebbian_step(static_cast<T>(weight), x, step, kept));
          }
        }
        if (decay != 1) weight = static_cast<float>(weight * decay);
        own[k] = weight;
      }
    });
  }

 private:
  /// The factor of a row, within its bounds; every thread of the team has it.
  NOESIS_DEVICE double scaling(const RowTeam& team, const DeviceRow& row, const float* own,
                               double log_factor) const {
    typename RowTeam::template Slot<float> largest, smallest, other;
    team.each([&](int t) {
      largest[t] = 0;
      smallest[t] = 0x1.fffffep127f;
      for (std::int32_t k = t; k < row.count; k += kTeamSize) {
        const float size = own[k] < 0 ? -own[k] : own[k];
        largest[t] = size > largest[t] ? size : largest[t];
        smallest[t] = size > 0 && size < smallest[t] ? size : smallest[t];
      }
    });
    for (int mask = kTeamSize / 2; mask > 0; mask /= 2) {
      team.exchange_xor(largest, mask, other);
      team.each([&](int t) { largest[t] = other[t] > largest[t] ? other[t] : largest[t]; });
      team.exchange_xor(smallest, mask, other);
      team.each([&](int t) { smallest[t] = other[t] < smallest[t] ? other[t] : smallest[t]; });
    }
    double factor = 1;
    team.each([&](int t) {
      factor = bounded_factor(math::exp(log_factor), largest[t], smallest[t], max_weight);
    });
    return factor;
  }
};

}  // namespace noesis::NOESIS_GPU
