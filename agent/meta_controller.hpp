#pragma once
/// Decides what the fast cache does, by rules with hysteresis, from what the agent knows of itself.
///
/// | decision | taken                                                                             |
/// |----------|-----------------------------------------------------------------------------------|
/// | reset    | the cache is not finite or over its bound; or surprise has risen for good, so     |
/// |          | that what was learned is of another world (Page-Hinkley test)                     |
/// | decay    | the cache is full and the prediction's entropy high, until it is less full        |
/// | learn    | surprise is above `learn_above`, until it is below `hold_below`                   |
/// | hold     | else                                                                              |
///
/// Surprise is (e - mean) / sd of the squared error e, mean and sd exponentially weighted. The test
/// (Page, Biometrika 41, 1954; Hinkley 1971) sums surprise less a slack and compares the sum with
/// its minimum. A decision stands for `min_dwell` steps unless it is a reset.

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "agent/agent_config.hpp"

namespace noesis {

enum class Decision { kLearn = 0, kHold = 1, kDecay = 2, kReset = 3 };

/// "learn", "hold", "decay", "reset".
std::string_view decision_name(Decision decision);

struct Telemetry {
  float policy_entropy = 0;      ///< [nat]; 0 without a policy
  float prediction_entropy = 0;  ///< of a Gaussian with the recent error, a dimension [nat]
  float surprise = 0;            ///< of this step [sd], cut at 6
  float fast_norm = 0;           ///< |U| |V| / its bound; in [0, 1] unless something is broken
  float loss_trend = 0;          ///< log of recent over long-term error
};

/// One decision, for logs.
struct MetaRecord {
  std::int64_t env = 0;
  std::int64_t step = 0;  ///< learning steps since the environment's start
  Telemetry telemetry;
  Decision decision = Decision::kHold;
  std::string_view reason;  ///< a literal
};
using MetaLog = std::function<void(const MetaRecord&)>;

constexpr std::int64_t kMetaSize = 9;

/// The rules. The memory of each environment is a row of kMetaSize floats, so that it is part of
/// snapshots; the controller itself has no state. Thread-safe.
class MetaController {
 public:
  explicit MetaController(MetaConfig config) : config_(config) {}

  static void start(std::span<float> row);

  /// One step: the squared prediction error a dimension, and how full the cache is. The decision is
  /// the record's, whose env is left to the caller.
  MetaRecord decide(float squared_error, float fast_norm, float policy_entropy,
                    std::span<float> row) const;

 private:
  MetaConfig config_;
};

}  // namespace noesis
