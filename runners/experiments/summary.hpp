#pragma once
/// From the records of seeds to the rows of a summary.
///
/// A record is {"figures": {name: number or null}, "curves": {"step": [...], name: [...]}} of one
/// seed.

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config_difference.hpp"
#include "runners/jobs/figure.hpp"

namespace noesis {

/// {name: [mean, low, high]} over the records; null where no record has a number. A name that only
/// some records have a number for is a figure of those.
nlohmann::ordered_json aggregate_figures(std::span<const nlohmann::ordered_json> records);

/// {"step": [...], name: {"mean": [...], "low": [...], "high": [...]}}: a figure over the records
/// at every step, which all must share.
nlohmann::ordered_json aggregate_curves(std::span<const nlohmann::ordered_json> records);

/// The figure `name` of every record, in their order; NaN where there is none.
std::vector<double> figures_of(std::span<const nlohmann::ordered_json> records,
                               const std::string& name);

/// [{"key", "base", "value"}]: where a condition's resolved configuration differs from the base's.
nlohmann::ordered_json to_json(std::span<const ConfigDifference> differences);

/// Part of the seeds that live at each step, with Wilson's 95% interval (J. Am. Stat. Assoc.
/// 22:209, 1927): {"step", "mean", "low", "high"}. `died_at` has a step for each seed, or nothing:
/// it lives to the end.
nlohmann::ordered_json survival_curve(std::span<const std::optional<double>> died_at,
                                      std::span<const double> steps);

/// Wilson's 95% interval of a proportion.
Figure proportion(std::int64_t count, std::int64_t total);

/// {"name", "asks", "holds"}: one question put to a condition.
nlohmann::ordered_json criterion(const char* name, const char* asks, bool holds);
/// Whether all of them hold, and the names of those that do not, or "nothing".
bool all_hold(const nlohmann::ordered_json& criteria);
std::string failing(const nlohmann::ordered_json& criteria);

/// A number for a file: six significant digits; null where it is not finite.
nlohmann::ordered_json rounded(double value);
nlohmann::ordered_json rounded(const Figure& figure);

}  // namespace noesis
