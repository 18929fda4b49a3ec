/// Which family a spectrum belongs to.

#include "physics/verdict/spectral_family.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/rng.hpp"

namespace noesis {
namespace {

struct Density {
  std::vector<double> frequencies, values;
};

/// A density of a subject's resolution, with errors of `error` in log10.
Density density(const std::function<double(double)>& log10_density, double error) {
  Density d;
  for (std::uint32_t k = 0; k <= 256; ++k) {
    const double f = 2.5 * k / 256;
    const double z = normal_pair(1, Stream::kVerdict, k, 0).first;
    d.frequencies.push_back(f);
    d.values.push_back(k == 0 ? 1 : std::pow(10, log10_density(f) + error * z));
  }
  return d;
}

// Goes red when parameters cost nothing (a knee always wins), or the wrong band is fitted.
TEST(SpectralFamily, IsFound) {
  const struct {
    SpectralFamily family;
    std::function<double(double)> log10_density;
  } cases[] = {
      {SpectralFamily::kConstant, [](double) { return -2.0; }},
      {SpectralFamily::kPower, [](double f) { return -3 - 2.5 * std::log10(f); }},
      {SpectralFamily::kExponential, [](double f) { return 1 - 3 * f; }},
      {SpectralFamily::kKnee, [](double f) { return -std::log10(0.5 + std::pow(f, 6)); }},
  };
  for (const auto& c : cases) {
    const Density d = density(c.log10_density, 0.02);
    EXPECT_EQ(best_family(d.frequencies, d.values), c.family) << family_name(c.family);
  }
}

TEST(SpectralFamily, NoSpectrumNoFamily) {
  const Density d = density([](double) { return 0.0; }, 0);
  std::vector<double> still(d.values.size());
  EXPECT_FALSE(best_family(d.frequencies, still));
  EXPECT_FALSE(fit_bands(d.frequencies, still)[0]);
}

// Goes red when the bands move or are exchanged.
TEST(SpectralFamily, BandsAreFittedApart) {
  const Density d = density(
      [](double f) {
        return f <= 0.12 ? -std::log10(f) : f <= 1 ? -4 * std::log10(f) : -7 * std::log10(f);
      },
      0);
  const auto fits = fit_bands(d.frequencies, d.values);
  EXPECT_NEAR(fits[0]->exponent, 1, 1e-9);
  EXPECT_NEAR(fits[1]->exponent, 4, 1e-9);
  EXPECT_NEAR(fits[2]->exponent, 7, 1e-9);
}

}  // namespace
}  // namespace noesis
