#include "physics/generators.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;

using testing::HasSubstr;

struct Moments {
  double count = 0, mean = 0, variance = 0, kurtosis = 0;
};

Moments weight_moments(const Connectome& connectome) {
  Moments m;
  for (const float w : connectome.synapses().weights) m.mean += w;
  m.count = static_cast<double>(connectome.num_synapses());
  m.mean /= m.count;
  for (const float w : connectome.synapses().weights) {
    const double d2 = (w - m.mean) * (w - m.mean);
    m.variance += d2;
    m.kurtosis += d2 * d2;
  }
  m.variance /= m.count;
  m.kurtosis = m.kurtosis / m.count / (m.variance * m.variance);
  return m;
}

std::int64_t count_autapses(const Connectome& connectome) {
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) count += connectome.has_synapse(i, i);
  return count;
}

// Red when the variance is g / N or that of another gain. Statistical limits here and below are
// five standard errors of the exact law.
TEST(RandomConnectome, DenseHasTheWeightsOfSompolinskyCrisantiSommers) {
  const Connectome c = random_connectome({.num_neurons = 400, .gain = 3}, 11);
  EXPECT_EQ(c.num_synapses(), 400 * 399);
  EXPECT_EQ(count_autapses(c), 0);
  const Moments m = weight_moments(c);
  EXPECT_NEAR(m.mean, 0, 5 * 3 / std::sqrt(400 * m.count));
  EXPECT_NEAR(m.variance * 400 / 9, 1, 5 * std::sqrt(2 / m.count));
  EXPECT_NEAR(m.kurtosis, 3, 5 * std::sqrt(24 / m.count));
  EXPECT_EQ(random_connectome({.num_neurons = 40, .autapses = true}, 1).num_synapses(), 1600);
}

// Red when the geometric gap is off by one, or the weight's variance uses N in place of p N.
TEST(RandomConnectome, SparseHasItsDensity) {
  const double n = 2000, p = 0.02;
  const Connectome c = random_connectome({.num_neurons = 2000, .density = p, .gain = 2}, 5);
  const double expected = p * n * (n - 1);
  EXPECT_NEAR(static_cast<double>(c.num_synapses()), expected, 5 * std::sqrt(expected * (1 - p)));
  EXPECT_EQ(count_autapses(c), 0);
  EXPECT_NEAR(weight_moments(c).variance * p * n / 4, 1, 5 * std::sqrt(2 / expected));
  // Row sizes are binomial: variance of the degree n p (1 - p).
  double sum2 = 0;
  for (const std::int32_t k : c.synapses().row_count) sum2 += (k - p * n) * (k - p * n);
  EXPECT_NEAR(sum2 / n / (p * n * (1 - p)), 1, 5 * std::sqrt(2 / n));
  // Sources are uniform: no part of the ids is preferred.
  double low = 0;
  for (const std::int32_t s : c.synapses().sources) low += s < 1000;
  EXPECT_NEAR(low / static_cast<double>(c.num_synapses()), 0.5, 2.5 / std::sqrt(expected));
}

// Red when Floyd's algorithm favours or repeats an id (a repeat is refused by Connectome).
TEST(RandomConnectome, InDegreeIsExact) {
  const Connectome c = random_connectome({.num_neurons = 300, .in_degree = 7, .gain = 1}, 3);
  for (const std::int32_t k : c.synapses().row_count) EXPECT_EQ(k, 7);
  EXPECT_EQ(count_autapses(c), 0);
  EXPECT_NEAR(weight_moments(c).variance * 7, 1, 5 * std::sqrt(2.0 / 2100));
  std::vector<double> out(300);
  for (const std::int32_t s : c.synapses().sources) ++out[s];
  double chi2 = 0;
  for (const double k : out) chi2 += (k - 7) * (k - 7) / 7;
  EXPECT_NEAR(chi2, 300, 5 * std::sqrt(600.0));
  const Connectome all = random_connectome({.num_neurons = 20, .in_degree = 19}, 3);
  EXPECT_EQ(all.num_synapses(), 380);
}

// Red when a generator ignores the seed, or weights follow the order of sampling.
TEST(Generators, ArePureFunctionsOfTheSeed) {
  const RandomParameters sparse{.num_neurons = 200, .density = 0.1};
  EXPECT_EQ(random_connectome(sparse, 1).digest(), random_connectome(sparse, 1).digest());
  EXPECT_NE(random_connectome(sparse, 1).digest(), random_connectome(sparse, 2).digest());
  EXPECT_NE(random_connectome(sparse, 1).digest(),
            random_connectome(sparse, 1 + (std::uint64_t{1} << 40)).digest());
  EXPECT_EQ(reference_connectome({}, 1).digest(), reference_connectome({}, 1).digest());
  EXPECT_NE(reference_connectome({}, 1).digest(), reference_connectome({}, 2).digest());
  EXPECT_EQ(modular_connectome({}, 1).digest(), modular_connectome({}, 1).digest());
  EXPECT_NE(modular_connectome({}, 1).digest(), modular_connectome({}, 2).digest());
  // A weight belongs to its pair: the sparse network has the dense one's, scaled.
  const Connectome dense = random_connectome({.num_neurons = 200}, 1);
  for (const Synapse& e : random_connectome(sparse, 1).edges()) {
    EXPECT_NEAR(e.weight, dense.weight(e.source, e.target) / std::sqrt(0.1), 1e-6);
  }
}

// Red on any change of what a seed means: results could not be repeated.
TEST(Generators, SeedsArePinned) {
  EXPECT_EQ(random_connectome({.num_neurons = 50}, 1).digest(), "c69aba37dbf0f80829eef8fc684e25cf");
  EXPECT_EQ(random_connectome({.num_neurons = 50, .in_degree = 5}, 1).digest(),
            "6c4b4aee6095b480a7da2402ca4e135b");
  EXPECT_EQ(reference_connectome({}, 1).digest(), "48453e68462ac1bba6a1e6f865494618");
  EXPECT_EQ(modular_connectome({.num_neurons = 60}, 1).digest(),
            "495e2638520dbf4f20cc89c6a38471d4");
}

// Red with the weights' scale k = in_links where only N - 1 links exist, or a log-normal of mean !=
// 1/k.
TEST(ReferenceConnectome, LinksAndWeights) {
  const Connectome ten = reference_connectome({.num_neurons = 10}, 1);
  EXPECT_EQ(ten.num_synapses(), 90);
  double count = 0, sum = 0, signed2 = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Connectome plus = reference_connectome({.weights = "excitatory"}, seed);
    const Connectome both = reference_connectome({}, seed);
    EXPECT_EQ(count_autapses(both), 0);
    EXPECT_EQ(plus.num_synapses(), both.num_synapses());
    count += static_cast<double>(both.num_synapses());
    for (const float w : plus.synapses().weights) {
      EXPECT_GT(w, 0);
      sum += w;
    }
    for (const float w : both.synapses().weights) signed2 += double{w} * w;
  }
  const double p = 10.0 / 49;
  EXPECT_NEAR(count, 40 * 500, 5 * std::sqrt(40 * 2450 * p * (1 - p)));
  // Log-normal: variance over mean^2 is e - 1.
  EXPECT_NEAR(sum / count * 10, 1, 5 * std::sqrt(1.718 / count));
  EXPECT_NEAR(signed2 / count * 10, 1, 5 * std::sqrt(2 / count));
  double sum_of_ten = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Connectome c = reference_connectome({.num_neurons = 10, .weights = "excitatory"}, seed);
    for (const float w : c.synapses().weights) sum_of_ten += w;
  }
  EXPECT_NEAR(sum_of_ten / 9000 * 9, 1, 5 * std::sqrt(1.718 / 9000));
}

// Red when the fraction is of inputs inside, or hemispheres are exchanged.
TEST(ModularConnectome, HemispheresAndCallosum) {
  const Connectome c = modular_connectome(
      {.num_neurons = 1001, .density = 0.1, .callosal_fraction = 0.2, .gain = 1}, 9);
  const auto& region = c.neurons().region;
  EXPECT_EQ(std::count(region.begin(), region.end(), "left"), 501);
  EXPECT_EQ(region.back(), "right");
  double inside = 0, across = 0;
  for (const Synapse& e : c.edges()) {
    (region[e.source] == region[e.target] ? inside : across) += 1;
  }
  EXPECT_EQ(count_autapses(c), 0);
  const double expected = 0.1 * (501.0 * 500 + 500.0 * 499);
  EXPECT_NEAR(inside, expected, 5 * std::sqrt(expected));
  EXPECT_NEAR(across / (inside + across), 0.2, 5 * std::sqrt(0.16 / (inside + across)));
  EXPECT_NEAR(weight_moments(c).variance * 0.1 * 500 / 0.8, 1, 0.03);
  const Connectome split = modular_connectome({.num_neurons = 100, .callosal_fraction = 0}, 9);
  for (const Synapse& e : split.edges()) EXPECT_EQ(e.source < 50, e.target < 50);
}

// Each range of the documentation: red when its check is dropped.
TEST(Generators, RefuseParametersOutOfRange) {
  const auto random_error = [](const RandomParameters& p) {
    return error_of([&] { random_connectome(p, 1); });
  };
  EXPECT_THAT(random_error({.num_neurons = 0}), HasSubstr("random.num_neurons"));
  EXPECT_THAT(random_error({.density = 0}), HasSubstr("random.density"));
  EXPECT_THAT(random_error({.density = 1.5}), HasSubstr("random.density"));
  EXPECT_THAT(random_error({.density = std::nan("")}), HasSubstr("random.density"));
  EXPECT_THAT(random_error({.num_neurons = 10, .in_degree = 10}),
              HasSubstr("random.in_degree: parameter out of range: got 10, allowed 0 to 9"));
  EXPECT_THAT(random_error({.in_degree = -1}), HasSubstr("random.in_degree"));
  EXPECT_THAT(random_error({.gain = -1}), HasSubstr("random.gain"));
  EXPECT_THAT(random_error({.num_neurons = 2'000'000'000}), HasSubstr("random: not enough memory"));
  const auto reference_error = [](const ReferenceParameters& p) {
    return error_of([&] { reference_connectome(p, 1); });
  };
  EXPECT_THAT(reference_error({.num_neurons = 1}), HasSubstr("reference.num_neurons"));
  EXPECT_THAT(reference_error({.in_links = 0}), HasSubstr("reference.in_links"));
  EXPECT_THAT(reference_error({.weights = "both"}), HasSubstr("reference.weights"));
  const auto modular_error = [](const ModularParameters& p) {
    return error_of([&] { modular_connectome(p, 1); });
  };
  EXPECT_THAT(modular_error({.num_neurons = 1}), HasSubstr("modular.num_neurons"));
  EXPECT_THAT(modular_error({.density = -0.1}), HasSubstr("modular.density"));
  EXPECT_THAT(modular_error({.callosal_fraction = 1}), HasSubstr("modular.callosal_fraction"));
  EXPECT_THAT(modular_error({.density = 0.5, .callosal_fraction = 0.9}),
              HasSubstr("modular.callosal_fraction"));
  EXPECT_THAT(modular_error({.gain = -1}), HasSubstr("modular.gain"));
  const auto smallworld_error = [](const SmallworldParameters& p) {
    return error_of([&] { smallworld_connectome(p, 1); });
  };
  EXPECT_THAT(smallworld_error({.num_neurons = 2}), HasSubstr("smallworld.num_neurons"));
  EXPECT_THAT(smallworld_error({.neighbours = 3}), HasSubstr("smallworld.neighbours"));
  EXPECT_THAT(smallworld_error({.num_neurons = 10, .neighbours = 10}),
              HasSubstr("smallworld.neighbours: parameter out of range: got 10"));
  EXPECT_THAT(smallworld_error({.rewiring = 1.1}), HasSubstr("smallworld.rewiring"));
  EXPECT_THAT(smallworld_error({.gain = -1}), HasSubstr("smallworld.gain"));
  const auto flylike_error = [](const FlylikeParameters& p) {
    return error_of([&] { flylike_connectome(p, 1); });
  };
  EXPECT_THAT(flylike_error({.num_neurons = 1}), HasSubstr("flylike.num_neurons"));
  EXPECT_THAT(flylike_error({.num_neurons = 20}), HasSubstr("flylike.in_degree"));
  EXPECT_THAT(flylike_error({.degree_sigma = std::nan("")}), HasSubstr("flylike.degree_sigma"));
  EXPECT_THAT(flylike_error({.reciprocity = 1}), HasSubstr("flylike.reciprocity"));
  EXPECT_THAT(flylike_error({.clustering = 0}), HasSubstr("flylike.clustering"));
  EXPECT_THAT(flylike_error({.inhibitory_fraction = 2}), HasSubstr("flylike.inhibitory_fraction"));
  EXPECT_THAT(flylike_error({.gain = -1}), HasSubstr("flylike.gain"));
  EXPECT_THAT(flylike_error({.num_neurons = 2'000'000'000}),
              HasSubstr("flylike: not enough memory"));
}

// Red when sampling costs num_neurons^2: 10^12 pairs would take minutes.
TEST(Generators, CostFollowsTheSynapses) {
  const Connectome c = random_connectome({.num_neurons = 1'000'000, .density = 1e-7}, 1);
  EXPECT_NEAR(static_cast<double>(c.num_synapses()), 1e5, 5 * std::sqrt(1e5));
}

}  // namespace
}  // namespace noesis
