#include "env/env_checker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr std::uint64_t kSeed = 123;
constexpr int kSteps = 10;

/// What happened in a few steps, in the order that it came.
struct Run {
  ResetResult first;
  std::vector<StepResult> steps;
};

std::string in_part(std::string part, const std::string& message) {
  return part.append(": ").append(message);
}

bool equal(const StepResult& a, const StepResult& b) {
  return a.observation == b.observation && a.reward == b.reward && a.terminated == b.terminated &&
         a.truncated == b.truncated && a.info == b.info;
}
bool equal(const ResetResult& a, const ResetResult& b) {
  return a.observation == b.observation && a.info == b.info;
}
bool equal(const Run& a, const Run& b) {
  return equal(a.first, b.first) &&
         std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                    [](const auto& x, const auto& y) { return equal(x, y); });
}

Value action_of(Env& env, int step) {
  RandomSequence random(kSeed, Stream::kTask, static_cast<std::uint32_t>(step));
  return env.action_space().sample(random);
}

/// At most kSteps steps with actions that depend on their number alone; ends with the episode.
std::vector<StepResult> walk(Env& env) {
  std::vector<StepResult> steps;
  for (int k = 0; k < kSteps; ++k) {
    steps.push_back(env.step(action_of(env, k)));
    if (steps.back().terminated || steps.back().truncated) break;
  }
  return steps;
}

template <class Call>
bool is_refused(const Call& call) {
  try {
    call();
  } catch (const ConfigError&) {
    return true;
  }
  return false;
}

bool has_nan(const Value& value) {
  if (const Dict* dict = value.dict()) {
    return std::any_of(dict->begin(), dict->end(),
                       [](const auto& entry) { return has_nan(entry.second); });
  }
  if (const Tuple* tuple = value.tuple()) {
    return std::any_of(tuple->begin(), tuple->end(), has_nan);
  }
  for (std::int64_t i = 0; i < value.array()->size(); ++i) {
    if (std::isnan(value.array()->at(i))) return true;
  }
  return false;
}

/// The action with its first float made NaN; empty when it has none.
std::vector<Value> with_nan(const Value& action) {
  if (const Dict* dict = action.dict()) {
    for (const auto& [key, part] : *dict) {
      const std::vector<Value> broken = with_nan(part);
      if (broken.empty()) continue;
      Dict copy = *dict;
      copy.at(key) = broken.front();
      return {copy};
    }
    return {};
  }
  if (const Tuple* tuple = action.tuple()) {
    for (std::size_t i = 0; i < tuple->size(); ++i) {
      const std::vector<Value> broken = with_nan((*tuple)[i]);
      if (broken.empty()) continue;
      Tuple copy = *tuple;
      copy[i] = broken.front();
      return {copy};
    }
    return {};
  }
  const Array& array = *action.array();
  if (array.size() == 0) return {};
  const auto spoil = [&]<class T>(T nan) {
    std::vector<T> values(array.values<T>().begin(), array.values<T>().end());
    values.front() = nan;
    return std::vector<Value>{Array(array.shape(), std::move(values))};
  };
  if (array.dtype() == DType::kFloat32) return spoil(std::numeric_limits<float>::quiet_NaN());
  if (array.dtype() == DType::kFloat64) return spoil(std::numeric_limits<double>::quiet_NaN());
  return {};
}

class Checker {
 public:
  explicit Checker(const EnvFactory& factory) : factory_(factory) {}

  std::vector<Violation> check() {
    rule("reset-observation", [this] { return reset_observation(); });
    rule("reset-options", [this] { return reset_options(); });
    rule("reset-seed", [this] { return reset_seed(); });
    rule("reset-deterministic", [this] { return reset_deterministic(); });
    rule("reset-differs", [this] { return reset_differs(); });
    rule("step-observation", [this] { return step_observation(); });
    rule("step-reward", [this] { return step_reward(); });
    rule("step-info", [this] { return step_info(); });
    rule("step-deterministic", [this] { return step_deterministic(); });
    rule("step-order", [this] { return step_order(); });
    rule("action-form", [this] { return action_form(); });
    rule("action-finite", [this] { return action_finite(); });
    rule("snapshot", [this] { return snapshot(); });
    rule("snapshot-foreign", [this] { return snapshot_foreign(); });
    rule("render", [this] { return render(); });
    rule("close", [this] { return close_twice(); });
    warning("observation-bounds", bounds(factory_("")->observation_space(), false));
    warning("action-bounds", bounds(factory_("")->action_space(), true));
    return std::move(violations_);
  }

 private:
  /// `body` says what is wrong, or nothing.
  template <class Body>
  void rule(const char* name, const Body& body) {
    std::string message;
    try {
      message = body();
    } catch (const UserError& error) {
      message = std::string("an error: ") + error.what();
    }
    if (!message.empty()) violations_.push_back({name, std::move(message), false});
  }
  void warning(const char* name, std::string message) {
    if (!message.empty()) violations_.push_back({name, std::move(message), true});
  }

  std::unique_ptr<Env> started() const {
    auto env = factory_("");
    env->reset(kSeed, {});
    return env;
  }
  std::vector<StepResult> steps() const { return walk(*started()); }

  std::string reset_observation() const {
    auto env = factory_("");
    return env->observation_space().violation(env->reset(kSeed, {}).observation);
  }
  std::string reset_options() const {
    auto env = factory_("");
    const Dict unknown = {{"an option that nobody has", Array(1.0)}};
    return is_refused([&] { env->reset(kSeed, unknown); }) ? "" : "an unknown option is taken";
  }
  std::string reset_seed() const {
    auto env = started();
    if (env->seed() != kSeed) return "seed() is " + std::to_string(env->seed()) + " after 123";
    env->reset({}, {});
    if (env->seed() != kSeed) return "a reset without seed changes the seed";
    env->reset(kSeed + 1, {});
    return env->seed() == kSeed + 1 ? "" : "a second seed is not taken";
  }
  std::string reset_deterministic() const {
    auto a = factory_("");
    auto b = factory_("");
    if (!equal(a->reset(kSeed, {}), b->reset(kSeed, {}))) return "equal seeds, unequal resets";
    if (!equal(a->reset({}, {}), b->reset({}, {}))) return "unequal resets without seed";
    walk(*a);
    return equal(a->reset(kSeed, {}), b->reset(kSeed, {})) ? ""
                                                           : "a seed gives something else later";
  }
  std::string reset_differs() const {
    const auto run = [this](std::uint64_t seed) {
      auto env = factory_("");
      Run result{env->reset(seed, {}), {}};
      result.steps = walk(*env);
      return result;
    };
    const Run first = run(kSeed);
    for (std::uint64_t seed = kSeed + 1; seed < kSeed + 5; ++seed) {
      if (!equal(first, run(seed))) return {};
    }
    return "five seeds give one episode";
  }
  std::string step_observation() const {
    const auto env = started();
    for (const StepResult& step : walk(*env)) {
      std::string message = env->observation_space().violation(step.observation);
      if (!message.empty()) return message;
    }
    return {};
  }
  std::string step_reward() const {
    for (const StepResult& step : steps()) {
      if (!std::isfinite(step.reward)) return "a reward is " + std::to_string(step.reward);
    }
    return {};
  }
  std::string step_info() const {
    for (const StepResult& step : steps()) {
      for (const auto& [key, value] : step.info) {
        if (has_nan(value)) return "'" + key + "' is NaN";
      }
    }
    return {};
  }
  std::string step_deterministic() const {
    const auto a = steps();
    const auto b = steps();
    const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end(),
                                 [](const auto& x, const auto& y) { return equal(x, y); });
    return same ? "" : "equal seeds and actions, unequal steps";
  }
  std::string step_order() const {
    auto env = factory_("");
    return is_refused([&] { env->step(action_of(*env, 0)); }) ? "" : "a step before reset is taken";
  }
  std::string action_form() const {
    auto env = started();
    return is_refused([&] { env->step(Tuple{}); }) ? "" : "an empty tuple is taken for an action";
  }
  std::string action_finite() const {
    auto spoilt = started();
    const std::vector<Value> action = with_nan(action_of(*spoilt, 0));
    if (action.empty()) return {};  // no floats in it
    if (!is_refused([&] { spoilt->step(action.front()); })) return "NaN is taken for an action";
    const auto clean = started();
    return equal(spoilt->step(action_of(*spoilt, 0)), clean->step(action_of(*clean, 0)))
               ? ""
               : "an action that was refused has changed something";
  }
  std::string snapshot() const {
    auto env = started();
    env->step(action_of(*env, 0));
    const Snapshot moment = env->snapshot();
    const auto expected = walk(*env);
    const auto same = [&](Env& other) {
      other.restore(moment);
      const auto found = walk(other);
      return std::equal(found.begin(), found.end(), expected.begin(), expected.end(),
                        [](const auto& x, const auto& y) { return equal(x, y); });
    };
    if (!same(*env)) return "gone back to, an environment does something else";
    auto other = factory_("");
    return same(*other) ? "" : "another environment does something else from there";
  }
  std::string snapshot_foreign() const {
    auto env = started();
    Snapshot cut = env->snapshot();
    if (cut.empty()) return "a snapshot is empty";
    cut.pop_back();
    if (!is_refused([&] { env->restore(cut); })) return "a snapshot cut short is taken";
    return is_refused([&] { env->restore({1, 2, 3}); }) ? "" : "three bytes are taken";
  }
  std::string render() const {
    const auto beside = started();
    const EnvMetadata& metadata = beside->metadata();
    if (!(metadata.render_fps > 0)) return "render_fps is not positive";
    for (const std::string& mode : metadata.render_modes) {
      auto env = factory_(mode);
      if (env->render_mode() != mode) return "mode " + mode + " is not the one asked for";
      env->reset(kSeed, {});
      const std::string message = wrong_frame(mode, env->render());
      if (!message.empty()) return in_part(mode, message);
    }
    return {};
  }
  static std::string wrong_frame(const std::string& mode, const Frame& frame) {
    if (mode == "human") return frame.index() == 0 ? "" : "it gives a frame";
    if (mode == "ansi") return std::get_if<std::string>(&frame) != nullptr ? "" : "it is no text";
    if (mode != "rgb_array") return {};
    const Array* pixels = std::get_if<Array>(&frame);
    const bool is_picture = pixels != nullptr && pixels->dtype() == DType::kUint8 &&
                            pixels->shape().size() == 3 && pixels->shape()[2] == 3;
    return is_picture ? "" : "it is not uint8 of (height, width, 3)";
  }
  std::string close_twice() const {
    auto env = started();
    env->close();
    env->close();
    return {};
  }

  static std::string bounds(const Space& space, bool is_action) {
    if (const auto* dict = space.get_if<DictSpace>()) {
      for (const auto& [key, part] : dict->spaces) {
        const std::string message = bounds(part, false);
        if (!message.empty()) return in_part(key, message);
      }
    }
    const Box* box = space.get_if<Box>();
    if (box == nullptr) return {};
    for (std::size_t i = 0; i < box->low.size(); ++i) {
      if (!std::isfinite(box->low[i]) || !std::isfinite(box->high[i])) return "an infinite bound";
      if (box->low[i] == box->high[i]) return "low equals high";
      if (is_action && (box->low[i] != -1 || box->high[i] != 1)) {
        return "an action is not in [-1, 1]";
      }
    }
    return {};
  }

  const EnvFactory& factory_;
  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> check_env(const EnvFactory& factory) { return Checker(factory).check(); }

void require_env(const EnvFactory& factory) {
  for (const Violation& violation : check_env(factory)) {
    if (violation.is_warning) continue;
    throw ConfigError({.what = "an environment breaks rule " + violation.rule,
                       .where = factory("")->spec().id,
                       .got = violation.message,
                       .allowed = {},
                       .next = {}});
  }
}

}  // namespace noesis
