#pragma once
/// What one gets without gradients through time: weights by regression, to compare a fit with.
///
/// rate: gradient matching. With z = (x_t + x_{t+1}) / 2 and D the interval,
///
///   tau (x_{t+1} - x_t) / D + z - g_gap gap(z) - u = g sum_j W_ij (phi_j,t + phi_j,t+1) / 2 + b_i,
///
/// solved row by row by least squares over the synapses that there are (Varah, SIAM J. Sci. Stat.
/// Comput. 3, 1982; the midpoint rule for derivatives).
/// wilson_cowan: Gauss-Newton on one-sample predictions (physics/discovery/model_form.hpp), with
/// the gap junctions taken off the coefficients.

#include <optional>
#include <vector>

#include "agent/weight_fit.hpp"

namespace noesis {

/// Weights (num_synapses) of the wiring of `brain`, whose own weights are not read, the bias being
/// fitted beside them; nothing for other models, without coupling, or above 2,000 neurons (the
/// regressions keep dense matrices). @throws ConfigError as fit_coupling() does.
std::optional<std::vector<double>> fit_by_regression(const DifferentiableBrain& brain,
                                                     const TrajectoryPlan& plan,
                                                     const ActivityData& data);

}  // namespace noesis
