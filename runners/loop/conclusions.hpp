#pragma once
/// What a loop found, in words and in a table: pure functions of the result in summary.json.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace noesis {

/// Sentences, most important first. Each is computed from the numbers of `result`.
std::vector<std::string> draw_conclusions(const nlohmann::ordered_json& result);

/// The tables that the terminal shows: controls, Phase 1, Phase 2, each where there is one.
std::string verdict_tables(const nlohmann::ordered_json& result);

/// Whether every control came out as expected.
bool controls_hold(const nlohmann::ordered_json& result);

}  // namespace noesis
