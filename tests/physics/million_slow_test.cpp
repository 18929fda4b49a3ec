// One million neurons with one billion synapses: generated, saved, loaded and stepped within 1.3
// times the memory of the synapses and the state. Takes about 9 GB of memory and 8 GB of disk.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdio>

#include "data/memory.hpp"
#include "physics/connectome_io.hpp"
#include "physics/generators.hpp"
#include "physics/simulation.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kNeurons = 1'000'000;
constexpr std::int64_t kInputs = 1'000;

/// Most memory that the process ever held [bytes].
double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

// Mutations: a list of edges beside the table (2.5 times), a copy at loading (2 times).
TEST(Million, NeuronsWithABillionSynapses) {
  const double synapses = static_cast<double>(kNeurons * kInputs);
  if (static_cast<double>(available_memory_bytes()) < 12 * synapses) {
    GTEST_SKIP() << "needs 12 GB of free memory";
  }
  const test::TempFolder folder(NOESIS_BINARY_DIR);
  const auto stage = [](const char* what) {
    std::printf("%s: peak %.2f GB\n", what, peak_memory() / 1e9);
    std::fflush(stdout);
  };
  std::string digest;
  {
    const Connectome brain =
        random_connectome({.num_neurons = kNeurons, .in_degree = kInputs, .gain = 1}, 1);
    stage("generated");
    digest = brain.digest();
    save_connectome(brain, folder / "million.h5");
    stage("saved");
  }
  const auto brain = std::make_shared<Connectome>(load_connectome(folder / "million.h5"));
  stage("loaded");
  EXPECT_EQ(brain->digest(), digest);
  EXPECT_EQ(brain->num_synapses(), kNeurons * kInputs);
  const ThreadArena arena;
  BrainSpec spec;
  spec.model.name = "rate";
  spec.integrator = {.name = "rk4", .dt_ms = 1};
  Simulation<float> sim({brain}, spec, {1}, arena);
  sim.advance_to(2);
  stage("stepped");
  for (std::int64_t i = 0; i < kNeurons; i += 997) {
    ASSERT_TRUE(std::isfinite(sim.state().at(0, 0, i)));
  }
  // State: x, rk4's five slopes and sums, output, six inputs.
  const double state = 16.0 * sizeof(float) * static_cast<double>(kNeurons);
  EXPECT_LT(peak_memory(), 1.3 * (8 * synapses + state));
}

}  // namespace
}  // namespace noesis
