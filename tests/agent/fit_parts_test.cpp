// What `noesis fit` is made of beside the fit: scores, noise, controls, the regression to compare
// with.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "runners/fit/fit_data.hpp"
#include "runners/fit/fit_score.hpp"
#include "runners/fit/regression_baseline.hpp"
#include "tests/agent/adjoint_brains.hpp"

namespace noesis::testing {
namespace {

TEST(FitScore, CountsSynapsesOfEitherWiring) {
  const std::vector<Synapse> truth_edges = {{0, 1, 3}, {2, 1, 4}};
  const std::vector<Synapse> other_edges = {{0, 1, 0}, {1, 2, 0}};
  const Connectome truth(3, truth_edges), other(3, other_edges);
  const std::vector<double> exact = {3, 4}, wrong = {3, 12};
  EXPECT_DOUBLE_EQ(score_weights(truth, truth, exact).error, 0);
  EXPECT_NEAR(score_weights(truth, truth, exact).correlation, 1, 1e-12);
  // 0 -> 1 is right, 2 -> 1 is missing, 1 -> 2 is not there: sqrt(16 + 144) / 5.
  EXPECT_NEAR(score_weights(truth, other, wrong).error, std::sqrt(160.0) / 5, 1e-12);
  const WeightPairs pairs = pair_weights(truth, other, wrong);
  EXPECT_EQ(pairs.truth, (std::vector<double>{3, 4, 0}));
  EXPECT_EQ(pairs.fitted, (std::vector<double>{3, 0, 12}));
}

ActivityData ramps() {
  ActivityData data;
  data.samples = torch::arange(2 * 20 * 3, torch::kFloat64).view({2, 20, 1, 3}).clone();
  return data;
}

// Red when neurons keep their time, or their values are mixed.
TEST(FitData, ShiftedActivityKeepsEachNeuronAndNoTime) {
  const ActivityData data = ramps(), turned = shifted(data, 4);
  for (std::int64_t i = 0; i < 3; ++i) {
    const torch::Tensor before = data.samples[0].select(2, i).flatten();
    const torch::Tensor after = turned.samples[0].select(2, i).flatten();
    EXPECT_TRUE(torch::equal(std::get<0>(after.sort()), before));
    const auto lag = (after == before[0]).nonzero().item<std::int64_t>();
    EXPECT_GE(lag, 5);
    EXPECT_LT(lag, 15);
    EXPECT_TRUE(torch::equal(after, before.roll(lag)));
  }
}

// Red when the noise of a sample depends on how many there are.
TEST(FitData, NoiseIsOfTheSizeAskedForAndOfTheSample) {
  ActivityData data;
  data.samples = torch::cat({torch::zeros({1, 2000, 1, 2}), torch::full({1, 2000, 1, 2}, 2.0)}, 0)
                     .to(torch::kFloat64);
  const torch::Tensor noise = with_noise(data, 0.1, 3).samples - data.samples;
  EXPECT_NEAR(noise.std().item<double>(), 0.1, 0.005);
  const torch::Tensor other = with_noise(data, 0.1, 4).samples - data.samples;
  EXPECT_LT((noise * other).mean().abs().item<double>(), 0.001);
  EXPECT_FALSE(torch::equal(noise[0], noise[1])) << "recordings have noise of their own";
}

FitBrainSpec small_brain(const std::string& model) {
  FitBrainSpec spec;
  spec.connectome.source = "random";
  spec.connectome.random = {.num_neurons = 10, .in_degree = 4, .gain = 1.5};
  spec.brain.model = model_of(model);
  spec.brain.drive = {.mean = model == "tanh" ? 0.0 : 1.25, .sd = 0.3};
  spec.brain.integrator.dt_ms = 1;
  spec.num_envs = 3;
  spec.transient_ms = 40;
  spec.excitation = 1;
  spec.samples = {30};
  spec.held_out = 10;
  return spec;
}

// Red when a current is applied at another interval than it is written down for, or the transient
// or interval is another one.
TEST(FitData, ThePlantedBrainPredictsItsOwnRecording) {
  const ThreadArena arena(1);
  for (const char* model : {"tanh", "wilson_cowan"}) {
    const RecordedBrain made = record_brain(small_brain(model), 5, 1, arena);
    EXPECT_EQ(made.activity.num_samples(), 40);
    const DifferentiableBrain brain(made.connectome, model_of(model), arena);
    EXPECT_EQ(prediction_error(brain, made.plan, made.activity, 8, brain.weights(), made.bias), 0);
    const RecordedBrain other = record_brain(small_brain(model), 5, 2, arena);
    EXPECT_NE(other.connectome->digest(), made.connectome->digest());
  }
}

// Without noise, Gauss-Newton gives the pairs' weights, and gradient matching comes near the
// rates'.
TEST(RegressionBaseline, FindsWeightsWithoutNoise) {
  const ThreadArena arena(1);
  for (const char* model : {"tanh", "wilson_cowan"}) {
    const RecordedBrain made = record_brain(small_brain(model), 5, 1, arena);
    const DifferentiableBrain brain(made.connectome, model_of(model), arena);
    const auto weights = fit_by_regression(brain, made.plan, made.activity);
    ASSERT_TRUE(weights.has_value());
    const double error = score_weights(*made.connectome, *made.connectome, *weights).error;
    EXPECT_LT(error, model == std::string("tanh") ? 0.1 : 1e-3) << model;
  }
}

TEST(FitConfig, SaysWhatCannotBe) {
  FitConfig config;
  EXPECT_THROW(check_fit_config(config), ConfigError) << "nothing to fit";
  config.brains = {small_brain("tanh")};
  EXPECT_NO_THROW(check_fit_config(config));
  config.brains.push_back(config.brains.front());
  EXPECT_THROW(check_fit_config(config), ConfigError) << "two of one name";
  config.brains.pop_back();
  config.brains[0].interval_ms = 2.5;
  EXPECT_THROW(check_fit_config(config), ConfigError);
}

}  // namespace
}  // namespace noesis::testing
