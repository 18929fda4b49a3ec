#pragma once
/// Brains that grow and sleep, over any crew.

#include "tests/distributed/brains.hpp"

namespace noesis::testing {

inline BrainSpec growing_spec() {
  BrainSpec spec = make_spec("rate", "rk4");
  spec.model.rate.activation = "logistic";
  PlasticitySpec& rules = spec.plasticity;
  rules.rules = {"homeostasis", "oja", "decay", "pruning", "neurogenesis", "sleep"};
  rules.homeostasis.scaling_speed = 0.01;
  rules.oja.learning_rate = 1e-2;
  rules.decay = {.tau_ms = 300, .spared_fraction = 0, .interval_ms = 5};
  rules.pruning = {.threshold = 0.02, .interval_ms = 10};
  rules.neurogenesis.max_neurons = 75;
  rules.neurogenesis.persistence_ms = 6;
  rules.neurogenesis.refractory_ms = 11;
  rules.sleep = {
      .wake_tau_ms = 60, .sleep_tau_ms = 40, .upper = 0.6, .lower = 0.3, .reference_rate = 0.5};
  return spec;
}

/// A brain that grows and sleeps, in one piece and split, `disturb` being called every millisecond.
template <class Disturb>
void expect_same_life(std::shared_ptr<Crew> crew, int duration_ms, const Disturb& disturb) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  const BrainSpec spec = growing_spec();
  Simulation<float> whole({brain}, spec, {3}, arena);
  Simulation<float> split({brain}, spec, {3}, arena, split_over<float>(crew));
  for (int ms = 1; ms <= duration_ms; ++ms) {
    disturb(ms);
    const double error = ms % 50 < 25 ? 1 : 0;
    whole.set_error(0, error);
    split.set_error(0, error);
    whole.advance_to(ms);
    split.advance_to(ms);
    if (ms % 5 == 0) {
      ASSERT_TRUE(same_bits(whole.state(), split.state())) << "at " << ms;
    }
  }
  ASSERT_TRUE(same_bits(whole.state(), split.state()));
  EXPECT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest());
  EXPECT_EQ(whole.plasticity(0).num_born, split.plasticity(0).num_born);
  EXPECT_EQ(whole.plasticity(0).num_pruned, split.plasticity(0).num_pruned);
  EXPECT_GT(whole.plasticity(0).num_born, 0);
}

}  // namespace noesis::testing
