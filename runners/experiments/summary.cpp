#include "runners/experiments/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/error.hpp"
#include "runners/jobs/words.hpp"

namespace noesis {

using Json = nlohmann::ordered_json;

Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(text("%.6g", value).c_str(), nullptr);
}

Json rounded(const Figure& figure) {
  if (!std::isfinite(figure.mean)) return nullptr;
  return {rounded(figure.mean), rounded(figure.low), rounded(figure.high)};
}

std::vector<double> figures_of(std::span<const Json> records, const std::string& name) {
  std::vector<double> values;
  for (const Json& record : records) {
    const Json& value = record.at("figures").at(name);
    values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                     : value.get<double>());
  }
  return values;
}

Json aggregate_figures(std::span<const Json> records) {
  ensure(!records.empty(), "records to aggregate");
  Json row = Json::object();
  for (const auto& [name, unused] : records.front().at("figures").items()) {
    std::vector<double> values = figures_of(records, name);
    std::erase_if(values, [](double value) { return std::isnan(value); });
    row[name] = values.empty() ? Json(nullptr) : rounded(mean_interval(values));
  }
  return row;
}

Json aggregate_curves(std::span<const Json> records) {
  ensure(!records.empty(), "records to aggregate");
  const Json& first = records.front().at("curves");
  Json curves = {{"step", first.at("step")}};
  for (const auto& [name, unused] : first.items()) {
    if (name == "step") continue;
    std::vector<double> mean, low, high;
    for (std::size_t k = 0; k < first.at("step").size(); ++k) {
      std::vector<double> values;
      for (const Json& record : records) {
        const Json& value = record.at("curves").at(name).at(k);
        if (!value.is_null()) values.push_back(value.get<double>());
      }
      constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
      const Figure figure = values.empty() ? Figure{kNone, kNone, kNone} : mean_interval(values);
      mean.push_back(figure.mean);
      low.push_back(figure.low);
      high.push_back(figure.high);
    }
    const auto to_list = [](const std::vector<double>& values) {
      Json list = Json::array();
      for (const double value : values) list.push_back(rounded(value));
      return list;
    };
    curves[name] = {{"mean", to_list(mean)}, {"low", to_list(low)}, {"high", to_list(high)}};
  }
  return curves;
}

Json to_json(std::span<const ConfigDifference> differences) {
  Json list = Json::array();
  for (const ConfigDifference& difference : differences) {
    list.push_back(
        {{"key", difference.key}, {"base", difference.first}, {"value", difference.second}});
  }
  return list;
}

Figure proportion(std::int64_t count, std::int64_t total) {
  ensure(total > 0 && count >= 0 && count <= total, "a part of something");
  constexpr double z = 1.959963984540054;  // 97.5% quantile of the normal distribution
  const double n = static_cast<double>(total);
  const double p = static_cast<double>(count) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {p, std::min(p, std::max(0.0, centre - half)), std::max(p, std::min(1.0, centre + half))};
}

Json criterion(const char* name, const char* asks, bool holds) {
  return {{"name", name}, {"asks", asks}, {"holds", holds}};
}

bool all_hold(const Json& criteria) {
  return std::ranges::all_of(criteria, [](const Json& one) { return one.at("holds").get<bool>(); });
}

std::string failing(const Json& criteria) {
  std::vector<std::string> names;
  for (const Json& one : criteria) {
    if (!one.at("holds").get<bool>()) names.push_back(str(one, "name"));
  }
  return names.empty() ? "nothing" : joined(names, ", ");
}

Json survival_curve(std::span<const std::optional<double>> died_at, std::span<const double> steps) {
  Json curve = {{"step", Json::array()},
                {"mean", Json::array()},
                {"low", Json::array()},
                {"high", Json::array()}};
  for (const double step : steps) {
    const auto alive = std::ranges::count_if(
        died_at, [&](const std::optional<double>& death) { return !death || *death > step; });
    const Figure part = proportion(alive, std::ssize(died_at));
    curve["step"].push_back(step);
    curve["mean"].push_back(rounded(part.mean));
    curve["low"].push_back(rounded(part.low));
    curve["high"].push_back(rounded(part.high));
  }
  return curve;
}

}  // namespace noesis
