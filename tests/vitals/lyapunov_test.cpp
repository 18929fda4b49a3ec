/// Fast checks of the Lyapunov estimators: exact cases, refusals, the rules of classification.

#include "physics/vitals/lyapunov.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "physics/vitals/tangent_flow.hpp"
#include "tests/vitals/flows.hpp"

namespace noesis {
namespace {

using test::Linear;
using test::Logistic;
using test::Lorenz;
using test::Rossler;

// Goes red for any other integrator or step, e.g. stage weights 1 1 1 1.
TEST(TangentFlow, LorenzFollowsTheRungeKuttaGolden) {
  Lorenz lorenz;
  TangentFlow flow(lorenz, Lorenz::at({1.0, 1.0, 1.0}), 0.01);
  flow.step();
  EXPECT_NEAR(flow.x().data()[0], 1.01256719107361, 1e-13);
  EXPECT_NEAR(flow.x().data()[1], 1.25991779894527, 1e-13);
  EXPECT_NEAR(flow.x().data()[2], 0.984890971791605, 1e-13);
  for (int step = 1; step < 100; ++step) flow.step();
  EXPECT_NEAR(flow.x().data()[0], -9.3786158072363, 1e-8);
  EXPECT_NEAR(flow.x().data()[1], -8.35705995529234, 1e-8);
  EXPECT_NEAR(flow.x().data()[2], 29.3624037501257, 1e-8);
  EXPECT_NEAR(flow.time(), 1.0, 1e-12);
}

// The tangent is the derivative of the numerical map itself: a central difference of two
// trajectories agrees to its own error. Goes red when the tangent is frozen over the step (order 1
// instead of 4).
TEST(TangentFlow, TangentIsTheDerivativeOfTheStep) {
  Lorenz lorenz;
  constexpr double kEps = 1e-5;
  constexpr double kDt = 0.05;
  TangentFlow flow(lorenz, Lorenz::at({1.0, 2.0, 20.0}), kDt);
  State<double> u(flow.tangent_shape(3));
  for (int j = 0; j < 3; ++j) u.at(j, 0, j) = 1.0;
  flow.step(u);
  for (int j = 0; j < 3; ++j) {
    std::array<double, 3> plus{1.0, 2.0, 20.0};
    std::array<double, 3> minus = plus;
    plus[j] += kEps;
    minus[j] -= kEps;
    TangentFlow above(lorenz, Lorenz::at(plus), kDt);
    TangentFlow below(lorenz, Lorenz::at(minus), kDt);
    above.step();
    below.step();
    for (int i = 0; i < 3; ++i) {
      const double slope = (above.x().data()[i] - below.x().data()[i]) / (2.0 * kEps);
      EXPECT_NEAR(u.at(j, 0, i), slope, 1e-8) << "d x" << i << " / d x" << j;
    }
  }
}

// Goes red when the tangents change the path of the state.
TEST(TangentFlow, StateIsTheSameWithAndWithoutTangents) {
  Lorenz lorenz;
  TangentFlow alone(lorenz, Lorenz::at({1.0, 1.0, 1.0}), 0.01);
  TangentFlow together(lorenz, Lorenz::at({1.0, 1.0, 1.0}), 0.01);
  State<double> u(together.tangent_shape(2));
  u.at(0, 0, 0) = 1.0;
  u.at(1, 0, 1) = 1.0;
  for (int step = 0; step < 500; ++step) {
    alone.step();
    together.step(u);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(alone.x().data()[i], together.x().data()[i]);
}

LyapunovOptions short_run() {
  return {.dt = 0.01,
          .transient = 5.0,
          .duration = 40.0,
          .renormalise_interval = 0.5,
          .num_exponents = 1,
          .num_blocks = 10,
          .seed = 1};
}

// RK4 on a linear system multiplies by 1 + z + z^2/2 + z^3/6 + z^4/24 a step, z = -0.009.
// Goes red when the growth is divided by a wrong time.
TEST(Lyapunov, LinearDecayIsExact) {
  Linear decay(-0.9);
  const LyapunovResult result = lyapunov_spectrum(decay, Linear::at({1.0}), short_run());
  EXPECT_NEAR(result.exponents[0], -0.9, 1e-9);
  EXPECT_LT(result.standard_errors[0], 1e-12);
  EXPECT_EQ(result.kaplan_yorke, 0.0);
  EXPECT_NEAR(result.duration, 40.0, 1e-9);
  ASSERT_EQ(result.running.size(), 10u);
  EXPECT_NEAR(result.running.back(), result.exponents[0], 1e-14);
}

TEST(Lyapunov, BenettinFindsTheLinearDecay) {
  Linear decay(-0.9);
  BenettinOptions options;
  options.transient = 1.0;
  options.duration = 20.0;
  const LyapunovEstimate estimate = lyapunov_benettin(decay, Linear::at({1.0}), options);
  EXPECT_NEAR(estimate.exponent, -0.9, 1e-4);
}

// From 1e-6 the logistic flow grows for 14 units of time before it rests at 1, where the exponent
// is -1. Goes red when the transient is not dropped.
TEST(Lyapunov, TransientIsDropped) {
  Logistic logistic;
  LyapunovOptions options = short_run();
  options.transient = 60.0;
  const LyapunovResult result = lyapunov_spectrum(logistic, Logistic::at({1e-6}), options);
  EXPECT_NEAR(result.exponents[0], -1.0, 1e-6);
}

// Below rho = 24.74 the two fixed points attract; at rho = 20 from (1, 1, 1) one is reached. The
// eigenvalues of the Jacobian there are -0.154792 +- 8.708668 i and -13.357083 (NumPy eigvals).
// Goes red when the tangents are not carried by the Jacobian at the rest point.
TEST(Lyapunov, LorenzAtRho20RestsAtAFixedPoint) {
  Lorenz lorenz(20.0);
  LyapunovOptions options = short_run();
  options.transient = 100.0;
  options.num_exponents = 3;
  options.duration = 200.0;
  const LyapunovResult result = lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options);
  EXPECT_NEAR(result.exponents[0], -0.154792, 1e-3);
  EXPECT_NEAR(result.exponents[1], -0.154792, 1e-3);
  EXPECT_NEAR(result.exponents[2], -13.357083, 1e-3);
  EXPECT_EQ(result.kaplan_yorke, 0.0);
  EXPECT_EQ(classify_dynamics({result.exponents[0], result.standard_errors[0]}, 1.0),
            DynamicsClass::kFixed);
}

// Goes red when the seed is dropped (equal results) or a clock enters (unequal repeats).
TEST(Lyapunov, RepeatsBitForBitAndDependsOnTheSeedOnlyThere) {
  Lorenz lorenz;
  LyapunovOptions options = short_run();
  options.num_exponents = 2;
  const auto run = [&] { return lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options); };
  const LyapunovResult first = run();
  const LyapunovResult second = run();
  EXPECT_EQ(first.exponents, second.exponents);
  EXPECT_EQ(first.running, second.running);
  options.transient = 0.0;
  const LyapunovResult unaligned = run();
  options.seed = 2;
  EXPECT_NE(run().exponents, unaligned.exponents);
}

// Leading exponents do not depend on how many are asked for (tile width 1 against 8).
// Goes red when the lanes of a tile are mixed up.
TEST(Lyapunov, LargestExponentDoesNotDependOnTheNumberAskedFor) {
  Lorenz lorenz;
  LyapunovOptions options = short_run();
  options.transient = 40.0;
  const double one = lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options).exponents[0];
  options.num_exponents = 3;
  const double three = lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options).exponents[0];
  EXPECT_NEAR(one, three, 1e-6);
}

TEST(Lyapunov, KaplanYorkeDimension) {
  EXPECT_NEAR(*kaplan_yorke_dimension(std::vector{0.9056, 0.0, -14.5723}, 3), 2.06214, 1e-5);
  EXPECT_EQ(kaplan_yorke_dimension(std::vector{-1.0, -2.0}, 2), 0.0);
  EXPECT_EQ(kaplan_yorke_dimension(std::vector{0.0, -2.0}, 2), 1.0);
  EXPECT_EQ(kaplan_yorke_dimension(std::vector{0.5, 0.1}, 2), 2.0);
  // Goes red when a cut spectrum is taken for a whole one.
  EXPECT_EQ(kaplan_yorke_dimension(std::vector{0.5, 0.1}, 3), std::nullopt);
}

// Goes red when the standard error or tau is left out of the rule.
TEST(Lyapunov, ClassifiesByExponentErrorAndTimeConstant) {
  EXPECT_EQ(classify_dynamics({0.18, 0.02}, 1.0), DynamicsClass::kChaotic);
  EXPECT_EQ(classify_dynamics({0.18, 0.06}, 1.0), DynamicsClass::kUndecided);
  EXPECT_EQ(classify_dynamics({-0.0004, 0.0007}, 1.0), DynamicsClass::kPeriodic);
  EXPECT_EQ(classify_dynamics({-0.5, 0.01}, 1.0), DynamicsClass::kFixed);
  EXPECT_EQ(classify_dynamics({-0.005, 0.01}, 1.0), DynamicsClass::kUndecided);
  EXPECT_EQ(classify_dynamics({0.002, 0.0001}, 10.0), DynamicsClass::kChaotic);
  EXPECT_EQ(classify_dynamics({0.002, 0.0001}, 1.0), DynamicsClass::kPeriodic);
  EXPECT_THROW(classify_dynamics({0.0, 0.0}, 0.0), ConfigError);
}

TEST(Lyapunov, RefusesBadOptions) {
  Lorenz lorenz;
  const auto run = [&](auto change) {
    LyapunovOptions options = short_run();
    change(options);
    return lyapunov_spectrum(lorenz, Lorenz::at({1.0, 1.0, 1.0}), options);
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(run([](auto& o) { o.dt = 0.0; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.dt = kNan; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.transient = -1.0; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.duration = 4.0; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.duration = kNan; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.renormalise_interval = 0.001; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.num_exponents = 0; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.num_exponents = 4; }), ConfigError);
  EXPECT_THROW(run([](auto& o) { o.num_blocks = 9; }), ConfigError);
  EXPECT_THROW(lyapunov_spectrum(lorenz, State<double>({1, 1, 4, 1}), short_run()), ConfigError);
}

// Goes red when a blow-up is not looked for: e^(200 t) leaves the doubles at t = 3.55.
TEST(Lyapunov, BlowUpIsNamedWithItsTime) {
  Linear growth(200.0);
  LyapunovOptions options = short_run();
  options.transient = 100.0;
  try {
    lyapunov_spectrum(growth, Linear::at({1.0}), options);
    FAIL() << "no error";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("time 3.6"), std::string::npos) << error.what();
  }
}

// e^(-2000) is no double: the growth between two renormalisations cannot be measured. Goes red when
// subnormal growth is accepted: repeated decay gets stuck at the smallest of them.
TEST(Lyapunov, CollapsedTangentsAreAnError) {
  Linear decay(-20.0);
  LyapunovOptions options = short_run();
  options.duration = 1000.0;
  options.renormalise_interval = 100.0;
  EXPECT_THROW(lyapunov_spectrum(decay, Linear::at({1.0}), options), RunError);
}

}  // namespace
}  // namespace noesis
