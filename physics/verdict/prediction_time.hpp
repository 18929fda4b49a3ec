#pragma once
/// For how long an emulator follows its subject. Pure and thread-safe.

#include <cstdint>
#include <span>
#include <vector>

namespace noesis {

/// Error at which a prediction is over, in standard deviations (Vlachas et al., Neural Netw. 126,
/// 2020, use 0.5; Platt et al., Neural Netw. 153, 2022, 0.3).
inline constexpr double kPredictionError = 0.4;

/// Samples before e(t) = sqrt(mean over units of ((prediction - truth) / sd)^2) first exceeds the
/// error or is not finite; all of them if it never does. Both series are (num_samples x num_units);
/// `deviation` is the sd of each unit over time, and units where it is 0 are left out.
std::int64_t valid_prediction_samples(std::span<const double> truth,
                                      std::span<const double> prediction,
                                      std::span<const double> deviation,
                                      double error = kPredictionError);

/// Over starts, in Lyapunov times.
struct PredictionTime {
  double median = 0;
  double lower_quartile = 0;
  double upper_quartile = 0;
  std::int64_t num_starts = 0;
};

/// `samples` has the valid samples of each start; `exponent` is the subject's largest Lyapunov
/// exponent [1/tau], > 0. @throws ConfigError for fewer than 30 starts.
PredictionTime prediction_time(std::span<const std::int64_t> samples, double interval,
                               double exponent);

}  // namespace noesis
