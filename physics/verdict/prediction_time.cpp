#include "physics/verdict/prediction_time.hpp"

#include <cmath>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {

std::int64_t valid_prediction_samples(std::span<const double> truth,
                                      std::span<const double> prediction,
                                      std::span<const double> deviation, double error) {
  const std::size_t units = deviation.size();
  ensure(units > 0 && truth.size() == prediction.size() && truth.size() % units == 0,
         "truth and prediction of equal shape");
  const std::size_t samples = truth.size() / units;
  for (std::size_t t = 0; t < samples; ++t) {
    double squares = 0;
    std::int64_t moving = 0;
    for (std::size_t i = 0; i < units; ++i) {
      if (!(deviation[i] > 0)) continue;
      const double z = (prediction[t * units + i] - truth[t * units + i]) / deviation[i];
      squares += z * z;
      ++moving;
    }
    const double mean = moving > 0 ? squares / static_cast<double>(moving) : 0.0;
    // Written so that NaN ends the prediction too.
    if (!(std::sqrt(mean) <= error)) return static_cast<std::int64_t>(t);
  }
  return static_cast<std::int64_t>(samples);
}

PredictionTime prediction_time(std::span<const std::int64_t> samples, double interval,
                               double exponent) {
  constexpr std::size_t kMinStarts = 30;
  if (samples.size() < kMinStarts) {
    throw ConfigError({.what = "too few starts for a prediction time",
                       .where = {},
                       .got = std::to_string(samples.size()),
                       .allowed = "at least " + std::to_string(kMinStarts),
                       .next = {}});
  }
  ensure(interval > 0 && exponent > 0, "a positive interval and Lyapunov exponent");
  std::vector<double> times;
  for (const std::int64_t s : samples)
    times.push_back(static_cast<double>(s) * interval * exponent);
  return {quantile(times, 0.5), quantile(times, 0.25), quantile(times, 0.75),
          static_cast<std::int64_t>(samples.size())};
}

}  // namespace noesis
