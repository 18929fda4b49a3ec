#pragma once
/// Pictures of an environment: rows of bars, as text or pixels.

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "env/value.hpp"

namespace noesis {

/// Values side by side, such as the rates of all neurons.
struct RenderRow {
  std::string name;
  std::vector<double> values;
  double low = 0;   ///< drawn as an empty bar
  double high = 1;  ///< drawn as a full bar
};

/// Nothing ("human", or no mode), text ("ansi"), or uint8 (height x width x 3) ("rgb_array").
using Frame = std::variant<std::monostate, std::string, Array>;

/// Modes that any task can be shown in.
std::vector<std::string> render_modes();

/// A line a row: its name and one block character a value.
std::string render_ansi(std::span<const RenderRow> rows);
/// A strip of bars a row.
Array render_rgb(std::span<const RenderRow> rows);
/// @throws ConfigError for an unknown mode; "" gives nothing.
Frame render_frame(const std::string& mode, std::span<const RenderRow> rows);

}  // namespace noesis
