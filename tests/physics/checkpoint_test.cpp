// Save, load, run equals run, bit for bit, at any step; foreign and damaged checkpoints are
// refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "core/error.hpp"
#include "physics/simulation.hpp"
#include "tests/core/temp_folder.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

namespace fs = std::filesystem;
using testing::column;
using testing::seeds_from;
using testing::uneven_brain;

BrainSpec spec_of(const std::string& integrator, double sigma) {
  BrainSpec spec = testing::wilson_cowan_spec(1);
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.integrator.name = integrator;
  spec.noise.sigma = sigma;
  return spec;
}

template <Real T>
Simulation<T> make(const BrainSpec& spec, const ThreadArena& arena, std::size_t envs = 9) {
  return Simulation<T>({uneven_brain(30, 6, 2)}, spec, seeds_from(5, envs), arena);
}

/// Some interventions at t = 0.5, then on to the end in steps of 0.25.
template <Real T>
std::vector<T> run(Simulation<T>& sim, double from, double to) {
  for (double t = from; t < to; t += 0.25) {
    if (t == 0.5) {
      sim.surgeon().clamp(2, 3, 0.4);
      sim.surgeon().lesion(3, 4);
      sim.surgeon().set_current(2, 5, 0.7);
    }
    const double limit = t < 0.5 ? 0.5 : std::numeric_limits<double>::infinity();
    sim.advance_to(t + 0.25, limit);
  }
  std::vector<T> all;
  for (std::int64_t e = 0; e < sim.shape().num_envs; ++e) {
    const auto values = column(sim.state(), e);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

// Mutations: leaving the step count (noise), the interventions, or dopri5's step sizes out of
// brain.h5.
template <Real T>
void resume_at_every_step(const BrainSpec& spec) {
  const test::TempFolder folder;
  const ThreadArena arena(1);
  Simulation<T> whole = make<T>(spec, arena);
  const std::vector<T> expected = run(whole, 0, 2);
  for (double cut = 0; cut < 2; cut += 0.25) {
    Simulation<T> first = make<T>(spec, arena);
    run(first, 0, cut);
    first.save(folder / "brain");
    Simulation<T> second = make<T>(spec, arena);
    second.load(folder / "brain");
    EXPECT_EQ(second.time_ms(), cut);
    EXPECT_EQ(run(second, cut, 2), expected) << spec.integrator.name << " cut at " << cut;
    EXPECT_EQ(second.statistics(4).accepted, whole.statistics(4).accepted);
  }
}

TEST(Checkpoint, ResumesBitForBit) {
  resume_at_every_step<double>(spec_of("rk4", 0.02));
  resume_at_every_step<float>(spec_of("heun", 0.02));
}
TEST(Checkpoint, ResumesAdaptiveStepsBitForBit) {
  resume_at_every_step<double>(spec_of("dopri5", 0));
  resume_at_every_step<float>(spec_of("dopri5", 0));
}

TEST(Checkpoint, ForeignOnesAreRefused) {
  const test::TempFolder folder;
  const ThreadArena arena(1);
  const fs::path path = folder / "brain";
  Simulation<double> sim = make<double>(spec_of("rk4", 0), arena);
  sim.advance_to(1);
  sim.save(path);
  const auto refused = [&](auto other, const char* what) {
    const auto before = column(other.state(), 0);
    try {
      other.load(path);
      ADD_FAILURE() << what << " was accepted";
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(what));
    }
    EXPECT_EQ(column(other.state(), 0), before);
  };
  refused(make<double>(spec_of("euler", 0), arena), "another specification");
  refused(make<float>(spec_of("rk4", 0), arena), "another precision");
  refused(make<double>(spec_of("rk4", 0), arena, 10), "another environments");
  refused(Simulation<double>({uneven_brain(30, 6, 3)}, spec_of("rk4", 0), seeds_from(5, 9), arena),
          "another connectome");
}

TEST(Checkpoint, DamagedOnesAreRefused) {
  const test::TempFolder folder;
  const ThreadArena arena(1);
  const fs::path path = folder / "brain";
  Simulation<double> sim = make<double>(spec_of("rk4", 0), arena);
  EXPECT_THROW(sim.load(path), ConfigError) << "missing";
  sim.save(path);
  fs::resize_file(path / "brain.h5", fs::file_size(path / "brain.h5") / 2);
  EXPECT_THROW(sim.load(path), ConfigError) << "truncated";
  sim.save(path);
  std::fstream(path / "brain.h5", std::ios::in | std::ios::out).seekp(3000).put('x');
  EXPECT_THROW(sim.load(path), ConfigError) << "one byte changed";
}

}  // namespace
}  // namespace noesis
