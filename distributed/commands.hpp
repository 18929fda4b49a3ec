#pragma once
/// What the messages between a master and its workers carry. Arrays of a worker's rows are in its
/// own numbering (split_plan.hpp); ids in them are the brain's.

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "distributed/split_plan.hpp"
#include "distributed/wire.hpp"
#include "physics/communicator.hpp"
#include "physics/integrator.hpp"
#include "physics/models/models.hpp"
#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/weight_decay.hpp"
#include "physics/state.hpp"

namespace noesis {

/// What a worker must know of a brain's specification, sent as TOML.
struct WorkerSpec {
  ModelSpec model;
  IntegratorSpec integrator;
  double noise_sigma = 0;

  template <class V>
  void visit(V& v) {
    v.section("model", model);
    v.section("integrator", integrator);
    v("noise_sigma", noise_sigma, "Standard deviation of the additive noise", at_least(0));
  }
};

/// Rows of a table, one after the other.
struct WireRows {
  std::vector<std::int32_t> counts;   ///< (num_own)
  std::vector<std::int32_t> sources;  ///< (num_synapses) ids
  std::vector<float> weights;         ///< (num_synapses)
  std::vector<std::uint16_t> steps;   ///< (num_synapses) of delay, or empty

  template <class V>
  void visit(V& v) {
    v(counts, sources, weights, steps);
  }
};

/// Inputs of a worker's rows: Surgeon's arrays, each (num_tiles x num_own x width).
template <Real T>
struct WireInputs {
  std::vector<std::vector<T>> arrays;

  template <class V>
  void visit(V& v) {
    v(arrays);
  }
};

/// kInit, kSpawn, kSleep: a worker as it is to be.
template <Real T>
struct InitCommand {
  std::string spec;  ///< a WorkerSpec
  BatchShape shape;  ///< of the whole brain
  WorkerPlan plan;
  WireRows synapses;
  WireRows gap_junctions;
  std::uint8_t has_delays = 0;
  std::uint8_t has_gaps = 0;
  std::int64_t longest_delay = 1;
  std::vector<T> state;  ///< (num_tiles x num_components x num_own x width)
  WireInputs<T> inputs;
  std::vector<T> history;  ///< as HistoryCommand
  std::int64_t step = 0;

  template <class V>
  void visit(V& v) {
    v(spec, shape, plan, synapses, gap_junctions, has_delays, has_gaps, longest_delay, state,
      inputs, history, step);
  }
};

/// kNormal: `count` fixed steps from `first` on.
struct NormalCommand {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::vector<std::uint64_t> seeds;
  std::vector<std::int64_t> episode_start;

  template <class V>
  void visit(V& v) {
    v(first, count, seeds, episode_start);
  }
};

/// What a worker says of its steps.
struct NormalAnswer {
  std::uint8_t is_finite = 1;
  double busy_s = 0;              ///< of the command, waiting included
  ExchangeStatistics statistics;  ///< since the worker began

  template <class V>
  void visit(V& v) {
    v(is_finite, busy_s, statistics);
  }
};

/// kHistory, and the answer to kFetchHistory: the past of each environment as
/// DelayLine::append_history() of the worker's neurons has it, one after the other.
template <Real T>
struct HistoryCommand {
  std::int64_t step = 0;
  std::vector<T> values;

  template <class V>
  void visit(V& v) {
    v(step, values);
  }
};

/// kPutRules, and a part of the answer to kFetchRules.
struct RulesMemory {
  std::int64_t num_born = 0;                             ///< ids below that have homeostasis
  std::vector<double> filtered, shortfall, log_factors;  ///< (num_own)

  template <class V>
  void visit(V& v) {
    v(num_born, filtered, shortfall, log_factors);
  }
};

/// kRules: one run of the rules that change weights and biases in place.
struct RulesCommand {
  std::uint8_t has_homeostasis = 0, scales = 0, has_oja = 0, has_decay = 0;
  HomeostasisStep homeostasis;
  double oja_rate = 0;
  double decay_factor = 1;
  std::int64_t num_born = 0;  ///< where there is no homeostasis: all places

  template <class V>
  void visit(V& v) {
    v(has_homeostasis, scales, has_oja, has_decay, homeostasis, oja_rate, decay_factor, num_born);
  }
};

/// The answer to kFetchRules.
struct RulesAnswer {
  std::vector<float> weights;  ///< (num_synapses)
  RulesMemory memory;

  template <class V>
  void visit(V& v) {
    v(weights, memory);
  }
};

enum class AdaptiveOrder : std::uint8_t { kStart, kAdvance, kStop, kResume, kRestore };
enum class AdaptiveQuestion : std::uint8_t { kInterpolate, kStatistics, kSnapshot };

/// Of AdaptiveSnapshot.
template <Real T>
struct WireAdaptive {
  std::vector<T> base;  ///< (num_tiles x num_components x num_own x width)
  std::vector<double> time, step, next_step;
  std::vector<std::uint8_t> taken, clipped;
  std::vector<StepStatistics> statistics;
  double limit = 0;

  template <class V>
  void visit(V& v) {
    v(base, time, step, next_step, taken, clipped, statistics, limit);
  }
};

/// kAdaptive: what AdaptiveStepper is told; fields that an order does not use are empty.
template <Real T>
struct AdaptiveCommand {
  AdaptiveOrder order = AdaptiveOrder::kStart;
  double time_ms = 0;  ///< of start; target of advance
  double limit_ms = 0;
  std::vector<T> state;
  WireAdaptive<T> snapshot;

  template <class V>
  void visit(V& v) {
    v(order, time_ms, limit_ms, state, snapshot);
  }
};

/// kFetchAdaptive.
struct AdaptiveQuery {
  AdaptiveQuestion question = AdaptiveQuestion::kInterpolate;
  double time_ms = 0;

  template <class V>
  void visit(V& v) {
    v(question, time_ms);
  }
};

/// The answer to kSnapshot, opaque to the master, and kRestore: all that changes in a worker. What
/// did not change since kInit is empty.
template <Real T>
struct WorkerSnapshot {
  std::int64_t step = 0;
  std::vector<T> state;
  WireInputs<T> inputs;
  std::vector<T> history;
  std::vector<float> weights;
  std::uint8_t has_memory = 0;
  RulesMemory memory;
  WireAdaptive<T> adaptive;

  template <class V>
  void visit(V& v) {
    v(step, state, inputs, history, weights, has_memory, memory, adaptive);
  }
};

template <class Command>
Bytes encode(const Command& command) {
  WireWriter writer;
  writer(command);
  return writer.take();
}

/// @throws WireError.
template <class Command>
Command decode(std::span<const std::byte> payload) {
  Command command;
  WireReader reader(payload);
  reader(command);
  reader.end();
  return command;
}

/// Values of rows `ids` of one plane (num_neurons x width), and back.
template <Real T>
void gather_rows(const T* plane, std::span<const std::int32_t> ids, int width, T* rows);
template <Real T>
void scatter_rows(const T* rows, std::span<const std::int32_t> ids, int width, T* plane);

/// Digest of what a worker holds: numbering, rows, weights.
std::string digest_rows(const WorkerPlan& plan, const WireRows& synapses,
                        const WireRows& gap_junctions);

}  // namespace noesis
