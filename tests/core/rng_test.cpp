/// Philox against its published vectors, and the statistics of what is made of it. Bounds on sample
/// statistics are five standard errors, and the numbers are fixed, so a test cannot fail by chance.

#include "core/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace noesis {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words words(std::uint64_t seed, std::uint32_t stream, std::uint64_t step, std::uint32_t id,
            std::uint32_t slot) {
  const auto w = philox(seed, static_cast<Stream>(stream), step, id, slot);
  return {w[0], w[1], w[2], w[3]};
}

TEST(Philox, GivesThePublishedVectors) {
  // philox4x32-10 in kat_vectors of Random123. Red when a counter or key word changes its place.
  EXPECT_EQ(words(0, 0, 0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words(~0ull, 0xffff, ~0ull, ~0u, 0xffff),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words(0x299f31d0a4093822, 0x0370, 0x85a308d3243f6a88, 0x13198a2e, 0x7344),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, UnitIsInTheOpenInterval) {
  EXPECT_EQ(unit_open(0, 0), 0x1p-53);
  EXPECT_EQ(unit_open(~0u, ~0u), 1 - 0x1p-53);
  // Box-Muller of the extremes is finite.
  EXPECT_TRUE(std::isfinite(std::sqrt(-2 * math::log(unit_open(0, 0)))));
}

constexpr int kCount = 200'000;

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};
Moments moments(const std::vector<double>& x) {
  Moments m;
  const double n = static_cast<double>(x.size());
  for (const double v : x) m.mean += v / n;
  double third = 0, fourth = 0;
  for (const double v : x) {
    const double d = v - m.mean;
    m.variance += d * d / n;
    third += d * d * d / n;
    fourth += d * d * d * d / n;
  }
  m.skewness = third / std::pow(m.variance, 1.5);
  m.kurtosis = fourth / (m.variance * m.variance);
  return m;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const Moments a = moments(x), b = moments(y);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - a.mean) * (y[i] - b.mean);
  return sum / static_cast<double>(x.size()) / std::sqrt(a.variance * b.variance);
}

/// First or second normals along one argument of the key.
template <class Key>
std::vector<double> normals(Key key, bool second = false) {
  std::vector<double> x;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const RandomPair pair = key(i);
    x.push_back(second ? pair.second : pair.first);
  }
  return x;
}

TEST(Normals, HaveTheMomentsOfAGaussianAlongEveryArgument) {
  // Red for a radius of sqrt(-log u), or angles over half a turn.
  const auto along_id = [](std::uint32_t i) { return normal_pair(1, Stream::kNoise, 0, i); };
  const auto along_step = [](std::uint32_t i) { return normal_pair(1, Stream::kNoise, i, 0); };
  const auto along_seed = [](std::uint32_t i) { return normal_pair(i, Stream::kNoise, 0, 0); };
  for (const auto& x : {normals(along_id), normals(along_id, true), normals(along_step),
                        normals(along_step, true), normals(along_seed)}) {
    const Moments m = moments(x);
    const double unit = 5 / std::sqrt(static_cast<double>(kCount));
    EXPECT_NEAR(m.mean, 0, unit);
    EXPECT_NEAR(m.variance, 1, unit * std::sqrt(2.0));
    EXPECT_NEAR(m.skewness, 0, unit * std::sqrt(6.0));
    EXPECT_NEAR(m.kurtosis, 3, unit * std::sqrt(24.0));
  }
}

TEST(Normals, AreIndependentBetweenComponentsAndNeighbouringKeys) {
  const auto base = [](std::uint32_t i) { return normal_pair(7, Stream::kNoise, 100, i); };
  const std::vector<double> x = normals(base);
  const double bound = 5 / std::sqrt(static_cast<double>(kCount));
  const auto expect_independent = [&](const std::vector<double>& y, const char* what) {
    EXPECT_LT(std::fabs(correlation(x, y)), bound) << what;
    std::vector<double> x2, y2;  // squares too: a shared radius would not show in the correlation
    for (const double v : x) x2.push_back(v * v);
    for (const double v : y) y2.push_back(v * v);
    EXPECT_LT(std::fabs(correlation(x2, y2)), bound) << what << ", squares";
  };
  expect_independent(normals(base, true), "components");
  expect_independent(
      normals([](std::uint32_t i) { return normal_pair(7, Stream::kNoise, 100, i + 1); }), "ids");
  expect_independent(
      normals([](std::uint32_t i) { return normal_pair(7, Stream::kNoise, 101, i); }), "steps");
  expect_independent(
      normals([](std::uint32_t i) { return normal_pair(8, Stream::kNoise, 100, i); }), "seeds");
  expect_independent(normals([](std::uint32_t i) { return normal_pair(7, Stream::kBias, 100, i); }),
                     "streams");
  expect_independent(
      normals([](std::uint32_t i) { return normal_pair(7, Stream::kNoise, 100, i, 1); }), "slots");
}

/// Sum of (count - expected)^2 / expected.
template <std::size_t N>
double chi_square(const std::array<int, N>& counts) {
  double total = 0, sum = 0;
  for (const int count : counts) total += count;
  const double expected = total / N;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST(Uniforms, FillBinsEvenly) {
  std::array<int, 256> first{}, second{};
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const RandomPair u = uniform_pair(3, Stream::kTopology, 5, i);
    ++first[static_cast<std::size_t>(u.first * 256)];
    ++second[static_cast<std::size_t>(u.second * 256)];
  }
  const double bound = 255 + 5 * std::sqrt(2.0 * 255);
  EXPECT_LT(chi_square(first), bound);
  EXPECT_LT(chi_square(second), bound);
}

TEST(RandomSequence, RepeatsForItsKeyAndDiffersForOthers) {
  RandomSequence a(1, Stream::kWeights), b(1, Stream::kWeights), c(2, Stream::kWeights),
      d(1, Stream::kWeights, 1);
  double last = -1;
  for (int i = 0; i < 100; ++i) {
    const double u = a.uniform();
    EXPECT_EQ(u, b.uniform());
    EXPECT_NE(u, c.uniform());
    EXPECT_NE(u, d.uniform());
    EXPECT_NE(u, last);
    last = u;
  }
}

TEST(RandomSequence, BelowIsEvenAndBelow) {
  RandomSequence random(1, Stream::kTopology);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  EXPECT_LT(chi_square(counts), 6 + 5 * std::sqrt(12.0));
  EXPECT_EQ(random.below(1), 0u);
  // The largest uniform times any bound that a double holds exactly stays below it.
  for (const std::uint64_t bound : {3ull, 5ull, 1ull << 32, (1ull << 32) - 1, (1ull << 52) + 1}) {
    EXPECT_LT(unit_open(~0u, ~0u) * static_cast<double>(bound), static_cast<double>(bound));
  }
}

}  // namespace
}  // namespace noesis
