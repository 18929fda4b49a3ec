#pragma once
/// Rules that learn more of a neuron than its rate: the response of physics/plasticity/
/// intrinsic_plasticity.hpp, decay that spares the strongest, synaptic elements.

#include <bit>
#include <cstdint>

#include "gpu/kernels/views.hpp"
#include "gpu/team.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/plasticity/intrinsic_plasticity.hpp"
#include "physics/plasticity/structural.hpp"

namespace noesis::NOESIS_GPU {

/// Gain and bias of each neuron, from its summed input, in the order of summed_input(), and its
/// output. Rows are rows of the table.
template <class T>
struct AdaptResponse {
  static constexpr int kTeamSize = kSumLanes;
  using RowTeam = Team<kTeamSize>;

  std::int64_t num_neurons = 0;  // that learn; other places have arousal's gain alone
  bool learns = false;           // or only brings gains up to date
  IntrinsicStep step;
  double arousal_gain = 1;
  DeviceTable table;
  const T* output = nullptr;   // (num_places)
  double* gains = nullptr;     // (num_places)
  double* biases = nullptr;    // (num_places) that are learnt
  T* bias = nullptr;           // (num_places)
  const T* current = nullptr;  // (num_places)
  T* drive = nullptr;          // (num_places) bias + current
  T* gain = nullptr;           // (num_places) in force

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t) const {
    const DeviceRow row = table.rows[place];
    typename RowTeam::template Slot<double> sum, other;
    team.each([&](int t) {
      for (std::int32_t k = t; learns && k < row.count; k += kTeamSize) {
        const std::int32_t source = read_once(table.sources + row.begin + k);
        const float weight = read_once(table.weights + row.begin + k);
        sum[t] += static_cast<double>(weight) * static_cast<double>(output[source]);
      }
    });
    for (int half = kTeamSize / 2; half > 0; half /= 2) {
      team.exchange_xor(sum, half, other);
      team.each([&](int t) { sum[t] += other[t]; });
    }
    team.each([&](int t) {
      if (t == 0) adapt(row.neuron, static_cast<T>(sum[t]));
    });
  }

 private:
  NOESIS_DEVICE void adapt(std::int32_t i, T input) const {
    const bool is_born = i < num_neurons;
    if (is_born && learns) {
      const double before = biases[i];
      adapt_response(step, static_cast<double>(input), static_cast<double>(output[i]), gains[i],
                     biases[i]);
      bias[i] += static_cast<T>(biases[i] - before);
      drive[i] = bias[i] + current[i];
    }
    gain[i] = static_cast<T>(is_born ? arousal_gain * gains[i] : arousal_gain);
  }
};

/// Decay of the weights of a row but its strongest, and those as strong as the weakest of them
/// (physics/plasticity/weight_decay.hpp).
struct DecaySpared {
  static constexpr int kTeamSize = 32;
  using RowTeam = Team<kTeamSize>;

  const DeviceRow* rows = nullptr;
  float* weights = nullptr;
  double spared_fraction = 0;
  double factor = 1;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t) const {
    const DeviceRow row = rows[place];
    float* const own = weights + row.begin;
    const auto count = static_cast<std::int32_t>(spared_fraction * static_cast<double>(row.count));
    const float spared = count == 0 ? __builtin_inff() : weakest_of(team, own, row.count, count);
    team.each([&](int t) {
      for (std::int32_t k = t; k < row.count; k += kTeamSize) {
        if (size_of(own[k]) < spared) own[k] = static_cast<float>(own[k] * factor);
      }
    });
  }

 private:
  static NOESIS_DEVICE float size_of(float weight) { return weight < 0 ? -weight : weight; }

  /// The `count`-th largest |weight|, bit by bit from the highest: sizes are ordered as their bits.
  static NOESIS_DEVICE float weakest_of(const RowTeam& team, const float* own, std::int32_t length,
                                        std::int32_t count) {
    std::uint32_t bits = 0;
    for (std::uint32_t bit = 1U << 30; bit != 0; bit >>= 1) {
      const std::uint32_t trial = bits | bit;
      typename RowTeam::template Slot<std::int32_t> found, other;
      team.each([&](int t) {
        for (std::int32_t k = t; k < length; k += kTeamSize) {
          found[t] += std::bit_cast<std::uint32_t>(size_of(own[k])) >= trial ? 1 : 0;
        }
      });
      for (int mask = kTeamSize / 2; mask > 0; mask /= 2) {
        team.exchange_xor(found, mask, other);
        team.each([&](int t) { found[t] += other[t]; });
      }
      if (team.common(found) >= count) bits = trial;
    }
    return std::bit_cast<float>(bits);
  }
};

/// Calcium and synaptic elements after a rate. Rows are neurons.
template <class T>
struct GrowElements {
  static constexpr int kTeamSize = 1;

  StructuralStep step;
  double most = 0;            // elements of a neuron
  const T* output = nullptr;  // (num_neurons)
  double* calcium = nullptr;
  double* axonal = nullptr;
  double* dendritic = nullptr;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t i, std::int64_t) const {
    grow_elements(step, static_cast<double>(output[i]), most, calcium[i], axonal[i], dendritic[i]);
  }
};

}  // namespace noesis::NOESIS_GPU
