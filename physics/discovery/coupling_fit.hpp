#pragma once
/// The coupling of a Wilson-Cowan brain from samples, its node equations being known: the engine of
/// model_form.hpp and of the model-form estimator.

#include <cstdint>

#include "physics/discovery/dense_matrix.hpp"
#include "physics/discovery/experiment.hpp"
#include "physics/discovery/model_form.hpp"

namespace noesis {

/// input_i = sum_j coefficients_ij E_j + drive_i. Where predictions miss by more than rounding, the
/// samples are noisy, and the coefficients have a Gaussian prior whose variance is estimated with
/// them (evidence maximisation: MacKay, Neural Comput. 4, 1992).
struct CouplingFit {
  DenseMatrix coefficients;   ///< (target x source), as rounded to the precision of a connectome
  std::vector<double> drive;  ///< (num_neurons)
  /// (target x source) posterior standard deviations; 0 where the samples are free of noise.
  DenseMatrix deviations;
  double rms = 0;  ///< of E after a sample, over the fitted samples
  std::int64_t iterations = 0;
};

/// Reads of `structure` what fit_model_form() reads. @throws ConfigError as it does.
CouplingFit fit_coupling(const Subject& structure, const Dataset& data, const FitOptions& options);

/// The brain with that coupling.
Subject brain_of(const Subject& structure, const CouplingFit& fit, bool known_graph);

}  // namespace noesis
