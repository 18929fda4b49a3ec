#pragma once
/// noesis/Replay-v0: predict the spike counts of a binned recording, bin by bin. Spaces, reward and
/// baselines: docs/environments/replay.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "env/task.hpp"
#include "physics/binned_recording.hpp"

namespace noesis {

struct ReplayOptions {
  std::string recording = "";
  std::string part = "all";

  template <class V>
  void visit(V& v) {
    v("recording", recording,
      "Binned recording in HDF5 (docs/recording-format.md); \"\": a small synthetic one");
    v("part", part, "Bins that are played: all, the first 80% (train) or the last 20% (test)",
      one_of({"all", "train", "test"}));
  }
  std::vector<std::string> files() const {
    return recording.empty() ? std::vector<std::string>{} : std::vector{recording};
  }
};

/// The recording that the options name. @throws ConfigError.
std::shared_ptr<const BinnedRecording> replayed_recording(const ReplayOptions& options);

/// Rates as an agent gives and sees them: x in [-1, 1] stands for m 8^x spikes a bin, m being the
/// unit's mean in the first 80% of the recording (at least one spike). Immutable; thread-safe.
class ReplayScale {
 public:
  static constexpr double kRange = 8;
  /// Memories of the past that are observed: this bin's counts, and exponential means over so many
  /// bins.
  static constexpr double kMemoryBins[] = {1, 5, 20};
  static constexpr std::int64_t kMemories = 3;

  explicit ReplayScale(const BinnedRecording& recording);

  double mean(std::int64_t unit) const { return mean_[static_cast<std::size_t>(unit)]; }
  double rate(std::int64_t unit, double x) const;
  double scaled(std::int64_t unit, double rate) const;
  /// Poisson log-likelihood of the counts under rates m 8^x less that under m, in bits, over the
  /// expected number of spikes in a bin: bits a spike on average.
  double gain(std::span<const std::uint16_t> counts, std::span<const float> x) const;

  /// Takes a bin into the memories (kMemories x units).
  void remember(std::span<const std::uint16_t> counts, std::span<double> memories) const;

 private:
  std::vector<double> mean_;
  double spikes_ = 0;  ///< expected in a bin
};

/// First and past-the-last bin of a part: "all", "train" (80%) or "test" (20%).
struct BinRange {
  std::int64_t begin, end;
};
BinRange bins_of(const std::string& part, std::int64_t num_bins);

class ReplayTask final : public Task {
 public:
  /// @throws ConfigError for a recording that cannot be read or is too short for its part.
  ReplayTask(const ReplayOptions& options, std::int64_t num_envs, int num_threads);

  std::int64_t num_envs() const override { return std::ssize(episodes_); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }
  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override;
  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override;
  void save(std::int64_t env, ByteWriter& out) const override;
  void load(std::int64_t env, ByteReader& in) override;
  std::vector<RenderRow> render_rows(std::int64_t env) const override;

 private:
  static constexpr std::int64_t kWarmUp = 60;      ///< bins heard before an episode begins
  static constexpr std::int64_t kFewestBins = 20;  ///< of an episode
  static constexpr std::int64_t kUsualBins = 500;  ///< that every episode has in a long recording

  struct Episode {
    std::int64_t bin = 0;          ///< heard last
    std::vector<double> memories;  ///< (kMemories x units)
    std::vector<float> predicted;  ///< last (units)
  };

  void observe(const Episode& episode, std::span<float> observation) const;

  std::shared_ptr<const BinnedRecording> recording_;
  ReplayScale scale_;
  BinRange bins_;
  std::int64_t num_units_;
  std::int64_t num_starts_;  ///< bins at which an episode may begin to be heard
  Space observation_space_, action_space_;
  std::vector<Episode> episodes_;
};

}  // namespace noesis
