/// Forks: a state goes its way as if it were alone, whatever is beside it.

#include "physics/process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/threads.hpp"
#include "physics/subject.hpp"

namespace noesis {
namespace {

std::unique_ptr<Process> process_of(const std::string& name, double noise_sigma) {
  static const ThreadArena arena(1);
  return make_process(make_subject(name, 1), arena, noise_sigma);
}

class Forks : public testing::TestWithParam<std::pair<const char*, double>> {
 protected:
  std::unique_ptr<Process> process_ = process_of(GetParam().first, GetParam().second);
};

// Eleven forks of different ages and inputs, in one batch and each alone. Goes red when noise is
// taken from the place in the batch or the batch's clock, or an input stays from before.
TEST_P(Forks, ABatchEqualsEachAlone) {
  const auto sites = static_cast<std::size_t>(process_->num_sites());
  const auto units = static_cast<std::size_t>(process_->num_units());
  std::vector<Process::State> together;
  std::vector<double> inputs(11 * sites);
  for (std::size_t k = 0; k < 11; ++k) {
    together.push_back(process_->start(k / 2));
    record(*process_, together.back(), static_cast<std::int64_t>(k % 3));
    inputs[k * sites + k % sites] = 0.1 * static_cast<double>(k);
  }
  std::vector<Process::State> alone = together;
  std::vector<double> seen(11 * units), seen_alone(units);
  for (int t = 0; t < 3; ++t) {
    process_->step(together, inputs, seen);
    for (std::size_t k = 0; k < 11; ++k) {
      process_->step({&alone[k], 1}, std::span(inputs).subspan(k * sites, sites), seen_alone);
      EXPECT_EQ(alone[k], together[k]) << "fork " << k << " at step " << t;
      EXPECT_TRUE(std::ranges::equal(seen_alone, std::span(seen).subspan(k * units, units)));
    }
  }
}

// Goes red when a process keeps memory of its own besides the state.
TEST_P(Forks, ASnapshotIsACopy) {
  Process::State state = process_->start(4);
  const Process::State snapshot = state;
  const auto first = record(*process_, state, 7);
  Process::State other = process_->start(5);
  record(*process_, other, 2);
  Process::State restored = snapshot;
  EXPECT_EQ(record(*process_, restored, 7), first);
  EXPECT_EQ(restored, state);
  EXPECT_EQ(process_->start(4), snapshot);
  EXPECT_NE(other, state);
}

// Goes red when a touch does nothing, or outlives its sample.
TEST_P(Forks, TwinsDifferByTheirTouch) {
  const auto sites = static_cast<std::size_t>(process_->num_sites());
  std::vector<Process::State> twins(2, process_->start(6));
  std::vector<double> seen(2 * static_cast<std::size_t>(process_->num_units()));
  std::vector<double> inputs(2 * sites);
  process_->step(twins, inputs, seen);
  EXPECT_EQ(twins[0], twins[1]);
  Process::State untouched = twins[0];
  inputs[sites] = 2;
  process_->step(twins, inputs, seen);
  EXPECT_NE(twins[0], twins[1]);
  record(*process_, untouched, 3);
  record(*process_, twins[0], 2);
  EXPECT_EQ(untouched, twins[0]);
}

INSTANTIATE_TEST_SUITE_P(Subjects, Forks,
                         testing::Values(std::pair("reference-12", 0.0),
                                         std::pair("reference-12", 0.05),
                                         std::pair("lorenz63", 0.0), std::pair("lorenz63", 0.5)));

/// Forty states after five samples; one arena at a time, since arenas share a limit of threads.
std::vector<Process::State> states_with(int num_threads) {
  const ThreadArena arena(num_threads);
  const auto process = make_process(make_subject("reference-50", 1), arena, 0.02);
  std::vector<Process::State> states(40, process->start(1));
  const std::vector<double> rest(40 * 50);
  std::vector<double> seen(40 * 50);
  for (int t = 0; t < 5; ++t) process->step(states, rest, seen);
  return states;
}

// Goes red when a sum depends on the split.
TEST(Process, ThreadsDoNotMatter) { EXPECT_EQ(states_with(1), states_with(4)); }

// Noise of another seed parts equal states; without noise a seed is nothing.
TEST(Process, NoiseIsOfTheSeed) {
  for (const double sigma : {0.0, 0.05}) {
    const auto process = process_of("reference-12", sigma);
    Process::State a = process->start(1), b = a;
    b[1] += 1;
    EXPECT_EQ(record(*process, a, 2) == record(*process, b, 2), sigma == 0);
  }
}

// Entries that are whole numbers are seeds and counts, which twins share.
TEST(Process, VariablesAreNoWholeNumbers) {
  const Process::State brain = process_of("reference-12", 0.05)->start(1);
  ASSERT_EQ(brain.size(), 3u + 24);
  for (std::size_t k = 0; k < brain.size(); ++k) {
    EXPECT_EQ(brain[k] == std::floor(brain[k]), k < 3) << k;
  }
}

class SnapshotTest : public testing::Test {
 protected:
  static Simulation<double> simulation(const Subject& subject, std::vector<std::uint64_t> seeds) {
    static const ThreadArena arena(1);
    Subject noisy = subject;
    noisy.brain.noise.sigma = 0.05;
    return {{noisy.connectome}, noisy.brain, std::move(seeds), arena};
  }
};

// An environment moved to another place of another batch, with its interventions and noise. Goes
// red when any of seed, step count, state or inputs is left behind.
TEST_F(SnapshotTest, GoesOnAnywhere) {
  const Subject subject = make_subject("reference-12", 1);
  Simulation<double> from = simulation(subject, {1, 2, 3});
  from.surgeon().set_current(1, 4, 0.7);
  from.surgeon().clamp(1, 5, 0.3);
  from.surgeon().lesion(1, 6);
  from.advance_to(20);
  const BrainSnapshot<double> snapshot = from.snapshot(1);
  Simulation<double> to = simulation(subject, std::vector<std::uint64_t>(10, 9));
  to.advance_to(5);
  to.restore(8, snapshot);
  EXPECT_EQ(to.snapshot(8), snapshot);
  from.advance_to(40);
  to.advance_to(25);
  EXPECT_EQ(to.snapshot(8), from.snapshot(1));
  EXPECT_EQ(to.surgeon().current(8, 4), 0.7);
  EXPECT_NE(to.snapshot(7), from.snapshot(1));
}

TEST_F(SnapshotTest, OfAnotherSizeIsRefused) {
  Simulation<double> small = simulation(make_subject("reference-12", 1), {1});
  Simulation<double> large = simulation(make_subject("reference-20", 1), {1});
  EXPECT_THROW(large.restore(0, small.snapshot(0)), ConfigError);
}

TEST(Subjects, UnknownNamesAndConditionsAreRefused) {
  EXPECT_THROW(make_subject("celgans", 1), ConfigError);
  EXPECT_THROW(make_subject("reference-1", 1), ConfigError);
  EXPECT_THROW(make_subject("reference-x", 1), ConfigError);
  EXPECT_THROW(make_subject("reference-99999999999999999999", 1), ConfigError);
  EXPECT_THROW(make_subject("lorenz63", 1, Condition::kStranger), ConfigError);
  EXPECT_THROW(make_subject("lorenz63", 1, Condition::kSeized), ConfigError);
}

}  // namespace
}  // namespace noesis
