#pragma once
/// The activity that weights are fitted to, the brain that made it, and controls.

#include <cstdint>
#include <memory>

#include "agent/weight_fit.hpp"
#include "core/threads.hpp"
#include "physics/connectome.hpp"
#include "runners/fit/fit_config.hpp"

namespace noesis {

/// A recorded brain. Its weights and bias are what a fit is scored by and never read by one.
struct RecordedBrain {
  ConnectomePtr connectome;
  torch::Tensor bias;     ///< (num_neurons) the brain's constant drive
  ActivityData activity;  ///< the longest length and what is held out after it, without noise
  TrajectoryPlan plan;    ///< integrator, step and steps an interval
};

/// Simulates the brain of `spec`, or reads its recording. `replicate` makes other wiring (of
/// generators), drive and starts. @throws ConfigError for a recording of other neurons, too few
/// samples, or interventions other than currents between samples; RunError as simulations do.
RecordedBrain record_brain(const FitBrainSpec& spec, std::uint64_t seed, std::int64_t replicate,
                           const ThreadArena& arena);

/// The activity with observation noise, sd times that of each neuron and variable. A pure function:
/// the noise of a sample does not depend on how many there are.
ActivityData with_noise(const ActivityData& activity, double sd, std::uint64_t seed);

/// Each neuron's activity, turned in time by a lag of its own of at least a quarter of the
/// recording: every neuron moves as it did, and none as the others make it.
ActivityData shifted(const ActivityData& activity, std::uint64_t seed);

/// A seed for a purpose, far from the run's own and from those of other purposes.
std::uint64_t fit_seed(std::uint64_t seed, std::uint32_t purpose, std::int64_t index);

}  // namespace noesis
