#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {
namespace {

/// Counts by bin, only of bins that were visited.
class Histogram {
 public:
  static constexpr std::int64_t kBins = 30;  // a unit

  /// The box: the range of `subject`, and a tenth of a standard deviation on either side.
  Histogram(std::span<const double> subject, std::int64_t num_units)
      : units_(static_cast<std::size_t>(num_units)),
        low_(subject.begin(), subject.begin() + num_units),
        high_(low_) {
    for (std::size_t k = 0; k < subject.size(); ++k) {
      low_[k % units_] = std::min(low_[k % units_], subject[k]);
      high_[k % units_] = std::max(high_[k % units_], subject[k]);
    }
    const UnitMoments moments = unit_moments(
        {subject.data(), static_cast<std::int64_t>(subject.size() / units_), num_units, 1});
    for (std::size_t i = 0; i < units_; ++i) {
      const double margin = 0.1 * std::sqrt(std::max(moments.variance[i], kStillVariance));
      low_[i] -= margin;
      high_[i] += margin;
    }
  }

  /// Bins of the samples inside, in order, each as often as it was visited.
  std::vector<std::int64_t> visits(std::span<const double> series) const {
    std::vector<std::int64_t> bins;
    for (std::size_t first = 0; first < series.size(); first += units_) {
      const std::int64_t bin = bin_of(series.subspan(first, units_));
      if (bin >= 0) bins.push_back(bin);
    }
    std::ranges::sort(bins);
    return bins;
  }

  double num_bins() const { return std::pow(static_cast<double>(kBins), units_); }

 private:
  std::int64_t bin_of(std::span<const double> sample) const {
    std::int64_t bin = 0;
    for (std::size_t i = 0; i < units_; ++i) {
      const double part = (sample[i] - low_[i]) / (high_[i] - low_[i]);
      if (!(part >= 0 && part < 1)) return -1;
      bin = bin * kBins + static_cast<std::int64_t>(part * static_cast<double>(kBins));
    }
    return bin;
  }

  std::size_t units_;
  std::vector<double> low_, high_;
};

std::optional<double> histogram_divergence(std::span<const double> subject,
                                           std::span<const double> candidate,
                                           std::int64_t num_units) {
  constexpr double kAlpha = 1e-5;
  const Histogram histogram(subject, num_units);
  const std::vector<std::int64_t> p = histogram.visits(subject);
  const std::vector<std::int64_t> q = histogram.visits(candidate);
  if (p.empty() || q.empty()) return std::nullopt;
  const double smoothing = kAlpha * histogram.num_bins();
  const double p_norm = static_cast<double>(p.size()) + smoothing;
  const double q_norm = static_cast<double>(q.size()) + smoothing;
  const auto term = [&](double p_count, double q_count) {
    const double share = (p_count + kAlpha) / p_norm;
    return share * math::log(share / ((q_count + kAlpha) / q_norm));
  };
  double sum = 0;
  double num_visited = 0;
  std::size_t i = 0, j = 0;
  while (i < p.size() || j < q.size()) {
    const std::int64_t bin = j == q.size() || (i < p.size() && p[i] <= q[j]) ? p[i] : q[j];
    const std::size_t i0 = i, j0 = j;
    while (i < p.size() && p[i] == bin) ++i;
    while (j < q.size() && q[j] == bin) ++j;
    sum += term(static_cast<double>(i - i0), static_cast<double>(j - j0));
    num_visited += 1;
  }
  return sum + (histogram.num_bins() - num_visited) * term(0, 0);
}

/// Gaussians of variance 1 around samples.
class Mixture {
 public:
  static constexpr std::int64_t kMaxCentres = 10000;

  Mixture(std::span<const double> series, std::int64_t num_units)
      : units_(static_cast<std::size_t>(num_units)), series_(series) {
    const std::size_t samples = series.size() / units_;
    num_centres_ = std::min<std::size_t>(samples, kMaxCentres);
  }

  std::size_t num_centres() const { return num_centres_; }
  /// Evenly spread over the series.
  std::span<const double> centre(std::size_t k) const {
    const std::size_t samples = series_.size() / units_;
    return series_.subspan(k * samples / num_centres_ * units_, units_);
  }
  /// ln of the density, but for the factor that any mixture in this space has.
  double log_density(std::span<const double> x) const {
    std::vector<double> exponents(num_centres_);
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < num_centres_; ++k) {
      const auto c = centre(k);
      double square = 0;
      for (std::size_t i = 0; i < units_; ++i) square += (x[i] - c[i]) * (x[i] - c[i]);
      exponents[k] = -square / 2;
      largest = std::max(largest, exponents[k]);
    }
    double sum = 0;
    for (const double e : exponents) sum += math::exp(e - largest);
    return largest + math::log(sum / static_cast<double>(num_centres_));
  }

 private:
  std::size_t units_;
  std::span<const double> series_;
  std::size_t num_centres_;
};

double mixture_divergence(std::span<const double> subject, std::span<const double> candidate,
                          std::int64_t num_units, std::uint64_t seed) {
  constexpr std::int64_t kDraws = 1000;
  const Mixture p(subject, num_units);
  const Mixture q(candidate, num_units);
  RandomSequence random(seed, Stream::kVerdict);
  double sum = 0;
  for (std::int64_t draw = 0; draw < kDraws; ++draw) {
    const auto centre = p.centre(static_cast<std::size_t>(random.below(p.num_centres())));
    std::vector<double> x(centre.begin(), centre.end());
    for (double& value : x) value += random.normal();
    sum += p.log_density(x) - q.log_density(x);
  }
  return sum / static_cast<double>(kDraws);
}

}  // namespace

std::optional<double> state_space_divergence(std::span<const double> subject,
                                             std::span<const double> candidate,
                                             std::int64_t num_units, std::uint64_t seed) {
  const auto units = static_cast<std::size_t>(num_units);
  ensure(units > 0 && !subject.empty() && !candidate.empty() && subject.size() % units == 0 &&
             candidate.size() % units == 0,
         "series of whole samples");
  for (const double x : candidate) {
    if (!std::isfinite(x)) return std::nullopt;
  }
  if (num_units <= kMaxStateSpaceUnits) return histogram_divergence(subject, candidate, num_units);
  return mixture_divergence(subject, candidate, num_units, seed);
}

}  // namespace noesis
