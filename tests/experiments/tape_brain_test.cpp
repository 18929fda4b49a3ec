// Brains that predict a tape, and grow.

#include "runners/experiments/tape_brain.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.hpp"
#include "runners/experiments/linear_readout.hpp"
#include "runners/experiments/signal_tape.hpp"

namespace noesis {
namespace {

// After many samples the readout is the least-squares solution, and features that never were stay
// without weight. Mutations: the gain without forgetting; P not reduced.
TEST(LinearReadout, IsLeastSquares) {
  constexpr int kFeatures = 6, kSamples = 400;
  LinearReadout readout(kFeatures + 1, 1, 1e-8);
  RandomSequence random(1, Stream::kTask);
  Eigen::MatrixXd all(kSamples, kFeatures);
  Eigen::VectorXd targets(kSamples);
  for (int t = 0; t < kSamples; ++t) {
    Eigen::VectorXd features = Eigen::VectorXd::Zero(kFeatures + 1);
    for (int k = 0; k < kFeatures; ++k) all(t, k) = features[k] = random.normal();
    targets[t] = all(t, 0) - 2 * all(t, 3) + 0.1 * random.normal();
    readout.learn(features, targets[t]);
  }
  const Eigen::VectorXd expected = all.colPivHouseholderQr().solve(targets);
  for (int k = 0; k <= kFeatures; ++k) {
    const double weight = readout.predict(Eigen::VectorXd::Unit(kFeatures + 1, k));
    EXPECT_NEAR(weight, k < kFeatures ? expected[k] : 0, 1e-6) << k;
  }
}

// A feature that comes late is learnt as fast as one that was there from the start, however long
// the others have been forgotten. Mutation: P of silent features grows without bound, or shrinks.
TEST(LinearReadout, LearnsWhatIsBornLate) {
  LinearReadout readout(2, 0.99, 1e-4);
  RandomSequence random(2, Stream::kTask);
  Eigen::VectorXd features(2);
  for (int t = 0; t < 20'000; ++t) {
    features << random.normal(), 0;
    readout.learn(features, features[0]);
  }
  double last = 0;
  for (int t = 0; t < 50; ++t) {
    features << random.normal(), random.normal();
    const double target = features[0] - 3 * features[1];
    last = std::abs(target - readout.predict(features));
    readout.learn(features, target);
  }
  EXPECT_LT(last, 1e-2);
}

TEST(SignalTape, KindsAreWhatTheyAreNamedFor) {
  TapeOptions sines;
  sines.regime_steps = 100;
  const auto steady = signal_tape("sines", sines, 1000, 3);
  const auto switching = signal_tape("switching", sines, 1000, 3);
  const auto chaotic = signal_tape("chaotic", sines, 3000, 3);
  for (int t = 0; t < 100; ++t) EXPECT_EQ(steady[t], switching[t]);
  EXPECT_NE(steady[150], switching[150]);
  double low = 1, high = -1;
  for (const double value : chaotic) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // x between about 0.4 and 1.3 for a delay of 17 (Mackey & Glass).
  EXPECT_NEAR(low, 2 * (0.42 - 0.9), 0.15);
  EXPECT_NEAR(high, 2 * (1.31 - 0.9), 0.15);
  EXPECT_EQ(persistence_error(signal_tape("silence", sines, 50, 1)), 0);
  EXPECT_NEAR(persistence_error({0, 1, 0, 1}), 1, 1e-12);
}

double last_error(TapeBrain& brain, const std::vector<double>& tape) {
  const double scale = persistence_error(tape);
  double squares = 0;
  const auto num_steps = std::ssize(tape) - 1;
  for (std::int64_t t = 0; t < num_steps; ++t) {
    const double error = brain.hear(tape[t], tape[t + 1], scale) / (scale > 0 ? scale : 1);
    if (t >= num_steps - 500) squares += error * error / 500;
  }
  return std::sqrt(squares);
}

// Growth is by error and by nothing else: none in silence, none once the error is tolerable, and on
// a hard tape up to the limit, where it predicts much better than the seed. Mutations: an error
// that does not reach the rule; births by the clock; the newborn are not read.
TEST(TapeBrain, GrowsWhereItCannotPredict) {
  const ThreadArena arena(1);
  TapeBrainSpec spec;
  spec.neurogenesis.max_neurons = 20;
  spec.neurogenesis.refractory_ms = 500;
  const auto tape = signal_tape("sines", {}, 4001, 5);

  TapeBrain silent(TapeBrainKind::kGrown, 0, spec, 5, arena);
  last_error(silent, std::vector<double>(2001));
  EXPECT_EQ(silent.num_born(), 0);

  TapeBrain content(
      TapeBrainKind::kGrown, 0,
      [&] {
        TapeBrainSpec easy = spec;
        easy.neurogenesis.threshold = 5;
        return easy;
      }(),
      5, arena);
  last_error(content, tape);
  EXPECT_EQ(content.num_born(), 0);

  TapeBrain grown(TapeBrainKind::kGrown, 0, spec, 5, arena);
  TapeBrain seed(TapeBrainKind::kSeed, 0, spec, 5, arena);
  const double grown_error = last_error(grown, tape);
  EXPECT_EQ(grown.num_neurons(), 20);
  EXPECT_LT(grown_error, 0.5 * last_error(seed, tape));
  EXPECT_EQ(seed.num_neurons(), 2);
}

// Mutations: sizes not taken; the reservoir's weights learn.
TEST(TapeBrain, OthersHaveTheSizeTheyAreGiven) {
  const ThreadArena arena(1);
  const TapeBrainSpec spec;
  const auto tape = signal_tape("sines", {}, 2001, 5);
  for (const auto kind : {TapeBrainKind::kFixed, TapeBrainKind::kEchoState}) {
    TapeBrain brain(kind, 30, spec, 5, arena);
    EXPECT_EQ(brain.num_neurons(), 30);
    EXPECT_LT(last_error(brain, tape), 0.3);
    EXPECT_EQ(brain.num_born(), 0);
  }
}

}  // namespace
}  // namespace noesis
