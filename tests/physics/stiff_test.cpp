// ROS2 and the graded neurons that need it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "physics/celegans_connectome.hpp"
#include "physics/reference_backend.hpp"
#include "physics/simulation.hpp"
#include "tests/core/error_of.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using testing::column;
using ::testing::HasSubstr;
using testing::seeds_from;
using Plain = std::vector<double>;

BrainSpec stiff_spec(const char* integrator, double dt_ms, double fast_tau_ms) {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.model.wilson_cowan.tau_i_ms = fast_tau_ms;
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.integrator = {.name = integrator, .dt_ms = dt_ms};
  return spec;
}

Plain run(const BrainSpec& spec, double end_ms) {
  const ThreadArena arena(1);
  Simulation<double> sim({testing::uneven_brain(20, 5, 3)}, spec, {4}, arena);
  sim.surgeon().clamp(0, 2, 0.3);
  sim.surgeon().silence(0, 3);
  sim.surgeon().set_gain(0, 5, 1.5);
  sim.advance_to(end_ms);
  return column(sim.state(), 0);
}

double distance(const Plain& a, const Plain& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

// Second order whatever the Jacobian is, so this fails for wrong stages, not for a wrong Jacobian.
TEST(Stiff, Ros2IsOfSecondOrder) {
  const Plain exact = run(stiff_spec("rk4", 0.02 / 32, 1), 2);
  const double coarse = distance(run(stiff_spec("ros2", 0.02, 1), 2), exact);
  const double fine = distance(run(stiff_spec("ros2", 0.01, 1), 2), exact);
  EXPECT_NEAR(std::log2(coarse / fine), 2, 0.25);
}

// Mutations: the Jacobian's diagonal left at 0, transposed, or of the whole batch's first lane.
TEST(Stiff, Ros2StepsOverAFastPopulation) {
  const double fast = 1e-4;
  const Plain exact = run(stiff_spec("ros2", 1e-3, fast), 5);
  const double coarse = distance(run(stiff_spec("ros2", 0.05, fast), 5), exact);
  const double fine = distance(run(stiff_spec("ros2", 0.025, fast), 5), exact);
  EXPECT_LT(coarse, 0.01);
  EXPECT_GT(std::log2(coarse / fine), 0.8);  // first order is left in the stiff limit
  EXPECT_THROW(run(stiff_spec("rk4", 0.05, fast), 5), RunError);
}

TEST(Stiff, Ros2HasTheSameBitsInAnyBatch) {
  const auto run_batch = [&](std::size_t envs, int threads, std::uint64_t first) {
    const ThreadArena arena(threads);
    BrainSpec spec = stiff_spec("ros2", 0.05, 0.01);
    spec.noise.sigma = 0.02;
    Simulation<float> sim({testing::uneven_brain(30, 6, 3)}, spec, seeds_from(first, envs), arena);
    sim.advance_to(2);
    return column(sim.state(), static_cast<std::int64_t>(envs) - 1);
  };
  const auto alone = run_batch(1, 1, 40);
  EXPECT_EQ(run_batch(21, 3, 20), alone);
}

BrainSpec graded_spec() {
  BrainSpec spec;
  spec.model.name = "graded";
  spec.integrator = {.name = "ros2", .dt_ms = 1};
  spec.initial = {.low = 0, .high = 0.1};
  return spec;
}

// The equations by hand: one neuron drives another by a synapse of each sign, and a gap junction.
// Mutations: reversal potentials exchanged, |w| for w, conductances in other units.
TEST(Graded, EquationsByHand) {
  const ThreadArena arena(1);
  for (const float weight : {2.0f, -2.0f}) {
    const std::vector<Synapse> synapse = {{0, 1, weight}};
    const std::vector<Synapse> gap = {{0, 1, 3.0f}};
    Simulation<double> sim({std::make_shared<Connectome>(2, synapse, gap)}, graded_spec(), {1},
                           arena);
    sim.surgeon().set_current(0, 1, 50);
    State<double> x(sim.shape()), slope(sim.shape());
    x.at(0, 0, 0) = -20, x.at(0, 1, 0) = 0.3;
    x.at(0, 0, 1) = -40, x.at(0, 1, 1) = 0.2;
    sim.system().derivative(x, slope);
    const double reversal = weight > 0 ? 0 : -48;
    const double current =
        10 * (-35 + 40) + 100 * 3 * (-20 + 40) + 100 * 2 * 0.3 * (reversal + 40) + 50;
    EXPECT_NEAR(slope.at(0, 0, 1), current / 1.5 / 1000, 1e-12);
    const double activation = 1 / (1 + std::exp(-0.125 * (-40 + 35)));
    EXPECT_NEAR(slope.at(0, 1, 1), (activation * 0.8 - 5 * 0.2) / 1.5 / 1000, 1e-12);
  }
}

// Mutations: `strength` summed over another table, or without silenced neurons.
TEST(Graded, BackendAgreesWithTheOracle) {
  const ConnectomePtr brain = testing::uneven_brain(40, 8, 5);
  const BatchShape shape = {11, 2, 40, kTileWidth<double>};
  const std::vector<double> bias(40, 3.0);
  Surgeon<double> surgeon(shape, bias);
  surgeon.silence(2, 4);
  surgeon.lesion(3, 5);
  surgeon.set_gain(1, 6, 2);
  const ThreadArena arena(2);
  const ModelSpec model = graded_spec().model;
  CpuBackend<double> fast({brain}, model, shape, surgeon, arena);
  ReferenceBackend<double> oracle({brain}, model, shape, surgeon);
  State<double> x(shape), got(shape), want(shape), blocks({11, 4, 40, kTileWidth<double>});
  RandomSequence random(3, Stream::kTask);
  for (std::int64_t n = 0; n < x.size(); ++n) x.data()[n] = random.uniform() - 0.5;
  oracle.derivative(x, want);
  State<double> linearised(shape);
  fast.derivative(x, got);
  fast.linearise(x, linearised, blocks);
  for (std::int64_t env = 0; env < 11; ++env) {
    for (int c = 0; c < 2; ++c) {
      for (std::int64_t i = 0; i < 40; ++i) {
        EXPECT_NEAR(got.at(env, c, i), want.at(env, c, i), 1e-12);
        EXPECT_NEAR(linearised.at(env, c, i), want.at(env, c, i), 1e-12);
      }
    }
  }
  // Each neuron's Jacobian, by differences of one neuron's own state.
  const double h = 1e-6;
  for (const std::int64_t i : {1, 6, 17}) {
    for (int d = 0; d < 2; ++d) {
      State<double> moved = x, slope(shape);
      moved.at(1, d, i) += h;
      oracle.derivative(moved, slope);
      for (int c = 0; c < 2; ++c) {
        const bool autapse = brain->has_synapse(i, i) && d == 1 && c == 0;
        if (autapse) continue;
        EXPECT_NEAR(blocks.at(1, c * 2 + d, i), (slope.at(1, c, i) - want.at(1, c, i)) / h, 1e-5);
      }
    }
  }
}

// The worm's wiring in its own model rests, where rk4 at the same step blows up.
TEST(Graded, TheWormRestsUnderRos2) {
  const ThreadArena arena(1);
  const auto worm = std::make_shared<Connectome>(celegans_connectome());
  BrainSpec spec = graded_spec();
  Simulation<double> sim({worm}, spec, {1}, arena);
  sim.advance_to(20'000);
  const Plain before = column(sim.state(), 0);
  sim.advance_to(21'000);
  EXPECT_LT(distance(before, column(sim.state(), 0)), 1e-3);
  for (std::int64_t i = 0; i < worm->num_neurons(); ++i) {
    EXPECT_GT(sim.state().at(0, 0, i), -48.1);
    EXPECT_LT(sim.state().at(0, 0, i), 0.1);
  }
}

TEST(Graded, HasNoDelays) {
  const ThreadArena arena(1);
  const std::vector<Synapse> edge = {{0, 1, 1.0f}};
  const std::vector<float> delay = {5};
  const auto brain =
      std::make_shared<Connectome>(2, edge, std::span<const Synapse>{}, NeuronTable{}, delay);
  EXPECT_THAT(test::error_of([&] { Simulation<double>({brain}, graded_spec(), {1}, arena); }),
              HasSubstr("no delays"));
}

}  // namespace
}  // namespace noesis
