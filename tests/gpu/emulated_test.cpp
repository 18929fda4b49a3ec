// The kernels of the devices, as loops on the host, in whole simulations.
// Mutations: a lane that starts at another synapse, adding lanes from one end to the other, a
// coefficient of rk4, noise keyed by the position in the batch, a stage that reads what it writes,
// inputs that are uploaded once only.

#include <filesystem>

#include "gpu/emulated_memory.hpp"
#include "physics/memory_plan.hpp"
#include "tests/gpu/backend_suite.hpp"
#include "tests/gpu/env_suite.hpp"

namespace noesis {
namespace {

/// Brings the emulated device back into health.
struct EmulatedDeviceReset {
  ~EmulatedDeviceReset() {
    const std::int64_t used = emulated::emulated_device().used_bytes;
    emulated::emulated_device() = {};
    emulated::emulated_device().used_bytes = used;
  }
};

template <class T>
class EmulatedDevice : public ::testing::Test {};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(EmulatedDevice, Precisions);

TYPED_TEST(EmulatedDevice, RunsEveryModelWithTheBitsOfTheCpu) {
  testing::check_models<TypeParam>(emulated::kind<TypeParam>());
}
TYPED_TEST(EmulatedDevice, RunsBatchesOfAllSizesAndRowsOfAllLengths) {
  testing::check_batches<TypeParam>(emulated::kind<TypeParam>(), 400);
}
TYPED_TEST(EmulatedDevice, ForksResetsAndGoesOnFromCheckpoints) {
  testing::check_snapshots<TypeParam>(emulated::kind<TypeParam>());
}
TYPED_TEST(EmulatedDevice, LearnsAsTheCpuDoes) {
  testing::check_plasticity<TypeParam>(emulated::kind<TypeParam>());
}
TYPED_TEST(EmulatedDevice, KeepsWhatIsDelayed) {
  testing::check_delays<TypeParam>(emulated::kind<TypeParam>());
}
TYPED_TEST(EmulatedDevice, TakesAdaptiveSteps) {
  testing::check_adaptive<TypeParam>(emulated::kind<TypeParam>());
  testing::check_error_chunks<TypeParam>(emulated::kind<TypeParam>());
}
TYPED_TEST(EmulatedDevice, NamesWhatBlowsUp) {
  testing::check_blow_up<TypeParam>(emulated::kind<TypeParam>());
}

/// What the constructor of a batch, and interventions after it, take of the device's memory.
template <Real T>
std::int64_t used_by(const BrainSpec& spec, const std::vector<ConnectomePtr>& brains,
                     std::size_t num_envs, bool interventions) {
  const ThreadArena arena(1);
  Simulation<T> sim(brains, spec, testing::seeds_from(1, num_envs), arena,
                    emulated::kind<T>().make);
  if (interventions) testing::operate(sim);
  sim.advance_to(2 * spec.integrator.dt_ms);
  return emulated::emulated_device().used_bytes;
}

// Mutations: forgetting a buffer in the plan, or a component, or the padding of tiles.
TYPED_TEST(EmulatedDevice, TakesTheMemoryThatWasPlanned) {
  using T = TypeParam;
  ASSERT_EQ(emulated::emulated_device().used_bytes, 0);
  for (const testing::DeviceCase& c : testing::kDeviceCases) {
    for (const std::size_t envs : {1, 5, 40}) {
      for (const bool per_env : {false, true}) {
        for (const bool interventions : {false, true}) {
          const BrainSpec spec = testing::spec_of(c);
          const ConnectomePtr brain = testing::uneven_brain(50, 6, 31);
          const bool own = per_env && envs > 1;
          const std::vector<ConnectomePtr> brains(own ? envs : 1, brain);
          const BatchShape shape =
              batch_shape(spec.model, 50, static_cast<std::int64_t>(envs), own, kTileWidth<T>);
          const ConnectomeSize size = {brain->num_synapses(), brain->gap_junctions().num_synapses(),
                                       std::ssize(brains)};
          const MemoryPlan plan = plan_memory(shape, size, spec.model, spec.integrator, c.sigma > 0,
                                              sizeof(T), {}, interventions);
          const std::int64_t used = used_by<T>(spec, brains, envs, interventions);
          // A flag of fixed steps, and where each connectome's tables are.
          const bool is_fixed = !spec.integrator.adaptive();
          const std::int64_t rest = (is_fixed ? 4 : 0) + (own ? 64 * std::ssize(brains) : 0);
          EXPECT_EQ(used, plan.total() + rest)
              << c.model << " " << c.integrator << " " << envs << own << interventions;
        }
      }
    }
  }
  EXPECT_EQ(emulated::emulated_device().used_bytes, 0) << "everything is given back";
}

// The same where rules of plasticity run there.
TYPED_TEST(EmulatedDevice, TakesTheMemoryThatWasPlannedForPlasticity) {
  using T = TypeParam;
  BrainSpec spec = testing::spec_of({"rate", "logistic", "heun", 0});
  spec.plasticity.interval_ms = spec.integrator.dt_ms;
  spec.plasticity.pruning.threshold = 1e-6;
  spec.plasticity.hebbian.learning_rate = 1e-6;
  const ConnectomePtr brain = testing::uneven_brain(50, 6, 31, false);
  const std::vector<ConnectomePtr> brains(3, brain);
  const BatchShape shape = batch_shape(spec.model, 50, 3, true, kTileWidth<T>);
  // Factors of teaching are there once somebody teaches.
  using Rules = std::vector<std::string>;
  for (const auto& [rules, rest] :
       {std::pair{Rules{"homeostasis", "oja", "pruning"}, 0}, std::pair{Rules{"oja"}, 0},
        std::pair{Rules{"intrinsic"}, 0}, std::pair{Rules{"oja", "structural"}, 0},
        std::pair{Rules{"hebbian"}, -50 * 3 * static_cast<int>(sizeof(T))}}) {
    spec.plasticity.rules = rules;
    const MemoryPlan plan = plan_memory(shape, {brain->num_synapses(), 0, 3}, spec.model,
                                        spec.integrator, false, sizeof(T), spec.plasticity, false);
    EXPECT_EQ(used_by<T>(spec, brains, 3, false), plan.total() + 4 + 32 * 3 + rest)
        << rules.front();
  }
}

// The same with delays.
TYPED_TEST(EmulatedDevice, TakesTheMemoryThatWasPlannedForDelays) {
  using T = TypeParam;
  const BrainSpec spec = testing::spec_of({"rate", "tanh", "rk4", 0.05});
  const ConnectomePtr brain = testing::delayed_brain(30, 5, 3, spec.integrator.dt_ms);
  const BatchShape shape = batch_shape(spec.model, 30, 5, false, kTileWidth<T>);
  const ConnectomeSize size = {brain->num_synapses(), 0, 1, 16};
  const MemoryPlan plan =
      plan_memory(shape, size, spec.model, spec.integrator, true, sizeof(T), {}, true);
  EXPECT_EQ(used_by<T>(spec, {brain}, 5, true), plan.total() + 4);
  // The most synapses that fit are those that are there when nothing more does.
  EXPECT_EQ(most_synapses(plan, size, plan.total()), brain->num_synapses());
}

TYPED_TEST(EmulatedDevice, SaysWhatDoesNotFit) {
  EmulatedDeviceReset reset;
  emulated::emulated_device().memory_bytes = 2000;
  const ThreadArena arena(1);
  try {
    Simulation<TypeParam>({testing::uneven_brain(50, 6, 31)}, testing::wilson_cowan_spec(), {1},
                          arena, emulated::kind<TypeParam>().make);
    FAIL();
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("memory does not suffice"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(emulated::emulated_device().used_bytes, 0);
}

TYPED_TEST(EmulatedDevice, MeasuresLevelsInTheOrderOfTheCpu) {
  testing::check_levels<TypeParam>(emulated::kind<TypeParam>());
}

TEST(EmulatedEnvs, GiveTheObservationsOfTheCpu) {
  testing::check_envs(emulated::kind<double>());
  testing::check_envs(emulated::kind<float>());
}

// What crosses in a step is what is seen and what is done, not the brains. Mutations: a state that
// is fetched whole, drives that are.
TEST(EmulatedEnvs, SendActionsAndObservationsAlone) {
  const std::int64_t num_envs = 16, num_neurons = 400, sites = 6, num_steps = 5;
  EnvOptions options{.toml = {},
                     .overrides = {"subject=reference-" + std::to_string(num_neurons),
                                   "recorded=random:" + std::to_string(sites),
                                   "stimulated=random:" + std::to_string(sites)}};
  options.make_backend.of_double = emulated::kind<double>().make;
  const auto env = make_vec("noesis/Steer-v0", num_envs, options, Autoreset::kNextStep, 1);
  env->reset(5);
  std::vector<float> actions(static_cast<std::size_t>(num_envs * env->action_size()));
  std::int64_t before = 0;
  for (std::int64_t step = -1; step < num_steps; ++step) {
    if (step == 0) before = emulated::emulated_device().copied_bytes;
    std::ranges::fill(actions, 0.1f * static_cast<float>(step + 2));
    env->step(actions);
  }
  const std::int64_t bytes = (emulated::emulated_device().copied_bytes - before) / num_steps;
  const std::int64_t numbers = num_envs * sites * 8;
  EXPECT_GE(bytes, 3 * numbers);  // the place and the value of an action, and a rate
  EXPECT_LT(bytes, 4 * numbers);
}

/// The error of making a batch on the device as it is.
template <Real T>
std::string error_of_making() {
  const ThreadArena arena(1);
  try {
    Simulation<T>({testing::uneven_brain(20, 3, 31)}, testing::wilson_cowan_spec(), {1}, arena,
                  emulated::kind<T>().make);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// An architecture that is too old, one that nothing was built for, no device at all.
TYPED_TEST(EmulatedDevice, SaysWhatItHasNoKernelsFor) {
  EmulatedDeviceReset reset;
  emulated::EmulatedDevice& device = emulated::emulated_device();
  EXPECT_EQ(error_of_making<TypeParam>(), "");
  device.major = 7;
  const std::string old = error_of_making<TypeParam>();
  EXPECT_NE(old.find("no kernels for this device"), std::string::npos) << old;
  EXPECT_NE(old.find("compute capability 7"), std::string::npos) << old;
  device.major = 9;
  device.wave = 16;
  EXPECT_NE(error_of_making<TypeParam>().find("waves of 16"), std::string::npos);
  device.wave = 64;
  EXPECT_EQ(error_of_making<TypeParam>(), "");
  device.has_kernels = false;
  const std::string other = error_of_making<TypeParam>();
  EXPECT_NE(other.find("no kernels for this device"), std::string::npos) << other;
  EXPECT_NE(other.find("NOESIS_CUDA_ARCHITECTURES"), std::string::npos) << other;
  device.has_kernels = true;
  device.count = 0;
  const std::string none = error_of_making<TypeParam>();
  EXPECT_NE(none.find("no device to run on"), std::string::npos) << none;
  EXPECT_EQ(device.used_bytes, 0);
}

// Memory that runs out in the middle: of the inputs that interventions take, of synapses that are
// added. What there was goes on.
TYPED_TEST(EmulatedDevice, SurvivesMemoryThatRunsOutLater) {
  using T = TypeParam;
  EmulatedDeviceReset reset;
  const ThreadArena arena(1);
  const BrainSpec spec = testing::wilson_cowan_spec();
  const double dt = spec.integrator.dt_ms;
  const ConnectomePtr brain = testing::uneven_brain(50, 6, 31);
  Simulation<T> expected({brain}, spec, {1}, arena);
  Simulation<T> got({brain}, spec, {1}, arena, emulated::kind<T>().make);
  for (Simulation<T>* sim : {&expected, &got}) {
    sim->advance_to(2 * dt);
    testing::operate(*sim);
  }
  emulated::emulated_device().memory_bytes = emulated::emulated_device().used_bytes + 100;
  try {
    got.advance_to(4 * dt);
    FAIL();
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("memory does not suffice"), std::string::npos)
        << error.what();
  }
  emulated::emulated_device().memory_bytes = std::int64_t{1} << 40;
  expected.advance_to(4 * dt);
  got.advance_to(4 * dt);
  testing::expect_same(expected, got);
}

// Structure that changes on the device, call by call, against the host's table: weak synapses, the
// deaths that follow one another, rows that are closed up, moved and compacted.
TYPED_TEST(EmulatedDevice, ChangesStructureAsTheHostDoes) {
  testing::check_structure<TypeParam>(emulated::kind<TypeParam>());
}

// Lost at the first check, at the second, ... until the run gets through: always an error that says
// what to do, never memory that is lost, or a checkpoint that is begun and not ended.
TYPED_TEST(EmulatedDevice, CanBeLostAtAnyMoment) {
  EmulatedDeviceReset reset;
  emulated::EmulatedDevice& device = emulated::emulated_device();
  BrainSpec spec = testing::spec_of({"rate", "logistic", "heun", 0.05});
  const double dt = spec.integrator.dt_ms;
  spec.plasticity.rules = {"homeostasis", "oja", "pruning", "sleep"};
  spec.plasticity.interval_ms = 2 * dt;
  spec.plasticity.pruning = {.threshold = 0.02, .interval_ms = 4 * dt};
  const ConnectomePtr brain = testing::uneven_brain(40, 6, 44, false);
  const ThreadArena arena(1);
  const test::TempFolder folder;
  int lost = 0;
  for (bool done = false; !done; ++lost) {
    ASSERT_LT(lost, 1000);
    device.checks_to_failure = lost;
    std::filesystem::remove(folder / "brain.h5");
    try {
      Simulation<TypeParam> sim({brain}, spec, {1}, arena, emulated::kind<TypeParam>().make);
      sim.advance_to(5 * dt);
      testing::operate(sim);
      sim.advance_to(9 * dt);
      sim.write(folder / "brain.h5");
      sim.advance_to(12 * dt);
      sim.snapshot(0);
      done = true;
    } catch (const RunError& error) {
      EXPECT_NE(std::string(error.what()).find("resume from the last one"), std::string::npos)
          << error.what();
    }
    if (std::filesystem::exists(folder / "brain.h5")) {
      Simulation<TypeParam> resumed({brain}, spec, {1}, arena);
      resumed.read(folder / "brain.h5");
      EXPECT_EQ(resumed.num_steps(), 9);
    }
    EXPECT_EQ(device.used_bytes, 0);
  }
  EXPECT_GT(lost, 20);
}

TYPED_TEST(EmulatedDevice, LeavesTheLastCheckpointWholeWhenItIsLost) {
  EmulatedDeviceReset reset;
  const ThreadArena arena(1);
  const test::TempFolder folder;
  const BrainSpec spec = testing::wilson_cowan_spec();
  const ConnectomePtr brain = testing::uneven_brain(30, 6, 32);
  const double dt = spec.integrator.dt_ms;
  Simulation<TypeParam> expected({brain}, spec, {1}, arena);
  expected.advance_to(8 * dt);
  {
    Simulation<TypeParam> lost({brain}, spec, {1}, arena, emulated::kind<TypeParam>().make);
    lost.advance_to(4 * dt);
    lost.write(folder / "brain.h5");
    emulated::emulated_device().checks_to_failure = 0;
    try {
      lost.advance_to(8 * dt);
      FAIL();
    } catch (const RunError& error) {
      EXPECT_NE(std::string(error.what()).find("checkpoints are intact"), std::string::npos)
          << error.what();
    }
  }
  Simulation<TypeParam> resumed({brain}, spec, {1}, arena);
  resumed.read(folder / "brain.h5");
  resumed.advance_to(8 * dt);
  testing::expect_same(expected, resumed);
}

}  // namespace
}  // namespace noesis
