/// Fits of spectra that are exact by construction, where the answer is known.

#include "physics/vitals/aperiodic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "physics/vitals/least_squares.hpp"
#include "physics/vitals/quantile.hpp"

namespace noesis {
namespace {

constexpr FrequencyBand kBand{1.0, 100.0};

struct Exact {
  std::vector<double> frequencies;
  std::vector<double> density;
};

/// 10^(2 - log10(knee + f^exponent) + peaks) at 0, 0.5, ... 150 Hz.
Exact exact_spectrum(double exponent, double knee, const std::vector<SpectralPeak>& peaks = {}) {
  Exact exact;
  for (int k = 0; k <= 300; ++k) {
    const double f = 0.5 * k;
    double log_density = 2.0 - std::log10(knee + std::pow(f, exponent));
    for (const SpectralPeak& peak : peaks) {
      const double z = (f - peak.centre_hz) / (0.5 * peak.width_hz);
      log_density += peak.height * std::exp(-0.5 * z * z);
    }
    exact.frequencies.push_back(f);
    exact.density.push_back(std::pow(10.0, log_density));
  }
  return exact;
}

// Goes red when natural and decimal logarithms are mixed.
TEST(Aperiodic, FixedFitOfAPowerLawIsExact) {
  for (const double exponent : {-0.5, 0.5, 1.0, 2.5, 4.0}) {
    const Exact exact = exact_spectrum(exponent, 0.0);
    const auto fit = fit_aperiodic(exact.frequencies, exact.density, kBand);
    ASSERT_TRUE(fit.has_value());
    EXPECT_NEAR(fit->exponent, exponent, 1e-10);
    EXPECT_NEAR(fit->offset, 2.0, 1e-10);
    EXPECT_EQ(fit->knee, 0.0);
    EXPECT_EQ(fit->knee_frequency_hz(), 0.0);
    EXPECT_NEAR(fit->r_squared, 1.0, 1e-12);
    EXPECT_NEAR(fit->mean_abs_error, 0.0, 1e-12);
    EXPECT_TRUE(fit->peaks.empty());
    EXPECT_NEAR(fit_log_log(exact.frequencies, exact.density, kBand)->exponent, exponent, 1e-10);
  }
}

// Goes red when the Jacobian of the knee is wrong, or the fit is made in (b, k, chi): it then gets
// stuck at steep knees near the end of the band.
TEST(Aperiodic, KneeFitIsExact) {
  AperiodicOptions options;
  options.mode = AperiodicMode::kKnee;
  for (const double exponent : {0.5, 1.0, 2.0, 3.0, 6.0}) {
    for (const double knee_frequency : {0.5, 3.0, 8.0, 40.0, 120.0}) {
      const Exact exact = exact_spectrum(exponent, std::pow(knee_frequency, exponent));
      const auto fit = fit_aperiodic(exact.frequencies, exact.density, kBand, options);
      ASSERT_TRUE(fit.has_value());
      EXPECT_NEAR(fit->exponent, exponent, 1e-5) << knee_frequency;
      EXPECT_NEAR(fit->knee_frequency_hz(), knee_frequency, 1e-4) << exponent;
    }
  }
  // A pure power law has no knee to find, falling or rising.
  for (const double exponent : {1.5, -1.0}) {
    const Exact line = exact_spectrum(exponent, 0.0);
    const auto fit = fit_aperiodic(line.frequencies, line.density, kBand, options);
    EXPECT_NEAR(fit->exponent, exponent, 1e-4);
    EXPECT_LT(fit->knee, 1e-3);
  }
}

// Goes red when peaks are not removed before the last fit, or their width is one deviation.
TEST(Aperiodic, PeaksAreFoundAndTakenOut) {
  const std::vector<SpectralPeak> peaks = {{10.0, 1.0, 3.0}, {40.0, 0.6, 8.0}};
  const Exact exact = exact_spectrum(1.2, 0.0, peaks);
  const auto fit = fit_aperiodic(exact.frequencies, exact.density, kBand);
  ASSERT_TRUE(fit.has_value());
  ASSERT_EQ(fit->peaks.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(fit->peaks[i].centre_hz, peaks[i].centre_hz, 0.1);
    EXPECT_NEAR(fit->peaks[i].height, peaks[i].height, 0.05);
    EXPECT_NEAR(fit->peaks[i].width_hz, peaks[i].width_hz, 0.4);
  }
  EXPECT_NEAR(fit->exponent, 1.2, 0.03);
  EXPECT_GT(fit->r_squared, 0.999);
  EXPECT_GT(std::abs(fit_log_log(exact.frequencies, exact.density, kBand)->exponent - 1.2), 0.05);

  AperiodicOptions none;
  none.max_peaks = 0;
  EXPECT_TRUE(fit_aperiodic(exact.frequencies, exact.density, kBand, none)->peaks.empty());
}

/// 10^(2 - log10(knee + f^exponent) + three peaks + a ripple that stands for noise), 0 to 150 Hz.
Exact rippled_spectrum(double exponent, double knee) {
  Exact exact =
      exact_spectrum(exponent, knee, {{10.0, 0.8, 3.0}, {22.0, 0.35, 4.0}, {60.0, 0.5, 10.0}});
  for (int k = 0; k <= 300; ++k) {
    const double ripple = 0.05 * ((37 * k * k + 11 * k) % 101 / 101.0 - 0.5);
    exact.density[static_cast<std::size_t>(k)] *= std::pow(10.0, ripple);
  }
  return exact;
}

void expect_fit(const AperiodicFit& fit, const AperiodicFit& expected) {
  EXPECT_NEAR(fit.offset, expected.offset, 1e-5);
  EXPECT_NEAR(fit.exponent, expected.exponent, 1e-5);
  EXPECT_NEAR(fit.knee, expected.knee, 1e-3);
  EXPECT_NEAR(fit.r_squared, expected.r_squared, 1e-6);
  EXPECT_NEAR(fit.mean_abs_error, expected.mean_abs_error, 1e-6);
  ASSERT_EQ(fit.peaks.size(), expected.peaks.size());
  for (std::size_t i = 0; i < fit.peaks.size(); ++i) {
    EXPECT_NEAR(fit.peaks[i].centre_hz, expected.peaks[i].centre_hz, 1e-4);
    EXPECT_NEAR(fit.peaks[i].height, expected.peaks[i].height, 1e-4);
    EXPECT_NEAR(fit.peaks[i].width_hz, expected.peaks[i].width_hz, 1e-4);
  }
}

// FOOOF 1.1.1 with SciPy 1.11, on the arrays f and s of rippled_spectrum (s[0] is not read):
//   m = fooof.FOOOF((0.5, 12), 6, 0.1, 2.0, mode); m.fit(f, s, (1, 100))
//   m.aperiodic_params_, m.r_squared_, m.error_, m.peak_params_
// Goes red when any step of the algorithm is left out.
TEST(Aperiodic, AgreesWithFooof) {
  AperiodicOptions options;
  const Exact fixed = rippled_spectrum(1.2, 0.0);
  expect_fit(*fit_aperiodic(fixed.frequencies, fixed.density, kBand, options),
             {2.0168820326,
              1.2068999088,
              0.0,
              0.9992415033,
              0.0123620998,
              {{10.0120007473, 0.7970706312, 2.8582036308},
               {22.0068399951, 0.3298767639, 3.7607631794},
               {60.0013130244, 0.4934616179, 9.6530472855}}});
  options.mode = AperiodicMode::kKnee;
  const Exact knee = rippled_spectrum(2.0, 64.0);
  expect_fit(*fit_aperiodic(knee.frequencies, knee.density, kBand, options),
             {2.0608279334,
              2.0312795155,
              73.0278840816,
              0.9994603448,
              0.0129967227,
              {{10.0008848431, 0.7874723315, 2.8154315527},
               {22.0164553888, 0.3189928519, 3.5775219179},
               {60.0368677069, 0.4933933823, 9.6421559997}}});
}

// Goes red when the edge rule is dropped: half a peak cannot be fitted.
TEST(Aperiodic, APeakAtTheEdgeOfTheBandIsDropped) {
  const Exact exact = exact_spectrum(1.0, 0.0, {{100.0, 1.0, 6.0}});
  const auto fit = fit_aperiodic(exact.frequencies, exact.density, kBand);
  for (const SpectralPeak& peak : fit->peaks) EXPECT_LT(peak.centre_hz, 98.0);
}

// Goes red when a logarithm of zero is let through.
TEST(Aperiodic, NoPowerIsNoFit) {
  Exact exact = exact_spectrum(1.0, 0.0);
  exact.density[50] = 0.0;
  EXPECT_FALSE(fit_aperiodic(exact.frequencies, exact.density, kBand).has_value());
  EXPECT_FALSE(fit_log_log(exact.frequencies, exact.density, kBand).has_value());
  exact.density[50] = 1.0;
  EXPECT_TRUE(fit_log_log(exact.frequencies, exact.density, kBand).has_value());
}

// A flat spectrum: the exponent is 0 and R^2 is undefined, given as 0.
TEST(Aperiodic, FlatSpectrumIsDefined) {
  const Exact flat{exact_spectrum(1.0, 0.0).frequencies, std::vector<double>(301, 3.0)};
  for (const AperiodicMode mode : {AperiodicMode::kFixed, AperiodicMode::kKnee}) {
    AperiodicOptions options;
    options.mode = mode;
    const auto fit = fit_aperiodic(flat.frequencies, flat.density, kBand, options);
    ASSERT_TRUE(fit.has_value());
    EXPECT_NEAR(fit->exponent, 0.0, 1e-6);
    EXPECT_TRUE(std::isfinite(fit->r_squared));
    EXPECT_NEAR(fit->mean_abs_error, 0.0, 1e-9);
  }
}

TEST(Aperiodic, RefusesBadInput) {
  const Exact exact = exact_spectrum(1.0, 0.0);
  const auto fit = [&](FrequencyBand band, AperiodicOptions options) {
    return fit_aperiodic(exact.frequencies, exact.density, band, options);
  };
  EXPECT_THROW(fit({1.0, 2.5}, {}), ConfigError);
  EXPECT_THROW(fit({50.0, 10.0}, {}), ConfigError);
  EXPECT_THROW(fit(kBand, {.max_peaks = -1}), ConfigError);
  EXPECT_THROW(fit(kBand, {.min_peak_width_hz = 0.0}), ConfigError);
  EXPECT_THROW(fit(kBand, {.min_peak_width_hz = 3.0, .max_peak_width_hz = 2.0}), ConfigError);
  EXPECT_THROW(fit_log_log(exact.frequencies, std::vector<double>(10, 1.0), kBand), ConfigError);
}

// Rosenbrock's valley as residuals (10 (y - x^2), 1 - x); the minimum within x <= 0.5 lies at the
// bound. Goes red when the step is not clamped, or a parameter at a bound is not held.
TEST(LeastSquares, RosenbrockFreeAndBounded) {
  LeastSquaresProblem problem;
  problem.lower = Eigen::Vector2d::Constant(-10.0);
  problem.upper = Eigen::Vector2d::Constant(10.0);
  problem.evaluate = [](const Eigen::VectorXd& p, Eigen::VectorXd& residual,
                        Eigen::MatrixXd& jacobian) {
    residual = Eigen::Vector2d(10.0 * (p[1] - p[0] * p[0]), 1.0 - p[0]);
    jacobian.resize(2, 2);
    jacobian << -20.0 * p[0], 10.0, -1.0, 0.0;
  };
  const LeastSquaresResult free = minimise(problem, Eigen::Vector2d(-1.2, 1.0));
  EXPECT_NEAR(free.parameters[0], 1.0, 1e-8);
  EXPECT_NEAR(free.parameters[1], 1.0, 1e-8);
  problem.upper[0] = 0.5;
  const LeastSquaresResult bounded = minimise(problem, Eigen::Vector2d(-1.2, 1.0));
  EXPECT_EQ(bounded.parameters[0], 0.5);
  EXPECT_NEAR(bounded.parameters[1], 0.25, 1e-8);
  EXPECT_NEAR(bounded.cost, 0.25, 1e-12);
}

// numpy.quantile([3, 1, 2, 10], [0, 0.25, 0.5, 1]) = [1, 1.75, 2.5, 10].
TEST(Quantile, AgreesWithNumpy) {
  const std::vector<double> values = {3.0, 1.0, 2.0, 10.0};
  EXPECT_EQ(quantile(values, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  EXPECT_EQ(quantile(values, 1.0), 10.0);
}

}  // namespace
}  // namespace noesis
