// The agent's parts: each can be switched, all are differentiated rightly, and its state is the
// whole of what goes from step to step.
#include "agent/hybrid_agent.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "agent/free_run.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr AgentShape kShape{.observation_size = 5, .action_size = 2, .prediction_size = 3};

AgentConfig small(bool gru, bool cache, bool arousal, bool bias) {
  AgentConfig config;
  config.use_gru = gru;
  config.use_fast_cache = cache;
  config.use_arousal = arousal;
  config.use_local_bias = bias;
  config.encoder_size = 6;
  config.hidden_size = 7;
  config.gru_size = 4;
  config.fast_cache.rank = 3;
  config.local_bias.rate = 0.05;
  return config;
}

torch::Tensor normal(torch::IntArrayRef sizes, std::uint64_t seed = 0) {
  RandomSequence random(seed, Stream::kTask);
  torch::Tensor tensor = torch::empty(sizes);
  float* data = tensor.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k) data[k] = static_cast<float>(random.normal());
  return tensor;
}

torch::Tensor predictions(const AgentConfig& config, const torch::Tensor& observations) {
  const torch::NoGradGuard no_grad;
  HybridAgent agent(config, kShape, 1);
  AgentState state = agent->initial_state(observations.size(0));
  return agent->sequence(observations, {}, state, Plasticity::kActive).prediction;
}

// Red when a part is not used (mutation: core() without gain, without bias, without the cache).
TEST(HybridAgent, EverySwitchChangesWhatItSays) {
  const torch::Tensor observations = normal({2, 60, 5});
  const torch::Tensor plain = predictions(small(false, false, false, false), observations);
  for (int part = 0; part < 4; ++part) {
    const AgentConfig config = small(part == 0, part == 1, part == 2, part == 3);
    const torch::Tensor other = predictions(config, observations);
    EXPECT_GT((other - plain).abs().max().item<double>(), 1e-5) << "part " << part;
  }
}

// Parts that adapt carry the past into what is said now; without any, nothing does.
TEST(HybridAgent, OnlySomePartsRemember) {
  torch::Tensor one = normal({1, 60, 5});
  torch::Tensor two = one.clone();
  two.narrow(1, 0, 40).neg_();
  for (int part = -1; part < 4; ++part) {
    const AgentConfig config = small(part == 0, part == 1, part == 2, part == 3);
    const bool equal = torch::equal(predictions(config, one).select(1, 59),
                                    predictions(config, two).select(1, 59));
    EXPECT_EQ(equal, part == -1) << "part " << part;
  }
}

// The gradient against central differences, in every parameter. Red when a detach() cuts a path.
TEST(HybridAgent, GradientsAreRight) {
  HybridAgent agent(small(true, true, true, true), kShape, 2);
  agent->to(torch::kFloat32);
  const torch::Tensor observations = normal({2, 4, 5});
  const torch::Tensor weights = normal({2, 4, 3}, 1);
  const auto loss = [&] {
    AgentState state = agent->initial_state(2);
    const AgentOutput output = agent->sequence(observations, {}, state, Plasticity::kFrozen);
    return (output.prediction * weights).sum() + output.action_mean.square().sum() +
           output.value.sum();
  };
  {
    const torch::NoGradGuard no_grad;  // zero there at the start, which would hide the gate
    agent->cache->bank_u.copy_(normal(agent->cache->bank_u.sizes(), 3));
  }
  agent->zero_grad();
  loss().backward();
  const torch::NoGradGuard no_grad;
  for (auto& item : agent->named_parameters()) {
    if (item.key() == "log_std") continue;  // the mean does not depend on it
    torch::Tensor& parameter = item.value();
    const torch::Tensor gradient = parameter.grad().clone();
    const torch::Tensor direction = normal(parameter.sizes(), 4);
    constexpr double kStep = 1e-2;
    const torch::Tensor saved = parameter.clone();
    parameter.copy_(saved + kStep * direction);
    const double up = loss().item<double>();
    parameter.copy_(saved - kStep * direction);
    const double down = loss().item<double>();
    parameter.copy_(saved);
    const double measured = (up - down) / (2 * kStep);
    const double expected = (gradient * direction).sum().item<double>();
    EXPECT_NEAR(measured, expected, 0.02 * std::abs(expected) + 2e-3) << item.key();
  }
}

// All times at once must be the same function as step by step, with resets on the way. Red when the
// recurrent state enters the core one step late, or a reset is missed.
TEST(HybridAgent, SequenceEqualsSteps) {
  const torch::NoGradGuard no_grad;
  HybridAgent agent(small(true, false, false, false), kShape, 3);
  const torch::Tensor observations = normal({3, 9, 5});
  torch::Tensor resets = torch::zeros({3, 9}, torch::kBool);
  resets[1][4] = true;
  resets[2][0] = true;
  AgentState state = agent->initial_state(3);
  state.hidden = normal({3, 4});
  AgentState stepped = state.clone();
  const AgentOutput all = agent->sequence(observations, resets, state, Plasticity::kActive);
  const AgentState fresh = agent->initial_state(1);
  for (std::int64_t t = 0; t < 9; ++t) {
    stepped.reset(resets.select(1, t), fresh);
    const AgentOutput one = agent->step(observations.select(1, t), stepped);
    EXPECT_TRUE(torch::allclose(one.prediction, all.prediction.select(1, t), 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(one.value, all.value.select(1, t), 1e-5, 1e-6));
  }
  EXPECT_TRUE(torch::allclose(stepped.hidden, state.hidden, 1e-5, 1e-6));
}

// A snapshot is the whole state: from it, everything goes on with the same bits. Red when a part is
// left out of parts().
TEST(HybridAgent, GoesOnFromASnapshot) {
  const torch::NoGradGuard no_grad;
  HybridAgent agent(small(true, true, true, true), kShape, 4);
  const torch::Tensor observations = normal({2, 80, 5});
  AgentState state = agent->initial_state(2);
  for (std::int64_t t = 0; t < 50; ++t) agent->step(observations.select(1, t), state);
  AgentState other = agent->initial_state(2);
  for (std::int64_t env = 0; env < 2; ++env) other.unpack(env, state.pack(env));
  for (std::int64_t t = 50; t < 80; ++t) {
    const torch::Tensor a = agent->step(observations.select(1, t), state).prediction;
    const torch::Tensor b = agent->step(observations.select(1, t), other).prediction;
    ASSERT_TRUE(torch::equal(a, b)) << "step " << t;
  }
  EXPECT_THROW(other.unpack(0, std::vector<double>(3)), ConfigError);
}

TEST(HybridAgent, ResetsWhatIsMasked) {
  const torch::NoGradGuard no_grad;
  HybridAgent agent(small(true, true, true, true), kShape, 4);
  AgentState state = agent->initial_state(2);
  for (std::int64_t t = 0; t < 20; ++t) agent->step(normal({2, 5}, 10 + t), state);
  const std::vector<double> kept = state.pack(0);
  state.reset(torch::tensor({false, true}), agent->initial_state(1));
  EXPECT_EQ(state.pack(0), kept);
  EXPECT_EQ(state.pack(1), agent->initial_state(1).pack(0));
  EXPECT_EQ(state.select(torch::tensor({1})).pack(0), state.pack(1));
}

// A homeostatic unit comes to its set-point. Red when the sign of the bias's change is turned.
TEST(HybridAgent, LocalBiasFindsTheSetPoint) {
  const torch::NoGradGuard no_grad;
  AgentConfig config = small(false, false, false, true);
  config.local_bias.limit = 5;
  HybridAgent agent(config, kShape, 5);
  AgentState state = agent->initial_state(1);
  for (std::int64_t t = 0; t < 3000; ++t) {
    agent->step(normal({1, 5}, static_cast<std::uint64_t>(t)), state);
  }
  const torch::Tensor off = state.rates - config.local_bias.set_point;
  EXPECT_LT(off.abs().mean().item<double>(), 0.1);
  HybridAgent without(small(false, false, false, false), kShape, 5);
  EXPECT_GT(state.biases.abs().max().item<double>(), 0.1);
}

// Before and after: what is answered now does not know yet what is written now. Red when forward()
// reads a bank into which this very observation was written.
TEST(HybridAgent, ReadsBeforeItWrites) {
  const torch::NoGradGuard no_grad;
  HybridAgent agent(small(true, true, false, false), kShape, 6);
  AgentState state = agent->initial_state(1);
  for (std::int64_t t = 0; t < 5; ++t) {
    const torch::Tensor observation = normal({1, 5}, static_cast<std::uint64_t>(t));
    agent->absorb(observation, state);
    const torch::Tensor u = state.cache_u.clone();
    agent->forward(observation, state);
    ASSERT_TRUE(torch::equal(u, state.cache_u));
  }
  const torch::Tensor before = state.cache_u.clone();
  agent->absorb(normal({1, 5}, 99), state);
  EXPECT_FALSE(torch::equal(before, state.cache_u));
}

TEST(HybridAgent, LogsEveryDecision) {
  const torch::NoGradGuard no_grad;
  HybridAgent agent(small(true, true, false, false), kShape, 6);
  std::vector<MetaRecord> records;
  agent->set_meta_log([&](const MetaRecord& record) { records.push_back(record); });
  AgentState state = agent->initial_state(2);
  for (std::int64_t t = 0; t < 10; ++t) {
    agent->step(normal({2, 5}, static_cast<std::uint64_t>(t)), state);
  }
  ASSERT_EQ(records.size(), 18U);  // the first step has no prediction to compare
  EXPECT_EQ(records[1].env, 1);
  EXPECT_EQ(records.back().step, 8);
}

TEST(HybridAgent, RefusesImpossibleSizes) {
  const AgentConfig config = small(true, true, false, false);
  EXPECT_THROW(HybridAgent(config, AgentShape{5, 2, 6}, 0), ConfigError);
  EXPECT_THROW(HybridAgent(config, AgentShape{0, 2, 0}, 0), ConfigError);
  EXPECT_THROW(HybridAgent(config, AgentShape{5, 2, 0}, 0), ConfigError);
}

}  // namespace
}  // namespace noesis
