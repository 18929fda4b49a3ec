#include "runners/loop/phase2_jobs.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "agent/emulator.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "physics/discovery/estimators.hpp"
#include "runners/loop/baseline_emulators.hpp"
#include "runners/loop/plots.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

/// Samples that a graph is discovered from: well above the unknowns of the worm (605 a row).
constexpr std::int64_t kGraphSamples = 5000;
constexpr std::int64_t kEchoUnits = 300;
constexpr std::int64_t kTelemetrySamples = 400;
constexpr std::int64_t kHeard = 200;
/// A curve has about this many points.
constexpr std::int64_t kCurvePoints = 200;

/// Keeps the loss of a training, thinned.
class LossCurve final : public ScalarSink {
 public:
  explicit LossCurve(std::int64_t updates)
      : every_(std::max<std::int64_t>(1, updates / kCurvePoints)) {}

  void scalar(std::string_view name, std::int64_t step, double value) override {
    if (name != "emulator/loss") return;
    sum_ += value;
    if (++count_ < every_) return;
    updates_.push_back(step);
    losses_.push_back(plot_number(sum_ / static_cast<double>(count_)));
    sum_ = 0;
    count_ = 0;
  }
  Json plot() const { return {{"update", updates_}, {"loss", losses_}}; }

 private:
  std::int64_t every_;
  std::int64_t count_ = 0;
  double sum_ = 0;
  Json updates_ = Json::array(), losses_ = Json::array();
};

EmulatorConfig config_of(const EmulationTask& task) {
  EmulatorConfig config = task.spec.emulator;
  config.agent.use_gru = task.hypothesis.gru;
  config.agent.use_fast_cache = task.hypothesis.fast_cache;
  config.agent.use_arousal = task.hypothesis.arousal;
  config.agent.use_local_bias = task.hypothesis.local_bias;
  return config;
}

std::int64_t updates_of(const EmulatorConfig& config) {
  std::int64_t updates = 0;
  for (const EmulatorPhase& phase : config.phases) updates += phase.updates;
  return updates;
}

/// RMS of one-sample predictions on an unseen tape, in deviations of each unit; decisions of the
/// meta-controller on the way.
double one_step_error(AgentEmulator& emulator, const SubjectFacts& facts, std::uint64_t seed,
                      Json& telemetry) {
  const Tape tape = training_tape(facts, seed, kHeard + kTelemetrySamples, 0.3);
  Json step = Json::array(), surprise = Json::array(), norm = Json::array(),
       entropy = Json::array(), decision = Json::array();
  emulator.set_meta_log([&](const MetaRecord& record) {
    step.push_back(record.step);
    surprise.push_back(plot_number(record.telemetry.surprise));
    norm.push_back(plot_number(record.telemetry.fast_norm));
    entropy.push_back(plot_number(record.telemetry.prediction_entropy));
    decision.push_back(decision_name(record.decision));
  });
  const std::vector<double> predicted = emulator.predict_next(tape, 0, kHeard, kTelemetrySamples);
  emulator.set_meta_log({});
  if (!step.empty()) {
    telemetry = {{"step", step},
                 {"surprise", surprise},
                 {"fast_norm", norm},
                 {"entropy", entropy},
                 {"decision", decision}};
  }
  const auto units = static_cast<std::size_t>(tape.num_units);
  double squares = 0;
  for (std::size_t n = 0; n < predicted.size(); ++n) {
    const double truth = tape.observations[static_cast<std::size_t>(kHeard) * units + n];
    const double sd = facts.reference.deviation[n % units];
    if (sd > 0) squares += std::pow((predicted[n] - truth) / sd, 2);
  }
  return std::sqrt(squares / static_cast<double>(predicted.size()));
}

/// What Phase 1's VAR(1) believes about the wiring, from the tape alone.
std::vector<double> discovered_graph(const Tape& tape, const Subject& subject) {
  const std::int64_t samples = std::min(kGraphSamples, tape.num_samples() - 1);
  const std::int64_t units = tape.num_units;
  Dataset data;
  data.e = data.e_after = DenseMatrix(samples, units);
  data.inputs = DenseMatrix(samples, tape.num_sites);
  for (std::int64_t t = 0; t < samples; ++t) {
    std::ranges::copy(tape.observation(t), data.e.row(t).begin());
    std::ranges::copy(tape.observation(t + 1), data.e_after.row(t).begin());
    std::ranges::copy(tape.input(t + 1), data.inputs.row(t).begin());
    data.previous.push_back(t - 1);
  }
  data.twin.assign(static_cast<std::size_t>(samples), -1);
  data.site = data.twin;
  return estimate("var1", subject, data).weights.values;
}

JobResult train_and_assess(const EmulationTask& task) {
  const SubjectFacts& facts = *task.facts;
  const auto tape = std::make_shared<const Tape>(
      training_tape(facts, task.seed, task.spec.num_samples, task.spec.touched_fraction));
  Json extra = {{"seed_index", task.seed_index}};
  const std::uint64_t unseen = task.seed + 1;
  const double interval = facts.subject.interval;
  if (task.hypothesis.name == "linear") {
    extra["state_size"] = tape->num_units;
    const auto emulator = train_linear(tape, interval);
    return assess_emulator(*emulator, task.hypothesis, facts, unseen, std::move(extra));
  }
  if (!task.hypothesis.learns) {
    double unit = 0;
    for (const double input : tape->inputs) unit = std::max(unit, std::abs(input));
    extra["state_size"] = kEchoUnits + tape->num_units;
    const auto emulator = train_echo_state(
        tape, interval, {.num_units = kEchoUnits, .input_unit = unit > 0 ? unit : 1}, task.seed);
    return assess_emulator(*emulator, task.hypothesis, facts, unseen, std::move(extra));
  }
  const EmulatorConfig config = config_of(task);
  LossCurve curve(updates_of(config));
  std::vector<double> graph;
  if (task.hypothesis.graph) graph = discovered_graph(*tape, facts.subject);
  const auto emulator = train_emulator(tape, interval, config, task.seed, &curve, graph);
  const TrainingReport& report = emulator->report();
  extra["bottleneck"] =
      config.bottleneck > 0 ? std::min(config.bottleneck, tape->num_units) : tape->num_units;
  extra["state_size"] = emulator->state_size();
  extra["parameters"] = report.parameters;
  extra["updates"] = report.updates;
  extra["stopped_by_time"] = report.out_of_time;
  extra["learning_curve"] = curve.plot();
  Json telemetry;
  extra["validation_error"] = one_step_error(*emulator, facts, unseen + 2, telemetry);
  if (!telemetry.is_null()) extra["telemetry"] = std::move(telemetry);
  return assess_emulator(*emulator, task.hypothesis, facts, unseen, std::move(extra));
}

}  // namespace

Job phase2_job(EmulationTask task) {
  const double cost = task.hypothesis.learns ? 20 : 3;
  const std::string id = task.id;
  return {id, cost, [task = std::move(task)]() -> std::optional<JobResult> {
            const std::string who = task.hypothesis.name + " on " + task.facts->subject.name +
                                    ", seed " + std::to_string(task.seed_index);
            try {
              JobResult result = train_and_assess(task);
              if (!result.plot.is_null()) result.plot["seed"] = task.seed_index;
              return result;
            } catch (const RunError& error) {
              if (interrupt_requested()) return std::nullopt;
              return JobResult{{{"hypothesis", task.hypothesis.name},
                                {"subject", task.facts->subject.name},
                                {"error", who + ": " + error.what()}},
                               nullptr};
            }
          }};
}

}  // namespace noesis
