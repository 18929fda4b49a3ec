#include "env/tasks/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "env/registry.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
using test::TempFolder;

namespace {

BinnedRecording small() {
  BinnedRecording recording;
  recording.bin_ms = 10;
  recording.num_units = 2;
  for (int b = 0; b < 100; ++b) {
    recording.counts.push_back(static_cast<std::uint16_t>(b % 3));
    recording.counts.push_back(static_cast<std::uint16_t>(b % 2));
  }
  recording.unit_id = {7, 9};
  recording.unit_region = {"VISp", "CA1"};
  recording.trial_begin = {0, 40, 80};
  recording.source = "a test";
  return recording;
}

TEST(BinnedRecording, ComesBackFromItsFile) {
  const TempFolder folder;
  const BinnedRecording recording = small();
  save_binned_recording(recording, folder.path() / "r.h5");
  const BinnedRecording again = load_binned_recording(folder.path() / "r.h5");
  EXPECT_EQ(again.counts, recording.counts);
  EXPECT_EQ(again.num_units, 2);
  EXPECT_EQ(again.bin_ms, 10);
  EXPECT_EQ(again.unit_id, recording.unit_id);
  EXPECT_EQ(again.unit_region, recording.unit_region);
  EXPECT_EQ(again.trial_begin, recording.trial_begin);
  EXPECT_EQ(again.source, "a test");
  EXPECT_FALSE(again.synthetic);
}

TEST(BinnedRecording, RefusesWhatIsNone) {
  const TempFolder folder;
  const auto refuses = [&](const char* what, auto write, bool with_header = true) {
    const auto path = folder.path() / "r.h5";
    {
      Hdf5File file = Hdf5File::create(path);
      if (with_header) {
        file.set_attribute("/", "format", std::string("noesis-recording"));
        file.set_attribute("/", "version", std::int64_t{1});
        file.set_attribute("/", "bin_ms", 20.0);
      }
      write(file);
      file.close();
    }
    try {
      load_binned_recording(path);
      ADD_FAILURE() << what << " was taken";
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(what));
    }
  };
  const std::vector<std::int32_t> good = {1, 2, 3, 4};
  refuses(
      "not a binned recording", [](Hdf5File&) {}, false);
  refuses("wrong shape", [&](Hdf5File& f) { f.write("counts", good); });
  refuses("'counts'[1, 0]", [&](Hdf5File& f) {
    f.write("counts", std::span<const std::int32_t>(std::vector{1, 2, -3, 4}), {2, 2});
  });
  refuses("65535", [&](Hdf5File& f) {
    f.write("counts", std::span<const std::int32_t>(std::vector{1, 2, 3, 70000}), {2, 2});
  });
  refuses("unit_id", [&](Hdf5File& f) {
    f.write("counts", std::span<const std::int32_t>(good), {2, 2});
    f.write("unit_id", std::vector<std::int64_t>{1});
  });
  refuses("trial_begin", [&](Hdf5File& f) {
    f.write("counts", std::span<const std::int32_t>(good), {2, 2});
    f.write("trial_begin", std::vector<std::int64_t>{1, 1});
  });
  refuses("bin_ms", [&](Hdf5File& f) {
    f.set_attribute("/", "bin_ms", -1.0);
    f.write("counts", std::span<const std::int32_t>(good), {2, 2});
  });
  EXPECT_THROW(load_binned_recording(folder.path() / "none.h5"), ConfigError);
}

TEST(SyntheticRecording, IsAFunctionOfItsSeedAndFollowsTheBrain) {
  const BinnedRecording recording = synthetic_recording(400, 1);
  EXPECT_TRUE(recording.synthetic);
  EXPECT_EQ(recording.num_bins(), 400);
  EXPECT_EQ(recording.counts, synthetic_recording(400, 1).counts);
  EXPECT_NE(recording.counts, synthetic_recording(400, 2).counts);
  // More variable than a Poisson process of constant rate: somebody drives it.
  double most = 0;
  for (std::size_t u = 0; u < 20; ++u) {
    double sum = 0, squares = 0;
    for (std::int64_t b = 0; b < 400; ++b) {
      const double count = recording.bin(b)[u];
      sum += count / 400;
      squares += count * count / 400;
    }
    most = std::max(most, (squares - sum * sum) / sum);
  }
  EXPECT_GT(most, 1.15);
}

// Against the Poisson probabilities themselves. Broken by a missing term or another logarithm.
TEST(ReplayScale, GainIsTheLogLikelihoodRatioInBitsASpike) {
  const BinnedRecording recording = small();
  const ReplayScale scale(recording);
  double mean = 0;
  for (int b = 0; b < 80; ++b) mean += recording.bin(b)[0] / 80.0;
  EXPECT_NEAR(scale.mean(0), mean, 1e-12);
  EXPECT_NEAR(scale.mean(1), 0.5, 1e-12);
  const auto log_probability = [](double count, double rate) {
    return count * std::log(rate) - rate - std::lgamma(count + 1);
  };
  const std::vector<float> x = {0.5f, -0.25f};
  const std::vector<std::uint16_t> counts = {2, 1};
  double bits = 0;
  for (std::size_t u = 0; u < 2; ++u) {
    const double m = scale.mean(static_cast<std::int64_t>(u));
    const double rate = m * std::pow(8, static_cast<double>(x[u]));
    bits += (log_probability(counts[u], rate) - log_probability(counts[u], m)) / std::log(2.0);
  }
  EXPECT_NEAR(scale.gain(counts, x), bits / (mean + 0.5), 1e-6);
  EXPECT_EQ(scale.gain(counts, std::vector<float>{0, 0}), 0);
  EXPECT_NEAR(scale.scaled(1, scale.rate(1, 0.3)), 0.3, 1e-12);
  EXPECT_EQ(scale.scaled(1, 0), -1);
}

// Three memories of a step from 0 to 1: at once, and 1 - (1 - 1/n)^k.
TEST(ReplayScale, RemembersOverOneFiveAndTwentyBins) {
  const ReplayScale scale(small());
  std::vector<double> memories(6);
  for (int k = 1; k <= 7; ++k) {
    scale.remember(std::vector<std::uint16_t>{1, 2}, memories);
    for (const std::size_t m : {0u, 1u, 2u}) {
      const double share = 1 - std::pow(1 - 1 / ReplayScale::kMemoryBins[m], k);
      EXPECT_NEAR(memories[2 * m], share, 1e-12);
      EXPECT_NEAR(memories[2 * m + 1], 2 * share, 1e-12);
    }
  }
  EXPECT_NE(memories[2], memories[4]);
}

TEST(Replay, PlaysTheBinsOfItsPartAndEndsWithThem) {
  const TempFolder folder;
  BinnedRecording recording = small();
  recording.counts.clear();
  for (int b = 0; b < 500; ++b) {  // the second unit's count tells the bin
    recording.counts.push_back(1);
    recording.counts.push_back(static_cast<std::uint16_t>(b));
  }
  recording.trial_begin.clear();
  save_binned_recording(recording, folder.path() / "r.h5");
  const std::string path = "recording=" + (folder.path() / "r.h5").string();
  const auto env = make("noesis/Replay-v0", {.toml = {}, .overrides = {path, "part=test"}});
  EXPECT_EQ(env->observation_space().flat_size(), 6);
  const ReplayScale scale(recording);
  for (int episode = 0; episode < 20; ++episode) {
    double bin = env->reset().info.at("bin").array()->at(0);
    EXPECT_GE(bin, 400 + 59);
    for (;;) {
      const StepResult step = env->step(Array(std::vector<float>{0, 0}));
      const double now = step.info.at("bin").array()->at(0);
      EXPECT_EQ(now, bin + 1);
      bin = now;
      EXPECT_EQ(step.observation.array()->values<float>()[1],
                static_cast<float>(scale.scaled(1, now)));
      EXPECT_EQ(step.reward, 0);
      EXPECT_EQ(step.terminated, bin == 499);
      if (step.terminated) break;
    }
  }
  EXPECT_EQ(env->reset().info.at("synthetic").array()->at(0), 0);
  EXPECT_EQ(make("noesis/Replay-v0")->reset().info.at("synthetic").array()->at(0), 1);
  EXPECT_THROW(make("noesis/Replay-v0", {.toml = {}, .overrides = {"recording=/nowhere.h5"}}),
               ConfigError);
  save_binned_recording(small(), folder.path() / "short.h5");
  EXPECT_THROW(
      make("noesis/Replay-v0",
           {.toml = {},
            .overrides = {"recording=" + (folder.path() / "short.h5").string(), "part=test"}}),
      ConfigError);
}

}  // namespace
}  // namespace noesis
