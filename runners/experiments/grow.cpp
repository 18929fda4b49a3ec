#include "runners/experiments/grow.hpp"

#include <algorithm>

#include "core/config_difference.hpp"
#include "core/error.hpp"
#include "physics/subject.hpp"
#include "runners/experiments/experiment.hpp"
#include "runners/experiments/growth.hpp"
#include "runners/experiments/summary.hpp"
#include "runners/factory.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

/// Of fewer, a majority is chance.
constexpr std::int64_t kFewestSeeds = 5;
const std::vector<std::string> kVerdicts = {"Seizing", "Catatonic", "Ordered", "Edge", "Chaotic"};

GrowthSpec growth_of(const GrowConfig& config, const std::string& model,
                     const std::string& condition) {
  GrowthSpec growth = config.growth;
  growth.model = model;
  if (condition == "no homeostasis") growth.homeostasis = false;
  if (condition == "no arousal") growth.arousal = false;
  if (condition == "global noise") {
    growth.homeostasis = false;
    growth.noise = config.global_noise;
  }
  return growth;
}

/// Brains that are known to be healthy or sick, for the verdict to recognise.
struct Control {
  const char* name;
  Condition condition;
  const char* expected;
};
const std::vector<Control> kControls = {
    {"healthy reference brain", Condition::kHealthy, "Chaotic"},
    {"seized reference brain", Condition::kSeized, "Seizing"},
    {"comatose reference brain", Condition::kComatose, "Catatonic"},
    {"uncoupled limit cycles", Condition::kLimitCycle, "Edge"},
};

Job control_job(const Control& control, const GrowthSpec& growth, std::uint64_t seed,
                const BackendFactory<double>& make_backend) {
  return {.id = "control-" + std::string(control.expected),
          .cost_s = 3,
          .work = [=]() -> std::optional<JobResult> {
            const ThreadArena arena(1);
            Subject subject = make_subject("reference-50", seed, control.condition);
            subject.make_backend = make_backend;
            const auto brain = make_simulation(subject, seed, arena);
            brain->advance_to(subject.transient * subject.tau_ms);
            const HealthLook look =
                look_at(*brain, growth.look_ms, subject.tau_ms, growth.exponent_tau);
            return JobResult{{{"name", control.name},
                              {"expected", control.expected},
                              {"found", health_verdict(look)},
                              {"holds", health_verdict(look) == control.expected},
                              {"look", to_json(look)}},
                             nullptr};
          }};
}

std::optional<JobResult> run(const GrowthSpec& growth, std::uint64_t seed,
                             const BackendFactory<double>& make_backend,
                             const JobProgress& progress) {
  const auto stages = grow(growth, seed, progress, make_backend);
  if (!stages) return std::nullopt;
  Json list = Json::array();
  for (const GrowthStage& stage : *stages) {
    Json figures = to_json(stage.look);
    figures["seizing_fraction"] = rounded(stage.seizing_fraction);
    Json density = Json::array();
    for (const double power : stage.look.density) density.push_back(rounded(power));
    list.push_back({{"neurons", stage.num_neurons},
                    {"verdict", stage.verdict},
                    {"figures", figures},
                    {"curves", {{"step", stage.look.frequency_hz}, {"density", density}}}});
  }
  return JobResult{{{"seed", seed}, {"stages", list}}, nullptr};
}

/// Of seeds whose growth got to that size.
std::vector<Json> stages_at(const std::vector<Json>& records, std::int64_t size) {
  std::vector<Json> found;
  for (const Json& record : records) {
    for (const Json& stage : record.at("stages")) {
      if (stage.at("neurons") == size) found.push_back(stage);
    }
  }
  return found;
}

Json verdict_counts(const std::vector<Json>& stages) {
  Json counts = Json::object();
  for (const std::string& verdict : kVerdicts) {
    counts[verdict] = std::ranges::count_if(
        stages, [&](const Json& stage) { return stage.at("verdict") == verdict; });
  }
  return counts;
}

/// {"frequency_hz", "density": {"mean", "low", "high"}}; null where no brain was looked at.
Json aggregate_spectrum(const std::vector<Json>& stages) {
  std::vector<Json> looked;
  for (const Json& stage : stages) {
    if (!stage.at("curves").at("step").empty()) looked.push_back(stage);
  }
  if (looked.empty()) return nullptr;
  const Json curves = aggregate_curves(looked);
  return {{"frequency_hz", curves.at("step")}, {"density", curves.at("density")}};
}

/// Part of all looks in all sizes that came out so.
Json rate_of(const std::vector<Json>& records, const std::string& verdict) {
  std::int64_t count = 0, total = 0;
  for (const Json& record : records) {
    for (const Json& stage : record.at("stages")) {
      ++total;
      count += stage.at("verdict") == verdict ? 1 : 0;
    }
  }
  return rounded(proportion(count, total));
}

/// The verdict on more than half of them; else all that there are: "(1 Catatonic, 1 Edge)".
std::string mostly(const Json& counts) {
  int all = 0;
  for (const auto& [verdict, count] : counts.items()) all += count.get<int>();
  std::vector<std::string> found;
  for (const std::string& verdict : kVerdicts) {
    const int count = counts.at(verdict).get<int>();
    if (2 * count > all) return verdict;
    if (count > 0) found.push_back(text("%d ", count) + verdict);
  }
  return "(" + joined(found, ", ") + ")";
}

std::string course_of(const Json& row) {
  std::vector<std::string> parts;
  for (const Json& size : row.at("sizes")) {
    parts.push_back(
        text("%d %s", size.at("neurons").get<int>(), mostly(size.at("verdicts")).c_str()));
  }
  return joined(parts, ", ");
}

const Json* find_row(const Json& rows, const std::string& model, const std::string& condition) {
  for (const Json& row : rows) {
    if (str(row, "model") == model && str(row, "condition") == condition) return &row;
  }
  return nullptr;
}

/// Whether most brains of a condition are at the edge or beyond at the last size, neither seizing
/// nor catatonic.
bool lives(const Json& row) {
  const Json& counts = row.at("sizes").back().at("verdicts");
  const int alive = counts.at("Edge").get<int>() + counts.at("Chaotic").get<int>();
  return 2 * alive > row.at("seeds").get<int>();
}
bool at_edge(const Json& row) {
  const Json& counts = row.at("sizes").back().at("verdicts");
  return 2 * counts.at("Edge").get<int>() > row.at("seeds").get<int>();
}

Json conclude(const GrowConfig& config, const Json& rows) {
  Json sentences = Json::array();
  for (const std::string& model : config.models) {
    const Json* trinity = find_row(rows, model, "trinity");
    const Json* noise = find_row(rows, model, "global noise");
    if (trinity == nullptr || noise == nullptr) continue;
    const bool claim = at_edge(*trinity) && !at_edge(*noise);
    const char* verdict = claim ? "holds" : "does not hold";
    sentences.push_back(text(
        "%s: the claim that homeostasis, not noise, holds a growing brain at the edge of chaos "
        "%s: at the last size brains are mostly %s with homeostasis and %s with noise in its "
        "place%s.",
        model.c_str(),
        config.num_seeds < kFewestSeeds
            ? text("is not decided by %d seeds", static_cast<int>(config.num_seeds)).c_str()
            : verdict,
        mostly(trinity->at("sizes").back().at("verdicts")).c_str(),
        mostly(noise->at("sizes").back().at("verdicts")).c_str(),
        lives(*trinity) && !at_edge(*trinity) ? "; they live, but beyond the edge" : ""));
  }
  for (const Json& row : rows) {
    const Json& seizing = row.at("seizing_rate");
    const Json& catatonic = row.at("catatonia_rate");
    sentences.push_back(str(row, "model") + ", " + str(row, "condition") + ": " + course_of(row) +
                        text("; seizing in %.2f, catatonic in %.2f of all looks.",
                             seizing.at(0).get<double>(), catatonic.at(0).get<double>()));
  }
  return sentences;
}

}  // namespace

GrowConfig Grow::defaults(bool quick) {
  GrowConfig config;
  if (quick) {
    config.num_seeds = 2;
    config.growth.sizes = {5, 20, 50};
  }
  return config;
}

std::vector<Job> Grow::jobs(const GrowConfig& config) {
  const auto& sizes = config.growth.sizes;
  if (sizes.empty() || std::ranges::adjacent_find(sizes, std::greater_equal<>()) != sizes.end()) {
    throw ConfigError({.what = "sizes are not ascending",
                       .where = "growth.sizes",
                       .got = {},
                       .allowed = "at least one size, each larger than the one before",
                       .next = {}});
  }
  const BackendFactory<double> make_backend = backend_factory<double>(config.backend);
  std::vector<Job> jobs;
  for (const std::string& model : config.models) {
    for (const std::string& condition : config.conditions) {
      const GrowthSpec growth = growth_of(config, model, condition);
      for (std::int64_t s = 0; s < config.num_seeds; ++s) {
        const auto seed = static_cast<std::uint64_t>(config.seed + s);
        jobs.push_back({.id = model + "-" + id_part(condition) + "-" + std::to_string(seed),
                        .cost_s = 1 + 4e-3 * static_cast<double>(sizes.back()),
                        .stepwise = [=](const JobProgress& progress) {
                          return run(growth, seed, make_backend, progress);
                        }});
      }
    }
  }
  for (const Control& control : kControls) {
    jobs.push_back(
        control_job(control, config.growth, static_cast<std::uint64_t>(config.seed), make_backend));
  }
  return jobs;
}

Json Grow::gather(const GrowConfig& config, const std::vector<Json>& records) {
  Json rows = Json::array(), controls = Json::array();
  std::size_t group = 0;
  for (const std::string& model : config.models) {
    for (const std::string& condition : config.conditions) {
      const std::vector<Json> brains = records_of(records, group++, config.num_seeds);
      const auto differs =
          differences(growth_of(config, model, "trinity"), growth_of(config, model, condition));
      Json row = {{"model", model},
                  {"condition", condition},
                  {"seeds", config.num_seeds},
                  {"differs", to_json(differs)},
                  {"seizing_rate", rate_of(brains, "Seizing")},
                  {"catatonia_rate", rate_of(brains, "Catatonic")},
                  {"sizes", Json::array()}};
      for (const std::int64_t size : config.growth.sizes) {
        const std::vector<Json> stages = stages_at(brains, size);
        if (stages.empty()) continue;
        row["sizes"].push_back({{"neurons", size},
                                {"verdicts", verdict_counts(stages)},
                                {"figures", aggregate_figures(stages)},
                                {"spectrum", aggregate_spectrum(stages)}});
      }
      rows.push_back(std::move(row));
    }
  }
  for (auto control = records.end() - std::ssize(kControls); control != records.end(); ++control) {
    controls.push_back(*control);
  }
  return {{"target_rate", config.growth.target_rate},
          {"rows", rows},
          {"controls", controls},
          {"conclusions", conclude(config, rows)}};
}

std::string Grow::tables(const Json& result) {
  std::vector<std::vector<std::string>> cells = {
      {"model", "condition", "neurons", "mean rate", "unit sd", "active", "saturated", "PR/N",
       "chi", "exponent/tau", "seizing time", "S", "C", "O", "E", "X"}};
  for (const Json& row : result.at("rows")) {
    for (const Json& size : row.at("sizes")) {
      const Json& figures = size.at("figures");
      std::vector<std::string> line = {str(row, "model"),
                                       str(row, "condition"),
                                       cell(size, "neurons", "%.0f"),
                                       cell(figures, "mean_rate"),
                                       cell(figures, "unit_deviation", "%.4f"),
                                       cell(figures, "active_fraction", "%.2f"),
                                       cell(figures, "saturated_fraction", "%.2f"),
                                       cell(figures, "participation", "%.2f"),
                                       cell(figures, "synchrony", "%.2f"),
                                       interval_cell(figures, "exponent_per_tau"),
                                       cell(figures, "seizing_fraction", "%.3f")};
      for (const std::string& verdict : kVerdicts) {
        line.push_back(text("%d", size.at("verdicts").at(verdict).get<int>()));
      }
      cells.push_back(line);
    }
  }
  return "Growth (means over seeds, [95% intervals]; counts of verdicts: S seizing, C catatonic, O "
         "ordered, E edge, X chaotic)\n" +
         table(cells) + "\n";
}

}  // namespace noesis
