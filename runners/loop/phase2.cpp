#include "runners/loop/phase2.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "core/names.hpp"
#include "physics/verdict/evidence.hpp"
#include "physics/verdict/prediction_time.hpp"
#include "physics/verdict/verdict.hpp"
#include "physics/vitals/quantile.hpp"
#include "runners/jobs/figure.hpp"
#include "runners/loop/plots.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kTouchAmplitude = 3;
constexpr std::int64_t kStarts = 32;
constexpr std::int64_t kHeard = 200;        ///< samples before a prediction
constexpr double kHorizonLyapunov = 12;     ///< predictions are followed for
constexpr std::int64_t kPlotSamples = 300;  ///< of a free run beside the truth
constexpr std::int64_t kPlotUnits = 4;

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

const std::vector<std::string> kParts = {"gru", "fast-cache", "arousal", "local-bias", "graph"};

[[noreturn]] void throw_unknown_part(const std::string& hypothesis, const std::string& part) {
  throw ConfigError(
      {.what = "unknown part in a hypothesis",
       .where = hypothesis,
       .got = part,
       .allowed = "slow-core+PART, all-PART; PART: " + join_names(kParts),
       .next = suggest_name(part.substr(std::min<std::size_t>(1, part.size())), kParts)});
}

bool& part_of(Hypothesis& hypothesis, const std::string& part) {
  if (part == "gru") return hypothesis.gru;
  if (part == "fast-cache") return hypothesis.fast_cache;
  if (part == "arousal") return hypothesis.arousal;
  if (part == "graph") return hypothesis.graph;
  return hypothesis.local_bias;
}

/// Predictions from kStarts places of an unseen tape: valid samples of each, and the first one's
/// course.
struct Following {
  std::vector<std::int64_t> valid;
  std::vector<double> truth, emulator;  ///< (kPlotSamples x num_units) of the first start
};

Following follow(Emulator& emulator, const SubjectFacts& facts, std::uint64_t seed) {
  const double lyapunov_samples = 1 / (std::max(facts.exponent, 0.01) * facts.subject.interval);
  const auto horizon = std::max(
      kPlotSamples, static_cast<std::int64_t>(std::ceil(kHorizonLyapunov * lyapunov_samples)));
  const std::int64_t spacing = horizon / 2;
  const ThreadArena arena(1);
  const auto subject = make_process(facts.subject, arena);
  const Tape tape = record_tape(*subject, seed, kHeard + horizon + spacing * (kStarts - 1),
                                {.fraction = 0, .scale = {}});
  std::vector<Process::State> states;
  for (std::int64_t s = 0; s < kStarts; ++s) {
    states.push_back(emulator.listen(tape, s * spacing, kHeard));
  }
  const std::int64_t units = tape.num_units;
  const std::vector<double> no_input(index(kStarts * tape.num_sites));
  std::vector<double> step(index(kStarts * units));
  std::vector<std::vector<double>> predicted(index(kStarts));
  for (std::int64_t t = 0; t < horizon; ++t) {
    emulator.step(states, no_input, step);
    for (std::int64_t s = 0; s < kStarts; ++s) {
      const auto* row = step.data() + s * units;
      predicted[index(s)].insert(predicted[index(s)].end(), row, row + units);
    }
  }
  Following following;
  for (std::int64_t s = 0; s < kStarts; ++s) {
    const std::span<const double> truth =
        std::span(tape.observations)
            .subspan(index((s * spacing + kHeard) * units), index(horizon * units));
    following.valid.push_back(
        valid_prediction_samples(truth, predicted[index(s)], facts.reference.deviation));
    if (s == 0) {
      const auto shown = truth.first(index(kPlotSamples * units));
      following.truth.assign(shown.begin(), shown.end());
      predicted[0].resize(index(kPlotSamples * units));
      following.emulator = std::move(predicted[0]);
    }
  }
  return following;
}

/// Rows of units over time.
Json courses(const std::vector<double>& series, std::int64_t units) {
  Json rows = Json::array();
  const std::int64_t shown = std::min(units, kPlotUnits);
  for (std::int64_t k = 0; k < shown; ++k) {
    const std::int64_t unit = k * units / shown;
    Json row = Json::array();
    for (std::size_t t = index(unit); t < series.size(); t += index(units)) {
      row.push_back(plot_number(series[t]));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json free_run_plot(const Following& following, const SubjectFacts& facts) {
  Json time = Json::array();
  for (std::int64_t t = 0; t < kPlotSamples; ++t) {
    time.push_back(plot_number(static_cast<double>(t + 1) * facts.subject.interval));
  }
  return {{"time_tau", time},
          {"truth", courses(following.truth, facts.subject.num_units)},
          {"emulator", courses(following.emulator, facts.subject.num_units)}};
}

Json value_of(const Verdict& verdict, const char* name) {
  const auto& value = verdict.criterion(name).value;
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

/// [mean, low, high] by bootstrap over seeds; null where no seed has the figure.
Json figure_over(const std::vector<Json>& records, const char* key) {
  std::vector<double> values;
  for (const Json& record : records) {
    if (record.contains(key) && record.at(key).is_number()) {
      values.push_back(record.at(key).get<double>());
    }
  }
  if (values.empty()) return nullptr;
  const Figure figure = mean_interval(values);
  return {figure.mean, figure.low, figure.high};
}

}  // namespace

Hypothesis Hypothesis::parse(const std::string& name) {
  Hypothesis hypothesis{.name = name};
  if (name == "echo-state" || name == "linear") {
    hypothesis.learns = false;
    return hypothesis;
  }
  const bool all = name.starts_with("all");
  std::string rest;
  if (all) {
    rest = name.substr(3);
    for (const std::string& part : kParts) part_of(hypothesis, part) = true;
  } else if (name.starts_with("slow-core")) {
    rest = name.substr(9);
  } else {
    throw ConfigError(
        {.what = "unknown hypothesis",
         .where = "phase2.hypotheses",
         .got = name,
         .allowed = "slow-core, slow-core+PART+..., all, all-PART, echo-state, linear",
         .next = "PART is one of " + join_names(kParts)});
  }
  // Longest names first: "fast-cache" and "local-bias" have the sign of removal in them.
  const char sign = all ? '-' : '+';
  while (!rest.empty()) {
    const auto found = std::ranges::find_if(kParts, [&](const std::string& part) {
      return rest.substr(1).starts_with(part) &&
             (rest.size() == part.size() + 1 || rest[part.size() + 1] == sign);
    });
    if (rest[0] != sign || found == kParts.end()) throw_unknown_part(name, rest);
    part_of(hypothesis, *found) = !all;
    rest = rest.substr(found->size() + 1);
  }
  return hypothesis;
}

Tape training_tape(const SubjectFacts& facts, std::uint64_t seed, std::int64_t num_samples,
                   double touched_fraction) {
  const ThreadArena arena(1);
  const auto subject = make_process(facts.subject, arena);
  TouchPlan plan{.fraction = touched_fraction,
                 .amplitude = kTouchAmplitude,
                 .pulse_samples = facts.subject.pulse_samples,
                 .scale = touch_amplitudes(facts.reference, facts.subject)};
  for (double& scale : plan.scale) scale /= 2;
  return record_tape(*subject, seed, num_samples, plan);
}

JobResult assess_emulator(Emulator& emulator, const Hypothesis& hypothesis,
                          const SubjectFacts& facts, std::uint64_t seed, Json extra) {
  const Evidence evidence =
      collect_evidence(emulator, facts.reference, {.seed = seed, .keep_series = true});
  const Verdict verdict = judge(facts.reference, evidence);
  const Following following = follow(emulator, facts, seed + 1);
  const PredictionTime vpt =
      prediction_time(following.valid, facts.subject.interval, std::max(facts.exponent, 0.01));
  Json failing = Json::array();
  for (const Criterion& criterion : verdict.criteria) {
    if (criterion.decides && criterion.outcome == Outcome::kFails)
      failing.push_back(criterion.name);
  }
  Json record = {{"hypothesis", hypothesis.name},
                 {"subject", facts.subject.name},
                 {"units", facts.subject.num_units},
                 {"verdict", verdict_name(verdict.kind)},
                 {"failing", failing},
                 {"vpt_lyapunov", {vpt.median, vpt.lower_quartile, vpt.upper_quartile}},
                 {"d_stsp", value_of(verdict, "d_stsp")},
                 {"d_h", value_of(verdict, "d_h")},
                 {"d_del", value_of(verdict, "d_del")},
                 {"w1", value_of(verdict, "wasserstein")},
                 {"touch_r", value_of(verdict, "touch_correlation")},
                 {"touch_gain", value_of(verdict, "touch_gain")},
                 {"exponent_per_tau", evidence.exponent ? Json(evidence.exponent->value) : Json()},
                 {"criteria", criteria_record(verdict)}};
  Json plot = evidence_plot(evidence, facts.reference);
  plot["kind"] = "emulation";
  plot["subject"] = facts.subject.name;
  plot["hypothesis"] = hypothesis.name;
  plot["verdict"] = verdict_name(verdict.kind);
  plot["free_run"] = free_run_plot(following, facts);
  for (const char* drawn : {"learning_curve", "telemetry"}) {
    if (!extra.contains(drawn)) continue;
    plot[drawn] = extra.at(drawn);
    extra.erase(drawn);
  }
  record.update(extra);
  return {std::move(record), std::move(plot)};
}

Json phase2_row(const std::vector<Json>& records) {
  ensure(!records.empty(), "records of a hypothesis");
  std::map<std::string, int> verdicts, failing;
  std::vector<double> median, low, high;
  int stopped = 0, failed = 0;
  for (const Json& record : records) {
    if (record.contains("error")) {
      ++failed;
      continue;
    }
    ++verdicts[record.at("verdict").get<std::string>()];
    for (const Json& name : record.at("failing")) ++failing[name.get<std::string>()];
    median.push_back(record.at("vpt_lyapunov").at(0).get<double>());
    low.push_back(record.at("vpt_lyapunov").at(1).get<double>());
    high.push_back(record.at("vpt_lyapunov").at(2).get<double>());
    stopped += record.value("stopped_by_time", false);
  }
  const Json& first = records.front();
  Json row = {{"hypothesis", first.at("hypothesis")},
              {"subject", first.at("subject")},
              {"units", first.value("units", Json(nullptr))},
              {"bottleneck", first.value("bottleneck", Json(nullptr))},
              {"state_size", first.value("state_size", Json(nullptr))},
              {"seeds", records.size()},
              {"alive", verdicts["Alive"]},
              {"catatonic", verdicts["Catatonic"]},
              {"seizing", verdicts["Seizing"]},
              {"zombie", verdicts["Zombie"]},
              {"failed", failed},
              {"stopped_by_time", stopped}};
  if (median.empty()) {
    row["vpt_lyapunov"] = {0, 0, 0};
  } else {
    row["vpt_lyapunov"] = {quantile(median, .5), quantile(low, .5), quantile(high, .5)};
  }
  for (const char* key : {"d_stsp", "d_h", "d_del", "w1", "touch_r", "touch_gain",
                          "exponent_per_tau", "validation_error"}) {
    row[key] = figure_over(records, key);
  }
  row["failing"] = failing;
  return row;
}

}  // namespace noesis
