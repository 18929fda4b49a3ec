// The kernels of the devices, as loops on the host, in whole simulations.
// Mutations: a lane that starts at another synapse, adding lanes from one end to the other, a
// coefficient of rk4, noise keyed by the position in the batch, a stage that reads what it writes,
// inputs that are uploaded once only.

#include "tests/gpu/backend_suite.hpp"

namespace noesis {
namespace {

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
  testing::check_plasticity<TypeParam>(emulated::kind<TypeParam>(), false);
  testing::check_plasticity<TypeParam>(emulated::kind<TypeParam>(), true);
}
TYPED_TEST(EmulatedDevice, RefusesWhatItCannotDo) {
  testing::check_refusals<TypeParam>(emulated::kind<TypeParam>());
}
TYPED_TEST(EmulatedDevice, NamesWhatBlowsUp) {
  testing::check_blow_up<TypeParam>(emulated::kind<TypeParam>());
}

}  // namespace
}  // namespace noesis
