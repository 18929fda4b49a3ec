// Run by mpirun: rank 0 compares brains over all ranks with brains in one process, the others work.

#include "distributed/mpi_crew.hpp"
#include "tests/distributed/brains.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;

template <Real T>
void compare(const std::string& model, const std::string& integrator, bool has_gaps,
             bool has_delays, const std::string& by) {
  const ThreadArena arena(1);
  const ConnectomePtr brain =
      make_brain({.has_gaps = has_gaps, .has_delays = has_delays, .crossing = 0.2});
  const BrainSpec spec = make_spec(model, integrator);
  SplitOptions options;
  options.partition.by = by;
  Simulation<T> whole({brain}, spec, {11}, arena);
  Simulation<T> split({brain}, spec, {11}, arena, split_over<T>(make_mpi_crew(1), options));
  for (int ms = 10; ms <= 40; ms += 10) {
    whole.advance_to(ms);
    split.advance_to(ms);
    ASSERT_TRUE(same_bits(whole.state(), split.state())) << "at " << ms;
    whole.surgeon().silence(0, ms);
    split.surgeon().silence(0, ms);
  }
}

// Red as in split_test.cpp.
TEST(Mpi, HasTheBitsOfOneProcess) {
  compare<double>("rate", "rk4", false, false, "blocks");
  compare<float>("wilson_cowan", "heun", false, true, "regions");
  compare<double>("graded", "ros2", true, false, "blocks");
  compare<double>("rate", "dopri5", false, false, "blocks");
}

TEST(Mpi, GrowsAndSleepsAsOneProcess) {
  const ThreadArena arena(1);
  const ConnectomePtr brain = make_brain({});
  BrainSpec spec = make_spec("rate", "heun");
  spec.model.rate.activation = "logistic";
  PlasticitySpec& rules = spec.plasticity;
  rules.rules = {"homeostasis", "oja", "decay", "pruning", "neurogenesis", "sleep"};
  rules.oja.learning_rate = 1e-2;
  rules.decay = {.tau_ms = 300, .spared_fraction = 0, .interval_ms = 5};
  rules.pruning = {.threshold = 0.02, .interval_ms = 10};
  rules.neurogenesis.max_neurons = 75;
  rules.neurogenesis.persistence_ms = 6;
  rules.neurogenesis.refractory_ms = 11;
  rules.sleep = {
      .wake_tau_ms = 60, .sleep_tau_ms = 40, .upper = 0.6, .lower = 0.3, .reference_rate = 0.5};
  Simulation<float> whole({brain}, spec, {3}, arena);
  Simulation<float> split({brain}, spec, {3}, arena, split_over<float>(make_mpi_crew(1)));
  for (int ms = 1; ms <= 100; ++ms) {
    whole.set_error(0, ms % 50 < 25 ? 1 : 0);
    split.set_error(0, ms % 50 < 25 ? 1 : 0);
    whole.advance_to(ms);
    split.advance_to(ms);
  }
  EXPECT_TRUE(same_bits(whole.state(), split.state()));
  EXPECT_EQ(whole.connectome(0)->digest(), split.connectome(0)->digest());
  EXPECT_EQ(whole.plasticity(0).num_born, split.plasticity(0).num_born);
  EXPECT_GT(whole.plasticity(0).num_born, 0);
  EXPECT_GT(whole.plasticity(0).num_pruned, 0);
}

// Red when an error in one rank leaves the others waiting.
TEST(Mpi, AnErrorEndsNothingElse) {
  const ThreadArena arena(1);
  BrainSpec spec = make_spec("rate", "dopri5");
  spec.integrator.max_steps = 3;
  Simulation<double> split({make_brain({})}, spec, {3}, arena,
                           split_over<double>(make_mpi_crew(1)));
  EXPECT_THROW(split.advance_to(100), RunError);
  compare<double>("rate", "euler", false, false, "blocks");
}

}  // namespace
}  // namespace noesis

int main(int argc, char** argv) {
  if (noesis::work_for_mpi_master(1)) return 0;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
