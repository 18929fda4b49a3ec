#pragma once
/// Estimators of who drives whom, by name. All see the same samples; what they are told differs.
///
/// | estimator          | score of j -> i                                           | told       |
/// |--------------------|-----------------------------------------------------------|------------|
/// | correlation        | correlation of E_i and E_j at one time                    | -          |
/// | lagged_correlation | correlation of E_i one sample later with E_j              | -          |
/// | granger            | Wald statistic of the three lags of E_j in a ridge VAR(3)  | -          |
/// |                    | of E (Granger, Econometrica 37, 1969)                     |            |
/// | var1               | coefficient of E_j in a ridge VAR(1) of E, with I and the | inputs, I  |
/// |                    | inputs as regressors, in units of the two deviations      |            |
/// | rate_model         | weight in tau x' = -x + logistic(W x + b + u), x = E:      | inputs,    |
/// |                    | knows the form of an equation, which is not the brain's   | tau        |
/// | model_form         | coefficient of E_j in the input of i (model_form.hpp):     | inputs, I, |
/// |                    | knows the node equations, and says so                     | equations  |
/// | twin               | mean change of E_i per change of E_j, pulsed against      | forks      |
/// |                    | unpulsed twin                                             |            |

#include <optional>
#include <string>
#include <vector>

#include "physics/discovery/dense_matrix.hpp"
#include "physics/discovery/experiment.hpp"
#include "physics/subject.hpp"

namespace noesis {

struct Estimate {
  DenseMatrix scores;   ///< (target x source) >= 0, larger is likelier; the diagonal means nothing
  DenseMatrix weights;  ///< signed, on a scale of the estimator's own
  /// The brain that the estimator believes in, where it believes in one (model_form).
  std::optional<Subject> model;
  bool knows_equations = false;
};

std::vector<std::string> estimator_names();

/// Of `subject` only the model form reads anything, its node equations. Deterministic, in the
/// calling thread. @throws ConfigError for an unknown name, values that are not finite, or samples
/// that the estimator cannot use (twin needs twins, granger samples in a row).
Estimate estimate(const std::string& name, const Subject& subject, const Dataset& data);

}  // namespace noesis
