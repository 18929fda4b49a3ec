#include "runners/experiments/cure.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/config_difference.hpp"
#include "runners/experiments/experiment.hpp"
#include "runners/experiments/life.hpp"
#include "runners/experiments/life_job.hpp"
#include "runners/experiments/summary.hpp"
#include "runners/factory.hpp"
#include "runners/jobs/paired.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostRatio = 1.3;
constexpr double kMostForgetting = 0.1;
constexpr double kSignificance = 0.01;

LifeSpec life_of(const CureConfig& config, const std::string& condition) {
  LifeSpec life = config.life;
  LifeSleepSpec& sleep = life.sleep;
  sleep.trigger = "load";
  if (condition == "no sleep") sleep.trigger = "never";
  if (condition == "schedule") sleep.trigger = "schedule";
  if (condition == "random pruning") sleep.pruned = "random";
  if (condition == "no replay") sleep.replays = false;
  if (condition == "decay only") sleep.prunes = sleep.replays = false;
  if (condition == "prune only") sleep.decays = sleep.replays = false;
  if (condition == "replay only") sleep.decays = sleep.prunes = false;
  if (condition == "constant decay") {
    sleep.trigger = "never";
    life.learner = "hebbian-decay";
    life.decay = 1 - std::pow(sleep.kept, 1.0 / static_cast<double>(sleep.interval_steps));
  }
  return life;
}

using Records = std::map<std::string, std::vector<Json>>;

/// The late losses of two conditions compared, or nothing where one was not run.
std::optional<PairedComparison> compare(const Records& records, const std::string& one,
                                        const std::string& other) {
  if (!records.contains(one) || !records.contains(other) || one == other) return std::nullopt;
  return compare_paired(figures_of(records.at(one), "last_loss"),
                        figures_of(records.at(other), "last_loss"));
}

Json to_json(const std::optional<PairedComparison>& compared) {
  if (!compared) return nullptr;
  return {{"difference", rounded(compared->difference)}, {"p_value", rounded(compared->p_value)}};
}

bool is_lower(const std::optional<PairedComparison>& compared) {
  return compared && compared->difference.mean < 0 && compared->p_value < kSignificance;
}

Json criteria_of(const Json& figures, const std::optional<PairedComparison>& against_none) {
  return {criterion("ratio", "late over early loss: mean <= 1.3",
                    first(figures, "ratio") <= kMostRatio),
          criterion("norm_slope", "ln |W| does not grow in the second half of life: lower end <= 0",
                    figures.at("norm_slope").at(1).get<double>() <= 0),
          criterion("recent_forgetting", "of the last ten tasks: mean <= 0.1",
                    first(figures, "recent_forgetting") <= kMostForgetting),
          criterion("against_no_sleep", "late loss below that without sleep: p < .01",
                    is_lower(against_none))};
}

std::string comparison_text(const std::string& one, const std::string& other,
                            const std::optional<PairedComparison>& compared) {
  const Figure& d = compared->difference;
  const bool clear = compared->p_value < kSignificance;
  return text("Late loss of %s less that of %s: %+.3g [%+.3g, %+.3g], p = %.2g: %s.", one.c_str(),
              other.c_str(), d.mean, d.low, d.high, compared->p_value,
              !clear       ? "no difference is shown"
              : d.mean < 0 ? (one + " is better").c_str()
                           : (other + " is better").c_str());
}

Json conclude(const Json& rows, const Records& records) {
  Json sentences = Json::array();
  std::vector<std::string> cures;
  for (const Json& row : rows) {
    if (row.at("cures").get<bool>()) cures.push_back(str(row, "condition"));
  }
  const bool slept = std::ranges::any_of(cures, [](const std::string& name) {
    return name != "constant decay" && name != "no sleep";
  });
  sentences.push_back(
      std::string("The claim that sleep cures the flaw ") +
      (slept ? "holds here by all four criteria for " + joined(cures, ", ") + "."
             : "does not hold here by all four criteria for any kind of sleep" +
                   std::string(cures.empty() ? "." : ", only for " + joined(cures, ", ") + ".")));
  for (const Json& row : rows) {
    const Json& figures = row.at("figures");
    sentences.push_back(text("%s: %.0f%% of the seeds survive, late loss ",
                             str(row, "condition").c_str(),
                             100 * row.at("survival").at("mean").back().get<double>()) +
                        interval_cell(figures, "last_loss") + ", late over early " +
                        interval_cell(figures, "ratio") + ", forgetting of the last ten tasks " +
                        interval_cell(figures, "recent_forgetting") + "; fails " +
                        failing(row.at("criteria")) + ".");
  }
  for (const auto& [one, other] : {std::pair<const char*, const char*>{"load", "schedule"},
                                   {"load", "random pruning"},
                                   {"load", "no replay"},
                                   {"load", "decay only"},
                                   {"load", "prune only"},
                                   {"load", "replay only"},
                                   {"load", "constant decay"},
                                   {"schedule", "constant decay"}}) {
    const auto compared = compare(records, one, other);
    if (compared) sentences.push_back(comparison_text(one, other, compared));
  }
  return sentences;
}

}  // namespace

CureConfig Cure::defaults(bool quick) {
  CureConfig config;
  if (quick) {
    config.num_seeds = 2;
    config.life.life_steps = 15'000;
  }
  return config;
}

std::vector<Job> Cure::jobs(const CureConfig& config) {
  const BackendFactory<double> make_backend = backend_factory<double>(config.backend);
  std::vector<Job> jobs;
  for (const std::string& condition : config.conditions) {
    for (std::int64_t s = 0; s < config.num_seeds; ++s) {
      jobs.push_back(life_job(id_part(condition), life_of(config, condition),
                              static_cast<std::uint64_t>(config.seed + s), false, make_backend));
    }
  }
  return jobs;
}

Json Cure::gather(const CureConfig& config, const std::vector<Json>& records) {
  Records lives;
  for (std::size_t k = 0; k < config.conditions.size(); ++k) {
    lives[config.conditions[k]] = records_of(records, k, config.num_seeds);
  }
  Json rows = Json::array(), controls = Json::array();
  for (const std::string& condition : config.conditions) {
    const std::vector<Json>& mine = lives.at(condition);
    const auto differs = differences(life_of(config, "load"), life_of(config, condition));
    const auto against_none = compare(lives, condition, "no sleep");
    Json row = {{"condition", condition},
                {"seeds", config.num_seeds},
                {"differs", to_json(differs)},
                {"figures", aggregate_figures(mine)},
                {"against_no_sleep", to_json(against_none)},
                {"against_load", to_json(compare(lives, condition, "load"))},
                {"curves", aggregate_curves(mine)}};
    std::vector<std::optional<double>> died_at;
    for (const Json& life : mine) {
      died_at.push_back(life.at("died_at").is_null()
                            ? std::nullopt
                            : std::optional(life.at("died_at").get<double>()));
    }
    row["survival"] =
        survival_curve(died_at, mine.front().at("curves").at("step").get<std::vector<double>>());
    row["criteria"] = criteria_of(row.at("figures"), against_none);
    const bool cures = all_hold(row.at("criteria"));
    row["cures"] = cures;
    if (condition == "no sleep") {
      controls.push_back({{"name", "a brain that never sleeps"},
                          {"expected", "is not cured"},
                          {"found", cures ? "is cured" : "is not cured"},
                          {"holds", !cures}});
    }
    rows.push_back(std::move(row));
  }
  return {{"life_steps", config.life.life_steps},
          {"deadly_loss", kDeadlyLoss},
          {"rows", rows},
          {"controls", controls},
          {"conclusions", conclude(rows, lives)}};
}

std::string Cure::tables(const Json& result) {
  std::vector<std::vector<std::string>> cells = {
      {"condition", "seeds", "survive", "late loss", "late/early", "|W|", "recalled of 20",
       "forgetting (10 tasks)", "nights", "loss by a night", "cures"}};
  for (const Json& row : result.at("rows")) {
    const Json& figures = row.at("figures");
    cells.push_back({str(row, "condition"), cell(row, "seeds", "%.0f"),
                     text("%.2f", row.at("survival").at("mean").back().get<double>()),
                     interval_cell(figures, "last_loss"), interval_cell(figures, "ratio"),
                     cell(figures, "norm_last", "%.1f"), cell(figures, "capacity_last", "%.1f"),
                     interval_cell(figures, "recent_forgetting"), cell(figures, "sleeps", "%.0f"),
                     cell(figures, "sleep_loss_change", "%+.2f"),
                     row.at("cures").get<bool>() ? "yes" : "no"});
  }
  return "Lives (means over seeds, [95% intervals])\n" + table(cells) + "\n";
}

}  // namespace noesis
