#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "env/tasks/emulate.hpp"

namespace noesis {
namespace {

constexpr std::uint64_t kClimateSeed = 0x636c696d617465;  // of the run that is looked at
constexpr std::int64_t kClimateSamples = 2000;
constexpr double kSmallestSd = 0.01;

}  // namespace

EmulateScale::EmulateScale(const Subject& subject, const EmulateOptions& options)
    : centre_(static_cast<std::size_t>(subject.num_units), 0.5),
      half_range_(static_cast<std::size_t>(subject.num_units), 0.5),
      touch_unit_(options.amplitude) {
  if (subject.name == "lorenz63") {
    centre_ = {0, 0, 25};
    half_range_ = {25, 30, 25};
    touch_unit_ *= 10;  // its derivatives are of order 100, not 1
  }
}

float EmulateScale::scaled(std::int64_t unit, double value) const {
  const auto u = static_cast<std::size_t>(unit);
  return static_cast<float>(std::clamp((value - centre_[u]) / half_range_[u], -1.0, 1.0));
}

Climate::Distribution Climate::distribution(std::vector<double> values, std::int64_t window) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean) / count;
  Distribution result{.quantiles = {}, .sd = std::max(std::sqrt(squares), kSmallestSd)};
  for (std::int64_t k = 0; k < window; ++k) {
    const double place = (static_cast<double>(k) + 0.5) / static_cast<double>(window) * count;
    result.quantiles.push_back(values[static_cast<std::size_t>(place)]);
  }
  return result;
}

Climate::Climate(Process& process, const EmulateScale& scale, std::int64_t window)
    : window_(window) {
  Process::State state = process.start(kClimateSeed);
  const std::vector<double> run = record(process, state, kClimateSamples);
  const std::int64_t units = process.num_units();
  double squares = 0;
  for (std::int64_t u = 0; u < units; ++u) {
    std::vector<double> level, difference;
    for (std::int64_t t = 0; t < kClimateSamples; ++t) {
      level.push_back(scale.scaled(u, run[static_cast<std::size_t>(t * units + u)]));
      if (t == 0) continue;
      difference.push_back(level.back() - level[level.size() - 2]);
      squares += difference.back() * difference.back();
    }
    levels_.push_back(distribution(std::move(level), window));
    differences_.push_back(distribution(std::move(difference), window));
  }
  const auto count = static_cast<double>((kClimateSamples - 1) * units);
  persistence_error_ = std::max(std::sqrt(squares / count), 1e-6);
}

double Climate::distance(std::span<const float> predictions, std::span<const float> before) const {
  const std::size_t units = levels_.size();
  const auto window = static_cast<std::size_t>(window_);
  ensure(predictions.size() == window * units && before.size() == units, "a whole window");
  std::vector<double> level(window), difference(window);
  double sum = 0;
  const auto add = [&sum, window](std::vector<double>& values, const Distribution& subject) {
    std::sort(values.begin(), values.end());
    double distance = 0;
    for (std::size_t k = 0; k < window; ++k) distance += std::abs(values[k] - subject.quantiles[k]);
    sum += distance / static_cast<double>(window) / subject.sd;
  };
  for (std::size_t u = 0; u < units; ++u) {
    double last = before[u];
    for (std::size_t t = 0; t < window; ++t) {
      level[t] = predictions[t * units + u];
      difference[t] = level[t] - last;
      last = level[t];
    }
    add(level, levels_[u]);
    add(difference, differences_[u]);
  }
  return sum / static_cast<double>(2 * units);
}

}  // namespace noesis
