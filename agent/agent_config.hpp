#pragma once
/// Configuration of the agent: which parts it has, how large they are, how fast they learn.

#include <cstdint>
#include <string>

#include "core/config.hpp"

namespace noesis {

/// The fast cache (wzma.hpp).
struct FastCacheConfig {
  std::string rule = "delta";
  std::int64_t banks = 2;
  std::int64_t rank = 16;
  double rate = 0.5;
  double decay = 0.99;
  double slot_norm = 1;

  template <class V>
  void visit(V& v) {
    v("rule", rule, "What is written: co-activity, or the prediction error",
      one_of({"hebbian", "delta"}));
    v("banks", banks, "Banks; the first is plastic", between(1, 64));
    v("rank", rank, "Slots of a bank; 0: no plastic bank", between(0, 1024));
    v("rate", rate, "Learning rate", between(0, 1));
    v("decay", decay, "What a learning step leaves of every slot", between(0, 1));
    v("slot_norm", slot_norm, "Bound of each slot's norm", greater_than(0));
  }
};

/// Arousal (arousal.hpp). Times in steps.
struct ArousalConfig {
  double surprise_gain = 0.3;
  double pressure_gain = 0.3;
  double habituation_time = 50;
  double pressure_time = 1000;
  double low = 0.5;
  double high = 2;

  template <class V>
  void visit(V& v) {
    v("surprise_gain", surprise_gain, "Rise of the gain with unhabituated surprise", at_least(0));
    v("pressure_gain", pressure_gain, "Fall of the gain with sleep pressure", at_least(0));
    v("habituation_time", habituation_time, "Surprise is got used to in [steps]", at_least(1));
    v("pressure_time", pressure_time, "Sleep pressure follows activity in [steps]", at_least(1));
    v("low", low, "Lowest gain", greater_than(0));
    v("high", high, "Highest gain", greater_than(0));
  }
};

/// Local intrinsic bias (local_bias.hpp).
struct LocalBiasConfig {
  double set_point = 0.1;
  double rate = 0.001;
  double rate_time = 20;
  double limit = 1;

  template <class V>
  void visit(V& v) {
    v("set_point", set_point, "Rate that each hidden unit is drawn to");
    v("rate", rate, "Learning rate of the bias [1/step]", between(0, 1));
    v("rate_time", rate_time, "A unit's own rate is averaged over [steps]", at_least(1));
    v("limit", limit, "Bound of the bias", at_least(0));
  }
};

/// The rule-based controller of the fast cache (meta_controller.hpp). Times in steps.
struct MetaConfig {
  double statistics_time = 200;
  double learn_above = 0;
  double hold_below = -0.5;
  double decay_norm = 0.8;
  double resume_norm = 0.6;
  double entropy_high = 1;
  std::int64_t min_dwell = 5;
  double page_hinkley_slack = 0.5;
  double page_hinkley_threshold = 15;

  template <class V>
  void visit(V& v) {
    v("statistics_time", statistics_time, "Mean and variance of surprise are taken over [steps]",
      at_least(2));
    v("learn_above", learn_above, "Surprise from which the cache learns [sd]");
    v("hold_below", hold_below, "Surprise below which it stops learning [sd]");
    v("decay_norm", decay_norm, "Norm from which it decays, as a fraction of its bound",
      between(0, 1));
    v("resume_norm", resume_norm, "Norm below which decay ends, as a fraction of its bound",
      between(0, 1));
    v("entropy_high", entropy_high,
      "Rise of the prediction's entropy over its long-term mean that counts as high [nat]",
      at_least(0));
    v("min_dwell", min_dwell, "Steps that a decision stands at least", at_least(1));
    v("page_hinkley_slack", page_hinkley_slack, "Change that is no change [sd]", at_least(0));
    v("page_hinkley_threshold", page_hinkley_threshold, "Evidence for a change point [sd]",
      greater_than(0));
  }
};

/// The parts of a HybridAgent. The four switches are the hypotheses that are compared.
struct AgentConfig {
  bool use_gru = true;
  bool use_fast_cache = false;
  bool use_arousal = false;
  bool use_local_bias = false;
  std::int64_t encoder_size = 64;
  std::int64_t hidden_size = 64;
  std::int64_t gru_size = 64;
  double gru_memory = 0;
  std::string activation = "tanh";
  FastCacheConfig fast_cache;
  ArousalConfig arousal;
  LocalBiasConfig local_bias;
  MetaConfig meta;

  template <class V>
  void visit(V& v) {
    v("use_gru", use_gru, "A recurrent state");
    v("use_fast_cache", use_fast_cache, "A plastic memory beside the core");
    v("use_arousal", use_arousal, "One global gain on the core's hidden units");
    v("use_local_bias", use_local_bias, "Homeostasis of each hidden unit");
    v("encoder_size", encoder_size, "Units of the encoder; 0: observations go in as they are",
      between(0, 65536));
    v("hidden_size", hidden_size, "Units of each of the core's two hidden layers",
      between(1, 65536));
    v("gru_size", gru_size, "Units of the recurrent state", between(1, 65536));
    v("gru_memory", gru_memory,
      "Bias of the update gate at the start: the higher, the longer the state is kept");
    v("activation", activation, "Of encoder and core", one_of({"tanh", "silu"}));
    v.section("fast_cache", fast_cache);
    v.section("arousal", arousal);
    v.section("local_bias", local_bias);
    v.section("meta", meta);
  }
};

/// What an agent is made for.
struct AgentShape {
  std::int64_t observation_size = 0;
  std::int64_t action_size = 0;      ///< 0: no policy and no value
  std::int64_t prediction_size = 0;  ///< the first of the observation are predicted
};

}  // namespace noesis
