// The same on a device, of each kind that this build has; skipped where there is none.

#include "tests/gpu/backend_suite.hpp"
#include "tests/gpu/env_suite.hpp"

namespace noesis {
namespace {

template <Real T>
std::vector<const GpuKind<T>*> built_kinds() {
  return {
#ifdef NOESIS_HAVE_CUDA
      &cuda::kind<T>(),
#endif
#ifdef NOESIS_HAVE_HIP
      &hip::kind<T>(),
#endif
  };
}

template <class T>
class Device : public ::testing::Test {
 protected:
  /// Runs a check on every kind of which there is a device.
  template <class Check>
  void on_each(const Check& check) {
    std::string reasons;
    int kinds = 0;
    for (const GpuKind<T>* kind : built_kinds<T>()) {
      std::string reason;
      if (kind->num_devices(&reason) > 0) {
        ++kinds;
        check(*kind);
      } else {
        reasons += std::string(" ") + kind->name + ": " + reason + ".";
      }
    }
    if (kinds == 0) GTEST_SKIP() << "no device here." << reasons;
  }
};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Device, Precisions);

TYPED_TEST(Device, RunsEveryModelWithTheBitsOfTheCpu) {
  this->on_each([](const auto& kind) { testing::check_models<TypeParam>(kind); });
}
TYPED_TEST(Device, RunsBatchesOfAllSizesAndRowsOfAllLengths) {
  this->on_each([](const auto& kind) { testing::check_batches<TypeParam>(kind, 3000); });
}
TYPED_TEST(Device, ForksResetsAndGoesOnFromCheckpoints) {
  this->on_each([](const auto& kind) { testing::check_snapshots<TypeParam>(kind); });
}
TYPED_TEST(Device, LearnsAsTheCpuDoes) {
  this->on_each([](const auto& kind) { testing::check_plasticity<TypeParam>(kind); });
}
TYPED_TEST(Device, KeepsWhatIsDelayed) {
  this->on_each([](const auto& kind) { testing::check_delays<TypeParam>(kind); });
}
TYPED_TEST(Device, TakesAdaptiveSteps) {
  this->on_each([](const auto& kind) { testing::check_adaptive<TypeParam>(kind); });
  this->on_each([](const auto& kind) { testing::check_error_chunks<TypeParam>(kind); });
}
TYPED_TEST(Device, ChangesStructureAsTheHostDoes) {
  this->on_each([](const auto& kind) { testing::check_structure<TypeParam>(kind); });
}
TYPED_TEST(Device, MeasuresLevelsInTheOrderOfTheCpu) {
  this->on_each([](const auto& kind) { testing::check_levels<TypeParam>(kind); });
}
TYPED_TEST(Device, NamesWhatBlowsUp) {
  this->on_each([](const auto& kind) { testing::check_blow_up<TypeParam>(kind); });
}

TEST(DeviceEnvs, GiveTheObservationsOfTheCpu) {
  int kinds = 0;
  const auto check = [&](const auto& built) {
    for (const auto* kind : built) {
      if (kind->num_devices(nullptr) == 0) continue;
      ++kinds;
      testing::check_envs(*kind);
    }
  };
  check(built_kinds<double>());
  check(built_kinds<float>());
  if (kinds == 0) GTEST_SKIP() << "no device here";
}

// Without a device the error says so, and what to do; it is no crash.
TYPED_TEST(Device, SaysThatThereIsNone) {
  for (const GpuKind<TypeParam>* kind : built_kinds<TypeParam>()) {
    if (kind->num_devices(nullptr) > 0) continue;
    const ThreadArena arena(1);
    try {
      Simulation<TypeParam>({testing::uneven_brain(10, 3, 1)}, testing::wilson_cowan_spec(), {1},
                            arena, kind->make);
      FAIL() << kind->name;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("backend = \"cpu\""), std::string::npos)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace noesis
