#include "env/render.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/names.hpp"

namespace noesis {
namespace {

/// How full a value's bar is, in [0, 1]; what is not finite is empty.
double fill(const RenderRow& row, double value) {
  const double share = (value - row.low) / (row.high - row.low);
  return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
}

constexpr std::int64_t kBarWidth = 12;     ///< [pixels]
constexpr std::int64_t kStripHeight = 64;  ///< [pixels]
constexpr std::array<std::array<std::uint8_t, 3>, 4> kColours = {
    {{31, 119, 180}, {255, 127, 14}, {44, 160, 44}, {148, 103, 189}}};

}  // namespace

std::vector<std::string> render_modes() { return {"ansi", "human", "rgb_array"}; }

std::string render_ansi(std::span<const RenderRow> rows) {
  static constexpr std::array<const char*, 9> kBlocks = {" ", "▁", "▂", "▃", "▄",
                                                         "▅", "▆", "▇", "█"};
  std::size_t width = 0;
  for (const RenderRow& row : rows) width = std::max(width, row.name.size());
  std::string text;
  for (const RenderRow& row : rows) {
    text += row.name + std::string(width - row.name.size(), ' ') + " |";
    for (const double value : row.values) {
      text += kBlocks[static_cast<std::size_t>(std::lround(8 * fill(row, value)))];
    }
    text += "|\n";
  }
  return text;
}

Array render_rgb(std::span<const RenderRow> rows) {
  std::size_t columns = 1;
  for (const RenderRow& row : rows) columns = std::max(columns, row.values.size());
  const auto width = static_cast<std::int64_t>(columns) * kBarWidth;
  const auto height = std::max<std::int64_t>(std::ssize(rows), 1) * kStripHeight;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(height * width * 3), 255);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto bottom = (static_cast<std::int64_t>(r) + 1) * kStripHeight;
    for (std::size_t k = 0; k < rows[r].values.size(); ++k) {
      const double share = fill(rows[r], rows[r].values[k]);
      const auto bar = std::lround(share * static_cast<double>(kStripHeight - 4));
      for (std::int64_t y = bottom - bar; y < bottom; ++y) {
        const std::int64_t left = static_cast<std::int64_t>(k) * kBarWidth;
        for (std::int64_t x = left + 1; x < left + kBarWidth - 1; ++x) {
          std::copy_n(kColours[r % kColours.size()].begin(), 3,
                      pixels.begin() + (y * width + x) * 3);
        }
      }
    }
  }
  return Array(Shape{height, width, 3}, std::move(pixels));
}

Frame render_frame(const std::string& mode, std::span<const RenderRow> rows) {
  if (mode.empty() || mode == "human") return {};
  if (mode == "ansi") return render_ansi(rows);
  if (mode == "rgb_array") return render_rgb(rows);
  const std::vector<std::string> modes = render_modes();
  throw ConfigError({.what = "unknown render mode",
                     .where = "render_mode",
                     .got = "'" + mode + "'",
                     .allowed = join_names(modes),
                     .next = suggest_name(mode, modes)});
}

}  // namespace noesis
