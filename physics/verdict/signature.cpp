#include "physics/verdict/signature.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "physics/verdict/emulation_metrics.hpp"
#include "physics/vitals/spectrum.hpp"

namespace noesis {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

std::vector<double> project(const Gaze& gaze, std::span<const double> series) {
  const auto units = static_cast<Eigen::Index>(gaze.num_units);
  const auto samples = static_cast<Eigen::Index>(series.size()) / units;
  const auto num_axes = static_cast<Eigen::Index>(gaze.axes.size()) / units;
  const Eigen::Map<const RowMajor> x(series.data(), samples, units);
  const Eigen::Map<const RowMajor> axes(gaze.axes.data(), num_axes, units);
  const Eigen::Map<const Eigen::RowVectorXd> centre(gaze.centre.data(), units);
  std::vector<double> projection(static_cast<std::size_t>(samples * num_axes));
  Eigen::Map<RowMajor>(projection.data(), samples, num_axes).noalias() =
      (x.rowwise() - centre) * axes.transpose();
  return projection;
}

}  // namespace

Signature take_signature(const Gaze& gaze, std::span<const double> series) {
  const SeriesView view = tau_series(series, gaze.num_units, gaze.interval);
  const Spectra spectra = welch_per_unit(view, kVerdictSegment);
  Signature signature;
  signature.frequencies = spectra.frequencies_hz;
  signature.mean_density.assign(signature.frequencies.size(), 0.0);
  for (std::int64_t i = 0; i < spectra.num_rows(); ++i) {
    const auto row = spectra.row(i);
    for (std::size_t k = 0; k < row.size(); ++k) {
      signature.mean_density[k] += row[k] / static_cast<double>(gaze.num_units);
    }
  }
  signature.roots = root_spectra(spectra);
  signature.delay_counts = delay_counts(series, gaze.num_units, std::llround(1 / gaze.interval),
                                        gaze.bin_low, gaze.bin_high);
  signature.projection = project(gaze, series);
  const auto fits = fit_bands(signature.frequencies, signature.mean_density);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    if (fits[b]) signature.exponents[b] = fits[b]->exponent;
  }
  signature.family = best_family(signature.frequencies, signature.mean_density);
  return signature;
}

}  // namespace noesis
