#pragma once
/// What the agents of a training get as they learn, for its line of progress.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace noesis {

/// Set and read by any thread.
class LatestReturns {
 public:
  explicit LatestReturns(std::size_t num_agents) : returns_(num_agents) {
    for (auto& value : returns_) value = std::numeric_limits<double>::quiet_NaN();
  }

  /// The mean over the episodes of this agent that ended last.
  void set(std::size_t agent, double mean) { returns_.at(agent) = mean; }

  /// "return 12.3", of several agents "return -1.4 to 136"; empty until an episode has ended.
  std::string text() const {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const auto& one : returns_) {
      const double value = one;
      if (std::isnan(value)) continue;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    if (least > most) return {};
    char text[80];
    std::snprintf(text, sizeof text, least < most ? "return %.3g to %.3g" : "return %.3g", least,
                  most);
    return text;
  }

 private:
  std::vector<std::atomic<double>> returns_;
};

}  // namespace noesis
