#include "physics/vitals/power_law.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kFewestValues = 50;
constexpr double kMostIntegers = 1e7;
constexpr double kLowestExponent = -10.0;
constexpr double kHighestExponent = 30.0;
constexpr int kHalvings = 48;  // of an interval of 40, to 1.4e-13

/// Mean and variance of ln x under the power law of one exponent.
struct LogMoments {
  double mean = 0.0;
  double variance = 0.0;
};

using MomentsOf = std::function<LogMoments(double exponent)>;

/// Of integers, by summation.
MomentsOf integer_moments(Range range) {
  std::vector<double> logs;
  for (double x = range.low; x <= range.high; x += 1.0) logs.push_back(std::log(x));
  return [logs = std::move(logs)](double exponent) {
    // Relative to the end that has most weight, so that nothing overflows.
    const double reference = exponent > 0.0 ? logs.front() : logs.back();
    double weights = 0.0;
    double first = 0.0;
    double second = 0.0;
    for (const double log : logs) {
      const double weight = std::exp(-exponent * (log - reference));
      weights += weight;
      first += weight * (log - reference);
      second += weight * (log - reference) * (log - reference);
    }
    const double mean = first / weights;
    return LogMoments{reference + mean, second / weights - mean * mean};
  };
}

/// Of reals: ln x has the density ~ e^((1 - exponent) y) on an interval of length w = ln high/low.
/// With z = (1 - exponent) w / 2 its mean is the middle + (w / 2) L(z), and its variance
/// (w / 2)^2 L'(z), L being Langevin's function coth z - 1 / z.
MomentsOf real_moments(Range range) {
  return [range](double exponent) {
    const double half = 0.5 * std::log(range.high / range.low);
    const double middle = 0.5 * (std::log(range.high) + std::log(range.low));
    const double z = (1.0 - exponent) * half;
    if (std::abs(z) < 1e-3) {  // the series, where the closed form cancels
      return LogMoments{middle + half * z / 3.0, half * half * (1.0 / 3.0 - z * z / 15.0)};
    }
    const double coth = 1.0 / std::tanh(z);
    return LogMoments{middle + half * (coth - 1.0 / z),
                      half * half * (1.0 - coth * coth + 1.0 / (z * z))};
  };
}

/// P(X <= x) for x in the range.
using Cumulative = std::function<double(double x)>;

Cumulative integer_cumulative(Range range, double exponent) {
  std::vector<double> sums;
  double sum = 0.0;
  for (double x = range.low; x <= range.high; x += 1.0) {
    sums.push_back(sum += std::pow(x / range.low, -exponent));
  }
  return [range, sums = std::move(sums)](double x) {
    return x < range.low ? 0.0 : sums[static_cast<std::size_t>(x - range.low)] / sums.back();
  };
}

Cumulative real_cumulative(Range range, double exponent) {
  return [range, power = 1.0 - exponent](double x) {
    const double part = std::log(x / range.low);
    const double whole = std::log(range.high / range.low);
    return std::abs(power * whole) < 1e-9 ? part / whole
                                          : std::expm1(power * part) / std::expm1(power * whole);
  };
}

/// Kolmogorov and Smirnov's, of sorted values: at each value and just below it.
double ks_distance(const std::vector<double>& values, const Cumulative& cumulative,
                   Support support) {
  const double step = support == Support::kIntegers ? 1.0 : 0.0;
  const double number = static_cast<double>(values.size());
  double distance = 0.0;
  for (auto value = values.begin(); value != values.end();) {
    const auto next = std::upper_bound(value, values.end(), *value);
    const double below = static_cast<double>(value - values.begin()) / number;
    const double upto = static_cast<double>(next - values.begin()) / number;
    distance = std::max({distance, std::abs(below - cumulative(*value - step)),
                         std::abs(upto - cumulative(*value))});
    value = next;
  }
  return distance;
}

void check_range(Range range, Support support) {
  require(range.low > 0.0 && std::isfinite(range.low), "range out of range", "range.low", range.low,
          "> 0");
  require(range.high > range.low && std::isfinite(range.high), "range is empty", "range.high",
          range.high, "> range.low");
  require(support == Support::kReals || range.high - range.low < kMostIntegers,
          "range holds too many integers", "range.high", range.high, "<= range.low + 10^7");
}

}  // namespace

Measured<PowerLaw> fit_power_law(std::span<const double> values, Range range, Support support) {
  if (support == Support::kIntegers) range = {std::ceil(range.low), std::floor(range.high)};
  check_range(range, support);
  std::vector<double> inside;
  double mean_log = 0.0;
  for (const double value : values) {
    if (!(value >= range.low && value <= range.high)) continue;
    inside.push_back(value);
    mean_log += std::log(value);
  }
  PowerLaw law;
  law.num_values = std::ssize(inside);
  if (law.num_values < kFewestValues) {
    return Measured<PowerLaw>::undefined("fewer than " + std::to_string(kFewestValues) +
                                         " values in the range");
  }
  mean_log /= static_cast<double>(law.num_values);

  const MomentsOf moments =
      support == Support::kIntegers ? integer_moments(range) : real_moments(range);
  double low = kLowestExponent;
  double high = kHighestExponent;
  if (!(mean_log < moments(low).mean && mean_log > moments(high).mean)) {
    return Measured<PowerLaw>::undefined("values follow no power law of a finite exponent");
  }
  for (int i = 0; i < kHalvings; ++i) {  // the expected ln x falls with the exponent
    law.exponent = 0.5 * (low + high);
    (moments(law.exponent).mean > mean_log ? low : high) = law.exponent;
  }
  law.standard_error =
      1.0 / std::sqrt(static_cast<double>(law.num_values) * moments(law.exponent).variance);
  std::ranges::sort(inside);
  law.ks_distance =
      ks_distance(inside,
                  support == Support::kIntegers ? integer_cumulative(range, law.exponent)
                                                : real_cumulative(range, law.exponent),
                  support);
  return law;
}

}  // namespace noesis
