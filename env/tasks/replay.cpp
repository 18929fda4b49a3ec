#include "env/tasks/replay.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "env/tasks/reset_options.hpp"

namespace noesis {
namespace {

constexpr double kTrainShare = 0.8;

}  // namespace

std::shared_ptr<const BinnedRecording> replayed_recording(const ReplayOptions& options) {
  if (!options.recording.empty()) {
    return std::make_shared<const BinnedRecording>(load_binned_recording(options.recording));
  }
  static const auto synthetic = std::make_shared<const BinnedRecording>(synthetic_recording());
  return synthetic;
}

BinRange bins_of(const std::string& part, std::int64_t num_bins) {
  const auto split = static_cast<std::int64_t>(kTrainShare * static_cast<double>(num_bins));
  return {.begin = part == "test" ? split : 0, .end = part == "train" ? split : num_bins};
}

ReplayScale::ReplayScale(const BinnedRecording& recording)
    : mean_(static_cast<std::size_t>(recording.num_units)) {
  const std::int64_t bins = std::max<std::int64_t>(1, bins_of("train", recording.num_bins()).end);
  for (std::int64_t b = 0; b < bins; ++b) {
    const auto counts = recording.bin(b);
    for (std::size_t u = 0; u < mean_.size(); ++u) mean_[u] += counts[u];
  }
  for (double& mean : mean_) {
    mean = std::max(mean, 1.0) / static_cast<double>(bins);
    spikes_ += mean;
  }
}

double ReplayScale::rate(std::int64_t unit, double x) const {
  return mean(unit) * math::exp(x * math::log(kRange));
}

double ReplayScale::scaled(std::int64_t unit, double rate) const {
  if (!(rate > 0)) return -1;
  return std::clamp(math::log(rate / mean(unit)) / math::log(kRange), -1.0, 1.0);
}

double ReplayScale::gain(std::span<const std::uint16_t> counts, std::span<const float> x) const {
  double nats = 0;
  for (std::size_t u = 0; u < mean_.size(); ++u) {
    const double log_ratio = std::clamp(static_cast<double>(x[u]), -1.0, 1.0) * math::log(kRange);
    nats += counts[u] * log_ratio - mean_[u] * (math::exp(log_ratio) - 1);
  }
  return nats / std::numbers::ln2 / spikes_;
}

void ReplayScale::remember(std::span<const std::uint16_t> counts,
                           std::span<double> memories) const {
  for (std::size_t k = 0; k < std::size(kMemoryBins); ++k) {
    for (std::size_t u = 0; u < mean_.size(); ++u) {
      double& memory = memories[k * mean_.size() + u];
      memory += (counts[u] - memory) / kMemoryBins[k];
    }
  }
}

ReplayTask::ReplayTask(const ReplayOptions& options, std::int64_t num_envs, int)
    : recording_(replayed_recording(options)),
      scale_(*recording_),
      bins_(bins_of(options.part, recording_->num_bins())),
      num_units_(recording_->num_units),
      observation_space_(uniform_box({ReplayScale::kMemories * num_units_}, -1, 1)),
      action_space_(uniform_box({num_units_}, -1, 1)),
      episodes_(static_cast<std::size_t>(num_envs)) {
  if (bins_.end - bins_.begin < kWarmUp + kFewestBins) {
    throw ConfigError(
        {.what = "too few bins for an episode",
         .where = "recording",
         .got = std::to_string(bins_.end - bins_.begin) + " bins in part \"" + options.part + "\"",
         .allowed = "at least " + std::to_string(kWarmUp + kFewestBins),
         .next = "play all of it, or use shorter bins"});
  }
  const std::int64_t playable = bins_.end - bins_.begin - kWarmUp;
  num_starts_ = playable - std::min(kUsualBins, playable / 2 + kFewestBins / 2) + 1;
  for (Episode& episode : episodes_) {
    episode.memories.resize(static_cast<std::size_t>(ReplayScale::kMemories * num_units_));
    episode.predicted.resize(static_cast<std::size_t>(num_units_));
  }
}

void ReplayTask::reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                       std::span<float> observation, InfoTable& info) {
  refuse_reset_options(options, "Replay");
  Episode& episode = episodes_[static_cast<std::size_t>(env)];
  RandomSequence random(seed, Stream::kTask);
  const std::int64_t first =
      bins_.begin +
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(num_starts_)));
  for (std::int64_t u = 0; u < num_units_; ++u) {
    for (std::int64_t k = 0; k < ReplayScale::kMemories; ++k) {
      episode.memories[static_cast<std::size_t>(k * num_units_ + u)] = scale_.mean(u);
    }
  }
  for (std::int64_t b = first; b < first + kWarmUp; ++b) {
    scale_.remember(recording_->bin(b), episode.memories);
  }
  episode.bin = first + kWarmUp - 1;
  std::fill(episode.predicted.begin(), episode.predicted.end(), 0.0f);
  info.set("bin", env, static_cast<double>(episode.bin));
  info.set("synthetic", env, recording_->synthetic);
  observe(episode, observation);
}

void ReplayTask::observe(const Episode& episode, std::span<float> observation) const {
  for (std::size_t i = 0; i < observation.size(); ++i) {
    const auto unit = static_cast<std::int64_t>(i) % num_units_;
    observation[i] = static_cast<float>(scale_.scaled(unit, episode.memories[i]));
  }
}

void ReplayTask::step(std::span<const float> actions, std::span<const std::uint8_t> active,
                      const TaskStep& out) {
  const auto units = static_cast<std::size_t>(num_units_);
  const auto observation_size = static_cast<std::size_t>(observation_space_.flat_size());
  for (std::size_t e = 0; e < episodes_.size(); ++e) {
    if (active[e] == 0) continue;
    const auto env = static_cast<std::int64_t>(e);
    Episode& episode = episodes_[e];
    ++episode.bin;
    const auto counts = recording_->bin(episode.bin);
    const auto action = actions.subspan(e * units, units);
    std::transform(action.begin(), action.end(), episode.predicted.begin(),
                   [](float x) { return std::clamp(x, -1.0f, 1.0f); });
    out.rewards[e] = scale_.gain(counts, episode.predicted);
    out.terminated[e] = episode.bin + 1 == bins_.end;
    out.info.set("bin", env, static_cast<double>(episode.bin));
    scale_.remember(counts, episode.memories);
    observe(episode, out.observations.subspan(e * observation_size, observation_size));
  }
}

void ReplayTask::save(std::int64_t env, ByteWriter& out) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  out.put(std::string_view("Replay"));
  out.put(episode.bin);
  out.put(episode.memories);
  out.put(episode.predicted);
}

void ReplayTask::load(std::int64_t env, ByteReader& in) {
  in.expect("Replay");
  Episode episode;
  in.get(episode.bin);
  in.get(episode.memories);
  in.get(episode.predicted);
  const Episode& mine = episodes_[static_cast<std::size_t>(env)];
  if (episode.memories.size() != mine.memories.size() ||
      episode.predicted.size() != mine.predicted.size() || episode.bin < bins_.begin ||
      episode.bin >= bins_.end) {
    ByteReader::fail("an episode of another recording");
  }
  episodes_[static_cast<std::size_t>(env)] = std::move(episode);
}

std::vector<RenderRow> ReplayTask::render_rows(std::int64_t env) const {
  const Episode& episode = episodes_[static_cast<std::size_t>(env)];
  RenderRow spikes{.name = "spikes", .values = {}}, rates{.name = "predicted", .values = {}};
  for (std::int64_t u = 0; u < num_units_; ++u) {
    const auto unit = static_cast<std::size_t>(u);
    const double most = ReplayScale::kRange * scale_.mean(u);
    spikes.values.push_back(std::min(recording_->bin(episode.bin)[unit] / most, 1.0));
    rates.values.push_back(scale_.rate(u, static_cast<double>(episode.predicted[unit])) / most);
  }
  return {spikes, rates};
}

}  // namespace noesis
