#include "physics/vitals/aperiodic.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "core/error.hpp"
#include "physics/vitals/least_squares.hpp"
#include "physics/vitals/quantile.hpp"
#include "physics/vitals/spectral_peaks.hpp"

namespace noesis {
namespace {

constexpr double kLn10 = std::numbers::ln10;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRobustFraction = 0.025;  // of the points, those lowest over the first fit
constexpr double kKneeDecades = 10.0;      // log10 of a knee frequency lies within +- this
constexpr std::int64_t kMinBins = 5;

/// Log-log spectrum over a band.
struct LogSpectrum {
  Eigen::VectorXd frequencies;
  Eigen::VectorXd log_frequencies;  ///< log10
  Eigen::VectorXd log_density;      ///< log10
};

struct Curve {
  double offset = 0.0;
  double knee = 0.0;
  double exponent = 0.0;
};

void check_options(const AperiodicOptions& options) {
  require(options.max_peaks >= 0, "option out of range", "max_peaks", options.max_peaks, ">= 0");
  require(options.min_peak_height >= 0.0, "option out of range", "min_peak_height",
          options.min_peak_height, ">= 0");
  require(options.peak_threshold >= 0.0, "option out of range", "peak_threshold",
          options.peak_threshold, ">= 0");
  require(options.min_peak_width_hz > 0.0, "option out of range", "min_peak_width_hz",
          options.min_peak_width_hz, "> 0");
  require(options.max_peak_width_hz >= options.min_peak_width_hz, "option out of range",
          "max_peak_width_hz", options.max_peak_width_hz, ">= min_peak_width_hz");
}

/// Empty where a density is not positive.
std::optional<LogSpectrum> cut_band(std::span<const double> frequencies,
                                    std::span<const double> density, FrequencyBand band) {
  require(frequencies.size() == density.size(), "frequencies and densities differ in number",
          "density", static_cast<double>(density.size()), "one a frequency");
  std::vector<double> f;
  std::vector<double> log_density;
  bool positive = true;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const double frequency = frequencies[i];
    if (!(frequency > 0.0 && frequency >= band.low_hz && frequency <= band.high_hz)) continue;
    positive = positive && density[i] > 0.0 && std::isfinite(density[i]);
    f.push_back(frequency);
    log_density.push_back(std::log10(density[i]));
  }
  require(std::ssize(f) >= kMinBins, "band holds too few frequencies", "band",
          static_cast<double>(f.size()), ">= 5 frequencies");
  if (!positive) return std::nullopt;
  const auto size = static_cast<Eigen::Index>(f.size());
  LogSpectrum spectrum{Eigen::Map<Eigen::VectorXd>(f.data(), size),
                       {},
                       Eigen::Map<Eigen::VectorXd>(log_density.data(), size)};
  spectrum.log_frequencies = spectrum.frequencies.array().log10();
  return spectrum;
}

/// b - log10(k + f^chi)
Eigen::VectorXd model(const LogSpectrum& spectrum, const Curve& curve) {
  const auto power = (kLn10 * curve.exponent * spectrum.log_frequencies.array()).exp();
  return curve.offset - (curve.knee + power).log10();
}

Curve fit_line(const LogSpectrum& spectrum) {
  const double mean_x = spectrum.log_frequencies.mean();
  const double mean_y = spectrum.log_density.mean();
  const auto x = spectrum.log_frequencies.array() - mean_x;
  const double slope = (x * (spectrum.log_density.array() - mean_y)).sum() / x.square().sum();
  return {mean_y - slope * mean_x, 0.0, -slope};
}

/// In the parameters (b, log10 f_k, chi), of like size and little correlated, unlike (b, k, chi):
/// L = b - chi log10 f - log10(1 + (f_k / f)^chi). Starts from the straight line, with its knee
/// below the band, so that a spectrum without a knee keeps none.
Curve fit_knee(const LogSpectrum& spectrum) {
  LeastSquaresProblem problem;
  problem.lower = Eigen::Vector3d(-kInfinity, -kKneeDecades, -kInfinity);
  problem.upper = Eigen::Vector3d(kInfinity, kKneeDecades, kInfinity);
  problem.evaluate = [&](const Eigen::VectorXd& p, Eigen::VectorXd& residual,
                         Eigen::MatrixXd& jacobian) {
    const Eigen::ArrayXd x = spectrum.log_frequencies.array();
    const Eigen::ArrayXd ratio = (kLn10 * p[2] * (p[1] - x)).exp();
    const Eigen::ArrayXd weight = ratio / (1.0 + ratio);
    residual = p[0] - p[2] * x - (1.0 + ratio).log10() - spectrum.log_density.array();
    jacobian.resize(residual.size(), 3);
    jacobian.col(0).setOnes();
    jacobian.col(1) = -p[2] * weight;
    jacobian.col(2) = -x - weight * (p[1] - x);
  };
  const Curve line = fit_line(spectrum);
  const Eigen::Vector3d start(line.offset, spectrum.log_frequencies[0] - 1.0, line.exponent);
  const Eigen::VectorXd best = minimise(problem, start).parameters;
  return {best[0], std::pow(10.0, best[2] * best[1]), best[2]};
}

Curve fit_curve(const LogSpectrum& spectrum, AperiodicMode mode) {
  return mode == AperiodicMode::kFixed ? fit_line(spectrum) : fit_knee(spectrum);
}

/// Fit to the points that lie lowest over a first fit, so that peaks do not lift the curve.
Curve fit_robust(const LogSpectrum& spectrum, AperiodicMode mode) {
  const Curve first = fit_curve(spectrum, mode);
  const Eigen::VectorXd flat = (spectrum.log_density - model(spectrum, first)).cwiseMax(0.0);
  const double threshold = quantile(std::vector<double>(flat.begin(), flat.end()), kRobustFraction);
  std::vector<Eigen::Index> low;
  for (Eigen::Index i = 0; i < flat.size(); ++i) {
    if (flat[i] <= threshold) low.push_back(i);
  }
  if (std::ssize(low) < kMinBins) return first;
  return fit_curve(
      {spectrum.frequencies(low), spectrum.log_frequencies(low), spectrum.log_density(low)}, mode);
}

AperiodicFit describe(const LogSpectrum& spectrum, const Curve& curve,
                      std::vector<SpectralPeak> peaks) {
  const Eigen::VectorXd fitted = model(spectrum, curve) + peak_curve(spectrum.frequencies, peaks);
  const Eigen::ArrayXd x = spectrum.log_density.array() - spectrum.log_density.mean();
  const Eigen::ArrayXd y = fitted.array() - fitted.mean();
  const double covariance = (x * y).sum();
  const double variances = x.square().sum() * y.square().sum();
  return {curve.offset,
          curve.exponent,
          curve.knee,
          variances > 0.0 ? covariance * covariance / variances : 0.0,
          (fitted - spectrum.log_density).cwiseAbs().mean(),
          std::move(peaks)};
}

}  // namespace

double AperiodicFit::knee_frequency_hz() const {
  return knee > 0.0 && exponent != 0.0 ? std::pow(knee, 1.0 / exponent) : 0.0;
}

std::optional<AperiodicFit> fit_aperiodic(std::span<const double> frequencies_hz,
                                          std::span<const double> density, FrequencyBand band,
                                          const AperiodicOptions& options) {
  check_options(options);
  const std::optional<LogSpectrum> spectrum = cut_band(frequencies_hz, density, band);
  if (!spectrum) return std::nullopt;
  const Curve robust = fit_robust(*spectrum, options.mode);
  const Eigen::VectorXd flat = spectrum->log_density - model(*spectrum, robust);
  std::vector<SpectralPeak> peaks = find_peaks(spectrum->frequencies, flat, options);
  LogSpectrum without_peaks = *spectrum;
  without_peaks.log_density -= peak_curve(spectrum->frequencies, peaks);
  return describe(*spectrum, fit_curve(without_peaks, options.mode), std::move(peaks));
}

std::optional<AperiodicFit> fit_log_log(std::span<const double> frequencies_hz,
                                        std::span<const double> density, FrequencyBand band) {
  const std::optional<LogSpectrum> spectrum = cut_band(frequencies_hz, density, band);
  if (!spectrum) return std::nullopt;
  return describe(*spectrum, fit_line(*spectrum), {});
}

}  // namespace noesis
