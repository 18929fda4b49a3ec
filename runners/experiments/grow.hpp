#pragma once
/// `noesis grow`: does homeostasis, rather than noise, keep a growing brain at the edge of chaos?

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runners/experiments/grow_config.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

/// See experiment.hpp.
///
/// | condition      | growth                                                      |
/// |----------------|-------------------------------------------------------------|
/// | trinity        | neurogenesis, local homeostasis, arousal                    |
/// | no homeostasis | the same without homeostasis                                |
/// | global noise   | noise on every neuron in place of homeostasis               |
/// | no arousal     | as trinity, without arousal                                 |
struct Grow {
  using Config = GrowConfig;
  static constexpr const char* kName = "grow";
  static GrowConfig defaults(bool quick);
  static std::vector<Job> jobs(const GrowConfig& config);
  static nlohmann::ordered_json gather(const GrowConfig& config,
                                       const std::vector<nlohmann::ordered_json>& records);
  static std::string tables(const nlohmann::ordered_json& result);
};

}  // namespace noesis
