// What the rules keep, for any parameters, weights and rates.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/intrinsic_plasticity.hpp"
#include "physics/plasticity/neurogenesis.hpp"
#include "physics/plasticity/oja.hpp"
#include "physics/plasticity/pruning.hpp"
#include "physics/plasticity/sleep_schedule.hpp"
#include "physics/plasticity/structural.hpp"
#include "physics/plasticity/weight_decay.hpp"
#include "tests/plasticity/brains.hpp"

namespace noesis {
namespace {

/// From a grid, so that failures shrink.
double any_in(double low, double high) {
  return low + (high - low) * *rc::gen::inRange(0, 1001) / 1000.0;
}

Connectome any_brain() {
  return testing::random_brain(*rc::gen::inRange(2, 25), any_in(0.1, 1),
                               *rc::gen::inRange<std::uint64_t>(1, 500));
}

std::vector<double> any_rates(std::int64_t count) {
  return testing::uniforms(count, *rc::gen::arbitrary<std::uint32_t>() + 10000ull);
}

std::span<const double> view(const std::vector<double>& values) { return values; }

// Structure, signs and zeros are no business of a weight rule.
void expect_same_signs(const PlasticConnectome& brain, const Connectome& start) {
  RC_ASSERT(brain.num_synapses() == start.num_synapses());
  for (std::int64_t row = 0; row < start.num_neurons(); ++row) {
    const auto before = start.synapses().row_weights(row);
    const auto after = brain.row_weights(row);
    for (std::size_t k = 0; k < before.size(); ++k) {
      RC_ASSERT(std::signbit(after[k]) == std::signbit(before[k]));
      RC_ASSERT((after[k] == 0) == (before[k] == 0));
      RC_ASSERT(std::isfinite(after[k]));
    }
  }
}

TEST(PlasticityProperty, HomeostasisKeepsSignsBoundsAndItsFixedPoint) {
  EXPECT_TRUE(rc::check([] {
    const ThreadArena arena(1);
    const Connectome start = any_brain();
    const HomeostasisSpec spec{.target_rate = any_in(0, 1),
                               .rate_tau_ms = any_in(0.1, 50),
                               .bias_speed = any_in(0, 5),
                               .max_bias = any_in(0.1, 3),
                               .scaling_speed = any_in(0, 5),
                               .max_weight = any_in(5, 50)};
    PlasticConnectome brain(start);
    Homeostasis rule(spec, start.num_neurons());
    std::vector<double> bias(start.num_neurons());
    const std::vector<double> at_rest(start.num_neurons(), spec.target_rate);
    rule.observe(view(at_rest), any_in(0.1, 100), arena);
    rule.adapt_bias(std::span<double>(bias), arena);
    rule.scale(brain, arena);
    RC_ASSERT(brain.freeze()->digest() == start.digest());
    RC_ASSERT(std::all_of(bias.begin(), bias.end(), [](double b) { return std::abs(b) < 1e-9; }));
    for (int k = 0; k < 30; ++k) {
      const std::vector<double> rates = any_rates(start.num_neurons());
      rule.observe(view(rates), any_in(0.1, 20), arena);
      rule.adapt_bias(std::span<double>(bias), arena);
      rule.scale(brain, arena);
      for (std::int64_t i = 0; i < start.num_neurons(); ++i) {
        RC_ASSERT(std::abs(bias[i]) <= spec.max_bias);
        RC_ASSERT(rule.filtered_rates()[i] >= 0 && rule.filtered_rates()[i] <= 1);
        for (const float w : brain.row_weights(i)) {
          RC_ASSERT(std::abs(w) <= spec.max_weight * (1 + 1e-6));
        }
      }
    }
    expect_same_signs(brain, start);
  }));
}

TEST(PlasticityProperty, DecayShrinksAndKeepsSigns) {
  EXPECT_TRUE(rc::check([] {
    const ThreadArena arena(1);
    const Connectome start = any_brain();
    PlasticConnectome brain(start);
    const WeightDecaySpec spec{.tau_ms = any_in(1, 100), .spared_fraction = any_in(0, 0.99)};
    decay_weights(brain, spec, any_in(0.1, 20), arena);
    expect_same_signs(brain, start);
    for (std::int64_t row = 0; row < start.num_neurons(); ++row) {
      const auto before = start.synapses().row_weights(row);
      const auto after = std::as_const(brain).row_weights(row);
      std::int64_t kept = 0;
      for (std::size_t k = 0; k < before.size(); ++k) {
        RC_ASSERT(std::abs(after[k]) <= std::abs(before[k]));
        kept += after[k] == before[k];
      }
      RC_ASSERT(kept == static_cast<std::int64_t>(spec.spared_fraction * double(before.size())));
    }
  }));
}

// For eta y^2 <= 1 a weight moves towards x / y, its fixed point, and not past it.
TEST(PlasticityProperty, OjaStaysBetweenWeightAndRatio) {
  EXPECT_TRUE(rc::check([] {
    const double weight = any_in(-5, 5);
    const double x = any_in(-3, 3);
    const double y = any_in(0.01, 3);
    const double rate = any_in(0, 1) / (y * y);
    const double next = oja_step(weight, x * y, y * y, rate);
    RC_ASSERT(next >= std::min(weight, x / y) - 1e-9);
    RC_ASSERT(next <= std::max(weight, x / y) + 1e-9);
    RC_ASSERT(std::abs(oja_step(x / y, x * y, y * y, rate) - x / y) < 1e-9 * (1 + std::abs(x / y)));
  }));
}

TEST(PlasticityProperty, BirthAndDeathKeepIds) {
  EXPECT_TRUE(rc::check([] {
    PlasticConnectome brain(any_brain());
    Neurogenesis rule({.error_tau_ms = 1,
                       .threshold = 0.1,
                       .persistence_ms = any_in(0, 5),
                       .refractory_ms = any_in(0, 5),
                       .neurons_per_batch = *rc::gen::inRange(1, 4),
                       .max_neurons = *rc::gen::inRange(1, 40),
                       .num_inputs = *rc::gen::inRange(1, 8),
                       .num_outputs = *rc::gen::inRange(1, 8)},
                      *rc::gen::inRange<std::uint64_t>(1, 500));
    std::vector<bool> was_alive;
    for (int k = 0; k < 30; ++k) {
      const std::int64_t before = brain.num_neurons();
      const std::int64_t living = brain.num_alive();
      const Born born = rule.advance(any_in(0, 1), 1, brain);
      RC_ASSERT(brain.num_neurons() == before + born.count);
      RC_ASSERT(born.count == 0 || born.first_id == before);
      RC_ASSERT(born.count == 0 || living < brain.num_alive());
      if (*rc::gen::inRange(0, 3) == 0) prune_weak(brain, any_in(0, 0.2), ThreadArena(1));
      was_alive.resize(brain.num_neurons(), true);
      for (std::int64_t id = 0; id < brain.num_neurons(); ++id) {
        RC_ASSERT(!brain.alive(id) || was_alive[id]);
        was_alive[id] = brain.alive(id);
      }
      RC_ASSERT(brain.freeze()->num_neurons() == brain.num_neurons());
    }
  }));
}

TEST(PlasticityProperty, PressureFollowsTheTwoProcessModel) {
  EXPECT_TRUE(rc::check([] {
    const double lower = any_in(0.01, 0.5);
    SleepSchedule schedule({.wake_tau_ms = any_in(1, 50),
                            .sleep_tau_ms = any_in(1, 50),
                            .upper = any_in(lower + 0.01, 0.99),
                            .lower = lower});
    for (int k = 0; k < 200; ++k) {
      const bool asleep = schedule.asleep();
      const double before = schedule.pressure();
      schedule.advance(any_in(0.01, 5), any_in(0, 3));
      RC_ASSERT(asleep == (schedule.pressure() < before));
      RC_ASSERT(schedule.pressure() >= 0 && schedule.pressure() <= 1);
    }
  }));
}

TEST(PlasticityProperty, ElementsStayInRange) {
  EXPECT_TRUE(rc::check([] {
    const ThreadArena arena(1);
    PlasticConnectome brain(any_brain());
    StructuralPlasticity rule({.calcium_tau_ms = any_in(1, 50),
                               .calcium_per_rate = any_in(0.001, 0.1),
                               .growth_speed = any_in(0.001, 2)},
                              brain, *rc::gen::inRange<std::uint64_t>(1, 500));
    for (int k = 0; k < 20; ++k) {
      rule.observe(view(any_rates(brain.num_neurons())), any_in(0.1, 20), arena);
      const std::int64_t before = brain.num_synapses();
      const Rewired rewired = rule.update(brain);
      RC_ASSERT(brain.num_synapses() == before - rewired.num_removed + rewired.num_added);
      RC_ASSERT(brain.num_alive() == brain.num_neurons());
      for (std::int64_t id = 0; id < brain.num_neurons(); ++id) {
        RC_ASSERT(double(brain.row_sources(id).size()) <= rule.dendritic()[id]);
        RC_ASSERT(double(brain.num_outputs(id)) <= rule.axonal()[id]);
        RC_ASSERT(rule.axonal()[id] <= double(brain.num_neurons()));
      }
    }
  }));
}

}  // namespace
}  // namespace noesis
