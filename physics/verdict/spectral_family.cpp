#include "physics/verdict/spectral_family.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.hpp"
#include "core/math.hpp"
#include "physics/vitals/least_squares.hpp"

namespace noesis {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLog10E = 0.43429448190325182765;

/// The part of a spectrum within a band: f and log10 S. Empty unless S is positive throughout.
struct LogSpectrum {
  VectorXd frequency, log_density;

  LogSpectrum(std::span<const double> frequencies, std::span<const double> density,
              FrequencyBand band) {
    std::vector<double> f, s;
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      if (frequencies[i] < band.low_hz || frequencies[i] > band.high_hz) continue;
      if (!(density[i] > 0) || !std::isfinite(density[i])) return;
      f.push_back(frequencies[i]);
      s.push_back(kLog10E * math::log(density[i]));
    }
    frequency = Eigen::Map<const VectorXd>(f.data(), static_cast<Eigen::Index>(f.size()));
    log_density = Eigen::Map<const VectorXd>(s.data(), static_cast<Eigen::Index>(s.size()));
  }
};

VectorXd log10_of(const VectorXd& x) {
  return x.unaryExpr([](double v) { return kLog10E * math::log(v); });
}

/// Residual sum of squares of y = a + b x.
double line_rss(const VectorXd& x, const VectorXd& y) {
  const VectorXd u = x.array() - x.mean();
  const VectorXd v = y.array() - y.mean();
  return (v - u * (u.dot(v) / u.squaredNorm())).squaredNorm();
}

/// Residual sum of squares of b - log10(k + f^chi), from knees below, in and above the band. A
/// power law is its case k = 0, so it is never worse than one.
double knee_rss(const LogSpectrum& spectrum) {
  const VectorXd& f = spectrum.frequency;
  const VectorXd log_f = log10_of(f);
  LeastSquaresProblem problem;
  constexpr double kFree = std::numeric_limits<double>::infinity();
  problem.lower = Eigen::Vector3d(-kFree, 0, 0);
  problem.upper = Eigen::Vector3d(kFree, kFree, 60);
  problem.evaluate = [&](const VectorXd& p, VectorXd& residual, MatrixXd& jacobian) {
    residual.resize(f.size());
    jacobian.resize(f.size(), 3);
    for (Eigen::Index i = 0; i < f.size(); ++i) {
      const double ln_f = log_f[i] / kLog10E;
      const double power = math::exp(p[2] * ln_f);
      const double sum = p[1] + power;
      residual[i] = p[0] - kLog10E * math::log(sum) - spectrum.log_density[i];
      jacobian(i, 0) = 1;
      jacobian(i, 1) = -kLog10E / sum;
      jacobian(i, 2) = -kLog10E * power * ln_f / sum;
    }
  };
  double best = line_rss(log_f, spectrum.log_density);
  for (const double exponent : {2.0, 4.0, 8.0}) {
    for (const double knee : {f[0], std::sqrt(f[0] * f[f.size() - 1]), f[f.size() - 1]}) {
      const double k = math::exp(exponent * math::log(knee));
      const double offset = spectrum.log_density[0] +
                            kLog10E * math::log(k + math::exp(exponent * log_f[0] / kLog10E));
      best = std::min(best, minimise(problem, Eigen::Vector3d(offset, k, exponent)).cost);
    }
  }
  return best;
}

}  // namespace

SeriesView tau_series(std::span<const double> values, std::int64_t num_units, double interval) {
  const auto units = static_cast<std::size_t>(num_units);
  ensure(units > 0 && values.size() % units == 0, "a series is a whole number of samples");
  return {values.data(), static_cast<std::int64_t>(values.size() / units), num_units,
          1000 * interval};
}

std::array<std::optional<AperiodicFit>, kNumBands> fit_bands(std::span<const double> frequencies,
                                                             std::span<const double> density) {
  std::array<std::optional<AperiodicFit>, kNumBands> fits;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    fits[b] = fit_log_log(frequencies, density, kVerdictBands[b]);
  }
  return fits;
}

std::string_view family_name(SpectralFamily family) {
  constexpr std::string_view kNames[] = {"constant", "power", "exponential", "knee"};
  return kNames[static_cast<std::size_t>(family)];
}

std::optional<SpectralFamily> best_family(std::span<const double> frequencies,
                                          std::span<const double> density) {
  const LogSpectrum spectrum(frequencies, density, kFamilyBand);
  if (spectrum.frequency.size() < 5) return std::nullopt;
  const VectorXd& y = spectrum.log_density;
  const double rss[] = {(y.array() - y.mean()).matrix().squaredNorm(),
                        line_rss(log10_of(spectrum.frequency), y), line_rss(spectrum.frequency, y),
                        knee_rss(spectrum)};
  constexpr double kNumParameters[] = {1, 2, 2, 3};
  const auto n = static_cast<double>(y.size());
  std::size_t best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < std::size(rss); ++i) {
    const double floor = std::numeric_limits<double>::min();
    const double aic = n * math::log(std::max(rss[i] / n, floor)) + 2 * kNumParameters[i];
    if (aic < lowest) {
      lowest = aic;
      best = i;
    }
  }
  return static_cast<SpectralFamily>(best);
}

}  // namespace noesis
