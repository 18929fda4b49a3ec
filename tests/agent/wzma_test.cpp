// The fast cache: its bound, what it remembers and forgets, and in which order it reads and writes.
#include "agent/wzma.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "core/rng.hpp"

namespace noesis {
namespace {

torch::Tensor normal(torch::IntArrayRef sizes, RandomSequence& random, double sd = 1) {
  torch::Tensor tensor = torch::empty(sizes);
  float* data = tensor.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k) {
    data[k] = static_cast<float>(sd * random.normal());
  }
  return tensor;
}

/// A cache of one plastic bank (and others, which are zero), for one environment.
struct Memory {
  Wzma cache;
  torch::Tensor u, v, slot = torch::zeros({1, 1});

  Memory(const FastCacheConfig& config, std::int64_t keys, std::int64_t values)
      : cache(config, keys, values),
        u(torch::zeros({1, values, config.rank})),
        v(torch::zeros({1, keys, config.rank})) {}

  torch::Tensor read(const torch::Tensor& key) const {
    return WzmaImpl::read(key.view({1, 1, -1}), u, v).view({-1});
  }
  void write(const torch::Tensor& pre, const torch::Tensor& post) {
    cache->write(u, v, slot, pre.view({1, -1}), post.view({1, -1}), torch::ones({1}, torch::kBool));
  }
};

FastCacheConfig single_bank(const std::string& rule) {
  FastCacheConfig config;
  config.rule = rule;
  config.banks = 1;
  return config;
}

// Red when a slot's norm is not bounded (mutation: no bounded() in write), or a huge or zero key
// makes anything but a finite bank.
TEST(Wzma, StaysWithinItsBoundForAnyStream) {
  EXPECT_TRUE(rc::check("|y_0| <= r c^2 |x|", [](std::uint64_t seed) {
    const torch::NoGradGuard no_grad;
    FastCacheConfig config = single_bank(*rc::gen::element("hebbian", "delta"));
    config.rank = *rc::gen::inRange<std::int64_t>(1, 6);
    config.slot_norm = *rc::gen::element(0.3, 1.0, 4.0);
    config.rate = *rc::gen::element(0.1, 1.0);
    Memory memory(config, 5, 3);
    RandomSequence random(seed, Stream::kTask);
    const double bound =
        static_cast<double>(config.rank) * config.slot_norm * config.slot_norm * (1 + 1e-4);
    for (int t = 0; t < 30; ++t) {
      const double size = *rc::gen::element(0.0, 1e-30, 1e-3, 1.0, 1e6, 1e30, 3e38);
      memory.write(normal({5}, random, size), normal({3}, random, size));
      const torch::Tensor x = normal({5}, random);
      const double y = memory.read(x).norm().item<double>();
      RC_ASSERT(std::isfinite(y));
      RC_ASSERT(y <= bound * x.norm().item<double>());
    }
  }));
}

// Red when the norm test is gone: 0 / 0 is not a number, and the slot would move on.
TEST(Wzma, WritesNothingWithoutAKeyOrAValue) {
  RandomSequence random(0, Stream::kTask);
  Memory memory(single_bank("hebbian"), 4, 2);
  memory.write(torch::zeros({4}), torch::ones({2}));
  memory.write(torch::ones({4}), torch::full({2}, 1e-13F));
  EXPECT_EQ(memory.slot.item<float>(), 0);
  EXPECT_EQ(memory.u.abs().sum().item<float>(), 0);
  memory.write(torch::ones({4}), torch::ones({2}));
  EXPECT_EQ(memory.slot.item<float>(), 1);
}

// The author's reference form: decay, then one slot more by rate * unit vectors.
TEST(Wzma, HebbianWritesOneSlot) {
  FastCacheConfig config = single_bank("hebbian");
  config.rank = 2;
  config.rate = 0.5;
  Memory memory(config, 2, 2);
  memory.write(torch::tensor({3.0F, 4.0F}), torch::tensor({0.0F, 2.0F}));
  memory.write(torch::tensor({1.0F, 0.0F}), torch::tensor({1.0F, 0.0F}));
  const torch::Tensor u = torch::tensor({{0.0F, 0.5F}, {0.5F * 0.99F, 0.0F}});
  const torch::Tensor v = torch::tensor({{0.3F * 0.99F, 0.5F}, {0.4F * 0.99F, 0.0F}});
  EXPECT_TRUE(torch::allclose(memory.u[0], u, 1e-6, 1e-7)) << memory.u;
  EXPECT_TRUE(torch::allclose(memory.v[0], v, 1e-6, 1e-7)) << memory.v;
}

/// The share of 16 keys that recall their second value best, among both values of all keys, after
/// they were bound to one value and then to another.
double rebinding(const std::string& rule) {
  constexpr std::int64_t kKeys = 16, kSize = 64;
  FastCacheConfig config = single_bank(rule);
  config.rate = rule == "delta" ? 1.0 : 0.5;
  config.decay = 1;
  int right = 0;
  constexpr int kSeeds = 5;
  for (int seed = 0; seed < kSeeds; ++seed) {
    RandomSequence random(static_cast<std::uint64_t>(seed), Stream::kTask);
    const auto units = [&](std::int64_t count) {
      const torch::Tensor x = normal({count, kSize}, random);
      return x / x.norm(2, 1, true);
    };
    const torch::Tensor keys = units(kKeys);
    const torch::Tensor values = units(2 * kKeys);
    Memory memory(config, kSize, kSize);
    for (std::int64_t n = 0; n < 2 * kKeys; ++n) {
      const torch::Tensor key = keys[n % kKeys];
      memory.write(key, rule == "delta" ? values[n] - memory.read(key) : values[n]);
    }
    for (std::int64_t n = 0; n < kKeys; ++n) {
      const torch::Tensor similar = torch::mv(values, memory.read(keys[n]));
      right += similar.argmax().item<std::int64_t>() == kKeys + n ? 1 : 0;
    }
  }
  return right / static_cast<double>(kSeeds * kKeys);
}

// What separates the rules (Schlag et al. 2021): co-activity keeps the old value beside the new.
// Red for delta when the error is written without what the replaced slot held.
TEST(Wzma, OnlyDeltaRebinds) {
  EXPECT_GE(rebinding("delta"), 0.95);
  EXPECT_LE(rebinding("hebbian"), 0.75);
  EXPECT_GE(rebinding("hebbian"), 0.25);
}

/// Mean squared error of predicting y = theta x, theta new every 200 samples, from noisy answers.
double tracking_error(std::int64_t rank) {
  constexpr std::int64_t kSize = 8;
  FastCacheConfig config = single_bank("delta");
  config.rank = rank;
  config.rate = 0.8;
  double sum = 0;
  int count = 0;
  for (int seed = 0; seed < 3; ++seed) {
    RandomSequence random(static_cast<std::uint64_t>(seed), Stream::kTask);
    Memory memory(config, kSize, 1);
    torch::Tensor theta;
    for (int t = 0; t < 1200; ++t) {
      if (t % 200 == 0) theta = normal({kSize}, random, 1 / std::sqrt(8.0));
      const torch::Tensor x = normal({kSize}, random);
      const torch::Tensor truth = torch::dot(theta, x).view({1});
      const torch::Tensor error = truth - memory.read(x);
      sum += error.square().item<double>();
      ++count;
      memory.write(x, error + 0.1 * random.normal());
    }
  }
  return sum / count;
}

// Without slots there is nothing to track with. Red when the key is not normalised in the update,
// or a replaced slot's share is not handed over.
TEST(Wzma, TracksAChangingWorld) {
  const double with = tracking_error(16);
  const double without = tracking_error(0);
  EXPECT_LE(with, 0.15);
  EXPECT_GE(without, 0.8);
  EXPECT_LE(with, 0.2 * without);
}

// The gate is a softmax over the banks, which are added.
TEST(Wzma, GateMixesTheBanks) {
  RandomSequence random(1, Stream::kTask);
  FastCacheConfig config;
  config.banks = 3;
  config.rank = 2;
  Wzma cache(config, 4, 3);
  const torch::NoGradGuard no_grad;
  cache->gate_weight.copy_(normal({3, 4}, random));
  cache->bank_u.copy_(normal({2, 3, 2}, random));
  cache->bank_v.copy_(normal({2, 4, 2}, random));
  const torch::Tensor u = normal({1, 3, 2}, random), v = normal({1, 4, 2}, random);
  const torch::Tensor x = normal({4}, random);
  const torch::Tensor alpha = torch::softmax(torch::mv(cache->gate_weight, x), 0);
  torch::Tensor expected = alpha[0] * torch::mv(u[0], torch::mv(v[0].t(), x));
  for (std::int64_t k = 1; k < 3; ++k) {
    expected = expected +
               alpha[k] * torch::mv(cache->bank_u[k - 1], torch::mv(cache->bank_v[k - 1].t(), x));
  }
  EXPECT_TRUE(torch::allclose(cache->forward(x.view({1, 1, 4}), u, v).view({3}), expected));
}

}  // namespace
}  // namespace noesis
