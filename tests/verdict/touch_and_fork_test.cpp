/// Twins: answers to touches, and the rate at which they part.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "physics/verdict/fork_exponent.hpp"
#include "physics/verdict/recording_process.hpp"
#include "physics/verdict/touch.hpp"
#include "tests/verdict/processes.hpp"

namespace noesis {
namespace {

using test::MapProcess;

std::vector<Process::State> starts(Process& process, std::uint64_t count) {
  std::vector<Process::State> states;
  for (std::uint64_t seed = 1; seed <= count; ++seed) states.push_back(process.start(seed));
  return states;
}

// A linear ring x_i -> x_i / 2 + x_(i-1) / 4 + u_i with noise: the response is the impulse
// response, whatever the noise. Goes red when twins do not share their noise, the pulse does not
// end, or the sites are exchanged.
TEST(Touch, ResponseOfALinearSystem) {
  MapProcess ring(3, 0.2, [](auto x, auto u, std::uint64_t seed, std::uint64_t step) {
    const std::vector<double> old(x.begin(), x.end());
    for (std::size_t i = 0; i < 3; ++i) {
      x[i] = old[i] / 2 + old[(i + 2) % 3] / 4 + u[i] +
             normal_pair(seed, Stream::kNoise, step, static_cast<std::uint32_t>(i)).first;
    }
  });
  const TouchProtocol protocol{{{1, 2, {0, 2}}}, 2, 3};
  const TouchResponses responses = touch_responses(ring, starts(ring, 5), protocol);
  const double expected[] = {0, 2, 0, 0, 3, 0.5, 0.125, 1.5, 1};
  for (std::size_t k = 0; k < 9; ++k) {
    EXPECT_NEAR(responses.mean[k], expected[k], 1e-12) << k;
    EXPECT_NEAR(responses.squared_error[k], 0, 1e-24) << k;
  }
}

// Responses +1, -1, +1, -1 by the state: mean 0, standard error sqrt(1 / 3).
TEST(Touch, ErrorOfTheMean) {
  MapProcess signs(1, 0.2, [](auto x, auto u, std::uint64_t seed, std::uint64_t) {
    x[0] = (seed % 2 == 0 ? 1 : -1) * u[0];
  });
  const TouchResponses responses = touch_responses(signs, starts(signs, 4), {{{0, 1, {0}}}, 1, 1});
  EXPECT_NEAR(responses.mean[0], 0, 1e-15);
  EXPECT_NEAR(responses.squared_error[0], 1.0 / 3, 1e-15);
}

// The touched unit answers alike in anything: goes red when it is compared.
TEST(Touch, OnlyTheGivenUnitsAreCompared) {
  const TouchProtocol protocol{{{0, 2, {1}}}, 1, 3};
  const std::vector<double> subject = {9, 1, 9, 2, 9, 3};
  const std::vector<double> candidate = {9, 3, 9, 2, 9, 1};
  const TouchAgreement agreement = compare_touches(protocol, subject, candidate, 2);
  EXPECT_NEAR(agreement.correlation.value(), -1, 1e-12);
  EXPECT_NEAR(agreement.gain.value(), 1, 1e-12);
}

TEST(Touch, GainAndUndefinedCorrelation) {
  const TouchProtocol protocol{{{0, 2, {0}}}, 1, 2};
  const std::vector<double> subject = {1, 2};
  EXPECT_NEAR(compare_touches(protocol, subject, std::vector<double>{3, 6}, 1).gain.value(), 3,
              1e-12);
  const TouchAgreement deaf = compare_touches(protocol, subject, std::vector<double>{0, 0}, 1);
  EXPECT_FALSE(deaf.correlation);
  EXPECT_EQ(deaf.gain, 0);
  EXPECT_FALSE(compare_touches(protocol, subject, std::vector<double>{NAN, 0}, 1).gain);
}

// ln 2 a step of .2 tau. Goes red when distances are not rescaled, or time is in samples.
TEST(Fork, LogisticMap) {
  auto map = test::logistic(1, 0.2);
  const auto exponent = fork_exponent(map, starts(map, 12), 1, {.align = 2});
  ASSERT_TRUE(exponent);
  EXPECT_NEAR(exponent->value, std::log(2) / 0.2, 0.05);
  EXPECT_LT(exponent->standard_error, 0.05);
  EXPECT_GT(exponent->standard_error, 0);
}

// Noise of the same seed is the same in both twins, so that they meet. Goes red when seeds or step
// counts are shifted with the state.
TEST(Fork, NoiseDoesNotPartTwins) {
  auto decay = test::noisy_decay(2, 0.5);
  const auto exponent = fork_exponent(decay, starts(decay, 10), 1);
  ASSERT_TRUE(exponent);
  EXPECT_NEAR(exponent->value, -std::log(2) / 0.5, 1e-4);
}

TEST(Fork, ARecordingHasNoTwins) {
  const auto tape = make_recording_process({1, 2, 3, 4}, 2, 2, 0.2);
  EXPECT_FALSE(fork_exponent(*tape, starts(*tape, 10), 1));
}

TEST(Fork, ABlowUpHasNoExponent) {
  MapProcess square(1, 0.2, [](auto x, auto, auto, auto) { x[0] = std::exp(x[0]); });
  EXPECT_FALSE(fork_exponent(square, starts(square, 2), 1));
}

TEST(RecordingProcess, PlaysRoundAndRound) {
  const auto tape = make_recording_process({1, 2, 3}, 1, 4, 0.2);
  EXPECT_EQ(tape->num_sites(), 4);
  Process::State state = {1};
  EXPECT_EQ(record(*tape, state, 4), (std::vector<double>{2, 3, 1, 2}));
  EXPECT_THROW(make_recording_process({1, 2, 3}, 2, 1, 0.2), ConfigError);
  EXPECT_THROW(make_recording_process({}, 1, 1, 0.2), ConfigError);
  EXPECT_THROW(make_recording_process({1, 2}, 1, 1, 0.2, 3), ConfigError);
}

TEST(RecordingProcess, StartsWithinItsBeginning) {
  const auto tape = make_recording_process({1, 2, 3, 4}, 1, 1, 0.2, 2);
  std::vector<double> seen;
  for (const auto& state : starts(*tape, 40)) seen.push_back(state[0]);
  EXPECT_EQ(*std::ranges::max_element(seen), 1);
  EXPECT_EQ(*std::ranges::min_element(seen), 0);
}

TEST(RescaledProcess, MapsEachUnit) {
  const auto tape =
      make_rescaled_process(make_recording_process({1, 2}, 2, 2, 0.2), {10, 20}, {2, 3});
  Process::State state = {0};
  EXPECT_EQ(record(*tape, state, 1), (std::vector<double>{12, 26}));
}

}  // namespace
}  // namespace noesis
