#include "physics/verdict/emulation_metrics.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/math.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {
namespace {

/// ln(count + 1e-3), the same counts coming again and again.
class LogCounts {
 public:
  static constexpr double kAlpha = 1e-3;

  explicit LogCounts(std::int64_t largest) : logs_(static_cast<std::size_t>(largest) + 1) {
    for (std::size_t c = 0; c < logs_.size(); ++c) {
      logs_[c] = math::log(static_cast<double>(c) + kAlpha);
    }
  }
  double operator[](std::int32_t count) const { return logs_[static_cast<std::size_t>(count)]; }

 private:
  std::vector<double> logs_;
};

std::int64_t total(std::span<const std::int32_t> counts) {
  std::int64_t sum = 0;
  for (const std::int32_t c : counts) sum += c;
  return sum;
}

}  // namespace

std::vector<double> root_spectra(const Spectra& spectra) {
  const auto bins = static_cast<std::size_t>(spectra.num_bins()) - 1;
  std::vector<double> roots;
  roots.reserve(static_cast<std::size_t>(spectra.num_rows()) * bins);
  for (std::int64_t i = 0; i < spectra.num_rows(); ++i) {
    const auto row = spectra.row(i).subspan(1);
    double power = 0;
    for (const double s : row) power += s;
    for (const double s : row) roots.push_back(power > 0 ? std::sqrt(s / power) : 0.0);
  }
  return roots;
}

double spectral_distance(std::span<const double> roots, std::span<const double> others,
                         std::int64_t num_units) {
  const auto units = static_cast<std::size_t>(num_units);
  ensure(units > 0 && roots.size() == others.size() && roots.size() % units == 0,
         "spectra of equal shape");
  const std::size_t bins = roots.size() / units;
  double sum = 0;
  for (std::size_t i = 0; i < units; ++i) {
    double squares = 0, power = 0, other_power = 0;
    for (std::size_t k = i * bins; k < (i + 1) * bins; ++k) {
      squares += (roots[k] - others[k]) * (roots[k] - others[k]);
      power += roots[k] * roots[k];
      other_power += others[k] * others[k];
    }
    const bool one_is_still = (power > 0) != (other_power > 0);
    sum += one_is_still ? 1.0 : std::sqrt(squares / 2);
  }
  return sum / static_cast<double>(units);
}

std::vector<std::int32_t> delay_counts(std::span<const double> series, std::int64_t num_units,
                                       std::int64_t lag, std::span<const double> low,
                                       std::span<const double> high) {
  const auto units = static_cast<std::size_t>(num_units);
  const std::size_t samples = series.size() / units;
  const auto delay = static_cast<std::size_t>(lag);
  ensure(low.size() == units && high.size() == units && samples > delay,
         "a range for each unit, and a series longer than the lag");
  constexpr auto kSide = static_cast<std::size_t>(kDelayBins);
  std::vector<std::uint8_t> bins(samples * units);
  for (std::size_t i = 0; i < units; ++i) {
    ensure(low[i] < high[i], "a range that is not empty");
    const double scale = static_cast<double>(kSide) / (high[i] - low[i]);
    for (std::size_t t = 0; t < samples; ++t) {
      const double bin = (series[t * units + i] - low[i]) * scale;
      bins[t * units + i] = static_cast<std::uint8_t>(std::clamp(bin, 0.0, kSide - 0.5));
    }
  }
  std::vector<std::int32_t> counts(units * kSide * kSide);
  for (std::size_t t = 0; t + delay < samples; ++t) {
    for (std::size_t i = 0; i < units; ++i) {
      ++counts[(i * kSide + bins[t * units + i]) * kSide + bins[(t + delay) * units + i]];
    }
  }
  return counts;
}

double delay_divergence(std::span<const std::int32_t> subject,
                        std::span<const std::int32_t> candidate, std::int64_t num_units) {
  const auto units = static_cast<std::size_t>(num_units);
  ensure(units > 0 && subject.size() == candidate.size() && subject.size() % units == 0,
         "histograms of equal shape");
  const std::size_t bins = subject.size() / units;
  const std::int64_t counted = total(subject.first(bins));
  const std::int64_t candidate_counted = total(candidate.first(bins));
  const LogCounts logs(std::max(counted, candidate_counted));
  const double smoothing = LogCounts::kAlpha * static_cast<double>(bins);
  const double norm = static_cast<double>(counted) + smoothing;
  const double candidate_norm = static_cast<double>(candidate_counted) + smoothing;
  double sum = 0;
  for (std::size_t k = 0; k < subject.size(); ++k) {
    if (subject[k] == candidate[k]) continue;
    sum += (subject[k] + LogCounts::kAlpha) * (logs[subject[k]] - logs[candidate[k]]);
  }
  return sum / norm / static_cast<double>(units) + math::log(candidate_norm / norm);
}

double wasserstein_distance(std::span<const double> subject, std::span<const double> candidate,
                            std::int64_t num_units) {
  const auto units = static_cast<std::size_t>(num_units);
  ensure(units > 0 && subject.size() == candidate.size() && subject.size() % units == 0,
         "series of equal shape");
  const std::size_t samples = subject.size() / units;
  const UnitMoments moments =
      unit_moments({subject.data(), static_cast<std::int64_t>(samples), num_units, 1});
  std::vector<double> x(samples), y(samples);
  double sum = 0;
  std::int64_t moving = 0;
  for (std::size_t i = 0; i < units; ++i) {
    if (moments.variance[i] < kStillVariance) continue;
    for (std::size_t t = 0; t < samples; ++t) {
      x[t] = subject[t * units + i];
      y[t] = candidate[t * units + i];
    }
    std::ranges::sort(x);
    std::ranges::sort(y);
    double distance = 0;
    for (std::size_t t = 0; t < samples; ++t) distance += std::abs(x[t] - y[t]);
    sum += distance / static_cast<double>(samples) / std::sqrt(moments.variance[i]);
    ++moving;
  }
  return moving > 0 ? sum / static_cast<double>(moving) : 0.0;
}

}  // namespace noesis
