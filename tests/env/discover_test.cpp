#include "env/tasks/discover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/registry.hpp"
#include "env/tasks/wilson_cowan_inverse.hpp"

namespace noesis {
namespace {

// Against the batch solution (Gram matrix and prior) by Eigen. Broken by an update that forgets
// the variance, or that updates the covariance with the new gain.
TEST(GraphPosterior, EqualsRidgeRegressionOfAllSamples) {
  constexpr int kNeurons = 6;
  constexpr double kPrior = 0.7;
  GraphPosterior posterior(kNeurons, kPrior);
  RandomSequence random(1, Stream::kTask);
  // Of target 2, whose own rate is no regressor.
  Eigen::MatrixXd precision =
      Eigen::MatrixXd::Identity(kNeurons - 1, kNeurons - 1) / (kPrior * kPrior);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(kNeurons - 1);
  for (int t = 0; t < 40; ++t) {
    std::vector<double> x;
    for (int j = 0; j < kNeurons; ++j) x.push_back(random.uniform());
    const double y = random.normal();
    const double variance = 0.01 + random.uniform();
    posterior.update(2, x, y, variance);
    Eigen::VectorXd others(kNeurons - 1);
    others << x[0], x[1], x[3], x[4], x[5];
    precision += others * others.transpose() / variance;
    right += others * y / variance;
  }
  const Eigen::MatrixXd covariance = precision.inverse();
  const Eigen::VectorXd mean = covariance * right;
  const int sources[] = {0, 1, 3, 4, 5};
  for (int k = 0; k < kNeurons - 1; ++k) {
    EXPECT_NEAR(posterior.mean(sources[k], 2), mean[k], 1e-10);
    EXPECT_NEAR(posterior.variance(sources[k], 2), covariance(k, k), 1e-10);
    const double evidence = 0.5 * std::log(covariance(k, k) / (kPrior * kPrior)) +
                            mean[k] * mean[k] / (2 * covariance(k, k));
    EXPECT_NEAR(posterior.evidence(sources[k], 2), evidence, 1e-8);
  }
  EXPECT_EQ(posterior.mean(2, 2), 0);
  EXPECT_EQ(posterior.mean(1, 0), 0) << "another target has learned nothing";
  EXPECT_LT(posterior.uncertainty(1), 1);
}

TEST(GraphPosterior, ScoresNothingAtTheBaseRateAndTheTruthAtOne) {
  const std::vector<Synapse> edges = {{0, 1, 1}, {2, 0, -1}, {3, 2, 0.5}};
  const Connectome truth(4, edges);
  GraphPosterior posterior(4, 1);
  EXPECT_DOUBLE_EQ(posterior.auprc(truth), 3.0 / 12);
  RandomSequence random(2, Stream::kTask);
  for (int t = 0; t < 50; ++t) {
    std::vector<double> x;
    for (int j = 0; j < 4; ++j) x.push_back(random.uniform());
    posterior.update(0, x, -x[2], 1e-4);
    posterior.update(1, x, x[0], 1e-4);
    posterior.update(2, x, 0.5 * x[3], 1e-4);
    posterior.update(3, x, 0, 1e-4);
  }
  EXPECT_DOUBLE_EQ(posterior.auprc(truth), 1);
  EXPECT_EQ(GraphPosterior(3, 1).auprc(Connectome(3, {})), 0);
}

// The inverse of the node equation gives the input back. Broken by any sign or factor in it.
TEST(WilsonCowanInverse, GivesTheInputThatMadeASlope) {
  for (const char* convention : {"reference", "neurolib", "tvb"}) {
    WilsonCowanParameters p = WilsonCowanParameters::of(convention);
    p.alpha_e = 1.2;
    p.theta_e = 0.1;
    p.coupling = 1;
    const WilsonCowan<double> model(p);
    for (const double input : {-1.0, 0.0, 0.7, 2.0}) {
      const double x[] = {0.31, 0.12};
      double slope[2];
      model.derivative(x, input, 0.0, 0.0, slope);
      const double s = x[0] + p.tau_e_ms * slope[0];
      const auto seen = summed_input(p, x[0], x[1], s);
      ASSERT_TRUE(seen.valid);
      EXPECT_NEAR(seen.input, input, 1e-9) << convention;
      double moved[2];
      model.derivative(x, input + 1e-6, 0.0, 0.0, moved);
      EXPECT_NEAR(seen.gain, p.tau_e_ms * (moved[0] - slope[0]) / 1e-6, 1e-5);
    }
    EXPECT_FALSE(summed_input(p, 0.3, 0.1, 1.5).valid);
    EXPECT_FALSE(summed_input(p, 0.3, 0.1, -0.5).valid);
  }
}

std::vector<float> pulse(std::int64_t num_neurons, std::size_t site, float amplitude) {
  std::vector<float> action(static_cast<std::size_t>(num_neurons) + 1);
  action[site] = 1;
  action.back() = amplitude;
  return action;
}

TEST(Discover, SpendsItsBudgetAndTerminates) {
  const auto env =
      make("noesis/Discover-v0", {.toml = {}, .overrides = {"num_neurons=6", "budget=25"}});
  env->reset(1);
  StepResult step;
  double sum = 0;
  const Value action = Array(pulse(6, 2, 1));
  for (const double samples : {10.0, 20.0, 25.0}) {
    step = env->step(action);
    sum += step.reward;
    EXPECT_EQ(step.info.at("samples").array()->at(0), samples);
    EXPECT_EQ(step.terminated, samples == 25);
  }
  EXPECT_EQ(step.observation.array()->at(12), 0) << "nothing is left";
  EXPECT_THROW(env->step(action), ConfigError);
  // The return is what was gained: the last score less the first.
  const ResetResult first = env->reset(1);
  EXPECT_NEAR(sum, step.info.at("auprc").array()->at(0) - first.info.at("auprc").array()->at(0),
              1e-12);
}

// With hardly any noise, pulses at every neuron reveal the graph: the estimator has the right form.
// Broken by a wrong drive, current or coupling in what is taken as known.
TEST(Discover, PulsesRevealTheGraphOfAQuietBrain) {
  const auto envs =
      make_vec("noesis/Discover-v0", 4, {.toml = {}, .overrides = {"measurement_noise=1e-5"}});
  envs->reset(10);
  for (std::size_t t = 0; t < 20; ++t) {
    std::vector<float> actions;
    for (int env = 0; env < 4; ++env) {
      const auto one = pulse(20, t, 1);
      actions.insert(actions.end(), one.begin(), one.end());
    }
    envs->step(actions);
  }
  for (std::int64_t env = 0; env < 4; ++env) {
    EXPECT_GT(envs->info().row(env).at("auprc").array()->at(0), 0.99);
  }
}

TEST(Discover, APulseLowersTheUncertaintyOfItsSiteMost) {
  const auto env = make("noesis/Discover-v0");
  env->reset(4);
  const Value after = env->step(Array(pulse(20, 13, 1))).observation;
  for (std::int64_t i = 0; i < 20; ++i) {
    if (i != 13) {
      EXPECT_LT(after.array()->at(20 + 13), after.array()->at(20 + i));
    }
  }
}

TEST(Discover, BrainsAreNewAtEveryReset) {
  const auto env = make("noesis/Discover-v0");
  const double first = env->reset(4).info.at("auprc").array()->at(0);
  EXPECT_NE(env->reset().info.at("auprc").array()->at(0), first) << "other numbers of synapses";
  EXPECT_THROW(make("noesis/Discover-v0", {.toml = {}, .overrides = {"num_neurons=1"}}),
               ConfigError);
}

}  // namespace
}  // namespace noesis
