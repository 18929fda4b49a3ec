#pragma once
/// `noesis cure`: does sleep let a brain live that would explode without it, what in sleep does so,
/// and does it beat plain decay?

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runners/experiments/life_config.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

struct CureConfig {
  std::int64_t seed = 0;
  std::int64_t num_seeds = 10;
  int threads = 0;
  std::string backend = "cpu";
  std::vector<std::string> conditions = {"no sleep",       "load",        "schedule",
                                         "random pruning", "no replay",   "decay only",
                                         "prune only",     "replay only", "constant decay"};
  LifeSpec life;

  template <class V>
  void visit(V& v) {
    v("seed", seed, "First seed; the others follow it", at_least(0));
    v("num_seeds", num_seeds, "Lives in each condition", at_least(1));
    v("threads", threads, "Lives side by side; 0: one a core. Changes no result", at_least(0));
    v("backend", backend,
      "What takes the brains' steps; auto: a device, where there is one and they gain by it. "
      "Changes no result",
      one_of({"auto", "cpu", "cuda", "hip"}));
    v("conditions", conditions, "What is compared: changes of life.learner and life.sleep",
      one_of({"no sleep", "load", "schedule", "random pruning", "no replay", "decay only",
              "prune only", "replay only", "constant decay"}));
    v.section("life", life);
  }
};

/// See experiment.hpp.
///
/// | condition      | life                                                                     |
/// |----------------|--------------------------------------------------------------------------|
/// | no sleep       | trigger "never": the flaw                                                |
/// | load           | sleeps by cognitive load: scaling down, pruning, replay                  |
/// | schedule       | the same every interval_steps                                            |
/// | random pruning | as load, but any synapse may be pruned                                   |
/// | no replay      | as load, without replay: pruning and decay alone                         |
/// | decay only, prune only, replay only | as load, the other two off                          |
/// | constant decay | never sleeps; loses as much weight awake as `schedule` does asleep       |
///
/// A condition cures when, over the seeds, late over early loss is at most 1.3 on the mean, ln |W|
/// does not grow in the second half of life (lower end <= 0), what was learnt in the last ten tasks
/// is forgotten by at most 0.1, and the late loss is below that without sleep (Wilcoxon, p < .01,
/// which takes at least 8 seeds).
struct Cure {
  using Config = CureConfig;
  static constexpr const char* kName = "cure";
  static CureConfig defaults(bool quick);
  static std::vector<Job> jobs(const CureConfig& config);
  static nlohmann::ordered_json gather(const CureConfig& config,
                                       const std::vector<nlohmann::ordered_json>& records);
  static std::string tables(const nlohmann::ordered_json& result);
};

}  // namespace noesis
