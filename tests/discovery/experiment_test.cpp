/// What each policy does within its budget.

#include "physics/discovery/experiment.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "tests/discovery/brains.hpp"

namespace noesis {
namespace {

using Sites = std::vector<std::int64_t>;

/// The pulses in order: the site of the first sample of each period.
Sites pulses(const Dataset& data, std::int64_t period) {
  Sites sites;
  for (std::int64_t t = 0; t < data.num_samples(); t += period) {
    sites.push_back(data.site[static_cast<std::size_t>(t)]);
  }
  return sites;
}

TEST(Policies, HaveNames) {
  EXPECT_EQ(policy_names(),
            (std::vector<std::string>{"active", "passive", "random", "round_robin", "twin"}));
}

// Goes red when a sample is dropped between two looks, or pulses leak in.
TEST(Gather, PassiveIsOneTapeWithoutInputs) {
  const Subject brain = make_subject("reference-20", 1);
  const Dataset data = gather(brain, {.policy = "passive", .budget = 30, .seed = 1});
  ASSERT_EQ(data.num_samples(), 30);
  EXPECT_EQ(data.num_neurons(), 20);
  EXPECT_TRUE(data.observes_i());
  EXPECT_EQ(data.interventions, 0);
  EXPECT_TRUE(std::ranges::all_of(data.inputs.values, [](double v) { return v == 0; }));
  for (std::int64_t t = 0; t < 30; ++t) {
    const auto at = static_cast<std::size_t>(t);
    EXPECT_EQ(data.previous[at], t - 1);
    EXPECT_EQ(data.site[at], -1);
    EXPECT_EQ(data.twin[at], -1);
    if (t > 0) {
      EXPECT_TRUE(std::ranges::equal(data.e.row(t), data.e_after.row(t - 1)));
      EXPECT_TRUE(std::ranges::equal(data.i.row(t), data.i_after.row(t - 1)));
    }
  }
}

class Pulsing : public testing::TestWithParam<const char*> {};

// 47 samples: pulses of 5, 5 of rest, the fifth cut short. Goes red when a pulse lasts another
// time, moves while it lasts or is not counted, and when the budget is overdrawn.
TEST_P(Pulsing, OneSiteAtATimeForFiveSamplesOfTen) {
  const Subject brain = make_subject("reference-20", 2);
  const Dataset data =
      gather(brain, {.policy = GetParam(), .budget = 47, .amplitude = 2.5, .seed = 2});
  ASSERT_EQ(data.num_samples(), 47);
  EXPECT_EQ(data.interventions, 5);
  for (std::int64_t t = 0; t < 47; ++t) {
    const std::int64_t site = data.site[static_cast<std::size_t>(t)];
    EXPECT_EQ(site >= 0, t % 10 < 5);
    if (t % 10 > 0 && t % 10 < 5) {
      EXPECT_EQ(site, data.site[static_cast<std::size_t>(t - 1)]);
    }
    for (std::int64_t j = 0; j < 20; ++j) EXPECT_EQ(data.inputs.at(t, j), j == site ? 2.5 : 0);
  }
}

// The brain of a pulsed experiment is the passive one until the first pulse has acted.
TEST_P(Pulsing, MovesThePulsedNeuronUp) {
  const Subject brain = make_subject("reference-20", 2);
  const Dataset passive = gather(brain, {.policy = "passive", .budget = 1 + 1, .seed = 2});
  const Dataset pulsed = gather(brain, {.policy = GetParam(), .budget = 2, .seed = 2});
  EXPECT_TRUE(std::ranges::equal(pulsed.e.row(0), passive.e.row(0)));
  const std::int64_t site = pulsed.site[0];
  EXPECT_GT(pulsed.e_after.at(0, site), passive.e_after.at(0, site));
}

TEST_P(Pulsing, SameSeedSameBits) {
  const Subject brain = make_subject("reference-20", 2);
  const ExperimentSpec spec = {.policy = GetParam(), .budget = 60, .noise = 0.02, .seed = 7};
  const Dataset a = gather(brain, spec), b = gather(brain, spec);
  EXPECT_EQ(a.e.values, b.e.values);
  EXPECT_EQ(a.i_after.values, b.i_after.values);
  EXPECT_EQ(a.site, b.site);
  ExperimentSpec other = spec;
  other.seed = 8;
  EXPECT_NE(gather(brain, other).e.values, a.e.values);
}

INSTANTIATE_TEST_SUITE_P(Policies, Pulsing, testing::Values("random", "round_robin", "active"));

TEST(Gather, RoundRobinVisitsAllInTurn) {
  const Subject brain = make_subject("reference-20", 0);
  Sites sites = pulses(gather(brain, {.policy = "round_robin", .budget = 400}), 10);
  for (std::int64_t k = 0; k < 40; ++k) EXPECT_EQ(sites[static_cast<std::size_t>(k)], k % 20);
}

// 200 draws of 20 sites: 10 a site, sd 3.1; other seeds draw others.
TEST(Gather, RandomSitesAreDrawnAlike) {
  const Subject brain = make_subject("reference-20", 0);
  const Sites sites = pulses(gather(brain, {.policy = "random", .budget = 2000, .seed = 1}), 10);
  for (std::int64_t site = 0; site < 20; ++site) {
    EXPECT_NEAR(static_cast<double>(std::ranges::count(sites, site)), 10, 10) << site;
  }
  EXPECT_NE(pulses(gather(brain, {.policy = "random", .budget = 2000, .seed = 2}), 10), sites);
}

// Each site is the largest posterior variance, by the direct inverse of R + sum x x^T. Goes red
// when the smallest is taken, the update has another sign, or the sample before a pulse is unheard.
TEST(Gather, ActivePulsesTheLeastCertainNeuron) {
  const Subject brain = make_subject("reference-20", 4);
  const Dataset data = gather(brain, {.policy = "active", .budget = 300, .seed = 4});
  Eigen::MatrixXd precision = 1e-3 * Eigen::MatrixXd::Identity(21, 21);
  for (std::int64_t t = 0; t < 300; ++t) {
    Eigen::VectorXd x(21);
    for (std::int64_t j = 0; j < 20; ++j) x(j) = data.e.at(t, j);
    x(20) = 1;
    precision += x * x.transpose();
    if (t % 10 > 0) continue;
    const Eigen::VectorXd variance = precision.inverse().diagonal().head(20);
    const std::int64_t site = data.site[static_cast<std::size_t>(t)];
    EXPECT_NEAR(variance(site) / variance.maxCoeff(), 1, 1e-6) << "sample " << t;
  }
}

// Neuron 2 is silenced by its drive: only a pulse tells what it does to others.
TEST(Gather, ActivePulsesTheSilentNeuronFirst) {
  Subject brain = make_subject("reference-5", 0);
  brain.brain.drive.per_neuron = {1.25, 1.3, -4, 1.2, 1.35};
  const Dataset data = gather(brain, {.policy = "active", .budget = 100});
  EXPECT_EQ(data.site[0], 2);
  const Sites sites = pulses(data, 10);
  EXPECT_GE(std::ranges::count(sites, 2), 3);
}

// Goes red when looks are drawn anew each time they are used, or the noise moves the brain.
TEST(Gather, ObservationNoiseIsOnWhatIsSeen) {
  const Subject brain = make_subject("reference-20", 3);
  ExperimentSpec spec = {.policy = "passive", .budget = 200, .seed = 3};
  const Dataset clean = gather(brain, spec);
  spec.observation_noise = 0.01;
  const Dataset seen = gather(brain, spec);
  double squares = 0;
  for (std::size_t k = 0; k < clean.e.values.size(); ++k) {
    squares += std::pow(seen.e.values[k] - clean.e.values[k], 2);
  }
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(clean.e.values.size())), 0.01, 5e-4);
  EXPECT_TRUE(std::ranges::equal(seen.e.row(7), seen.e_after.row(6)));
}

TEST(Gather, IIsSeenOnlyWhereAsked) {
  const Subject brain = make_subject("reference-5", 3);
  const Dataset data = gather(brain, {.policy = "passive", .budget = 5, .observe_i = false});
  EXPECT_FALSE(data.observes_i());
  EXPECT_TRUE(data.i_after.values.empty());
}

TEST(Gather, RefusesWhatCannotBe) {
  const Subject brain = make_subject("reference-5", 0);
  const auto refuses = [&](const ExperimentSpec& spec, const std::string& where) {
    try {
      gather(brain, spec);
      ADD_FAILURE() << "accepted a bad " << where;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(where), std::string::npos) << error.what();
    }
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  refuses({.policy = "pasive"}, "did you mean 'passive'");
  refuses({.budget = 1}, "budget");
  refuses({.policy = "twin", .budget = 1}, "budget");
  refuses({.budget = -600}, "budget");
  refuses({.budget = std::numeric_limits<std::int64_t>::max()}, "budget");
  refuses({.budget = std::int64_t{1} << 40}, "budget");
  refuses({.amplitude = 0}, "amplitude");
  refuses({.amplitude = kNan}, "amplitude");
  refuses({.pulse_samples = 0}, "pulse_samples");
  refuses({.rest_samples = -1}, "rest_samples");
  refuses({.noise = -0.1}, "noise");
  refuses({.noise = kNan}, "noise");
  refuses({.observation_noise = kNan}, "observation_noise");
  EXPECT_THROW(gather(make_subject("lorenz63", 0), {}), ConfigError);
  EXPECT_THROW(gather(brain, {.policy = "passive", .noise = 1e308}), RunError);
}

}  // namespace
}  // namespace noesis
