#pragma once
/// A recording cut into windows for multiple shooting.

#include <torch/torch.h>

#include <cstdint>

#include "agent/weight_fit.hpp"

namespace noesis {

/// Windows of `intervals` intervals, one after the other, of every environment: window v of
/// environment e is e * num_windows_each + v. What is left at the end is not used.
struct ShootingWindows {
  std::int64_t intervals = 0;
  std::int64_t num_each = 0;  ///< windows of an environment
  torch::Tensor first;        ///< (windows x num_observed x num_neurons) sample at the start
  torch::Tensor after;        ///< (intervals x windows x num_observed x num_neurons)
  torch::Tensor current;      ///< (intervals x windows x num_neurons), or undefined

  std::int64_t num_windows() const { return first.size(0); }
};

/// At most `intervals` long: as long as the recording where it is shorter.
ShootingWindows cut_into_windows(const ActivityData& data, std::int64_t intervals);

/// Variances over all samples (num_observed x num_neurons), with a floor of a millionth of the mean
/// one of the variable, so that a neuron that never moves divides by no zero.
torch::Tensor variances_of(const torch::Tensor& samples);

/// All state variables at the start of every window (windows x num_components x num_neurons): those
/// observed as observed; the others by direct insertion, that is, carried along the recording by
/// the model without synapses while the observed ones are set to each sample.
torch::Tensor guess_starts(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                           const ActivityData& data, std::int64_t intervals);

}  // namespace noesis
