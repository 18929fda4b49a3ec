#include "agent/shooting_windows.hpp"

#include <algorithm>

namespace noesis {

namespace {

/// (envs x num_each x ...) of a tensor whose second dimension is time: every `intervals`-th from
/// `offset` on.
torch::Tensor every(const torch::Tensor& samples, std::int64_t offset, std::int64_t intervals,
                    std::int64_t num_each) {
  return samples.slice(1, offset, offset + (num_each - 1) * intervals + 1, intervals).flatten(0, 1);
}

}  // namespace

ShootingWindows cut_into_windows(const ActivityData& data, std::int64_t intervals) {
  ShootingWindows windows;
  windows.intervals = std::min(intervals, data.num_samples() - 1);
  windows.num_each = (data.num_samples() - 1) / windows.intervals;
  windows.first = every(data.samples, 0, windows.intervals, windows.num_each).contiguous();
  std::vector<torch::Tensor> after, current;
  for (std::int64_t k = 0; k < windows.intervals; ++k) {
    after.push_back(every(data.samples, k + 1, windows.intervals, windows.num_each));
    if (data.current.defined()) {
      current.push_back(every(data.current, k, windows.intervals, windows.num_each));
    }
  }
  windows.after = torch::stack(after);
  if (data.current.defined()) windows.current = torch::stack(current);
  return windows;
}

torch::Tensor variances_of(const torch::Tensor& samples) {
  const torch::Tensor variance = samples.flatten(0, 1).var(0, false);
  return torch::maximum(variance, 1e-6 * variance.mean(1, true)).clamp_min(1e-300);
}

torch::Tensor guess_starts(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                           const ActivityData& data, std::int64_t intervals) {
  const torch::NoGradGuard no_grad;
  const std::int64_t observed = data.num_observed();
  const ShootingWindows windows = cut_into_windows(data, intervals);
  if (observed == brain.num_components()) return windows.first.clone();
  const auto zeros = [](std::int64_t count) { return torch::zeros({count}, torch::kFloat64); };
  const torch::Tensor weights = zeros(brain.connectome().num_synapses());
  const torch::Tensor bias = zeros(brain.connectome().num_neurons());
  TrajectoryPlan interval = plan;
  interval.num_samples = 1;
  torch::Tensor state = torch::zeros(
      {data.num_envs(), brain.num_components(), brain.connectome().num_neurons()}, torch::kFloat64);
  std::vector<torch::Tensor> starts;
  for (std::int64_t t = 0; t < data.num_samples() - 1; ++t) {
    state.slice(1, 0, observed).copy_(data.samples.select(1, t));
    if (t % windows.intervals == 0 && t / windows.intervals < windows.num_each) {
      starts.push_back(state.clone());
    }
    state = brain.integrate(interval, state, weights, bias)[0];
  }
  return torch::stack(starts, 1).flatten(0, 1).contiguous();
}

}  // namespace noesis
