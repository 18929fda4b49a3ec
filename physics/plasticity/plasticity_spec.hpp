#pragma once
/// The `[plasticity]` section: which rules change a brain while it runs, and how.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "physics/plasticity/arousal.hpp"
#include "physics/plasticity/hebbian.hpp"
#include "physics/plasticity/homeostasis.hpp"
#include "physics/plasticity/intrinsic_plasticity.hpp"
#include "physics/plasticity/neurogenesis.hpp"
#include "physics/plasticity/oja.hpp"
#include "physics/plasticity/pruning.hpp"
#include "physics/plasticity/sleep_schedule.hpp"
#include "physics/plasticity/structural.hpp"
#include "physics/plasticity/weight_decay.hpp"

namespace noesis {

struct PlasticitySpec {
  std::vector<std::string> rules = {};
  double interval_ms = 1;
  HomeostasisSpec homeostasis;
  IntrinsicPlasticitySpec intrinsic;
  OjaSpec oja;
  HebbianSpec hebbian;
  WeightDecaySpec decay;
  PruningSpec pruning;
  StructuralSpec structural;
  NeurogenesisSpec neurogenesis;
  SleepSpec sleep;
  ArousalSpec arousal;

  bool has(std::string_view rule) const {
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
  }
  /// Whether the connectome itself changes, which a shared batch refuses.
  bool changes_connectome() const {
    return (has("homeostasis") && homeostasis.scaling_speed > 0) || has("oja") || has("hebbian") ||
           has("decay") || changes_structure();
  }
  bool changes_structure() const {
    return has("pruning") || has("structural") || has("neurogenesis");
  }

  /// Whether all its rules change weights and biases in place, each neuron's by itself, but for
  /// pruning now and then: what a device can do.
  bool changes_in_place() const {
    return changes_in_place_between_births() && !has("neurogenesis");
  }

  /// The same but for births, which come now and then as pruning does.
  bool changes_in_place_between_births() const {
    return !has("intrinsic") && !has("hebbian") && !has("structural") &&
           !(has("decay") && decay.spared_fraction > 0);
  }

  template <class V>
  void visit(V& v) {
    v("rules", rules, "Rules that run; empty: nothing changes",
      one_of({"homeostasis", "intrinsic", "oja", "hebbian", "decay", "pruning", "structural",
              "neurogenesis", "sleep", "arousal"}));
    if (rules.empty()) return;
    v("interval_ms", interval_ms, "Time between two runs of the rules, whole steps [ms]",
      greater_than(0));
    if (has("homeostasis")) v.section("homeostasis", homeostasis);
    if (has("intrinsic")) v.section("intrinsic", intrinsic);
    if (has("oja")) v.section("oja", oja);
    if (has("hebbian")) v.section("hebbian", hebbian);
    if (has("decay")) v.section("decay", decay);
    if (has("pruning")) v.section("pruning", pruning);
    if (has("structural")) v.section("structural", structural);
    if (has("neurogenesis")) v.section("neurogenesis", neurogenesis);
    if (has("sleep")) v.section("sleep", sleep);
    if (has("arousal")) v.section("arousal", arousal);
  }
};

}  // namespace noesis
