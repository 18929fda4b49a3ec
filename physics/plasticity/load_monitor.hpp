#pragma once
/// Cognitive load of a brain, and what is to be done about it. A master asks it between stretches
/// of a run; it never looks at the brain itself, so that its decisions follow from what is logged.
///
/// The loss e is averaged by two leaky integrators, fast (f) and slow (s): f' = (e - f) / tau_f,
/// s' = (e - s) / tau_s; its trend is f - s, above 0 when it grows. The policy, first rule that
/// holds:
///
/// | rule | command |
/// |---|---|
/// | memory used is above memory_limit of what there is | sleep |
/// | f is above loss_limit, trend above -trend_tolerance f, living neurons below capacity_limit of
/// the places | spawn spawn_count | | the same, but no place is left | sleep | | none | normal |
///
/// After a spawn nothing is spawned for spawn_rest_ms, after a sleep nobody sleeps for
/// sleep_rest_ms: what was done must have time to tell.

#include <cstdint>
#include <string>

#include "core/config.hpp"

namespace noesis {

struct LoadMonitorSpec {
  double fast_tau_ms = 50;
  double slow_tau_ms = 250;
  double loss_limit = 0.1;
  double trend_tolerance = 0.05;
  double capacity_limit = 0.95;
  double memory_limit = 0.9;
  double memory_mib = 4096;
  std::int64_t spawn_count = 1;
  double spawn_rest_ms = 200;
  double sleep_rest_ms = 1000;

  template <class V>
  void visit(V& v) {
    v("fast_tau_ms", fast_tau_ms, "Time constant of the loss's average [ms]", greater_than(0));
    v("slow_tau_ms", slow_tau_ms, "Time constant of what it is compared with [ms]",
      greater_than(0));
    v("loss_limit", loss_limit, "Average loss that is too much", greater_than(0));
    v("trend_tolerance", trend_tolerance, "Part of the loss by which it must fall to be left alone",
      at_least(0));
    v("capacity_limit", capacity_limit, "Part of the places that living neurons may take",
      between(0, 1));
    v("memory_limit", memory_limit, "Part of the memory that the connectome may take",
      between(0, 1));
    v("memory_mib", memory_mib, "Memory that there is for the connectome [MiB]", greater_than(0));
    v("spawn_count", spawn_count, "Neurons that are born at a time", at_least(1));
    v("spawn_rest_ms", spawn_rest_ms, "Time after a birth without another [ms]", at_least(0));
    v("sleep_rest_ms", sleep_rest_ms, "Time after a sleep without another [ms]", at_least(0));
  }
};

/// What is known of a brain at a time.
struct CognitiveLoad {
  double time_ms = 0;
  double loss = 0;  ///< at least 0
  std::int64_t num_alive = 0;
  std::int64_t num_places = 0;  ///< for neurons
  std::int64_t num_synapses = 0;

  /// Of the connectome [bytes]: 8 a synapse, 24 a place.
  double memory_bytes() const {
    return 8 * static_cast<double>(num_synapses) + 24 * static_cast<double>(num_places);
  }
};

enum class LoadCommand { kNormal, kSpawn, kSleep };
/// "CMD_NORMAL", "CMD_SPAWN", "CMD_SLEEP".
const char* name_of(LoadCommand command) noexcept;

struct LoadDecision {
  LoadCommand command = LoadCommand::kNormal;
  std::int64_t count = 0;  ///< neurons to be born
  double loss = 0;         ///< averaged
  double trend = 0;
  double capacity = 0;  ///< part of the places that is taken
  double memory = 0;    ///< part of the memory that is taken
  std::string reason;   ///< the rule that held, with its numbers
};

/// Not thread-safe.
class LoadMonitor {
 public:
  explicit LoadMonitor(const LoadMonitorSpec& spec) : spec_(spec) {}

  /// Times do not go back. @throws ConfigError for a loss that is negative or not finite.
  LoadDecision decide(const CognitiveLoad& load);

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("time_ms", self.time_ms_);
    v("fast", self.fast_);
    v("slow", self.slow_);
    v("spawn_from_ms", self.spawn_from_ms_);
    v("sleep_from_ms", self.sleep_from_ms_);
  }

 private:
  LoadMonitorSpec spec_;
  double time_ms_ = 0;
  double fast_ = 0, slow_ = 0;
  double spawn_from_ms_ = 0, sleep_from_ms_ = 0;
};

}  // namespace noesis
