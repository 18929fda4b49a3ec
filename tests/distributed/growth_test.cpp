// Structure and weights of a split brain follow those of one process, with every rule that there
// is.

#include "tests/distributed/brains.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;

BrainSpec growing_spec(const std::string& integrator) {
  BrainSpec spec = make_spec("rate", integrator);
  spec.model.rate.activation = "logistic";
  PlasticitySpec& rules = spec.plasticity;
  rules.rules = {"homeostasis", "oja", "decay", "pruning", "neurogenesis", "sleep", "arousal"};
  rules.interval_ms = 1;
  rules.homeostasis.scaling_speed = 0.01;
  rules.homeostasis.target_rate = 0.4;
  rules.oja.learning_rate = 1e-2;
  rules.decay = {.tau_ms = 300, .spared_fraction = 0, .interval_ms = 5};
  rules.pruning = {.threshold = 0.02, .interval_ms = 10};
  rules.neurogenesis.max_neurons = 75;
  rules.neurogenesis.persistence_ms = 6;
  rules.neurogenesis.refractory_ms = 11;
  rules.neurogenesis.neurons_per_batch = 2;
  rules.sleep = {
      .wake_tau_ms = 60, .sleep_tau_ms = 40, .upper = 0.6, .lower = 0.3, .reference_rate = 0.5};
  return spec;
}

template <Real T>
void expect_same(const Simulation<T>& whole, const Simulation<T>& split) {
  ASSERT_TRUE(same_bits(whole.state(), split.state()));
  const PlasticityReport a = whole.plasticity(0), b = split.plasticity(0);
  EXPECT_EQ(a.num_alive, b.num_alive);
  EXPECT_EQ(a.num_synapses, b.num_synapses);
  EXPECT_EQ(a.num_born, b.num_born);
  EXPECT_EQ(a.num_died, b.num_died);
  EXPECT_EQ(a.num_pruned, b.num_pruned);
  EXPECT_EQ(a.sleep_pressure, b.sleep_pressure);
  EXPECT_EQ(a.gain, b.gain);
}

template <Real T>
void expect_same_growth(int workers, const std::string& by, const std::string& integrator) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  const BrainSpec spec = growing_spec(integrator);
  SplitBackend<T>* backend = nullptr;
  SplitOptions options;
  options.partition.by = by;
  Simulation<T> whole({brain}, spec, {3}, arena);
  Simulation<T> split({brain}, spec, {3}, arena,
                      split_over<T>(make_local_crew(workers), options, &backend));
  for (int ms = 1; ms <= 160; ++ms) {
    const double error = ms % 50 < 25 ? 1 : 0;
    whole.set_error(0, error);
    split.set_error(0, error);
    whole.advance_to(ms);
    split.advance_to(ms);
    if (ms == 40) {
      split.surgeon().set_current(0, 8, 0.9);
      whole.surgeon().set_current(0, 8, 0.9);
    }
    if (ms % 7 != 0) continue;
    expect_same(whole, split);
    if (ms % 28 == 0) {
      ASSERT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest());
    }
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_EQ(whole.snapshot(0).inputs, split.snapshot(0).inputs);
  // All of it happened, so that it was compared.
  EXPECT_GT(whole.plasticity(0).num_born, 4);
  EXPECT_GT(whole.plasticity(0).num_pruned, 4);
  const SplitReport report = backend->report();
  EXPECT_GE(report.num_spawns, 2);
  EXPECT_GE(report.num_sleeps, 1);
  EXPECT_EQ(report.num_digests, report.num_structures * workers);
}

// Red when births or pruning do not reach a worker, rules run on the wrong rows, places of the
// unborn learn, or a bias stays behind.
TEST(SplitGrowth, OverTwoWorkers) { expect_same_growth<double>(2, "blocks", "heun"); }
TEST(SplitGrowth, OverFourWorkersInFloat) { expect_same_growth<float>(4, "blocks", "rk4"); }
TEST(SplitGrowth, OverRegions) { expect_same_growth<double>(3, "regions", "euler"); }

// Red when what a master commands by itself does not reach the workers.
TEST(SplitGrowth, ByCommand) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  const BrainSpec spec = growing_spec("heun");
  SplitBackend<double>* backend = nullptr;
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena,
                           split_over<double>(make_local_crew(2), {}, &backend));
  for (int ms = 5; ms <= 60; ms += 5) {
    whole.advance_to(ms);
    split.advance_to(ms);
    if (ms % 15 == 0) {
      ASSERT_EQ(whole.spawn(0, 3), split.spawn(0, 3));
    }
    if (ms % 20 == 0) {
      ASSERT_EQ(whole.sleep(0), split.sleep(0));
    }
    expect_same(whole, split);
  }
  EXPECT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest());
  EXPECT_GE(whole.plasticity(0).num_born, 6);
  EXPECT_GT(whole.plasticity(0).num_pruned, 0);
  EXPECT_GE(backend->report().num_spawns, 2);
  EXPECT_GE(backend->report().num_sleeps, 1);
}

// Red when rules that need the host (spared weights, intrinsic plasticity, rewiring) do not bring
// their weights to the workers.
TEST(SplitGrowth, WithRulesOfTheHost) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  BrainSpec spec = growing_spec("heun");
  spec.plasticity.rules = {"homeostasis", "intrinsic", "oja", "decay", "structural"};
  spec.plasticity.decay.spared_fraction = 0.2;
  spec.plasticity.structural.interval_ms = 9;
  spec.plasticity.structural.growth_speed = 0.1;
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena, split_over<double>(make_local_crew(2)));
  for (int ms = 5; ms <= 60; ms += 5) {
    whole.advance_to(ms);
    split.advance_to(ms);
    expect_same(whole, split);
    ASSERT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest());
  }
}

// Red when weights that Hebb's rule changes at the master, by itself or taught from outside, do not
// reach the workers between births and sleep.
TEST(SplitGrowth, LearnsByHebbsRule) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  BrainSpec spec = growing_spec("heun");
  spec.plasticity.rules = {"homeostasis", "hebbian", "decay", "pruning", "neurogenesis", "sleep"};
  spec.plasticity.hebbian = {.learning_rate = 2e-3, .decay = 1e-3};
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena, split_over<double>(make_local_crew(3)));
  std::vector<double> factors(75);
  for (int ms = 5; ms <= 90; ms += 5) {
    for (Simulation<double>* const one : {&whole, &split}) {
      for (std::size_t i = 0; i < factors.size(); ++i) {
        factors[i] = static_cast<double>((static_cast<int>(i) + ms) % 5) - 2;
      }
      if (ms % 15 == 0) one->set_teaching(0, factors);
      one->set_error(0, ms % 50 < 25 ? 1 : 0);
      one->advance_to(ms);
    }
    expect_same(whole, split);
    ASSERT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest()) << "at " << ms;
  }
  EXPECT_NE(whole.connectome(0)->digest(), brain->digest());
  EXPECT_GT(whole.plasticity(0).num_born, 0);
}

// Red when weights that changed in place on a connectome with delays do not reach the delays' sums.
TEST(SplitGrowth, LearnsOverDelays) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({.has_delays = true});
  BrainSpec spec = growing_spec("heun");
  spec.plasticity.rules = {"homeostasis", "oja", "decay"};
  Simulation<double> whole({brain}, spec, {3}, arena);
  Simulation<double> split({brain}, spec, {3}, arena, split_over<double>(make_local_crew(2)));
  whole.advance_to(40);
  split.advance_to(40);
  expect_same(whole, split);
  EXPECT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest());
}

}  // namespace
}  // namespace noesis
