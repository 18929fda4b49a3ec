#include "runners/fit/fit_result.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "runners/jobs/figure.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

/// Keys of a record that rows have over seeds.
constexpr const char* kFigures[] = {"error",      "correlation", "regression_error",
                                    "mean_error", "bias_error",  "prediction_error",
                                    "iterations", "loss"};

/// [mean, low, high] of the records' values; null where one is not known.
Json figure(const std::vector<const Json*>& records, const char* key) {
  std::vector<double> values;
  for (const Json* record : records) {
    if (record->at(key).is_null()) return nullptr;
    values.push_back(record->at(key).get<double>());
  }
  const Figure found = mean_interval(values);
  return {found.mean, found.low, found.high};
}

double mean_of(const Json& row, const char* key) {
  return row.at(key).is_null() ? std::nan("") : row.at(key).at(0).get<double>();
}

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 0.0995 ? "%.2g%%" : "%.3g%%", 100 * value);
  return std::isfinite(value) ? text : "unknown";
}

Json row_of(const FitConfig& config, const FitTask& task, const std::vector<const Json*>& records) {
  Json row = {{"brain", config.brains[task.brain].name},
              {"condition", task.condition},
              {"samples", task.num_samples},
              {"seeds", records.size()},
              {"synapses", records.front()->at("synapses")}};
  for (const char* key : kFigures) row[key] = figure(records, key);
  for (const char* key : {"expected", "verdict", "holds"}) row[key] = nullptr;
  return row;
}

/// A planted brain must give its weights, and its controls must not: judged where there is most
/// data.
void judge(const FitBrainSpec& spec, const std::vector<const Json*>& records, Json& row) {
  bool all = true, none = true;
  for (const Json* record : records) {
    const bool recovered =
        !record->at("error").is_null() && record->at("error").get<double>() < spec.recovered_error;
    all = all && recovered;
    none = none && !recovered;
  }
  const bool expects = row.at("condition") == "planted";
  row["expected"] = expects ? "Recovered" : "Not recovered";
  row["verdict"] = all ? "Recovered" : none ? "Not recovered" : "Mixed";
  row["holds"] = expects ? all : none;
}

std::string words_of(const std::string& condition) {
  if (condition == "planted") return "the recording itself";
  return condition == "shifted" ? "activity shifted in time" : "rewired wiring";
}

std::string sentence_of(const std::vector<const Json*>& rows) {
  const Json& first = *rows.front();
  const Json& last = *rows.back();
  std::string text = last.at("brain").get<std::string>() + ": with " +
                     std::to_string(last.at("samples").get<std::int64_t>()) +
                     " samples the fitted weights are " + percent(mean_of(last, "error")) +
                     " off (" + std::to_string(last.at("synapses").get<std::int64_t>()) +
                     " synapses; their mean: " + percent(mean_of(last, "mean_error"));
  if (!last.at("regression_error").is_null()) {
    text += "; regression: " + percent(mean_of(last, "regression_error"));
  }
  text += ")";
  if (rows.size() > 1) {
    text += "; with " + std::to_string(first.at("samples").get<std::int64_t>()) + " they were " +
            percent(mean_of(first, "error")) + " off";
  }
  return text + ".";
}

Json conclude(const Json& result) {
  Json sentences = Json::array();
  std::size_t count = 0;
  std::vector<std::string> broken;
  for (const Json& row : result.at("fits")) {
    if (row.at("holds").is_null()) continue;
    ++count;
    if (row.at("holds").get<bool>()) continue;
    broken.push_back(row.at("brain").get<std::string>() + ", " +
                     words_of(row.at("condition").get<std::string>()) + ": " +
                     row.at("verdict").get<std::string>());
  }
  if (count > 0 && broken.empty()) {
    sentences.push_back(
        "All " + std::to_string(count) +
        " controls came out as they must: weights are recovered from the recordings, "
        "and from nothing that says nothing about them.");
  }
  for (const std::string& one : broken) {
    sentences.push_back("A control failed, so no figure of that brain can be trusted: " + one +
                        ".");
  }
  std::vector<const Json*> rows;
  const auto flush = [&] {
    if (!rows.empty()) sentences.push_back(sentence_of(rows));
    rows.clear();
  };
  for (const Json& row : result.at("fits")) {
    if (row.at("condition") != "planted") continue;
    if (!rows.empty() && rows.front()->at("brain") != row.at("brain")) flush();
    rows.push_back(&row);
  }
  flush();
  return sentences;
}

}  // namespace

Json gather_fits(const FitConfig& config, const std::vector<FitTask>& tasks,
                 const std::vector<Json>& records) {
  Json result = {{"fits", Json::array()}};
  for (std::size_t k = 0; k < tasks.size(); ++k) {
    if (tasks[k].replicate != 0) continue;
    std::vector<const Json*> same;
    for (std::size_t other = 0; other < tasks.size(); ++other) {
      const FitTask& task = tasks[other];
      if (task.brain == tasks[k].brain && task.condition == tasks[k].condition &&
          task.num_samples == tasks[k].num_samples) {
        same.push_back(&records[other]);
      }
    }
    Json row = row_of(config, tasks[k], same);
    const FitBrainSpec& spec = config.brains[tasks[k].brain];
    if (config.controls && tasks[k].num_samples == spec.samples.back()) judge(spec, same, row);
    result["fits"].push_back(std::move(row));
  }
  result["conclusions"] = conclude(result);
  return result;
}

bool fit_controls_hold(const Json& result) {
  return std::ranges::none_of(result.at("fits"),
                              [](const Json& row) { return row.at("holds") == Json(false); });
}

std::string fit_table(const Json& result) {
  std::string text;
  char line[256];
  std::snprintf(line, sizeof line, "%-14s %-8s %8s %9s %10s %11s %11s %6s %11s  %s\n", "brain",
                "data", "samples", "synapses", "error", "correlation", "regression", "mean",
                "prediction", "verdict");
  text += line;
  const auto cell = [](const Json& row, const char* key) {
    char value[32];
    std::snprintf(value, sizeof value, "%.3g", mean_of(row, key));
    return row.at(key).is_null() ? std::string("-") : std::string(value);
  };
  for (const Json& row : result.at("fits")) {
    std::snprintf(line, sizeof line, "%-14s %-8s %8lld %9lld %10s %11s %11s %6s %11s  %s%s\n",
                  row.at("brain").get<std::string>().c_str(),
                  row.at("condition").get<std::string>().c_str(),
                  row.at("samples").get<long long>(), row.at("synapses").get<long long>(),
                  cell(row, "error").c_str(), cell(row, "correlation").c_str(),
                  cell(row, "regression_error").c_str(), cell(row, "mean_error").c_str(),
                  cell(row, "prediction_error").c_str(),
                  row.at("verdict").is_null() ? "" : row.at("verdict").get<std::string>().c_str(),
                  row.at("holds") == Json(false) ? " (must not be)" : "");
    text += line;
  }
  return text;
}

}  // namespace noesis
