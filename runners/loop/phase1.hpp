#pragma once
/// Phase 1 of the loop: within a budget of samples and interventions, who drives whom?

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "physics/discovery/dense_matrix.hpp"
#include "physics/simulation.hpp"
#include "runners/jobs/figure.hpp"

namespace noesis {

/// One experiment: a subject, a policy of interventions, an estimator, a budget.
struct Phase1Spec {
  std::string subject = "reference-20";  ///< a brain of physics/subject.hpp
  std::string policy = "active";         ///< a name of policy_names()
  std::string estimator = "model_form";  ///< a name of estimator_names()
  std::int64_t budget = 600;             ///< samples that may be observed
  double noise = 0;                      ///< dynamic: sigma sqrt(dt / tau) N(0, 1) after each step
  double observation_noise = 0;          ///< standard deviation added to every observation
  double amplitude = 3;                  ///< of a pulse, in the unit of the drive
  bool observe_i = true;                 ///< I is observed beside E
  std::uint64_t seed = 0;                ///< subject, start, targets and noise
  BackendFactory<double> make_backend = {};  ///< the subject's
};

/// How well the score matrix tells edges from the rest, over off-diagonal directed pairs.
struct EdgeScores {
  double auroc = 0;      ///< .5: chance
  double auprc = 0;      ///< average precision; chance: base_rate
  double base_rate = 0;  ///< edges among the pairs
  double lift = 0;       ///< auprc / base_rate
};

/// The figures of one seed. A figure that the estimator has no meaning for is NaN.
struct Phase1Row {
  Phase1Spec spec;
  bool knows_equations = false;    ///< the estimator was told the node equations
  std::int64_t samples = 0;        ///< observed, at most the budget
  std::int64_t interventions = 0;  ///< pulses begun
  EdgeScores chemical;             ///< truth: chemical synapses
  EdgeScores any;                  ///< truth: chemical synapses or gap junctions
  double sign_accuracy = 0;        ///< over true chemical edges
  double shd = 0;                  ///< wrong edges at matched density (chemical), both kinds
  double weight_r2 = 0;            ///< R^2 of the estimated weights, at the best common scale
  double response_r2 = 0;          ///< R^2 of predicted responses to held-out interventions
};

/// The estimated score matrix (target x source) beside the true weights, for a plot.
struct Phase1Matrices {
  DenseMatrix estimated;
  DenseMatrix truth;  ///< G W, plus g a where there are gap junctions
};

/// Runs one experiment. Deterministic, in the calling thread; safe to call from many at once.
/// @throws ConfigError for unknown names, an impossible budget, or a subject that is no brain.
Phase1Row run_phase1(const Phase1Spec& spec, Phase1Matrices* matrices = nullptr);

struct Phase1Summary {
  Phase1Spec spec;  ///< of the first row
  bool knows_equations = false;
  std::int64_t seeds = 0;
  Figure samples, interventions;
  Figure auroc, auprc, base_rate, lift;                  ///< chemical
  Figure any_auroc, any_auprc, any_base_rate, any_lift;  ///< chemical or gap
  Figure sign_accuracy, shd, weight_r2, response_r2;
};

/// Rows of one setting over seeds. @throws InternalError without rows.
Phase1Summary summarise(std::span<const Phase1Row> rows);

}  // namespace noesis
