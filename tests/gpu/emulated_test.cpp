// The kernels of the devices, as loops on the host, in whole simulations.
// Mutations: a lane that starts at another synapse, adding lanes from one end to the other, a
// coefficient of rk4, noise keyed by the position in the batch, a stage that reads what it writes,
// inputs that are uploaded once only.

#include "gpu/emulated_memory.hpp"
#include "physics/memory_plan.hpp"
#include "tests/gpu/backend_suite.hpp"

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
TYPED_TEST(EmulatedDevice, RefusesWhatItCannotDo) {
  testing::check_refusals<TypeParam>(emulated::kind<TypeParam>());
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
          // A flag, and where each connectome's tables are.
          const std::int64_t rest = 4 + (own ? 48 * std::ssize(brains) : 0);
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
  spec.plasticity.rules = {"homeostasis", "oja", "pruning"};
  spec.plasticity.interval_ms = spec.integrator.dt_ms;
  spec.plasticity.pruning.threshold = 1e-6;
  const ConnectomePtr brain = testing::uneven_brain(50, 6, 31, false);
  const std::vector<ConnectomePtr> brains(3, brain);
  const BatchShape shape = batch_shape(spec.model, 50, 3, true, kTileWidth<T>);
  const MemoryPlan plan = plan_memory(shape, {brain->num_synapses(), 0, 3}, spec.model,
                                      spec.integrator, false, sizeof(T), spec.plasticity, false);
  EXPECT_EQ(used_by<T>(spec, brains, 3, false), plan.total() + 4 + 24 * 3);
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
