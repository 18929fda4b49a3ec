#include "physics/vitals/spectral_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "physics/vitals/least_squares.hpp"

namespace noesis {
namespace {

// Constants of specparam (fooof/objs/fit.py), in standard deviations of a peak.
constexpr double kEdgeDistance = 1.0;
constexpr double kOverlap = 0.75;
constexpr double kCentreFreedom = 1.5;

/// A Gaussian by centre, height and standard deviation.
struct Gaussian {
  double centre;
  double height;
  double deviation;
};

double gaussian(double f, const Gaussian& g) {
  const double z = (f - g.centre) / g.deviation;
  return g.height * std::exp(-0.5 * z * z);
}

double standard_deviation(const Eigen::VectorXd& values) {
  return std::sqrt((values.array() - values.mean()).square().mean());
}

/// Standard deviation of the peak at `top`, from the nearer of the two points at half its height.
double width_at_half_height(const Eigen::VectorXd& flat, Eigen::Index top, double bin_hz,
                            double fallback) {
  const double half = 0.5 * flat[top];
  Eigen::Index left = top - 1;
  while (left > 0 && flat[left] > half) --left;
  Eigen::Index right = top + 1;
  while (right < flat.size() && flat[right] > half) ++right;
  Eigen::Index nearer = std::numeric_limits<Eigen::Index>::max();
  if (left > 0) nearer = top - left;
  if (right < flat.size()) nearer = std::min(nearer, right - top);
  if (nearer == std::numeric_limits<Eigen::Index>::max()) return fallback;
  const double full_width = 2.0 * static_cast<double>(nearer) * bin_hz;
  return full_width / (2.0 * std::sqrt(2.0 * std::numbers::ln2));
}

std::vector<Gaussian> guess_peaks(const Eigen::VectorXd& frequencies, Eigen::VectorXd flat,
                                  const AperiodicOptions& options) {
  const double bin_hz = frequencies[1] - frequencies[0];
  const double fallback = 0.5 * (options.min_peak_width_hz + options.max_peak_width_hz);
  std::vector<Gaussian> guesses;
  while (std::ssize(guesses) < options.max_peaks) {
    Eigen::Index top = 0;
    const double height = flat.maxCoeff(&top);
    if (height <= options.peak_threshold * standard_deviation(flat)) break;
    if (!(height > options.min_peak_height)) break;
    const double width = width_at_half_height(flat, top, bin_hz, fallback);
    const Gaussian guess{
        frequencies[top], height,
        std::clamp(width, 0.5 * options.min_peak_width_hz, 0.5 * options.max_peak_width_hz)};
    guesses.push_back(guess);
    for (Eigen::Index i = 0; i < flat.size(); ++i) flat[i] -= gaussian(frequencies[i], guess);
  }
  return guesses;
}

/// Drops peaks whose centre is within a deviation of an edge, then the smaller of each overlapping
/// pair of neighbours. Sorts by centre.
void drop_doubtful(std::vector<Gaussian>& peaks, double low, double high) {
  std::erase_if(peaks, [&](const Gaussian& g) {
    return !(std::abs(g.centre - low) > kEdgeDistance * g.deviation &&
             std::abs(g.centre - high) > kEdgeDistance * g.deviation);
  });
  std::ranges::sort(peaks, {}, &Gaussian::centre);
  std::vector<bool> dropped(peaks.size());
  for (std::size_t i = 0; i + 1 < peaks.size(); ++i) {
    const Gaussian& a = peaks[i];
    const Gaussian& b = peaks[i + 1];
    if (a.centre + kOverlap * a.deviation > b.centre - kOverlap * b.deviation) {
      dropped[a.height < b.height ? i : i + 1] = true;
    }
  }
  std::size_t index = 0;
  std::erase_if(peaks, [&](const Gaussian&) { return dropped[index++]; });
}

/// Fits all peaks together; parameters are (centre, height, deviation) a peak.
void fit_together(const Eigen::VectorXd& frequencies, const Eigen::VectorXd& flat,
                  const AperiodicOptions& options, std::vector<Gaussian>& peaks) {
  const auto num_parameters = static_cast<Eigen::Index>(3 * peaks.size());
  Eigen::VectorXd start(num_parameters);
  LeastSquaresProblem problem;
  problem.lower.resize(num_parameters);
  problem.upper.resize(num_parameters);
  for (Eigen::Index i = 0; i < num_parameters; i += 3) {
    const Gaussian& g = peaks[static_cast<std::size_t>(i / 3)];
    const double freedom = 2.0 * kCentreFreedom * g.deviation;
    start.segment<3>(i) << g.centre, g.height, g.deviation;
    problem.lower.segment<3>(i) << std::max(g.centre - freedom, frequencies[0]), 0.0,
        0.5 * options.min_peak_width_hz;
    problem.upper.segment<3>(i) << std::min(g.centre + freedom,
                                            frequencies[frequencies.size() - 1]),
        std::numeric_limits<double>::infinity(), 0.5 * options.max_peak_width_hz;
  }
  problem.evaluate = [&](const Eigen::VectorXd& p, Eigen::VectorXd& residual,
                         Eigen::MatrixXd& jacobian) {
    residual = -flat;
    jacobian.resize(flat.size(), num_parameters);
    for (Eigen::Index i = 0; i < num_parameters; i += 3) {
      for (Eigen::Index row = 0; row < flat.size(); ++row) {
        const double z = (frequencies[row] - p[i]) / p[i + 2];
        const double shape = std::exp(-0.5 * z * z);
        residual[row] += p[i + 1] * shape;
        jacobian(row, i) = p[i + 1] * shape * z / p[i + 2];
        jacobian(row, i + 1) = shape;
        jacobian(row, i + 2) = p[i + 1] * shape * z * z / p[i + 2];
      }
    }
  };
  const Eigen::VectorXd fitted = minimise(problem, start).parameters;
  for (Eigen::Index i = 0; i < num_parameters; i += 3) {
    peaks[static_cast<std::size_t>(i / 3)] = {fitted[i], fitted[i + 1], fitted[i + 2]};
  }
}

}  // namespace

std::vector<SpectralPeak> find_peaks(const Eigen::VectorXd& frequencies_hz,
                                     const Eigen::VectorXd& flat, const AperiodicOptions& options) {
  std::vector<Gaussian> peaks = guess_peaks(frequencies_hz, flat, options);
  drop_doubtful(peaks, frequencies_hz[0], frequencies_hz[frequencies_hz.size() - 1]);
  if (!peaks.empty()) fit_together(frequencies_hz, flat, options, peaks);
  std::ranges::sort(peaks, {}, &Gaussian::centre);
  std::vector<SpectralPeak> result;
  for (const Gaussian& g : peaks) result.push_back({g.centre, g.height, 2.0 * g.deviation});
  return result;
}

Eigen::VectorXd peak_curve(const Eigen::VectorXd& frequencies_hz,
                           const std::vector<SpectralPeak>& peaks) {
  Eigen::VectorXd curve = Eigen::VectorXd::Zero(frequencies_hz.size());
  for (const SpectralPeak& peak : peaks) {
    const Gaussian g{peak.centre_hz, peak.height, 0.5 * peak.width_hz};
    for (Eigen::Index i = 0; i < curve.size(); ++i) curve[i] += gaussian(frequencies_hz[i], g);
  }
  return curve;
}

}  // namespace noesis
