#pragma once
// What every kind of device is held to: whole simulations with the bits of the CPU's. One case runs
// the emulation on the host (label gpu-host), one a device (label gpu).

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "gpu/backends.hpp"
#include "physics/backend.hpp"
#include "physics/simulation.hpp"
#include "tests/core/temp_folder.hpp"
#include "tests/physics/brains.hpp"

namespace noesis::testing {

struct DeviceCase {
  const char* model;
  const char* activation;  // of a rate network
  const char* integrator;
  double sigma;
};

// Every model, every integrator with and without noise.
inline const DeviceCase kDeviceCases[] = {{"wilson_cowan", "", "rk4", 0},
                                          {"wilson_cowan", "", "heun", 0.02},
                                          {"wilson_cowan", "", "euler", 0.02},
                                          {"rate", "tanh", "rk4", 0.05},
                                          {"rate", "logistic", "heun", 0},
                                          {"rate", "relu_power", "euler", 0.05},
                                          {"graded", "", "rk4", 0},
                                          {"graded", "", "heun", 0.1},
                                          {"lorenz63", "", "heun", 0},
                                          {"lorenz63", "", "rk4", 0.01},
                                          {"wilson_cowan", "", "ros2", 0.02},
                                          {"rate", "tanh", "ros2", 0},
                                          {"graded", "", "ros2", 0.1},
                                          {"lorenz63", "", "ros2", 0},
                                          {"wilson_cowan", "", "dopri5", 0},
                                          {"rate", "logistic", "dopri5", 0},
                                          {"graded", "", "dopri5", 0},
                                          {"lorenz63", "", "dopri5", 0}};

inline BrainSpec spec_of(const DeviceCase& c) {
  BrainSpec spec = wilson_cowan_spec(1);
  spec.model.name = c.model;
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.model.rate.tau_ms = 1;
  spec.model.rate.coupling = 2;
  spec.model.rate.gap_coupling = 0.3;
  spec.model.lorenz63.gap_coupling = 0.1;
  spec.model.lorenz63.coupling = 0.1;
  if (*c.activation != '\0') spec.model.rate.activation = c.activation;
  spec.integrator = {.name = c.integrator, .dt_ms = 0.05};
  if (spec.model.name == "lorenz63") spec.integrator.dt_ms = 0.005;
  spec.noise.sigma = c.sigma;
  return spec;
}

/// Interventions of every kind, each environment with its own.
template <Real T>
void operate(Simulation<T>& sim) {
  Surgeon<T>& surgeon = sim.surgeon();
  for (std::int64_t env = 0; env < sim.shape().num_envs; ++env) {
    const std::int64_t neuron = 2 + env % 7;
    surgeon.set_current(env, neuron, 0.5);
    surgeon.silence(env, neuron + 1);
    surgeon.clamp(env, neuron + 2, 0.3);
    if (env % 2 == 0) surgeon.lesion(env, neuron + 3);
    surgeon.set_gain(env, neuron + 4, 1.5);
  }
}

/// Twenty steps, half of them under interventions, read in between.
template <Real T>
void drive(Simulation<T>& sim) {
  const double dt = sim.spec().integrator.dt_ms;
  sim.advance_to(7 * dt);
  sim.advance_to(10 * dt);
  operate(sim);
  sim.advance_to(16 * dt);
  sim.surgeon().clear(0);
  sim.advance_to(20 * dt);
}

template <Real T>
void expect_same(const Simulation<T>& expected, const Simulation<T>& got) {
  ASSERT_EQ(expected.shape(), got.shape());
  for (std::int64_t env = 0; env < expected.shape().num_envs; ++env) {
    const std::vector<T> a = column(expected.state(), env), b = column(got.state(), env);
    for (std::size_t n = 0; n < a.size(); ++n) {
      ASSERT_EQ(a[n], b[n]) << "environment " << env << ", value " << n << " of " << a.size();
      ASSERT_TRUE(std::isfinite(a[n]));
    }
  }
}

template <Real T>
void compare(const GpuKind<T>& kind, const BrainSpec& spec,
             const std::vector<ConnectomePtr>& brains, std::size_t num_envs,
             const std::function<void(Simulation<T>&)>& scenario) {
  const ThreadArena arena(2);
  const auto seeds = seeds_from(40, num_envs);
  Simulation<T> expected(brains, spec, seeds, arena);
  Simulation<T> got(brains, spec, seeds, arena, kind.make);
  EXPECT_EQ(got.backend_name().substr(0, std::string(kind.name).size()), kind.name);
  scenario(expected);
  scenario(got);
  expect_same(expected, got);
}

/// All models on an uneven brain: an empty row, a full one, gap junctions.
template <Real T>
void check_models(const GpuKind<T>& kind) {
  const ConnectomePtr brain = uneven_brain(67, 9, 21);
  for (const DeviceCase& c : kDeviceCases) {
    SCOPED_TRACE(std::string(c.model) + " " + c.activation + " " + c.integrator);
    for (const std::size_t envs : {std::size_t{1}, std::size_t{21}}) {
      compare<T>(kind, spec_of(c), {brain}, envs, drive<T>);
    }
  }
}

/// Batches of every filling of the last tile, and brains of other sizes and densities.
template <Real T>
void check_batches(const GpuKind<T>& kind, std::int64_t giant) {
  const BrainSpec spec = spec_of({"wilson_cowan", "", "heun", 0.02});
  for (const std::size_t envs : {2, 7, 8, 9, 16, 33, 64}) {
    SCOPED_TRACE(std::to_string(envs) + " environments");
    compare<T>(kind, spec, {uneven_brain(53, 12, 22)}, envs, drive<T>);
  }
  const ConnectomePtr wide = uneven_brain(giant, 4, 23);  // row 1 has an input from every neuron
  compare<T>(kind, spec, {wide}, 1, drive<T>);
  compare<T>(kind, spec, {wide}, 9, drive<T>);
  const auto no_synapse = std::make_shared<const Connectome>(20, std::vector<Synapse>{});
  compare<T>(kind, spec, {no_synapse}, 3, drive<T>);
  // One connectome each, of which one has no gap junctions and one no synapses.
  const std::vector<ConnectomePtr> own = {uneven_brain(20, 5, 24), uneven_brain(20, 5, 25, false),
                                          no_synapse};
  compare<T>(kind, spec, own, 3, drive<T>);
}

/// Forks, resets, edits and checkpoints, which cross the host.
template <Real T>
void check_snapshots(const GpuKind<T>& kind) {
  const BrainSpec spec = spec_of({"rate", "tanh", "rk4", 0.05});
  const double dt = spec.integrator.dt_ms;
  const test::TempFolder folder;
  compare<T>(kind, spec, {uneven_brain(40, 8, 26)}, 18, [&](Simulation<T>& sim) {
    sim.advance_to(5 * dt);
    const BrainSnapshot<T> fork = sim.snapshot(3);
    sim.advance_to(8 * dt);
    sim.restore(17, fork);
    sim.reset(2, 99);
    operate(sim);
    Surgeon<T>& kept = sim.surgeon();
    sim.advance_to(11 * dt);
    kept.set_current(0, 1, -0.25);  // by a reference from before
    sim.advance_to(12 * dt);
    State<T> edited = sim.state();
    edited.at(1, 0, 4) = T(0.125);
    sim.set_state(edited);
    sim.advance_to(15 * dt);
  });
  // A checkpoint of the device goes on on the CPU, and the other way round.
  const ThreadArena arena(1);
  const ConnectomePtr brain = uneven_brain(40, 8, 27);
  Simulation<T> device({brain}, spec, seeds_from(1, 3), arena, kind.make);
  Simulation<T> host({brain}, spec, seeds_from(1, 3), arena);
  operate(device);
  device.advance_to(6 * dt);
  device.write(folder.path() / "brain.h5");
  device.advance_to(11 * dt);
  host.read(folder.path() / "brain.h5");
  host.advance_to(11 * dt);
  expect_same(host, device);
  device.read(folder.path() / "brain.h5");
  device.advance_to(11 * dt);
  expect_same(host, device);
}

/// Rules that change weights, biases, gains and structure between steps, where they are, on a brain
/// with an empty row and one with an input from every neuron.
template <Real T>
void check_rules(const GpuKind<T>& kind, const std::vector<std::string>& rules,
                 std::int64_t neurons = 60, const std::vector<std::size_t>& env_counts = {1, 3},
                 double spared_fraction = 0) {
  SCOPED_TRACE(rules.back());
  BrainSpec spec = spec_of({"rate", "logistic", "heun", 0.05});
  const double dt = spec.integrator.dt_ms;
  spec.plasticity.rules = rules;
  spec.plasticity.interval_ms = 2 * dt;
  spec.plasticity.homeostasis.scaling_speed = 0.5;
  spec.plasticity.oja.learning_rate = 0.02;
  spec.plasticity.pruning.threshold = 0.02;
  spec.plasticity.pruning.interval_ms = 4 * dt;
  spec.plasticity.decay.interval_ms = 4 * dt;
  spec.plasticity.decay.tau_ms = 100;
  spec.plasticity.decay.spared_fraction = spared_fraction;
  spec.plasticity.hebbian = {.learning_rate = 0.01, .decay = 0.002};
  spec.plasticity.intrinsic.learning_rate = 0.02;
  spec.plasticity.structural.interval_ms = 4 * dt;
  spec.plasticity.structural.calcium_tau_ms = 0.5;
  spec.plasticity.structural.calcium_per_rate = 2;
  spec.plasticity.structural.target_calcium = 1;
  spec.plasticity.structural.growth_speed = 5;
  spec.plasticity.neurogenesis.error_tau_ms = dt;
  spec.plasticity.neurogenesis.threshold = 0.1;
  spec.plasticity.neurogenesis.persistence_ms = 0;
  spec.plasticity.neurogenesis.refractory_ms = 5 * dt;
  spec.plasticity.neurogenesis.neurons_per_batch = 2;
  spec.plasticity.neurogenesis.max_neurons = neurons + 9;
  spec.plasticity.neurogenesis.num_inputs = 7;
  spec.plasticity.neurogenesis.num_outputs = 40;
  const ConnectomePtr brain = uneven_brain(neurons, 10, 28, false);
  const ThreadArena arena(1);
  std::vector<double> factors(static_cast<std::size_t>(
      spec.plasticity.has("neurogenesis") ? spec.plasticity.neurogenesis.max_neurons : neurons));
  for (std::size_t i = 0; i < factors.size(); ++i)
    factors[i] = 0.1 * static_cast<double>(i % 7) - 0.2;
  std::vector<double> doubled = factors;
  for (double& factor : doubled) factor *= 2;
  for (const std::size_t envs : env_counts) {
    SCOPED_TRACE(std::to_string(envs) + " environments");
    const std::vector<ConnectomePtr> brains(envs, brain);
    Simulation<T> expected(brains, spec, seeds_from(5, envs), arena);
    Simulation<T> got(brains, spec, seeds_from(5, envs), arena, kind.make);
    const test::TempFolder folder;
    for (Simulation<T>* sim : {&expected, &got}) {
      Surgeon<T>& kept = sim->surgeon();
      for (std::size_t env = 0; spec.plasticity.has("neurogenesis") && env < envs; ++env) {
        sim->set_error(static_cast<std::int64_t>(env), 1);
      }
      drive(*sim);
      const auto last = static_cast<std::int64_t>(envs) - 1;
      if (spec.plasticity.has("hebbian")) sim->set_teaching(last, factors);
      kept.set_current(0, 3, 0.25);
      sim->advance_to(25 * dt);
      const BrainSnapshot<T> fork = sim->snapshot(0);
      sim->advance_to(30 * dt);
      if (spec.plasticity.has("hebbian")) sim->set_teaching(last, {});
      sim->advance_to(32 * dt);
      sim->restore(last, fork);
      sim->reset(0, 77);
      if (spec.plasticity.has("neurogenesis")) sim->set_error(0, 1);
      if (spec.plasticity.has("hebbian")) sim->set_teaching(0, factors);
      sim->advance_to(36 * dt);
      if (spec.plasticity.has("hebbian")) sim->set_teaching(0, doubled);
      sim->advance_to(39 * dt);
      sim->write(folder / "brain.h5");
      sim->advance_to(43 * dt);
    }
    expect_same(expected, got);
    for (std::size_t env = 0; env < envs; ++env) {
      const auto e = static_cast<std::int64_t>(env);
      EXPECT_EQ(expected.connectome(e)->digest(), got.connectome(e)->digest());
      EXPECT_NE(expected.connectome(e)->digest(), brain->digest());
      const PlasticityReport a = expected.plasticity(e), b = got.plasticity(e);
      EXPECT_EQ(a.num_pruned, b.num_pruned);
      EXPECT_EQ(a.num_added, b.num_added);
      EXPECT_TRUE(a.num_added > 0 || !spec.plasticity.has("structural"));
      EXPECT_EQ(a.num_synapses, b.num_synapses);
      EXPECT_EQ(a.num_alive, b.num_alive);
      EXPECT_EQ(a.num_born, b.num_born);
      EXPECT_EQ(a.num_born > 0, spec.plasticity.has("neurogenesis"));
      const bool prunes = spec.plasticity.has("pruning") && !spec.plasticity.has("sleep");
      EXPECT_TRUE(a.num_pruned > 0 || !prunes);
      for (std::int64_t i = 0; i < expected.shape().num_neurons; ++i) {
        EXPECT_EQ(std::as_const(expected).surgeon().bias(e, i),
                  std::as_const(got).surgeon().bias(e, i));
        EXPECT_EQ(std::as_const(expected).surgeon().gain(e, i),
                  std::as_const(got).surgeon().gain(e, i));
      }
    }
    // A checkpoint that came from there goes on here.
    expected.read(folder / "brain.h5");
    expected.advance_to(43 * dt);
    expect_same(got, expected);
  }
}

/// Mutations: Hebb's decay left out, teaching that is put there once only, gains that no run
/// writes, a summed input of weights before scaling, a spared weight more, calcium for elements,
/// elements beyond their bound, memory that is put there but for its last neuron.
template <Real T>
void check_plasticity(const GpuKind<T>& kind) {
  const std::vector<std::size_t> all = {1, 2, 64};
  check_rules<T>(kind, {"hebbian"}, 30, all);
  check_rules<T>(kind, {"hebbian", "decay"}, 450, {1, 2}, 0.3);
  check_rules<T>(kind, {"homeostasis", "intrinsic", "oja"}, 30, all);
  check_rules<T>(kind, {"intrinsic", "hebbian", "arousal", "sleep", "decay"}, 60, {1, 3}, 0.5);
  check_rules<T>(kind, {"oja", "decay"}, 60, {1, 3}, 0.01);
  check_rules<T>(kind, {"oja", "structural"}, 60, all);
  check_rules<T>(kind,
                 {"homeostasis", "intrinsic", "oja", "hebbian", "decay", "pruning", "structural",
                  "neurogenesis"},
                 60, {1, 3}, 0.2);
  check_rules<T>(kind, {"hebbian", "neurogenesis"});
  check_rules<T>(kind, {"homeostasis", "oja"});
  check_rules<T>(kind, {"oja"});
  check_rules<T>(kind, {"homeostasis", "oja", "decay", "pruning"});
  check_rules<T>(kind, {"homeostasis", "oja", "decay", "pruning", "arousal", "sleep"});
  check_rules<T>(kind, {"homeostasis", "oja", "structural"});
  check_rules<T>(kind, {"homeostasis", "oja", "neurogenesis"});
  check_rules<T>(kind, {"homeostasis", "oja", "decay", "pruning", "neurogenesis"});
}

/// Levels of outputs, of batches whose last chunk is not full, silenced neurons among them.
/// Mutations: a lane that begins one further, chunks added from the end, the states for outputs.
template <Real T>
void check_levels(const GpuKind<T>& kind, std::int64_t neurons = 2111) {
  const ThreadArena arena(1);
  for (const char* model : {"rate", "wilson_cowan"}) {
    for (const std::int64_t envs : {1, 5, 19}) {
      const BrainSpec spec = spec_of({model, "", "euler", 0});
      const ConnectomePtr brain = uneven_brain(neurons, 3, 42);
      const BatchShape shape = batch_shape(spec.model, neurons, envs, false, kTileWidth<T>);
      Surgeon<T> surgeon(shape, spec.drive.values(neurons));
      for (std::int64_t env = 0; env < envs; ++env) surgeon.silence(env, 3 + env);
      const std::vector<ConnectomePtr> connectomes = {brain};
      const BackendRequest<T> request = {connectomes, spec.model, spec.integrator, 0,
                                         shape,       surgeon,    nullptr};
      CpuBackend<T> system(connectomes, spec.model, shape, surgeon, arena);
      const std::unique_ptr<Backend<T>> host = make_cpu_stepping(system, request, arena);
      const std::unique_ptr<Backend<T>> device = kind.make(request);
      State<T> x(shape);
      RandomSequence random(43, Stream::kInitialState);
      for (std::int64_t n = 0; n < x.size(); ++n) x.data()[n] = static_cast<T>(random.normal());
      for (const std::int64_t count : {neurons, kLevelChunk, std::int64_t{31}}) {
        const LevelThresholds thresholds = {0.1, 0.8};
        const Levels a = host->levels(x, envs - 1, count, thresholds).value();
        const Levels b = device->levels(x, envs - 1, count, thresholds).value();
        EXPECT_EQ(a, b);
        EXPECT_GT(a.num_active, a.num_saturated);
        EXPECT_GT(a.num_saturated, 0);
      }
    }
  }
}

/// A connectome on the device and one on the host, under the same prunes and new synapses: many
/// rows, one of them very long, chains of neurons of which the death of one is that of all, gap
/// junctions that save some. Mutations: closing rows up from the wrong end, a scan that leaves out
/// the first of a chunk, deaths of one round only, new synapses behind the old.
template <Real T>
void check_structure(const GpuKind<T>& kind) {
  constexpr std::int64_t kNeurons = 2300, kChain = 12;
  RandomSequence random(41, Stream::kTopology);
  std::vector<Synapse> edges;
  const auto weight = [&] { return static_cast<float>(random.normal() * 0.1); };
  for (std::int32_t target = 100; target < kNeurons; ++target) {
    for (int k = 0; k < 6; ++k) {
      edges.push_back(
          {static_cast<std::int32_t>((target * 7 + k * 101) % kNeurons), target, weight()});
    }
  }
  for (std::int32_t source = 40; source < kNeurons; source += 2)
    edges.push_back({source, 1, weight()});
  // 2 -> 3 -> ... each with the one before alone, the first synapse the weakest of all.
  for (std::int32_t i = 2; i < 2 + kChain; ++i) edges.push_back({i, i + 1, i == 2 ? 1e-5f : 1.0f});
  for (std::int32_t i = 20; i < 20 + kChain; ++i)
    edges.push_back({i, i + 1, i == 20 ? 1e-5f : 1.0f});
  const std::vector<Synapse> gaps = {{25, 60, 1.0f}};
  const auto connectome = std::make_shared<const Connectome>(kNeurons, edges, gaps);
  BrainSpec spec = spec_of({"rate", "tanh", "euler", 0});
  const double dt = spec.integrator.dt_ms;
  const ThreadArena arena(1);
  const BatchShape shape = batch_shape(spec.model, kNeurons, 1, false, kTileWidth<T>);
  Surgeon<T> surgeon(shape, spec.drive.values(kNeurons));
  const std::vector<ConnectomePtr> connectomes = {connectome};
  const std::unique_ptr<Backend<T>> backend =
      kind.make({connectomes, spec.model, spec.integrator, 0, shape, surgeon, nullptr});
  CpuBackend<T> host_system(connectomes, spec.model, shape, surgeon, arena, dt);
  const std::unique_ptr<Backend<T>> host = make_cpu_stepping(
      host_system, {connectomes, spec.model, spec.integrator, 0, shape, surgeon, nullptr}, arena);
  ASSERT_TRUE(backend->changes_structure());
  PlasticConnectome table(*connectome);
  State<T> x(shape), y(shape);
  for (std::int64_t n = 0; n < x.size(); ++n) {
    x.data()[n] = y.data()[n] = static_cast<T>(random.normal());
  }
  const std::uint64_t seed = 1;
  const std::int64_t start = 0;
  std::int64_t step = 0;
  const auto expect_equal = [&](const char* after) {
    SCOPED_TRACE(after);
    const auto rows = backend->fetch_rows(0);
    ASSERT_EQ(std::ssize(rows.count), kNeurons);
    std::size_t place = 0;
    for (std::int64_t row = 0; row < kNeurons; ++row) {
      const auto sources = table.row_sources(row);
      const auto weights = table.row_weights(row);
      ASSERT_EQ(rows.count[static_cast<std::size_t>(row)], std::ssize(sources)) << row;
      for (std::size_t k = 0; k < sources.size(); ++k, ++place) {
        ASSERT_EQ(rows.sources[place], sources[k]) << row;
        ASSERT_EQ(rows.weights[place], weights[k]) << row;
      }
    }
    EXPECT_EQ(std::ssize(rows.sources), table.num_synapses());
    // And what kernels read: a step of both.
    const SynapseTable& now = table.synapses();
    host->synapses_changed(
        0, {now.row_begin.data(), now.row_count.data(), now.sources.data(), now.weights.data()},
        false);
    const StepRange range = {step++, 1, {&seed, 1}, {&start, 1}};
    host->advance(x, range);
    backend->advance(y, range);
    backend->fetch(y);
    for (std::int64_t n = 0; n < x.size(); ++n) ASSERT_EQ(x.data()[n], y.data()[n]) << n;
  };
  const auto prune = [&](double threshold) {
    const PlasticConnectome before = table;
    const Pruned expected = table.prune_below(threshold, arena);
    const Pruned got = backend->prune(0, threshold, before);
    EXPECT_EQ(expected.num_synapses, got.num_synapses);
    EXPECT_EQ(expected.neurons, got.neurons);
    return expected;
  };
  expect_equal("the beginning");
  EXPECT_EQ(prune(0).num_synapses, 0);
  // The first chain dies along all of its length, the second up to the neuron with a gap junction.
  const Pruned chain = prune(2e-5);
  EXPECT_GE(std::ssize(chain.neurons), kChain);
  EXPECT_TRUE(table.alive(25));
  expect_equal("weak links");
  for (const double threshold : {0.02, 0.05, 0.09}) {  // the last takes more than half: compaction
    EXPECT_GT(prune(threshold).num_synapses, 100);
    expect_equal("a prune");
  }
  for (int round = 0; round < 4; ++round) {
    std::vector<Synapse> added;
    for (std::int32_t target = 0; target < kNeurons; target += 3) {
      if (!table.alive(target)) continue;
      for (int k = 0; k < 1 + 40 * (target == 300) + round; ++k) {
        const auto source = static_cast<std::int32_t>(random.below(kNeurons));
        const auto sources = table.row_sources(target);
        const bool is_new = table.alive(source) &&
                            !std::binary_search(sources.begin(), sources.end(), source) &&
                            std::none_of(added.begin(), added.end(), [&](const Synapse& edge) {
                              return edge.source == source && edge.target == target;
                            });
        if (is_new) added.push_back({source, target, weight()});
      }
    }
    EXPECT_GT(added.size(), 100U);
    table.add_synapses(added);
    backend->add_synapses(0, added);
    expect_equal("new synapses");
    if (round == 2) {
      EXPECT_GT(prune(0.08).num_synapses, 0);
      expect_equal("a prune of rows that have moved");
    }
  }
}

/// A random brain whose synapses have delays of 1 to `longest` steps of dt_ms, an empty row and an
/// autapse among them.
inline ConnectomePtr delayed_brain(std::int64_t neurons, int in_degree, std::uint64_t seed,
                                   double dt_ms, int longest = 9) {
  RandomSequence random(seed, Stream::kTopology);
  std::vector<Synapse> edges;
  std::vector<float> delays;
  for (std::int64_t target = 1; target < neurons; ++target) {
    for (int k = 0; k < in_degree; ++k) {
      const auto source = static_cast<std::int32_t>((target + k * 5) % neurons);
      edges.push_back(
          {source, static_cast<std::int32_t>(target), static_cast<float>(random.uniform() - 0.4)});
      delays.push_back(static_cast<float>(dt_ms * (1 + std::floor(random.uniform() * longest))));
    }
  }
  return std::make_shared<const Connectome>(neurons, edges, std::vector<Synapse>{}, NeuronTable{},
                                            delays);
}

/// What is still on its way: every method, interventions, forks, resets, and checkpoints that go on
/// on the host. Mutations: a delay of one step less, a past that is not brought back before a fork,
/// the input of a step's end at its middle.
template <Real T>
void check_delays(const GpuKind<T>& kind) {
  const test::TempFolder folder;
  for (const char* integrator : {"euler", "heun", "rk4", "ros2"}) {
    for (const double sigma : {0.0, 0.05}) {
      for (const char* model : {"rate", "wilson_cowan"}) {
        SCOPED_TRACE(std::string(model) + " " + integrator);
        const BrainSpec spec = spec_of({model, "", integrator, sigma});
        const double dt = spec.integrator.dt_ms;
        const ConnectomePtr brain = delayed_brain(45, 8, 33, dt);
        for (const std::size_t envs : {std::size_t{1}, std::size_t{19}}) {
          compare<T>(kind, spec, {brain}, envs, [&](Simulation<T>& sim) {
            drive(sim);
            const auto last = static_cast<std::int64_t>(envs) - 1;
            const BrainSnapshot<T> fork = sim.snapshot(0);
            sim.advance_to(25 * dt);
            sim.restore(last, fork);
            sim.reset(0, 98);
            sim.advance_to(33 * dt);
          });
        }
      }
    }
  }
  BrainSpec spec = spec_of({"rate", "logistic", "heun", 0.05});
  const double dt = spec.integrator.dt_ms;
  const ThreadArena arena(1);
  const ConnectomePtr brain = delayed_brain(45, 8, 34, dt);
  const auto make = [&](const BackendFactory<T>& factory) {
    return Simulation<T>({brain, brain}, spec, seeds_from(3, 2), arena, factory);
  };
  // Weights that learn under delays.
  spec.plasticity.rules = {"homeostasis", "oja"};
  spec.plasticity.interval_ms = 2 * dt;
  spec.plasticity.oja.learning_rate = 0.02;
  Simulation<T> device = make(kind.make), host = make({});
  device.advance_to(13 * dt);
  device.write(folder / "brain.h5");
  device.advance_to(29 * dt);
  host.read(folder / "brain.h5");
  host.advance_to(29 * dt);
  expect_same(host, device);
  device.read(folder / "brain.h5");
  device.advance_to(29 * dt);
  expect_same(host, device);
  EXPECT_EQ(host.connectome(1)->digest(), device.connectome(1)->digest());
}

/// One neuron alone is driven, so that the error of a step is its own: the first and the last value
/// of a chunk of the maximum, and of a last chunk that is not full. Mutation: a chunk without its
/// first or last value.
template <Real T>
void check_error_chunks(const GpuKind<T>& kind) {
  constexpr std::int64_t kNeurons = 2600;  // chunks of 1024
  BrainSpec spec = spec_of({"rate", "tanh", "dopri5", 0});
  spec.integrator.rtol = 1e-5;
  spec.integrator.atol = 1e-7;
  spec.initial = {.low = 0, .high = 0};
  const auto brain = std::make_shared<const Connectome>(kNeurons, std::vector<Synapse>{});
  const ThreadArena arena(1);
  for (const std::int64_t driven : {0, 1023, 1024, 2047, 2048, 2599}) {
    spec.drive.per_neuron.assign(kNeurons, 0);
    spec.drive.per_neuron[static_cast<std::size_t>(driven)] = 5;
    for (const std::size_t envs : {1, 3}) {
      SCOPED_TRACE(std::to_string(driven) + " of " + std::to_string(envs));
      Simulation<T> host({brain}, spec, seeds_from(7, envs), arena);
      Simulation<T> device({brain}, spec, seeds_from(7, envs), arena, kind.make);
      host.advance_to(3);
      device.advance_to(3);
      expect_same(host, device);
      const auto last = static_cast<std::int64_t>(envs) - 1;
      EXPECT_EQ(host.statistics(last).accepted, device.statistics(last).accepted);
      EXPECT_EQ(host.statistics(last).max_dt_ms, device.statistics(last).max_dt_ms);
      EXPECT_GT(host.statistics(last).accepted, 3);
    }
  }
}

/// Steps of the size that each environment's error allows: the same steps, states in between and
/// continuations as on the host. Mutations: a coefficient of the tableau or of the error, the error
/// of another environment, a maximum that leaves out a chunk, committing a rejected step.
template <Real T>
void check_adaptive(const GpuKind<T>& kind) {
  const test::TempFolder folder;
  BrainSpec spec = spec_of({"rate", "tanh", "dopri5", 0});
  spec.integrator.dt_ms = 2;
  spec.integrator.rtol = 1e-3;
  spec.integrator.atol = 1e-5;
  spec.initial = {.low = -1, .high = 1};
  const ThreadArena arena(2);
  // More state variables than one chunk of the maximum has.
  for (const std::size_t envs : {1, 11, 35}) {
    SCOPED_TRACE(std::to_string(envs) + " environments");
    const ConnectomePtr brain = uneven_brain(envs == 1 ? 1100 : 70, 6, 35);
    Simulation<T> host({brain}, spec, seeds_from(7, envs), arena);
    Simulation<T> device({brain}, spec, seeds_from(7, envs), arena, kind.make);
    for (Simulation<T>* sim : {&host, &device}) {
      sim->advance_to(0.7, 4);
      sim->advance_to(1.9, 4);
      sim->advance_to(4);
      operate(*sim);
      sim->advance_to(5.3, 9);
    }
    expect_same(host, device);
    std::int64_t rejected = 0;
    for (std::size_t env = 0; env < envs; ++env) {
      const StepStatistics a = host.statistics(static_cast<std::int64_t>(env)),
                           b = device.statistics(static_cast<std::int64_t>(env));
      EXPECT_EQ(a.accepted, b.accepted);
      EXPECT_EQ(a.rejected, b.rejected);
      EXPECT_EQ(a.min_dt_ms, b.min_dt_ms);
      EXPECT_EQ(a.max_dt_ms, b.max_dt_ms);
      rejected += a.rejected;
    }
    EXPECT_GT(rejected, 0);
    device.write(folder / "brain.h5");
    Simulation<T> resumed({brain}, spec, seeds_from(7, envs), arena, kind.make);
    resumed.read(folder / "brain.h5");
    for (Simulation<T>* sim : {&host, &device, &resumed}) sim->advance_to(8.1, 9);
    expect_same(host, device);
    expect_same(host, resumed);
  }
  // What cannot be integrated is named as on the host.
  spec.model.rate.activation = "relu_power";
  spec.model.rate.power = 3;
  spec.model.rate.coupling = 1e4;
  spec.drive.mean = 5;
  const ConnectomePtr brain = uneven_brain(12, 6, 30);
  const auto error_of = [&](const BackendFactory<T>& make) -> std::string {
    Simulation<T> sim({brain}, spec, seeds_from(7, 3), arena, make);
    try {
      sim.advance_to(200);
    } catch (const RunError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_of({}), "");
  EXPECT_EQ(error_of({}), error_of(kind.make));
}

/// A state that blows up on the device is named as on the CPU.
template <Real T>
void check_blow_up(const GpuKind<T>& kind) {
  BrainSpec spec = spec_of({"rate", "relu_power", "euler", 0});
  spec.model.rate.power = 3;
  spec.model.rate.coupling = 1e6;
  spec.drive.mean = 5;
  const ThreadArena arena(1);
  const ConnectomePtr brain = uneven_brain(12, 6, 30);
  const auto run = [&](const BackendFactory<T>& make) -> std::string {
    Simulation<T> sim({brain}, spec, {1}, arena, make);
    try {
      sim.advance_to(200 * spec.integrator.dt_ms);
    } catch (const RunError& error) {
      return error.what();
    }
    return "";
  };
  // The sign of a NaN is nobody's.
  const auto place_of = [](const std::string& text) { return text.substr(0, text.find("got")); };
  EXPECT_NE(run({}), "");
  EXPECT_EQ(place_of(run({})), place_of(run(kind.make)));
}

}  // namespace noesis::testing
