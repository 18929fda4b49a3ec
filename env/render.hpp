#pragma once
/// Pictures of an environment: rows of bars, as text or pixels. What there is to see, a
/// RenderScene, can also be had as data, for others to draw.

#include <cstdint>
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

/// A network to be drawn: neurons, coloured by how active they are, and their strongest synapses.
/// Without neurons there is none. See render_graph.hpp.
struct RenderGraph {
  std::vector<double> x, y;    ///< (neurons) places in the picture, [0, 1], y upwards
  std::vector<double> levels;  ///< (neurons) 0 silent .. 1 as active as can be
  std::vector<std::int32_t> sources, targets;  ///< (synapses) strongest first
  std::vector<float> weights;                  ///< (synapses) over the strongest: [-1, 1]
};

/// What there is to see in one environment.
struct RenderScene {
  std::vector<RenderRow> rows;
  RenderGraph graph;
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
