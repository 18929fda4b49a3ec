#include "agent/meta_controller.hpp"

#include <algorithm>
#include <cmath>

namespace noesis {
namespace {

constexpr float kLargestSurprise = 6;
constexpr float kRecent = 0.1F;           // weight of the newest error in the recent mean
constexpr float kSettled = 20;            // steps before mean and variance are trusted
constexpr float kLargestCount = 1 << 24;  // beyond, float cannot count
constexpr float kTinyError = 1e-12F;      // of a perfect prediction, whose logarithm is finite

/// A row by name.
struct Memory {
  float& mean;
  float& variance;
  float& recent;   ///< error
  float& entropy;  ///< long-term mean
  float& sum;      ///< Page-Hinkley
  float& lowest;
  float& mode;
  float& dwell;
  float& count;
  explicit Memory(std::span<float> row)
      : mean(row[0]),
        variance(row[1]),
        recent(row[2]),
        entropy(row[3]),
        sum(row[4]),
        lowest(row[5]),
        mode(row[6]),
        dwell(row[7]),
        count(row[8]) {}
};

float entropy_of(float squared_error) {
  constexpr float kTwoPiE = 17.0794684F;
  return 0.5F * std::log(kTwoPiE * std::max(squared_error, kTinyError));
}

}  // namespace

std::string_view decision_name(Decision decision) {
  constexpr std::string_view kNames[] = {"learn", "hold", "decay", "reset"};
  return kNames[static_cast<int>(decision)];
}

void MetaController::start(std::span<float> row) { std::fill(row.begin(), row.end(), 0.0F); }

MetaRecord MetaController::decide(float squared_error, float fast_norm, float policy_entropy,
                                  std::span<float> row) const {
  Memory memory(row);
  MetaRecord record;
  record.step = static_cast<std::int64_t>(memory.count);
  record.telemetry.policy_entropy = policy_entropy;
  record.telemetry.fast_norm = fast_norm;
  const auto take = [&](Decision decision, std::string_view reason) {
    if (static_cast<float>(decision) != memory.mode) memory.dwell = 0;
    memory.mode = static_cast<float>(decision);
    record.decision = decision;
    record.reason = reason;
    return record;
  };
  const auto restart = [&](std::string_view reason) {
    record.decision = Decision::kReset;
    record.reason = reason;
    start(row);
    return record;
  };
  if (!std::isfinite(fast_norm) || fast_norm > 1.001F) return restart("norm over its bound");
  if (!std::isfinite(squared_error)) return restart("error not finite");

  // Early steps weigh as in a plain mean, later ones as in an exponential one.
  const float weight =
      std::max(1 / (memory.count + 1), 1 / static_cast<float>(config_.statistics_time));
  const float deviation = squared_error - memory.mean;
  const float sd = std::sqrt(memory.variance);
  const bool settled = memory.count >= kSettled && sd > 0;
  const auto in_sd = [&](float error) {
    return settled ? std::clamp((error - memory.mean) / sd, -kLargestSurprise, kLargestSurprise)
                   : 0.0F;
  };
  Telemetry& telemetry = record.telemetry;
  telemetry.surprise = in_sd(squared_error);
  memory.recent += (squared_error - memory.recent) * std::max(weight, kRecent);
  const float recent_surprise = in_sd(memory.recent);
  telemetry.prediction_entropy = entropy_of(memory.recent);
  telemetry.loss_trend =
      std::log(std::max(memory.recent, kTinyError) / std::max(memory.mean, kTinyError));
  if (memory.count == 0) telemetry.loss_trend = 0;
  const float entropy_rise = settled ? telemetry.prediction_entropy - memory.entropy : 0.0F;

  memory.mean += weight * deviation;
  memory.variance = (1 - weight) * (memory.variance + weight * deviation * deviation);
  memory.entropy += weight * (telemetry.prediction_entropy - memory.entropy);
  memory.count = std::min(memory.count + 1, kLargestCount);
  memory.dwell = std::min(memory.dwell + 1, kLargestCount);
  memory.sum += telemetry.surprise - static_cast<float>(config_.page_hinkley_slack);
  memory.lowest = std::min(memory.lowest, memory.sum);
  // Only the difference matters: kept small, so that long runs lose no precision.
  memory.sum -= memory.lowest;
  memory.lowest = 0;
  if (memory.sum > static_cast<float>(config_.page_hinkley_threshold)) {
    return restart("change point");
  }

  const auto mode = static_cast<Decision>(static_cast<int>(memory.mode));
  if (memory.dwell < static_cast<float>(config_.min_dwell)) return take(mode, "dwell");
  const bool full = fast_norm > static_cast<float>(config_.decay_norm);
  if (mode == Decision::kDecay && fast_norm > static_cast<float>(config_.resume_norm)) {
    return take(Decision::kDecay, "still full");
  }
  if (full && entropy_rise > static_cast<float>(config_.entropy_high)) {
    return take(Decision::kDecay, "full and uncertain");
  }
  if (mode == Decision::kLearn) {
    return recent_surprise < static_cast<float>(config_.hold_below)
               ? take(Decision::kHold, "nothing new")
               : take(Decision::kLearn, "still new");
  }
  return recent_surprise > static_cast<float>(config_.learn_above) && !full
             ? take(Decision::kLearn, "surprise")
             : take(Decision::kHold, "nothing new");
}

}  // namespace noesis
