#include "runners/experiments/seed_and_tape.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/config_difference.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "runners/experiments/experiment.hpp"
#include "runners/experiments/signal_tape.hpp"
#include "runners/experiments/summary.hpp"
#include "runners/experiments/tape_brain.hpp"
#include "runners/factory.hpp"
#include "runners/jobs/paired.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kNumWindows = 100;
constexpr double kSignificance = 0.01;
const std::vector<std::string> kConditions = {"grown", "frozen", "seed", "fixed", "echo state"};

/// What a condition changes in the configuration; sizes and wiring are the kind's.
TapeBrainSpec brain_of(const SeedAndTapeConfig& config, const std::string& condition) {
  TapeBrainSpec brain = config.brain;
  if (condition == "frozen" || condition == "echo state") brain.recurrent_rate = 0;
  if (condition == "seed") brain.neurogenesis.max_neurons = brain.seed_neurons;
  return brain;
}

TapeBrainKind kind_of(const std::string& condition) {
  if (condition == "seed") return TapeBrainKind::kSeed;
  if (condition == "fixed") return TapeBrainKind::kFixed;
  return condition == "echo state" ? TapeBrainKind::kEchoState : TapeBrainKind::kGrown;
}

/// What came of one brain on one tape.
struct Course {
  std::vector<double> step, error, neurons;  // at the ends of windows
  double last_error = 0;                     // over the last tenth
  std::int64_t num_neurons = 0, num_born = 0;
  std::int64_t last_birth = 0;  // step after the last birth; 0: none
};

/// Nothing when interrupted.
std::optional<Course> hear(TapeBrain& brain, const std::vector<double>& tape,
                           const std::function<void(double)>& progress) {
  const double scale = persistence_error(tape);
  const std::int64_t num_steps = std::ssize(tape) - 1;
  const std::int64_t window = std::max<std::int64_t>(num_steps / kNumWindows, 1);
  const double unit = scale > 0 ? scale : 1;
  Course course;
  double squares = 0, last_squares = 0;
  std::int64_t last_count = 0;
  std::int64_t born = 0;
  for (std::int64_t t = 0; t < num_steps; ++t) {
    const auto at = static_cast<std::size_t>(t);
    const double error = brain.hear(tape[at], tape[at + 1], scale) / unit;
    squares += error * error;
    if (t >= num_steps - num_steps / 10) {
      last_squares += error * error;
      ++last_count;
    }
    if (const std::int64_t now = brain.num_born(); now != born) {
      born = now;
      course.last_birth = t + 1;
    }
    if ((t + 1) % window != 0) continue;
    course.step.push_back(static_cast<double>(t + 1));
    course.error.push_back(std::sqrt(squares / static_cast<double>(window)));
    course.neurons.push_back(static_cast<double>(brain.num_neurons()));
    squares = 0;
    if (interrupt_requested()) return std::nullopt;
    progress(static_cast<double>(t + 1) / static_cast<double>(num_steps));
  }
  course.last_error =
      std::sqrt(last_squares / static_cast<double>(std::max<std::int64_t>(last_count, 1)));
  course.num_neurons = brain.num_neurons();
  course.num_born = born;
  return course;
}

/// Why there were no more births in the last tenth of the tape.
std::string why_growth_stopped(const Course& course, const TapeBrainSpec& spec,
                               std::int64_t num_steps) {
  if (course.num_neurons >= spec.neurogenesis.max_neurons) return "max_neurons";
  if (course.num_born == 0) return "never began";
  return course.last_birth < num_steps - num_steps / 10 ? "error below threshold" : "still growing";
}

Json to_json(const Course& course, const std::string& stopped) {
  Json record = {{"figures",
                  {{"error", rounded(course.last_error)},
                   {"neurons", course.num_neurons},
                   {"births", course.num_born},
                   {"last_birth", course.last_birth}}},
                 {"curves", {{"step", course.step}}}};
  for (const auto& [name, values] :
       {std::pair{"error", &course.error}, std::pair{"neurons", &course.neurons}}) {
    Json list = Json::array();
    for (const double value : *values) list.push_back(rounded(value));
    record["curves"][name] = list;
  }
  if (!stopped.empty()) record["stopped"] = stopped;
  return record;
}

std::optional<JobResult> run(const SeedAndTapeConfig& config, const std::string& kind,
                             std::uint64_t seed, const BackendFactory<double>& make_backend,
                             const JobProgress& progress) {
  const ThreadArena arena(1);
  const std::vector<double> tape = signal_tape(kind, config.sines, config.num_steps + 1, seed);
  Json record = {{"seed", seed}, {"conditions", Json::object()}};
  std::int64_t size = config.brain.seed_neurons;
  const double count = static_cast<double>(kConditions.size());
  for (std::size_t k = 0; k < kConditions.size(); ++k) {
    const std::string& condition = kConditions[k];
    if (kind == "silence" && condition != "grown") continue;
    const TapeBrainSpec spec = brain_of(config, condition);
    TapeBrain brain(kind_of(condition), size, spec, seed, arena, make_backend);
    const auto course =
        hear(brain, tape, [&](double part) { progress((static_cast<double>(k) + part) / count); });
    if (!course) return std::nullopt;
    if (condition == "grown") size = course->num_neurons;
    const bool grows = kind_of(condition) == TapeBrainKind::kGrown;
    record["conditions"][condition] =
        to_json(*course, grows ? why_growth_stopped(*course, spec, config.num_steps) : "");
  }
  return JobResult{std::move(record), nullptr};
}

Job tape_job(const SeedAndTapeConfig& config, const std::string& tape, std::uint64_t seed) {
  const BackendFactory<double> make_backend = backend_factory<double>(config.backend);
  return {.id = tape + "-" + std::to_string(seed),
          .cost_s = 2e-4 * static_cast<double>(config.num_steps),
          .stepwise = [=](const JobProgress& progress) {
            return run(config, tape, seed, make_backend, progress);
          }};
}

std::vector<Json> of_condition(const std::vector<Json>& records, const std::string& condition) {
  std::vector<Json> found;
  for (const Json& record : records) found.push_back(record.at("conditions").at(condition));
  return found;
}

Json tape_rows(const SeedAndTapeConfig& config, const std::string& tape,
               const std::vector<Json>& records) {
  Json rows = Json::array();
  const std::vector<double> grown = figures_of(of_condition(records, "grown"), "error");
  for (const std::string& condition : kConditions) {
    const std::vector<Json> mine = of_condition(records, condition);
    Json row = {{"tape", tape},
                {"condition", condition},
                {"seeds", std::ssize(mine)},
                {"differs", to_json(differences(config.brain, brain_of(config, condition)))},
                {"figures", aggregate_figures(mine)},
                {"curves", aggregate_curves(mine)}};
    if (condition != "grown") {
      const PairedComparison compared = compare_paired(grown, figures_of(mine, "error"));
      row["grown_less_this"] = {{"difference", rounded(compared.difference)},
                                {"p_value", rounded(compared.p_value)}};
    }
    if (mine.front().contains("stopped")) {
      Json reasons = Json::object();
      for (const Json& one : mine) {
        const std::string reason = str(one, "stopped");
        reasons[reason] = reasons.value(reason, 0) + 1;
      }
      row["stopped"] = reasons;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

const Json& row_of(const Json& rows, const std::string& tape, const std::string& condition) {
  for (const Json& row : rows) {
    if (str(row, "tape") == tape && str(row, "condition") == condition) return row;
  }
  throw InternalError("a row for every tape and condition");
}

std::string against(const Json& row) {
  const Json& compared = row.at("grown_less_this");
  const double mean = first(compared, "difference");
  const double p = num(compared, "p_value");
  const std::string numbers = text(" (error %+.3g, p = %.2g)", mean, p);
  if (p >= kSignificance) return "not shown to differ from " + str(row, "condition") + numbers;
  return (mean < 0 ? "better than " : "worse than ") + str(row, "condition") + numbers;
}

Json conclude(const SeedAndTapeConfig& config, const Json& rows) {
  Json sentences = Json::array();
  std::vector<std::string> holds, fails;
  for (const std::string& tape : config.tapes) {
    const Json& compared = row_of(rows, tape, "fixed").at("grown_less_this");
    const bool better =
        first(compared, "difference") < 0 && num(compared, "p_value") < kSignificance;
    (better ? holds : fails).push_back(tape);
  }
  std::string claim = "The claim that a brain must be grown";
  if (holds.empty()) {
    claim +=
        " does not hold: on no tape does a grown brain predict better than one that had its "
        "size from the start.";
  } else {
    claim += " holds on " + joined(holds, ", ") +
             ", in that the grown brain predicts better than one that had its size from the start" +
             (fails.empty() ? "." : "; it does not on " + joined(fails, ", ") + ".");
  }
  sentences.push_back(claim);
  for (const std::string& tape : config.tapes) {
    const Json& grown = row_of(rows, tape, "grown");
    std::vector<std::string> others, reasons;
    for (const std::string& condition : kConditions) {
      if (condition != "grown") others.push_back(against(row_of(rows, tape, condition)));
    }
    for (const auto& [reason, count] : grown.at("stopped").items()) {
      reasons.push_back(reason + text(" %d", count.get<int>()));
    }
    sentences.push_back(tape + ": grown to " + interval_cell(grown.at("figures"), "neurons") +
                        " neurons, error " + interval_cell(grown.at("figures"), "error") + "; " +
                        joined(others, ", ") + ". Growth ended by: " + joined(reasons, ", ") + ".");
  }
  return sentences;
}

}  // namespace

SeedAndTapeConfig SeedAndTape::defaults(bool quick) {
  SeedAndTapeConfig config;
  if (quick) {
    config.num_seeds = 2;
    config.num_steps = 8'000;
    config.sines.regime_steps = 2'000;
  }
  return config;
}

std::vector<Job> SeedAndTape::jobs(const SeedAndTapeConfig& config) {
  signal_tape("sines", config.sines, 1, 0);  // refuses what makes no tape
  std::vector<Job> jobs;
  for (const std::string& tape : config.tapes) {
    for (std::int64_t s = 0; s < config.num_seeds; ++s) {
      jobs.push_back(tape_job(config, tape, static_cast<std::uint64_t>(config.seed + s)));
    }
  }
  jobs.push_back(tape_job(config, "silence", static_cast<std::uint64_t>(config.seed)));
  return jobs;
}

Json SeedAndTape::gather(const SeedAndTapeConfig& config, const std::vector<Json>& records) {
  Json rows = Json::array(), controls = Json::array();
  for (std::size_t k = 0; k < config.tapes.size(); ++k) {
    for (Json& row : tape_rows(config, config.tapes[k], records_of(records, k, config.num_seeds))) {
      rows.push_back(std::move(row));
    }
  }
  const auto births =
      records.back().at("conditions").at("grown").at("figures").at("births").get<int>();
  controls.push_back({{"name", "a brain that hears silence"},
                      {"expected", "0 births"},
                      {"found", std::to_string(births) + " births"},
                      {"holds", births == 0}});
  return {{"num_steps", config.num_steps},
          {"rows", rows},
          {"controls", controls},
          {"conclusions", conclude(config, rows)}};
}

std::string SeedAndTape::tables(const Json& result) {
  std::vector<std::vector<std::string>> cells = {{"tape", "condition", "seeds",
                                                  "error (1: no change)", "neurons", "births",
                                                  "grown less this", "p"}};
  for (const Json& row : result.at("rows")) {
    const Json& figures = row.at("figures");
    const Json none = Json::object();
    const Json& compared = has(row, "grown_less_this") ? row.at("grown_less_this") : none;
    cells.push_back({str(row, "tape"), str(row, "condition"), cell(row, "seeds", "%.0f"),
                     interval_cell(figures, "error"), interval_cell(figures, "neurons"),
                     cell(figures, "births", "%.1f"), interval_cell(compared, "difference"),
                     cell(compared, "p_value", "%.2g")});
  }
  return "Prediction of the next value, last tenth of the tape (means over seeds, [95% "
         "intervals])\n" +
         table(cells) + "\n";
}

}  // namespace noesis
