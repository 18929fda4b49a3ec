// The kernels with neighbouring rows on two threads of the host: for the thread sanitizer, to which
// a row that reads or writes what another writes is a race, however the two happen to run.
// Mutations: a stage that writes the state which it reads, rows of weights that overlap.

#include "gpu/emulated_memory.hpp"
#include "tests/gpu/backend_suite.hpp"

namespace noesis {
namespace {

class EmulatedThreads : public ::testing::Test {
 protected:
  EmulatedThreads() { emulated::emulated_device().num_threads = 2; }
  ~EmulatedThreads() override { emulated::emulated_device().num_threads = 1; }
};

TEST_F(EmulatedThreads, TakeSteps) {
  testing::check_models<float>(emulated::kind<float>());
  testing::check_snapshots<float>(emulated::kind<float>());
}
TEST_F(EmulatedThreads, KeepWhatIsDelayed) {
  testing::check_delays<float>(emulated::kind<float>());
}
TEST_F(EmulatedThreads, TakeAdaptiveSteps) {
  testing::check_adaptive<float>(emulated::kind<float>());
}
TEST_F(EmulatedThreads, Learn) { testing::check_plasticity<float>(emulated::kind<float>()); }
TEST_F(EmulatedThreads, ChangeStructure) {
  testing::check_structure<float>(emulated::kind<float>());
}
TEST_F(EmulatedThreads, MeasureLevels) {
  testing::check_levels<float>(emulated::kind<float>(), 1100);
}
TEST_F(EmulatedThreads, LookForWhatIsNotFinite) {
  testing::check_blow_up<float>(emulated::kind<float>());
}

}  // namespace
}  // namespace noesis
