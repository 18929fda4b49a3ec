#include "physics/vitals/fluctuation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/log_log_line.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kSmallestBox = 16;
constexpr std::int64_t kFewestLargeBoxes = 16;
constexpr int kNumSizes = 20;
constexpr std::int64_t kShortestSeries = 4 * kSmallestBox * kFewestLargeBoxes;
constexpr std::int64_t kFewestGivenBoxes = 4;

std::vector<std::int64_t> spaced_sizes(std::int64_t num_samples) {
  const double low = std::log(static_cast<double>(kSmallestBox));
  const double high = std::log(static_cast<double>(num_samples / kFewestLargeBoxes));
  std::vector<std::int64_t> sizes;
  for (int i = 0; i < kNumSizes; ++i) {
    const std::int64_t size =
        std::llround(std::exp(std::lerp(low, high, static_cast<double>(i) / (kNumSizes - 1))));
    if (sizes.empty() || size > sizes.back()) sizes.push_back(size);
  }
  return sizes;
}

void check_sizes(std::span<const std::int64_t> sizes) {
  require(sizes.size() >= 3, "too few box sizes", "box_sizes", sizes.size(), ">= 3");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    require(sizes[i] >= 4, "box size out of range", "box_sizes", sizes[i], ">= 4");
    require(i == 0 || sizes[i] > sizes[i - 1], "box sizes do not rise", "box_sizes", sizes[i],
            "larger than the one before");
  }
}

/// Running sum of the deviations from the mean.
std::vector<double> profile(std::span<const double> series) {
  const double mean =
      std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
  std::vector<double> sum;
  sum.reserve(series.size());
  double total = 0.0;
  for (const double value : series) sum.push_back(total += value - mean);
  return sum;
}

/// Sum of squares about the least-squares line.
double squares_about_line(std::span<const double> box) {
  const double size = static_cast<double>(box.size());
  const double mean = std::accumulate(box.begin(), box.end(), 0.0) / size;
  double squares = 0.0;
  double products = 0.0;
  for (std::size_t t = 0; t < box.size(); ++t) {
    const double deviation = box[t] - mean;
    squares += deviation * deviation;
    products += deviation * (static_cast<double>(t) - 0.5 * (size - 1.0));
  }
  const double squares_of_time = size * (size * size - 1.0) / 12.0;
  return std::max(0.0, squares - products * products / squares_of_time);
}

double fluctuation(std::span<const double> profile, std::int64_t box_size) {
  const auto size = static_cast<std::size_t>(box_size);
  const std::size_t num_boxes = profile.size() / size;
  double squares = 0.0;
  for (std::size_t box = 0; box < num_boxes; ++box) {
    squares += squares_about_line(profile.subspan(box * size, size));
  }
  return std::sqrt(squares / static_cast<double>(num_boxes * size));
}

}  // namespace

Measured<Fluctuation> detrended_fluctuation(std::span<const double> series,
                                            const FluctuationOptions& options) {
  if (!options.box_sizes.empty()) check_sizes(options.box_sizes);
  const auto num_samples = static_cast<std::int64_t>(series.size());
  const std::int64_t fewest =
      options.box_sizes.empty() ? kShortestSeries : kFewestGivenBoxes * options.box_sizes.back();
  if (num_samples < fewest) {
    return Measured<Fluctuation>::undefined("fewer than " + std::to_string(fewest) + " samples");
  }
  const SeriesView view{series.data(), num_samples, 1};
  check_series(view, 1);
  const auto still = Measured<Fluctuation>::undefined("series does not fluctuate");
  if (unit_moments(view).variance[0] < kStillVariance) return still;
  Fluctuation result;
  result.box_sizes = options.box_sizes.empty() ? spaced_sizes(num_samples) : options.box_sizes;
  const std::vector<double> sum = profile(series);
  std::vector<double> sizes;
  for (const std::int64_t size : result.box_sizes) {
    result.fluctuations.push_back(fluctuation(sum, size));
    if (!(result.fluctuations.back() > 0.0)) return still;
    sizes.push_back(static_cast<double>(size));
  }
  const LogLogLine line = fit_log_log_line(sizes, result.fluctuations);
  result.exponent = line.slope;
  result.r_squared = line.r_squared;
  return result;
}

}  // namespace noesis
