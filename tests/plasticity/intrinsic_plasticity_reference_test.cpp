// With the rule, what neurons send becomes distributed as the target; without it, it does not.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "core/rng.hpp"
#include "physics/plasticity/intrinsic_plasticity.hpp"

namespace noesis {
namespace {

constexpr int kNeurons = 50;

/// Outputs of neurons whose inputs are normal, each with a mean and a deviation of its own, after
/// they have learnt for some samples.
std::vector<double> outputs_after(const IntrinsicPlasticitySpec& spec, int num_learnt) {
  const ThreadArena arena(1);
  IntrinsicPlasticity rule(spec, kNeurons);
  RandomSequence random(1, Stream::kTask);
  std::vector<double> x(kNeurons);
  std::vector<double> y(kNeurons);
  std::vector<double> all;
  for (int k = 0; k < num_learnt + 2000; ++k) {
    for (int i = 0; i < kNeurons; ++i) {
      x[i] = -0.5 + double(i) / kNeurons + (0.5 + i % 3) * random.normal();
    }
    rule.respond(std::span<const double>(x), std::span<double>(y), arena);
    if (k < num_learnt) {
      rule.adapt(std::span<const double>(x), std::span<const double>(y), arena);
    } else {
      all.insert(all.end(), y.begin(), y.end());
    }
  }
  return all;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / double(values.size());
}

double deviation(const std::vector<double>& values) {
  const double centre = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - centre) * (value - centre);
  return std::sqrt(sum / double(values.size()));
}

/// KL divergence [nats] of the values' histogram over [low, high) from a target with this
/// cumulative distribution, cut to the same range.
double divergence(const std::vector<double>& values, double low, double high,
                  const std::function<double(double)>& cumulative) {
  constexpr int kBins = 20;
  std::vector<double> histogram(kBins);
  for (const double value : values) {
    const int bin = static_cast<int>((value - low) / (high - low) * kBins);
    histogram[std::clamp(bin, 0, kBins - 1)] += 1.0 / double(values.size());
  }
  const double whole = cumulative(high) - cumulative(low);
  double sum = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    const double from = low + (high - low) * bin / kBins;
    const double to = low + (high - low) * (bin + 1) / kBins;
    const double wanted = (cumulative(to) - cumulative(from)) / whole;
    if (histogram[bin] > 0) sum += histogram[bin] * std::log(histogram[bin] / wanted);
  }
  return sum;
}

// Mutation: the sign of y^2 / mu.
TEST(IntrinsicPlasticityReference, OutputsBecomeExponential) {
  const IntrinsicPlasticitySpec spec{.learning_rate = 1e-3, .mean = 0.2};
  const auto target = [](double y) { return 1 - std::exp(-y / 0.2); };
  const std::vector<double> before = outputs_after(spec, 0);
  const std::vector<double> after = outputs_after(spec, 40000);
  const double far = divergence(before, 0, 1, target);
  const double near = divergence(after, 0, 1, target);
  EXPECT_NEAR(mean(after), 0.2, 0.02);
  EXPECT_GT(std::abs(mean(before) - 0.2), 0.1);
  EXPECT_LT(near, 0.1);
  EXPECT_GT(far, 0.5);
}

// Mutation: sigma for sigma^2.
TEST(IntrinsicPlasticityReference, OutputsBecomeGaussian) {
  const IntrinsicPlasticitySpec spec{
      .target = "gaussian", .learning_rate = 1e-3, .mean = 0.1, .deviation = 0.2};
  const auto target = [](double y) { return 0.5 * std::erfc(-(y - 0.1) / 0.2 / std::sqrt(2.0)); };
  const std::vector<double> before = outputs_after(spec, 0);
  const std::vector<double> after = outputs_after(spec, 40000);
  const double far = divergence(before, -1, 1, target);
  const double near = divergence(after, -1, 1, target);
  EXPECT_NEAR(mean(after), 0.1, 0.02);
  EXPECT_NEAR(deviation(after), 0.2, 0.02);
  EXPECT_GT(deviation(before), 0.4);
  EXPECT_LT(near, 0.1);
  EXPECT_GT(far, 0.5);
}

}  // namespace
}  // namespace noesis
