#include "physics/verdict/surrogates.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "physics/vitals/fft.hpp"

namespace noesis {
namespace {

using Complex = std::complex<double>;

std::vector<double> unit_values(const SeriesView& series, std::int64_t unit) {
  std::vector<double> values(static_cast<std::size_t>(series.num_samples));
  for (std::int64_t t = 0; t < series.num_samples; ++t) {
    values[static_cast<std::size_t>(t)] = series.at(t, unit);
  }
  return values;
}

void put_unit(std::span<const double> values, std::int64_t unit, std::int64_t num_units,
              std::vector<double>& series) {
  for (std::size_t t = 0; t < values.size(); ++t) {
    series[t * static_cast<std::size_t>(num_units) + static_cast<std::size_t>(unit)] = values[t];
  }
}

std::vector<double> same_shape(const SeriesView& series) {
  return std::vector<double>(static_cast<std::size_t>(series.num_samples * series.num_units));
}

/// Forward and back transforms of real series of one length.
class Fourier {
 public:
  explicit Fourier(std::int64_t length)
      : length_(static_cast<std::size_t>(length)), forward_(length), inverse_(length) {}

  /// Coefficients 0 .. n / 2.
  std::vector<Complex> transform(std::span<const double> values) {
    std::ranges::copy(values, forward_.input().begin());
    forward_.execute();
    return {forward_.output().begin(), forward_.output().end()};
  }

  std::vector<double> invert(std::span<const Complex> coefficients) {
    const auto full = inverse_.values();
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      full[k] = coefficients[k];
      if (k > 0) full[length_ - k] = std::conj(coefficients[k]);
    }
    full[0] = coefficients[0].real();
    if (length_ % 2 == 0) full[length_ / 2] = coefficients[length_ / 2].real();
    inverse_.execute();
    std::vector<double> values(length_);
    for (std::size_t t = 0; t < length_; ++t) {
      values[t] = full[t].real() / static_cast<double>(length_);
    }
    return values;
  }

 private:
  std::size_t length_;
  RealFft forward_;
  InverseFft inverse_;
};

/// Frequencies with a phase: all but 0 and, for even lengths, the highest.
std::size_t num_phases(std::int64_t length) { return static_cast<std::size_t>((length - 1) / 2); }

/// Indices in the order of their values, ties by index.
void sort_indices(std::span<const double> values, std::vector<std::uint32_t>& indices) {
  std::ranges::sort(indices, [&](std::uint32_t a, std::uint32_t b) {
    return values[a] < values[b] || (values[a] == values[b] && a < b);
  });
}

/// One unit: its spectrum imposed, then its values, until nothing changes.
std::vector<double> adjust(Fourier& fourier, std::span<const double> recording,
                           std::vector<double> values, int num_iterations) {
  std::vector<double> sorted(recording.begin(), recording.end());
  std::ranges::sort(sorted);
  const std::vector<Complex> target = fourier.transform(recording);
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto impose_values = [&] {
    sort_indices(values, order);
    for (std::size_t rank = 0; rank < order.size(); ++rank) values[order[rank]] = sorted[rank];
  };
  impose_values();
  for (int i = 0; i < num_iterations; ++i) {
    std::vector<Complex> coefficients = fourier.transform(values);
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      const double size = std::abs(coefficients[k]);
      coefficients[k] = size > 0 ? coefficients[k] * (std::abs(target[k]) / size) : target[k];
    }
    values = fourier.invert(coefficients);
    const std::vector<std::uint32_t> before = order;
    impose_values();
    if (order == before) break;
  }
  return values;
}

/// Gives noise the mean and sd of a unit. @throws InternalError for noise that is still.
void match_moments(std::vector<double>& noise, double mean, double variance) {
  const auto n = static_cast<double>(noise.size());
  const double centre = std::accumulate(noise.begin(), noise.end(), 0.0) / n;
  double squares = 0;
  for (const double x : noise) squares += (x - centre) * (x - centre);
  ensure(squares > 0, "noise that moves");
  const double scale = std::sqrt(variance / (squares / n));
  for (double& x : noise) x = mean + scale * (x - centre);
}

template <class Draw>
std::vector<double> independent_noise(const SeriesView& recording, const Draw& draw) {
  check_series(recording, 2);
  const UnitMoments moments = unit_moments(recording);
  std::vector<double> series = same_shape(recording);
  for (std::int64_t i = 0; i < recording.num_units; ++i) {
    std::vector<double> noise = draw(static_cast<std::uint32_t>(i));
    match_moments(noise, moments.mean[static_cast<std::size_t>(i)],
                  moments.variance[static_cast<std::size_t>(i)]);
    put_unit(noise, i, recording.num_units, series);
  }
  return series;
}

}  // namespace

std::vector<double> phase_randomised(const SeriesView& recording, std::uint64_t seed) {
  check_series(recording, 2);
  Fourier fourier(recording.num_samples);
  std::vector<double> series = same_shape(recording);
  for (std::int64_t i = 0; i < recording.num_units; ++i) {
    std::vector<Complex> coefficients = fourier.transform(unit_values(recording, i));
    for (std::size_t k = 1; k <= num_phases(recording.num_samples); ++k) {
      const double turns = uniform_pair(seed, Stream::kSurrogate, k, 0).first;
      coefficients[k] *= Complex(math::cos_turns(turns), math::sin_turns(turns));
    }
    put_unit(fourier.invert(coefficients), i, recording.num_units, series);
  }
  return series;
}

std::vector<double> amplitude_adjusted(const SeriesView& recording, std::uint64_t seed,
                                       int num_iterations) {
  const std::vector<double> first = phase_randomised(recording, seed);
  const SeriesView start{first.data(), recording.num_samples, recording.num_units,
                         recording.interval_ms};
  Fourier fourier(recording.num_samples);
  std::vector<double> series = same_shape(recording);
  for (std::int64_t i = 0; i < recording.num_units; ++i) {
    const std::vector<double> adjusted =
        adjust(fourier, unit_values(recording, i), unit_values(start, i), num_iterations);
    put_unit(adjusted, i, recording.num_units, series);
  }
  return series;
}

std::vector<double> time_shuffled(const SeriesView& recording, std::uint64_t seed) {
  check_series(recording, 1);
  std::vector<std::int64_t> order(static_cast<std::size_t>(recording.num_samples));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  RandomSequence random(seed, Stream::kSurrogate, 1);
  for (std::size_t left = order.size(); left > 1; --left) {
    std::swap(order[left - 1], order[random.below(left)]);
  }
  std::vector<double> series;
  series.reserve(same_shape(recording).size());
  for (const std::int64_t t : order) {
    series.insert(series.end(), recording.sample(t), recording.sample(t) + recording.num_units);
  }
  return series;
}

std::vector<double> time_reversed(const SeriesView& recording) {
  std::vector<double> series;
  for (std::int64_t t = recording.num_samples - 1; t >= 0; --t) {
    series.insert(series.end(), recording.sample(t), recording.sample(t) + recording.num_units);
  }
  return series;
}

std::vector<double> power_law_noise(const SeriesView& recording, double exponent, double corner,
                                    std::uint64_t seed) {
  const std::int64_t length = 2 * recording.num_samples;
  const double lowest = std::max(1.0, corner * static_cast<double>(length));
  Fourier fourier(length);
  return independent_noise(recording, [&](std::uint32_t unit) {
    std::vector<Complex> coefficients(static_cast<std::size_t>(length / 2 + 1));
    for (std::size_t k = 1; k <= num_phases(length); ++k) {
      const double size =
          math::exp(-exponent / 2 * math::log(std::max(static_cast<double>(k), lowest)));
      const RandomPair z = normal_pair(seed, Stream::kSurrogate, k, unit, 2);
      coefficients[k] = {size * z.first, size * z.second};
    }
    std::vector<double> noise = fourier.invert(coefficients);
    noise.resize(static_cast<std::size_t>(recording.num_samples));
    return noise;
  });
}

std::vector<double> ornstein_uhlenbeck(const SeriesView& recording, double correlation_time,
                                       std::uint64_t seed) {
  ensure(correlation_time > 0, "a positive correlation time");
  const double kept = math::exp(-recording.interval_ms / correlation_time);
  const double fresh = std::sqrt(1 - kept * kept);
  return independent_noise(recording, [&](std::uint32_t unit) {
    std::vector<double> noise(static_cast<std::size_t>(recording.num_samples));
    double x = normal_pair(seed, Stream::kSurrogate, 0, unit, 3).first;
    for (std::size_t t = 0; t < noise.size(); ++t) {
      noise[t] = x;
      x = kept * x + fresh * normal_pair(seed, Stream::kSurrogate, t + 1, unit, 3).first;
    }
    return noise;
  });
}

}  // namespace noesis
