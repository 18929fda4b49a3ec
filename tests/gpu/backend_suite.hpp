#pragma once
// What every kind of device is held to: whole simulations with the bits of the CPU's. One case runs
// the emulation on the host (label gpu-host), one a device (label gpu).

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <utility>

#include "core/error.hpp"
#include "gpu/backends.hpp"
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
                                          {"lorenz63", "", "rk4", 0.01}};

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

/// Rules that change weights, biases and structure between steps: in place on the device, or on the
/// host where it cannot.
template <Real T>
void check_rules(const GpuKind<T>& kind, const std::vector<std::string>& rules) {
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
  spec.plasticity.structural.interval_ms = 4 * dt;
  const ConnectomePtr brain = uneven_brain(60, 10, 28, false);
  const ThreadArena arena(1);
  for (const std::size_t envs : {1, 3}) {
    const std::vector<ConnectomePtr> brains(envs, brain);
    Simulation<T> expected(brains, spec, seeds_from(5, envs), arena);
    Simulation<T> got(brains, spec, seeds_from(5, envs), arena, kind.make);
    const test::TempFolder folder;
    for (Simulation<T>* sim : {&expected, &got}) {
      Surgeon<T>& kept = sim->surgeon();
      drive(*sim);
      kept.set_current(0, 3, 0.25);
      sim->advance_to(25 * dt);
      const BrainSnapshot<T> fork = sim->snapshot(0);
      sim->advance_to(30 * dt);
      sim->restore(static_cast<std::int64_t>(envs) - 1, fork);
      sim->reset(0, 77);
      sim->advance_to(39 * dt);
      sim->write(folder / "brain.h5");
      sim->advance_to(43 * dt);
    }
    expect_same(expected, got);
    for (std::size_t env = 0; env < envs; ++env) {
      const auto e = static_cast<std::int64_t>(env);
      EXPECT_EQ(expected.connectome(e)->digest(), got.connectome(e)->digest());
      EXPECT_NE(expected.connectome(e)->digest(), brain->digest());
      EXPECT_EQ(expected.plasticity(e).num_pruned, got.plasticity(e).num_pruned);
      for (std::int64_t i = 0; i < 60; ++i) {
        EXPECT_EQ(std::as_const(expected).surgeon().bias(e, i),
                  std::as_const(got).surgeon().bias(e, i));
      }
    }
    // A checkpoint that came from there goes on here.
    expected.read(folder / "brain.h5");
    expected.advance_to(43 * dt);
    expect_same(got, expected);
  }
}

template <Real T>
void check_plasticity(const GpuKind<T>& kind) {
  check_rules<T>(kind, {"homeostasis", "oja"});
  check_rules<T>(kind, {"oja"});
  check_rules<T>(kind, {"homeostasis", "oja", "decay", "pruning"});
  check_rules<T>(kind, {"homeostasis", "oja", "decay", "pruning", "arousal", "sleep"});
  check_rules<T>(kind, {"homeostasis", "oja", "structural"});
}

/// What a device refuses, in words that say what would do.
template <Real T>
void check_refusals(const GpuKind<T>& kind) {
  const ThreadArena arena(1);
  const auto error_of = [&](const BrainSpec& spec, const ConnectomePtr& brain) -> std::string {
    try {
      Simulation<T>({brain}, spec, {1}, arena, kind.make);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  const ConnectomePtr brain = uneven_brain(10, 3, 29);
  const std::string stiff = error_of(spec_of({"graded", "", "ros2", 0}), brain);
  EXPECT_NE(stiff.find("ros2"), std::string::npos) << stiff;
  EXPECT_NE(stiff.find("\"euler\", \"heun\" or \"rk4\""), std::string::npos) << stiff;
  const std::vector<Synapse> edges = {{0, 1, 1}};
  const std::vector<float> delays = {1};
  const auto delayed =
      std::make_shared<const Connectome>(2, edges, std::vector<Synapse>{}, NeuronTable{}, delays);
  const std::string late = error_of(spec_of({"rate", "tanh", "rk4", 0}), delayed);
  EXPECT_NE(late.find("delays"), std::string::npos) << late;
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
