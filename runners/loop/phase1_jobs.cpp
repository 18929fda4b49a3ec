#include "runners/loop/phase1_jobs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/names.hpp"
#include "physics/discovery/estimators.hpp"
#include "physics/discovery/experiment.hpp"
#include "physics/subject.hpp"
#include "runners/jobs/paired.hpp"
#include "runners/loop/phase1.hpp"
#include "runners/loop/plots.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTwin = "twin";
/// Larger graphs are drawn by their strongest edges.
constexpr std::int64_t kWholeMatrix = 60;

struct Setting {
  std::string policy;
  std::string estimator;
};

/// A twin experiment has its own estimator, which nothing else can use.
std::vector<Setting> settings_of(const DiscoverySpec& spec) {
  std::vector<Setting> settings;
  for (const std::string& policy : spec.policies) {
    if (policy == kTwin) settings.push_back({kTwin, kTwin});
    if (policy == kTwin) continue;
    for (const std::string& estimator : spec.estimators) settings.push_back({policy, estimator});
  }
  return settings;
}

void check_names(const std::vector<std::string>& names, const std::vector<std::string>& known,
                 const char* key) {
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    throw ConfigError({.what = "unknown name",
                       .where = std::string("phase1.") + key,
                       .got = name,
                       .allowed = join_names(known),
                       .next = suggest_name(name, known)});
  }
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
double number(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Json scores_to_json(const EdgeScores& scores) {
  return {number(scores.auroc), number(scores.auprc), number(scores.base_rate),
          number(scores.lift)};
}
EdgeScores scores_from_json(const Json& json) {
  return {number(json.at(0)), number(json.at(1)), number(json.at(2)), number(json.at(3))};
}

Json row_to_json(const Phase1Row& row) {
  return {{"knows_equations", row.knows_equations},
          {"samples", row.samples},
          {"interventions", row.interventions},
          {"chemical", scores_to_json(row.chemical)},
          {"any", scores_to_json(row.any)},
          {"sign_accuracy", number(row.sign_accuracy)},
          {"shd", number(row.shd)},
          {"weight_r2", number(row.weight_r2)},
          {"response_r2", number(row.response_r2)}};
}
Phase1Row row_from_json(const Json& json, const Phase1Spec& spec) {
  return {.spec = spec,
          .knows_equations = json.at("knows_equations").get<bool>(),
          .samples = json.at("samples").get<std::int64_t>(),
          .interventions = json.at("interventions").get<std::int64_t>(),
          .chemical = scores_from_json(json.at("chemical")),
          .any = scores_from_json(json.at("any")),
          .sign_accuracy = number(json.at("sign_accuracy")),
          .shd = number(json.at("shd")),
          .weight_r2 = number(json.at("weight_r2")),
          .response_r2 = number(json.at("response_r2"))};
}

Phase1Spec phase1_spec(const DiscoverySpec& spec, const Setting& setting, std::uint64_t seed) {
  return {.subject = spec.subject,
          .policy = setting.policy,
          .estimator = setting.estimator,
          .budget = spec.budget,
          .noise = spec.noise,
          .amplitude = spec.amplitude,
          .seed = seed};
}

/// The strongest off-diagonal entries, as many as `count`, in order of size.
Json top_edges(const DenseMatrix& scores, std::size_t count) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t i = 0; i < scores.rows; ++i) {
    for (std::int64_t j = 0; j < scores.cols; ++j) {
      if (i != j) pairs.emplace_back(i, j);
    }
  }
  count = std::min(count, pairs.size());
  std::ranges::partial_sort(pairs, pairs.begin() + static_cast<std::ptrdiff_t>(count),
                            [&](const auto& a, const auto& b) {
                              const double x = std::abs(scores.at(a.first, a.second));
                              const double y = std::abs(scores.at(b.first, b.second));
                              return x != y ? x > y : a < b;
                            });
  Json edges = Json::array();
  for (std::size_t k = 0; k < count; ++k) {
    const auto [target, source] = pairs[k];
    edges.push_back({source, target, plot_number(scores.at(target, source))});
  }
  return edges;
}

Json graph_plot(const Phase1Spec& spec, const Phase1Matrices& matrices) {
  const std::int64_t n = matrices.truth.rows;
  Json true_edges = Json::array();
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      const double weight = matrices.truth.at(i, j);
      if (i != j && weight != 0) true_edges.push_back({j, i, plot_number(weight)});
    }
  }
  Json plot = {{"kind", "graph"},       {"subject", spec.subject},
               {"policy", spec.policy}, {"estimator", spec.estimator},
               {"seed", spec.seed},     {"num_neurons", n}};
  if (n <= kWholeMatrix) {
    Json rows = Json::array();
    for (std::int64_t i = 0; i < n; ++i) {
      Json row = Json::array();
      for (std::int64_t j = 0; j < n; ++j) row.push_back(plot_number(matrices.estimated.at(i, j)));
      rows.push_back(std::move(row));
    }
    plot["scores"] = rows;
  } else {
    plot["top_edges"] = top_edges(matrices.estimated, true_edges.size());
  }
  plot["true_edges"] = std::move(true_edges);
  const Subject subject = make_subject(spec.subject, spec.seed);
  const NeuronTable& neurons = subject.connectome->neurons();
  if (!neurons.x.empty()) {
    Json positions = Json::array();
    for (std::size_t i = 0; i < neurons.x.size(); ++i) {
      positions.push_back({plot_number(neurons.x[i]), plot_number(neurons.y[i])});
    }
    plot["positions"] = positions;
  }
  if (!neurons.name.empty()) plot["names"] = neurons.name;
  return plot;
}

Json figure_to_json(const Figure& figure) {
  if (!std::isfinite(figure.mean)) return nullptr;
  return {number(figure.mean), number(figure.low), number(figure.high)};
}

Json summary_to_json(const Phase1Summary& summary) {
  const Phase1Spec& spec = summary.spec;
  return {{"subject", spec.subject},
          {"policy", spec.policy},
          {"estimator", spec.estimator},
          {"knows_equations", summary.knows_equations},
          {"budget", spec.budget},
          {"noise", spec.noise},
          {"seeds", summary.seeds},
          {"samples", figure_to_json(summary.samples)},
          {"interventions", figure_to_json(summary.interventions)},
          {"base_rate", summary.base_rate.mean},
          {"auroc", figure_to_json(summary.auroc)},
          {"auprc", figure_to_json(summary.auprc)},
          {"lift", figure_to_json(summary.lift)},
          {"base_rate_with_gap", summary.any_base_rate.mean},
          {"auroc_with_gap", figure_to_json(summary.any_auroc)},
          {"auprc_with_gap", figure_to_json(summary.any_auprc)},
          {"sign_accuracy", figure_to_json(summary.sign_accuracy)},
          {"shd", figure_to_json(summary.shd)},
          {"weight_r2", figure_to_json(summary.weight_r2)},
          {"response_r2", figure_to_json(summary.response_r2)}};
}

}  // namespace

std::vector<Job> phase1_jobs(const DiscoverySpec& spec, std::size_t index, std::uint64_t seed,
                             const BackendFactory<double>& make_backend) {
  check_names(spec.policies, policy_names(), "policies");
  check_names(spec.estimators, estimator_names(), "estimators");
  const Subject subject = make_subject(spec.subject, seed);
  const double size = static_cast<double>(subject.num_units);
  std::vector<Job> jobs;
  for (const Setting& setting : settings_of(spec)) {
    for (std::int64_t k = 0; k < spec.num_seeds; ++k) {
      Phase1Spec one = phase1_spec(spec, setting, seed + static_cast<std::uint64_t>(k));
      one.make_backend = make_backend;
      const bool plotted = k == 0;
      jobs.push_back({"phase1-" + std::to_string(index) + "-" + id_part(spec.subject) + "-" +
                          setting.policy + "-" + setting.estimator + "-" + std::to_string(k),
                      0.05 + 1e-5 * size * size, [one, plotted] {
                        Phase1Matrices matrices;
                        const Phase1Row row = run_phase1(one, plotted ? &matrices : nullptr);
                        return JobResult{row_to_json(row),
                                         plotted ? graph_plot(one, matrices) : Json(nullptr)};
                      }});
    }
  }
  return jobs;
}

DiscoveryRows phase1_rows(const DiscoverySpec& spec, const std::vector<Json>& records) {
  const std::vector<Setting> settings = settings_of(spec);
  const auto seeds = static_cast<std::size_t>(spec.num_seeds);
  ensure(records.size() == settings.size() * seeds, "a record a setting and seed");
  DiscoveryRows result;
  std::vector<std::vector<double>> auprc;
  for (std::size_t s = 0; s < settings.size(); ++s) {
    std::vector<Phase1Row> rows;
    auprc.emplace_back();
    for (std::size_t k = 0; k < seeds; ++k) {
      rows.push_back(row_from_json(records[s * seeds + k], phase1_spec(spec, settings[s], 0)));
      auprc.back().push_back(rows.back().chemical.auprc);
    }
    result.rows.push_back(summary_to_json(summarise(rows)));
  }
  for (std::size_t a = 0; a < settings.size(); ++a) {
    for (std::size_t b = 0; b < settings.size(); ++b) {
      const std::string& policy = settings[a].policy;
      const std::string& against = settings[b].policy;
      const bool asked = (against == "passive" && policy != "passive") ||
                         (against == "random" && policy == "active");
      if (!asked || settings[a].estimator != settings[b].estimator) continue;
      const PairedComparison compared = compare_paired(auprc[a], auprc[b]);
      result.paired.push_back({{"subject", spec.subject},
                               {"estimator", settings[a].estimator},
                               {"budget", spec.budget},
                               {"noise", spec.noise},
                               {"policy", policy},
                               {"against", against},
                               {"metric", "auprc"},
                               {"difference", figure_to_json(compared.difference)},
                               {"p_value", compared.p_value},
                               {"seeds", spec.num_seeds}});
    }
  }
  return result;
}

}  // namespace noesis
