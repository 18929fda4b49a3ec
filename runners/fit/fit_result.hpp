#pragma once
/// What a run of fits found: rows over seeds, controls, words and tables.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runners/fit/fit_jobs.hpp"

namespace noesis {

/// {"fits", "conclusions"}. `records` are those of the jobs of `tasks`. A row of fits is a brain,
/// condition and length, with [mean, low, high] over seeds; at the longest length it also says
/// whether weights were recovered that must be, and not where they must not ("expected", "verdict",
/// "holds"; else null).
nlohmann::ordered_json gather_fits(const FitConfig& config, const std::vector<FitTask>& tasks,
                                   const std::vector<nlohmann::ordered_json>& records);

/// Whether every control came out as it must.
bool fit_controls_hold(const nlohmann::ordered_json& result);

/// The rows as text.
std::string fit_table(const nlohmann::ordered_json& result);

}  // namespace noesis
