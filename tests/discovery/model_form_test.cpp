/// Fits of a brain whose equations are known.

#include "physics/discovery/model_form.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "physics/discovery/coupling_fit.hpp"
#include "physics/discovery/estimators.hpp"
#include "physics/discovery/responses.hpp"
#include "physics/discovery/scores.hpp"
#include "tests/discovery/brains.hpp"

namespace noesis {
namespace {

/// Of all coefficients of the input, synapses and junctions, to the true ones.
double relative_error(const Subject& brain, const DenseMatrix& coefficients) {
  const WilsonCowanParameters& model = brain.brain.model.wilson_cowan;
  double missed = 0, all = 0;
  for (std::int64_t i = 0; i < coefficients.rows; ++i) {
    for (std::int64_t j = 0; j < coefficients.cols; ++j) {
      if (i == j) continue;
      const double truth =
          model.coupling * static_cast<double>(brain.connectome->weight(j, i)) +
          model.gap_coupling * static_cast<double>(brain.connectome->gap_weight(j, i));
      missed += std::pow(coefficients.at(i, j) - truth, 2);
      all += truth * truth;
    }
  }
  return std::sqrt(missed / all);
}

// Weights and drive to the precision of a connectome. Goes red when the fit ends at its first
// iteration, which is a thousand times off (kStalled at 0).
TEST(ModelForm, RecoversWeightsAndDrive) {
  const Subject brain = make_subject("reference-10", 1);
  const Dataset data = gather(brain, {.policy = "active", .budget = 200, .seed = 1});
  const CouplingFit fit = fit_coupling(brain, data, {.known_graph = false});
  EXPECT_LT(fit.rms, 1e-8);
  EXPECT_LT(relative_error(brain, fit.coefficients), 1e-6);
  const std::vector<double> drive = brain.brain.drive.values(10);
  for (std::size_t j = 0; j < 10; ++j) EXPECT_NEAR(fit.drive[j], drive[j], 1e-5);
}

// I is not observed: it follows from E. Sixty samples are spent on forgetting its start.
TEST(ModelForm, FollowsIFromE) {
  const Subject brain = make_subject("reference-5", 1);
  const Dataset data =
      gather(brain, {.policy = "round_robin", .budget = 400, .observe_i = false, .seed = 1});
  const CouplingFit fit = fit_coupling(brain, data, {.known_graph = false, .burn_in = 60});
  EXPECT_LT(relative_error(brain, fit.coefficients), 1e-3);
}

// Junctions are fitted as synapses and autapses that move the brain alike.
TEST(ModelForm, TakesGapJunctionsIn) {
  Subject brain = make_subject("reference-4", 2);
  const std::vector<Synapse> synapses = {{0, 1, 0.4f}, {2, 3, -0.4f}}, junctions = {{1, 2, 0.5f}};
  brain.connectome = std::make_shared<Connectome>(4, synapses, junctions);
  brain.brain.model.wilson_cowan.gap_coupling = 0.8;
  const Dataset data = gather(brain, {.policy = "random", .budget = 150, .seed = 2});
  const CouplingFit fit = fit_coupling(brain, data, {.known_graph = false});
  EXPECT_LT(relative_error(brain, fit.coefficients), 1e-5);
  EXPECT_NEAR(fit.coefficients.at(1, 1), -0.4, 1e-5);
  const Subject fitted = brain_of(brain, fit, false);
  const Estimate estimate = {.scores = fit.coefficients,
                             .weights = fit.coefficients,
                             .model = fitted,
                             .knows_equations = true};
  EXPECT_GT(response_r2(brain, estimate, {.seed = 5}), 1 - 1e-8);
}

// The same samples with another brain's weights and drive around give the same bits. Goes red when
// the truth leaks into the estimate.
TEST(ModelForm, NeverReadsTheTrueWiring) {
  const Subject brain = make_subject("reference-10", 1);
  const Dataset data = gather(brain, {.policy = "active", .budget = 60, .noise = 0.01, .seed = 1});
  Subject other = make_subject("reference-10", 2);
  other.connectome = std::make_shared<Connectome>(10, std::span<const Synapse>{});
  const Estimate a = estimate("model_form", brain, data), b = estimate("model_form", other, data);
  EXPECT_EQ(a.scores.values, b.scores.values);
  EXPECT_TRUE(a.knows_equations);
}

// The deviations of the posterior are those of the errors: the mean square of their ratio is near
// 1. Goes red when the evidence rounds leave out the noise's variance.
TEST(ModelForm, KnowsItsErrorsInNoise) {
  const Subject brain = make_subject("reference-10", 3);
  const Dataset data =
      gather(brain, {.policy = "active", .budget = 600, .observation_noise = 1e-4, .seed = 3});
  const CouplingFit fit = fit_coupling(brain, data, {.known_graph = false});
  double square = 0;
  for (std::int64_t i = 0; i < 10; ++i) {
    for (std::int64_t j = 0; j < 10; ++j) {
      if (i == j) continue;
      const double truth = 2 * static_cast<double>(brain.connectome->weight(j, i));
      ASSERT_GT(fit.deviations.at(i, j), 0);
      square += std::pow((fit.coefficients.at(i, j) - truth) / fit.deviations.at(i, j), 2) / 90;
    }
  }
  EXPECT_GT(square, 0.3);
  EXPECT_LT(square, 3);
}

// A tape of E alone, the graph known: the emulator moves as the subject. Where there is no synapse
// there is no weight.
TEST(FitModelForm, FitsATape) {
  const Subject brain = chain_brain(1);
  const ThreadArena arena(1);
  const auto process = make_process(brain, arena);
  const Tape tape = record_tape(*process, 1, 500, {});
  const Subject fitted = fit_model_form(brain, tape);
  EXPECT_NEAR(fitted.connectome->weight(0, 1), 1.2, 1e-3);
  EXPECT_NEAR(fitted.connectome->weight(1, 2), -1, 1e-3);
  EXPECT_EQ(fitted.connectome->num_synapses(), 2);
}

TEST(FitModelForm, FitsLorenz) {
  const Subject subject = make_subject("lorenz63", 0);
  const ThreadArena arena(1);
  const auto process = make_process(subject, arena);
  const Subject fitted =
      fit_model_form(subject, record_tape(*process, 1, 200, {.fraction = 0, .scale = {}}));
  EXPECT_NEAR(fitted.brain.model.lorenz63.sigma, 10, 1e-8);
  EXPECT_NEAR(fitted.brain.model.lorenz63.rho, 28, 1e-8);
  EXPECT_NEAR(fitted.brain.model.lorenz63.beta, 8.0 / 3, 1e-8);
}

TEST(FitModelForm, RefusesWhatItCannotFit) {
  const Subject brain = make_subject("reference-4", 1);
  const ThreadArena arena(1);
  const auto process = make_process(brain, arena);
  const Tape good = record_tape(*process, 1, 100, {});
  Tape bad = good;
  bad.observations[17] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(fit_model_form(brain, bad), ConfigError);
  bad = good;
  bad.inputs.pop_back();
  EXPECT_THROW(fit_model_form(brain, bad), ConfigError);
  EXPECT_THROW(fit_model_form(make_subject("reference-5", 1), good), ConfigError);
  EXPECT_THROW(fit_model_form(brain, record_tape(*process, 1, 30, {})), ConfigError);
  EXPECT_THROW(fit_model_form(brain, Tape{}), ConfigError);
}

// What a pulse does is predicted by the brain itself without error, by one without coupling badly,
// and by the best matrix no better than a matrix can.
TEST(ResponseR2, OneForTheTruth) {
  const Subject brain = make_subject("reference-10", 1);
  const Dataset data = gather(brain, {.policy = "active", .budget = 20, .seed = 1});
  Estimate estimate = noesis::estimate("correlation", brain, data);
  const double by_matrix = response_r2(brain, estimate, {.seed = 9});
  EXPECT_GE(by_matrix, 0);
  EXPECT_LT(by_matrix, 0.9);
  estimate.model = brain;
  EXPECT_EQ(response_r2(brain, estimate, {.seed = 9}), 1);
  estimate.model->brain.model.wilson_cowan.coupling = 0;
  EXPECT_NEAR(response_r2(brain, estimate, {.seed = 9}), 0, 1e-12);
}

}  // namespace
}  // namespace noesis
