// Rules inside a simulation: against the same rules by hand, as ablations, and with everything that
// a simulation does beside stepping.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/rng.hpp"
#include "physics/simulation.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using test::error_of;
using testing::column;
using ::testing::HasSubstr;
using testing::seeds_from;

constexpr std::int64_t kNeurons = 30;

/// A noisy network of logistic neurons at a rest of 0.1.
BrainSpec logistic_spec(std::vector<std::string> rules) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate = {.tau_ms = 1, .activation = "logistic"};
  spec.drive.mean = -2.2;
  spec.noise.sigma = 0.05;
  spec.integrator = {.name = "heun", .dt_ms = 0.1};
  spec.plasticity.rules = std::move(rules);
  return spec;
}

/// Excitation that makes the network seize by itself.
ConnectomePtr excitable_brain(std::uint64_t seed, float strength = 1.2f) {
  const ConnectomePtr signs = testing::uneven_brain(kNeurons, 10, seed, false);
  std::vector<Synapse> edges = signs->edges();
  for (Synapse& edge : edges) edge.weight = strength * std::abs(edge.weight) + 0.1f;
  return std::make_shared<Connectome>(kNeurons, edges);
}

double mean_rate(const Simulation<double>& sim, std::int64_t env) {
  std::vector<double> rates;
  sim.output(env, rates);
  return std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
}

// Mutations: rules at the step before or after; x and y exchanged with a past rate.
TEST(PlasticSimulation, OjaAsByHand) {
  const ThreadArena arena(1);
  BrainSpec spec = logistic_spec({"oja"});
  spec.plasticity.oja.learning_rate = 0.05;
  const ConnectomePtr brain = excitable_brain(3);
  Simulation<double> sim({brain}, spec, {1}, arena);
  PlasticConnectome plastic(*brain);
  BrainSpec frozen = logistic_spec({});
  for (int t = 1; t <= 5; ++t) {
    // The same millisecond on the connectome of the moment, and then the rule.
    Simulation<double> stretch({plastic.freeze()}, frozen, {1}, arena);
    BrainSnapshot<double> moment = sim.snapshot(0);
    moment.plasticity = nullptr;
    stretch.restore(0, moment);
    stretch.advance_to(1);
    sim.advance_to(t);
    ASSERT_EQ(column(stretch.state(), 0), column(sim.state(), 0)) << t;
    std::vector<double> rates;
    stretch.output(0, rates);
    oja(plastic, std::span<const double>(rates), std::span<const double>(rates), 0.05, arena);
    ASSERT_EQ(sim.connectome(0)->digest(), plastic.freeze()->digest()) << t;
  }
  EXPECT_NE(sim.connectome(0)->digest(), brain->digest());
}

// The ablation: without homeostasis the same brain seizes. In a shared batch it works by the bias
// alone.
TEST(PlasticSimulation, HomeostasisHoldsTheRates) {
  const ThreadArena arena(1);
  const auto final_rate = [&](std::vector<std::string> rules, std::size_t envs, double scaling) {
    BrainSpec spec = logistic_spec(std::move(rules));
    spec.plasticity.homeostasis = {
        .target_rate = 0.1, .bias_speed = 0.05, .scaling_speed = scaling};
    Simulation<double> sim({excitable_brain(3, 3)}, spec, seeds_from(1, envs), arena);
    sim.advance_to(1500);
    return mean_rate(sim, static_cast<std::int64_t>(envs) - 1);
  };
  EXPECT_GT(final_rate({}, 1, 0), 0.5);
  EXPECT_NEAR(final_rate({"homeostasis"}, 1, 1e-3), 0.1, 0.02);
  EXPECT_NEAR(final_rate({"homeostasis"}, 3, 0), 0.1, 0.02);
}

// The ablation: driven neurons that say much of the time next to nothing, or next to everything,
// come to use their whole range with an exponential's statistics: the deviation is the mean.
// Mutations: gains not handed to the surgeon; biases not moved.
TEST(PlasticSimulation, IntrinsicPlasticitySpreadsTheOutputs) {
  const ThreadArena arena(1);
  const auto statistics = [&](std::vector<std::string> rules) {
    BrainSpec spec = logistic_spec(std::move(rules));
    spec.model.rate.tau_ms = 0.2;
    spec.noise.sigma = 0;
    spec.drive.mean = 0;
    spec.plasticity.intrinsic = {.learning_rate = 2e-3, .mean = 0.2};
    // Each neuron hears eight others, which are held at rates that are drawn anew each millisecond.
    std::vector<Synapse> edges;
    for (std::int32_t i = 0; i < 20; ++i) {
      for (std::int32_t k = 0; k < 8; ++k) edges.push_back({20 + (3 * i + k) % 10, i, 2.0f});
    }
    const auto brain = std::make_shared<Connectome>(kNeurons, edges);
    Simulation<double> sim({brain}, spec, {1}, arena);
    RandomSequence random(5, Stream::kTask);
    double sum = 0, squares = 0;
    int count = 0;
    for (int t = 1; t <= 20'000; ++t) {
      for (std::int64_t i = 20; i < kNeurons; ++i) sim.surgeon().clamp(0, i, 3 * random.normal());
      sim.advance_to(t);
      if (t <= 15'000) continue;
      std::vector<double> rates;
      sim.output(0, rates);
      for (std::size_t i = 0; i < 20; ++i, ++count) {
        sum += rates[i];
        squares += rates[i] * rates[i];
      }
    }
    const double mean = sum / count;
    return std::pair(mean, std::sqrt(squares / count - mean * mean));
  };
  const auto [without_mean, without_deviation] = statistics({});
  EXPECT_GT(without_mean, 0.5);
  const auto [mean, deviation] = statistics({"intrinsic"});
  EXPECT_NEAR(mean, 0.2, 0.03);
  EXPECT_NEAR(deviation, 0.2, 0.04);
}

TEST(PlasticSimulation, SharedBatchRefusesWhatChangesTheConnectome) {
  const ThreadArena arena(1);
  const auto make = [&](std::vector<std::string> rules) {
    Simulation<double> sim({excitable_brain(3)}, logistic_spec(std::move(rules)), seeds_from(1, 2),
                           arena);
  };
  for (const char* rule :
       {"homeostasis", "oja", "decay", "pruning", "structural", "neurogenesis"}) {
    EXPECT_THAT(error_of([&] { make({rule}); }), HasSubstr("per_env")) << rule;
  }
  EXPECT_EQ(error_of([&] { make({"intrinsic", "sleep", "arousal"}); }), "no error");
}

TEST(PlasticSimulation, Refusals) {
  const ThreadArena arena(1);
  const auto make = [&](const BrainSpec& spec, ConnectomePtr brain = excitable_brain(3)) {
    return Simulation<double>({brain}, spec, {1}, arena);
  };
  BrainSpec adaptive = logistic_spec({"oja"});
  adaptive.noise.sigma = 0;
  adaptive.integrator.name = "dopri5";
  EXPECT_THAT(error_of([&] { make(adaptive); }), HasSubstr("fixed steps"));
  BrainSpec uneven = logistic_spec({"oja"});
  uneven.plasticity.interval_ms = 0.25;
  EXPECT_THAT(error_of([&] { make(uneven); }), HasSubstr("multiple of integrator.dt_ms"));
  const std::vector<Synapse> edge = {{0, 1, 1.0f}};
  const std::vector<float> delay = {1};
  const auto delayed =
      std::make_shared<Connectome>(2, edge, std::span<const Synapse>{}, NeuronTable{}, delay);
  EXPECT_THAT(error_of([&] { make(logistic_spec({"pruning"}), delayed); }), HasSubstr("delays"));
  Simulation<double> plain = make(logistic_spec({"oja"}));
  EXPECT_THAT(error_of([&] { plain.set_error(0, 1); }), HasSubstr("neurogenesis"));
}

/// Everything at once, each rule fast enough to do something in a few milliseconds.
BrainSpec all_rules(bool with_structure = true) {
  BrainSpec spec = logistic_spec({"homeostasis", "intrinsic", "oja", "decay", "sleep", "arousal"});
  PlasticitySpec& rules = spec.plasticity;
  if (with_structure) {
    for (const char* rule : {"pruning", "structural", "neurogenesis"}) rules.rules.push_back(rule);
  }
  rules.interval_ms = 0.2;
  rules.homeostasis.scaling_speed = 0.01;
  rules.rules.push_back("hebbian");
  rules.hebbian = {.learning_rate = 1e-3, .decay = 1e-3};
  rules.oja.learning_rate = 0.02;
  rules.decay = {.tau_ms = 20, .interval_ms = 0.4};
  rules.pruning = {.threshold = 0.15, .interval_ms = 0.6};
  rules.structural.interval_ms = 1;
  rules.structural.growth_speed = 0.5;
  rules.neurogenesis = {.persistence_ms = 0.5, .refractory_ms = 0.5, .max_neurons = kNeurons + 4};
  rules.sleep = {.wake_tau_ms = 1.5, .sleep_tau_ms = 1};
  return spec;
}

template <Real T>
void excite(Simulation<T>& sim) {
  for (std::int64_t env = 0; env < sim.shape().num_envs; ++env) {
    if (sim.spec().plasticity.has("neurogenesis")) sim.set_error(env, 5);
    sim.surgeon().set_current(env, 3, 2);
  }
}

std::string fingerprint(const Simulation<double>& sim, std::int64_t env) {
  const PlasticityReport report = sim.plasticity(env);
  std::string text = sim.connectome(env)->digest();
  for (const double value : column(sim.state(), env)) text += " " + std::to_string(value);
  for (const auto count : {report.num_born, report.num_died, report.num_pruned, report.num_added}) {
    text += " " + std::to_string(count);
  }
  return text + " " + std::to_string(report.gain) + " " + std::to_string(report.sleep_pressure);
}

// The test below is worth what the rules do in it.
TEST(PlasticSimulation, EveryRuleDoesSomething) {
  const ThreadArena arena(1);
  Simulation<double> sim({excitable_brain(3)}, all_rules(), {1}, arena);
  EXPECT_EQ(sim.shape().num_neurons, kNeurons + 4);
  EXPECT_EQ(sim.plasticity(0).num_alive, kNeurons);
  excite(sim);
  bool slept = false;
  for (int t = 1; t <= 8; ++t) {
    sim.advance_to(t);
    slept = slept || sim.plasticity(0).asleep;
  }
  const PlasticityReport report = sim.plasticity(0);
  EXPECT_TRUE(slept);
  EXPECT_GT(report.num_born, 0);
  EXPECT_GT(report.num_pruned, 0);
  EXPECT_GT(report.num_added, 0);
  EXPECT_NE(report.gain, 1);
  EXPECT_EQ(sim.connectome(0)->num_neurons(), kNeurons + report.num_born);
  EXPECT_EQ(report.num_alive, kNeurons + report.num_born - report.num_died);
  EXPECT_EQ(sim.connectome(0)->num_synapses(), report.num_synapses);
}

// Mutations: rules by the batch's step count, newborns by batch position, a rule's memory left out
// of snapshot or checkpoint, kernels left on the table of before.
TEST(PlasticSimulation, SameBitsAloneInABatchAndAfterAStop) {
  const test::TempFolder folder;
  const std::vector<ConnectomePtr> brains = {excitable_brain(3), excitable_brain(4),
                                             excitable_brain(5)};
  const ThreadArena one(1), three(3);
  Simulation<double> batch(brains, all_rules(), seeds_from(1, 3), three);
  Simulation<double> alone({brains[1]}, all_rules(), {2}, one);
  for (auto* sim : {&batch, &alone}) {
    excite(*sim);
    sim->advance_to(3);
  }
  batch.save(folder / "checkpoint");
  const BrainSnapshot<double> moment = batch.snapshot(1);
  batch.advance_to(6);
  alone.advance_to(6);
  EXPECT_EQ(fingerprint(alone, 0), fingerprint(batch, 1));
  Simulation<double> loaded(brains, all_rules(), seeds_from(1, 3), one);
  loaded.load(folder / "checkpoint");
  loaded.advance_to(6);
  for (std::int64_t env = 0; env < 3; ++env) {
    EXPECT_EQ(fingerprint(loaded, env), fingerprint(batch, env));
  }
  Simulation<double> other(brains, all_rules(), seeds_from(7, 3), one);
  other.advance_to(1.3);
  other.restore(1, moment);
  other.advance_to(4.3);
  EXPECT_EQ(fingerprint(other, 1), fingerprint(batch, 1));
}

TEST(PlasticSimulation, SameBitsWithDelays) {
  const ThreadArena one(1), three(3);
  const ConnectomePtr plain = excitable_brain(3);
  std::vector<float> delays(static_cast<std::size_t>(plain->num_synapses()));
  for (std::size_t k = 0; k < delays.size(); ++k) delays[k] = 0.1f * static_cast<float>(1 + k % 9);
  const auto brain = std::make_shared<Connectome>(
      kNeurons, plain->edges(), std::span<const Synapse>{}, NeuronTable{}, delays);
  Simulation<double> batch({brain, brain, brain}, all_rules(false), seeds_from(1, 3), three);
  Simulation<double> alone({brain}, all_rules(false), {2}, one);
  for (auto* sim : {&batch, &alone}) {
    excite(*sim);
    sim->advance_to(5);
  }
  EXPECT_EQ(fingerprint(alone, 0), fingerprint(batch, 1));
  EXPECT_NE(alone.connectome(0)->digest(), brain->digest());
  EXPECT_EQ(alone.connectome(0)->synapses().delays_ms, brain->synapses().delays_ms);
}

// Mutation: the rules' memory or the grown connectome survives the episode.
TEST(PlasticSimulation, ResetBringsTheConnectomeBack) {
  const ThreadArena arena(1);
  Simulation<double> used({excitable_brain(3)}, all_rules(), {1}, arena);
  excite(used);
  used.advance_to(4);
  used.reset(0, 9);
  EXPECT_EQ(used.connectome(0)->digest(), excitable_brain(3)->digest());
  Simulation<double> fresh({excitable_brain(3)}, all_rules(), {9}, arena);
  used.advance_to(7);
  fresh.advance_to(3);
  EXPECT_EQ(fingerprint(used, 0), fingerprint(fresh, 0));
}

// Mutation: the dead go on and are heard of in recordings.
TEST(PlasticSimulation, TheDeadAreLesioned) {
  const ThreadArena arena(1);
  BrainSpec spec = logistic_spec({"pruning"});
  spec.plasticity.pruning = {.threshold = 0.5, .interval_ms = 1};
  // 0 <-> 1 strong; 2 hangs on weak synapses.
  const std::vector<Synapse> edges = {{0, 1, 1.0f}, {1, 0, 1.0f}, {0, 2, 0.1f}, {2, 0, 0.1f}};
  Simulation<double> sim({std::make_shared<Connectome>(3, edges)}, spec, {1}, arena);
  sim.advance_to(0.9);
  EXPECT_EQ(sim.plasticity(0).num_alive, 3);
  EXPECT_NE(sim.state().at(0, 0, 2), 0);
  sim.advance_to(3);
  EXPECT_EQ(sim.plasticity(0).num_alive, 2);
  EXPECT_EQ(sim.plasticity(0).num_synapses, 2);
  EXPECT_EQ(sim.state().at(0, 0, 2), 0);
}

// Mutations: learning goes on asleep; decay runs awake.
TEST(PlasticSimulation, LearnsAwakeAndDecaysAsleep) {
  const ThreadArena arena(1);
  BrainSpec spec = logistic_spec({"oja", "decay", "sleep"});
  spec.noise.sigma = 0;
  spec.plasticity.oja.learning_rate = 0.05;
  spec.plasticity.decay = {.tau_ms = 50, .interval_ms = 1};
  spec.plasticity.sleep = {.wake_tau_ms = 20, .sleep_tau_ms = 20};
  Simulation<double> sim({excitable_brain(3)}, spec, {1}, arena);
  int changes = 0;
  bool asleep = false;
  for (int t = 1; t <= 100; ++t) {
    const ConnectomePtr before = sim.connectome(0);
    sim.advance_to(t);
    const ConnectomePtr after = sim.connectome(0);
    changes += sim.plasticity(0).asleep != asleep;
    asleep = sim.plasticity(0).asleep;
    // Decay multiplies all weights by one factor, which Oja's rule does not.
    double least = 2, most = 0;
    for (std::size_t k = 0; k < before->synapses().weights.size(); ++k) {
      const double ratio = after->synapses().weights[k] / before->synapses().weights[k];
      least = std::min(least, ratio);
      most = std::max(most, ratio);
    }
    const double factor = std::exp(-1 / 50.0);
    EXPECT_EQ(std::abs(least - factor) < 1e-6 && std::abs(most - factor) < 1e-6, asleep) << t;
  }
  EXPECT_GE(changes, 2);
}

// The ablation: without the rule the gain stays 1. Mutations: habituation left out, gain not given
// to the kernels.
TEST(PlasticSimulation, ArousalFollowsNovelty) {
  const ThreadArena arena(1);
  const auto rates = [&](std::vector<std::string> rules) {
    BrainSpec spec = logistic_spec(std::move(rules));
    spec.noise.sigma = 0;
    spec.plasticity.arousal = {.habituation_tau_ms = 20, .novelty_gain = 1, .pressure_gain = 0};
    Simulation<double> sim({excitable_brain(3)}, spec, {1}, arena);
    for (std::int64_t i = 0; i < kNeurons; ++i) sim.surgeon().clamp(0, i, -1);  // known inputs
    sim.surgeon().release(0, 1);
    sim.advance_to(20);
    std::vector<double> seen = {sim.state().at(0, 0, 1), sim.plasticity(0).gain};
    sim.surgeon().set_current(0, 5, 30);  // a clamped neuron: nothing but news
    sim.advance_to(30);
    seen.push_back(sim.state().at(0, 0, 1));
    seen.push_back(sim.plasticity(0).gain);
    sim.advance_to(200);
    seen.push_back(sim.plasticity(0).gain);
    return seen;
  };
  const std::vector<double> with = rates({"arousal"});
  const std::vector<double> without = rates({});
  EXPECT_EQ(with[1], 1);
  EXPECT_EQ(with[0], without[0]);
  EXPECT_GT(with[3], 1.3);
  EXPECT_GT(with[2], without[2] + 0.1);
  EXPECT_NEAR(without[2], without[0], 1e-6);
  EXPECT_NEAR(with[4], 1, 0.01);
}

}  // namespace
}  // namespace noesis
