#include "tests/vitals/noise.hpp"

#include <cmath>
#include <complex>

#include "core/rng.hpp"
#include "physics/vitals/fft.hpp"

namespace noesis::test {

std::vector<double> coloured_noise(std::int64_t num_samples, double exponent, std::uint64_t seed) {
  const std::int64_t length = 2 * num_samples;
  InverseFft fft(length);
  RandomSequence real(seed, Stream::kNoise, 0);
  RandomSequence imaginary(seed, Stream::kNoise, 1);
  for (std::int64_t k = 1; k <= num_samples; ++k) {
    const double amplitude = std::pow(static_cast<double>(k), -0.5 * exponent);
    fft.values()[static_cast<std::size_t>(k)] =
        amplitude * std::complex(real.normal(), imaginary.normal());
  }
  fft.execute();
  std::vector<double> noise(static_cast<std::size_t>(num_samples));
  for (std::size_t t = 0; t < noise.size(); ++t) noise[t] = fft.values()[t].real();
  const double scale = 1.0 / std::sqrt(unit_moments(view(noise)).variance[0]);
  for (double& value : noise) value *= scale;
  return noise;
}

std::vector<double> ornstein_uhlenbeck(std::int64_t num_samples, double interval_ms, double tau_ms,
                                       std::uint64_t seed) {
  RandomSequence random(seed, Stream::kNoise);
  const double decay = std::exp(-interval_ms / tau_ms);
  const double kick = std::sqrt(1.0 - decay * decay);
  std::vector<double> noise;
  noise.reserve(static_cast<std::size_t>(num_samples));
  double value = random.normal();
  for (std::int64_t t = 0; t < num_samples; ++t) {
    noise.push_back(value);
    value = decay * value + kick * random.normal();
  }
  return noise;
}

std::vector<double> white_noise(std::int64_t num_samples, std::int64_t num_units,
                                std::uint64_t seed) {
  RandomSequence random(seed, Stream::kNoise);
  std::vector<double> noise(static_cast<std::size_t>(num_samples * num_units));
  for (double& value : noise) value = random.normal();
  return noise;
}

}  // namespace noesis::test
