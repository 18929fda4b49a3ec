#pragma once
/// `noesis flaw`: does a brain that never sleeps saturate until its loss explodes, and by which
/// rule of learning?

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runners/experiments/life_config.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

struct FlawConfig {
  std::int64_t seed = 0;
  std::int64_t num_seeds = 10;
  int threads = 0;
  std::string backend = "cpu";
  std::vector<std::string> learners = {"hebbian", "hebbian-decay", "delta", "none"};
  LifeSpec life;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "First seed; the others follow it", at_least(0));
    v("num_seeds", num_seeds, "Lives of each learner", at_least(1));
    v("threads", threads, "Lives side by side; 0: one a core. Changes no result", at_least(0));
    v("backend", backend,
      "What takes the brains' steps; auto: a device, where there is one and they gain by it. "
      "Changes no result",
      one_of({"auto", "cpu", "cuda", "hip"}));
    v("learners", learners, "Rules to compare, in place of life.learner",
      one_of({"hebbian", "hebbian-decay", "delta", "none"}));
    v.section("life", life);
  }
};

/// See experiment.hpp.
///
/// A learner has the flaw when, over the seeds,
///   ratio        loss of the last tenth of life over that of the first: mean >= 3, lower end of
///                its 95% interval > 2
///   norm_slope   growth of ln |W| over the second half: lower end > 0
///   fresh_ratio  loss of a newborn brain on the last tenth over the old one's on the first: mean
///                <= 1.2, so that it is not the tape
struct Flaw {
  using Config = FlawConfig;
  static constexpr const char* kName = "flaw";
  static FlawConfig defaults(bool quick);
  static std::vector<Job> jobs(const FlawConfig& config);
  static nlohmann::ordered_json gather(const FlawConfig& config,
                                       const std::vector<nlohmann::ordered_json>& records);
  static std::string tables(const nlohmann::ordered_json& result);
};

}  // namespace noesis
