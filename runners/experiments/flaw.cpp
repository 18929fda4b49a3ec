#include "runners/experiments/flaw.hpp"

#include "core/config_difference.hpp"
#include "runners/experiments/experiment.hpp"
#include "runners/experiments/life.hpp"
#include "runners/experiments/life_job.hpp"
#include "runners/experiments/summary.hpp"
#include "runners/factory.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLeastRatio = 3;
constexpr double kLeastRatioLow = 2;
constexpr double kMostFreshRatio = 1.2;

LifeSpec life_of(const FlawConfig& config, const std::string& learner) {
  LifeSpec life = config.life;
  life.learner = learner;
  return life;
}

/// The three questions.
Json criteria_of(const Json& figures) {
  const bool rises = has(figures, "ratio") && first(figures, "ratio") >= kLeastRatio &&
                     figures.at("ratio").at(1).get<double>() > kLeastRatioLow;
  const bool grows = has(figures, "norm_slope") && figures.at("norm_slope").at(1).get<double>() > 0;
  const bool newborn_does_well =
      has(figures, "fresh_ratio") && first(figures, "fresh_ratio") <= kMostFreshRatio;
  return {criterion("ratio", "late over early loss: mean >= 3, lower end > 2", rises),
          criterion("norm_slope", "ln |W| grows in the second half of life: lower end > 0", grows),
          criterion("fresh_ratio", "a newborn on the same end of the tape does well: mean <= 1.2",
                    newborn_does_well)};
}

std::string describe(const Json& row) {
  const Json& figures = row.at("figures");
  const std::string numbers = "loss late over early " + interval_cell(figures, "ratio") +
                              ", growth of ln |W| " + interval_cell(figures, "norm_slope") +
                              ", newborn " + interval_cell(figures, "fresh_ratio");
  return str(row, "learner") +
         (row.at("flaw").get<bool>()
              ? " explodes: " + numbers
              : " does not explode: " + numbers + "; fails " + failing(row.at("criteria"))) +
         ".";
}

Json conclude(const Json& rows) {
  Json sentences = Json::array();
  std::vector<std::string> with, without;
  for (const Json& row : rows) {
    (row.at("flaw").get<bool>() ? with : without).push_back(str(row, "learner"));
  }
  if (with.empty()) {
    sentences.push_back(
        "The claim that a brain without sleep saturates until its loss explodes "
        "does not hold here for any learner.");
  } else if (without.empty()) {
    sentences.push_back(
        "The claim that a brain without sleep saturates until its loss explodes "
        "holds here for every learner that was tried.");
  } else {
    sentences.push_back(
        "The claim that a brain without sleep saturates until its loss explodes "
        "holds for " +
        joined(with, ", ") + " and does not for " + joined(without, ", ") +
        ": the flaw belongs to the rule, not to being awake.");
  }
  for (const Json& row : rows) sentences.push_back(describe(row));
  for (const Json& row : rows) {
    const Json& figures = row.at("figures");
    sentences.push_back(
        text("%s, first and last window of life: |W| %.3g and %.3g, effective rank %.3g and %.3g; "
             "in the end %.0f%% of the neurons are dead, %.3g of the last 20 tasks are recalled, "
             "and forgetting is %.3g.",
             str(row, "learner").c_str(), first(figures, "norm_first"), first(figures, "norm_last"),
             first(figures, "rank_first"), first(figures, "rank_last"),
             100 * first(figures, "dead_last"), first(figures, "capacity_last"),
             first(figures, "forgetting")));
  }
  return sentences;
}

}  // namespace

FlawConfig Flaw::defaults(bool quick) {
  FlawConfig config;
  if (quick) {
    config.num_seeds = 3;
    config.life.life_steps = 20'000;
  }
  return config;
}

std::vector<Job> Flaw::jobs(const FlawConfig& config) {
  const BackendFactory<double> make_backend = backend_factory<double>(config.backend);
  std::vector<Job> jobs;
  for (const std::string& learner : config.learners) {
    for (std::int64_t s = 0; s < config.num_seeds; ++s) {
      jobs.push_back(life_job(learner, life_of(config, learner),
                              static_cast<std::uint64_t>(config.seed + s), true, make_backend));
    }
  }
  return jobs;
}

Json Flaw::gather(const FlawConfig& config, const std::vector<Json>& records) {
  Json rows = Json::array(), controls = Json::array();
  for (std::size_t k = 0; k < config.learners.size(); ++k) {
    const std::vector<Json> lives = records_of(records, k, config.num_seeds);
    const std::string& learner = config.learners[k];
    const auto differs =
        differences(life_of(config, config.learners.front()), life_of(config, learner));
    Json row = {{"learner", learner},
                {"seeds", config.num_seeds},
                {"differs", to_json(differs)},
                {"figures", aggregate_figures(lives)},
                {"curves", aggregate_curves(lives)}};
    row["criteria"] = criteria_of(row.at("figures"));
    const bool flaw = all_hold(row.at("criteria"));
    row["flaw"] = flaw;
    if (learner == "none") {
      controls.push_back({{"name", "a brain that learns nothing"},
                          {"expected", "does not explode"},
                          {"found", flaw ? "explodes" : "does not explode"},
                          {"holds", !flaw}});
    }
    rows.push_back(std::move(row));
  }
  return {{"life_steps", config.life.life_steps},
          {"rows", rows},
          {"controls", controls},
          {"conclusions", conclude(rows)}};
}

std::string Flaw::tables(const Json& result) {
  std::vector<std::vector<std::string>> cells = {
      {"learner", "seeds", "early loss", "late loss", "late/early", "newborn/early", "ln|W| growth",
       "|W|", "rank", "dead", "recalled of 20", "forgetting", "explodes"}};
  for (const Json& row : result.at("rows")) {
    const Json& figures = row.at("figures");
    cells.push_back({str(row, "learner"), cell(row, "seeds", "%.0f"), cell(figures, "first_loss"),
                     cell(figures, "last_loss"), interval_cell(figures, "ratio"),
                     interval_cell(figures, "fresh_ratio"), interval_cell(figures, "norm_slope"),
                     cell(figures, "norm_last", "%.1f"), cell(figures, "rank_last", "%.1f"),
                     cell(figures, "dead_last", "%.2f"), cell(figures, "capacity_last", "%.1f"),
                     cell(figures, "forgetting", "%.2f"),
                     row.at("flaw").get<bool>() ? "yes" : "no"});
  }
  return "Lives without sleep (means over seeds, [95% intervals])\n" + table(cells) + "\n";
}

}  // namespace noesis
