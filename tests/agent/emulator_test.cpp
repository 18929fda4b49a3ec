// Emulators: what they learn from a tape, and that their free runs are the agent's.
#include "agent/emulator.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "agent/emulator_parts.hpp"
#include "core/error.hpp"

namespace noesis {
namespace {

/// Two units on a circle, which one input speeds up: a sample every tenth of a turn or so.
std::shared_ptr<const Tape> circle(std::int64_t samples) {
  auto tape = std::make_shared<Tape>();
  tape->num_units = 2;
  tape->num_sites = 1;
  double phase = 0;
  for (std::int64_t t = 0; t < samples; ++t) {
    const double input = t % 40 < 5 ? 2.0 : 0.0;
    phase += 0.1 * (1 + input) * std::numbers::pi / 5;
    tape->observations.insert(tape->observations.end(), {3 + std::cos(phase), std::sin(phase)});
    tape->inputs.push_back(input);
  }
  return tape;
}

EmulatorConfig quick(bool gru = true, bool fast = false) {
  EmulatorConfig config;
  config.agent.hidden_size = 16;
  config.agent.gru_size = 8;
  config.agent.use_gru = gru;
  config.agent.use_fast_cache = config.agent.use_arousal = config.agent.use_local_bias = fast;
  config.start_washout = 30;
  config.phases = {EmulatorPhase()};
  config.phases[0].updates = 20;
  config.phases[0].heard = 10;
  config.phases[0].batch = 8;
  return config;
}

// Red when the input that is heard is that of the wrong sample (u_t for u_t+1).
TEST(Emulator, LearnsACircle) {
  const auto tape = circle(600);
  EmulatorConfig config = quick(false);
  config.phases[0].updates = 400;
  config.phases[0].lr_from = 0.01;
  const auto emulator = train_emulator(tape, 1, config, 0);
  EXPECT_FALSE(emulator->report().out_of_time);
  EXPECT_EQ(emulator->report().updates, 400);
  const Tape& truth = *tape;
  const std::vector<double> next = emulator->predict_next(truth, 100, 20, 80);
  double squares = 0;
  for (std::int64_t t = 0; t < 80; ++t) {
    for (std::int64_t i = 0; i < 2; ++i) {
      squares += std::pow(next[static_cast<std::size_t>(2 * t + i)] -
                              truth.observation(120 + t)[static_cast<std::size_t>(i)],
                          2);
    }
  }
  EXPECT_LT(std::sqrt(squares / 160), 0.02);
}

// Each state goes as if it were alone. Red when a sum's order depends on the number of states.
TEST(Emulator, StatesDoNotTouchEachOther) {
  for (const bool fast : {false, true}) {
    const auto emulator = train_emulator(circle(300), 1, quick(true, fast), 1);
    std::vector<Process::State> together;
    for (std::uint64_t k = 0; k < 11; ++k) together.push_back(emulator->start(k));
    std::vector<Process::State> alone = together;
    std::vector<double> inputs(11), observations(22), one(2);
    for (int t = 0; t < 20; ++t) {
      for (std::size_t k = 0; k < 11; ++k) inputs[k] = 0.1 * static_cast<double>(k);
      emulator->step(together, inputs, observations);
      for (std::size_t k = 0; k < 11; ++k) {
        emulator->step({&alone[k], 1}, {&inputs[k], 1}, one);
        ASSERT_EQ(one[0], observations[2 * k]);
        ASSERT_EQ(alone[k], together[k]);
      }
    }
  }
}

/// The free run against the agent in LibTorch, which is single precision.
void expect_same_run(const EmulatorConfig& config) {
  const auto tape = circle(300);
  AgentEmulator::Parts parts(tape, 1, config, 3);
  parts.make_free_run();
  const torch::NoGradGuard no_grad;
  AgentState state = parts.agent->initial_state(1);
  const std::int64_t size = parts.code.size();
  torch::Tensor z = parts.codes(*tape, 0, 1);
  const torch::Tensor inputs = parts.inputs(*tape, 0, 300);
  for (std::int64_t t = 0; t < 40; ++t) {
    parts.agent->step(torch::cat({parts.codes(*tape, t, 1), inputs.narrow(0, t + 1, 1)}, 1), state);
  }
  z = parts.codes(*tape, 40, 1);
  parts.agent->absorb(torch::cat({z, inputs.narrow(0, 0, 1)}, 1), state);
  std::vector<double> packed = state.pack(0);
  std::vector<double> code(static_cast<std::size_t>(size)), next(code.size());
  for (std::int64_t k = 0; k < size; ++k) {
    code[static_cast<std::size_t>(k)] = z[0][k].item<double>();
  }
  for (std::int64_t t = 41; t < 60; ++t) {
    const torch::Tensor u = inputs.narrow(0, t, 1);
    z = parts.agent->forward(torch::cat({z, u}, 1), state).prediction;
    std::vector<double> heard = code;
    heard.push_back(u.item<double>());
    const std::span<const double> observation(heard);
    const std::span<double> row(packed), predicted(next);
    parts.free_run->step({&observation, 1}, {&row, 1}, {&predicted, 1});
    code = next;
    for (std::int64_t k = 0; k < size; ++k) {
      ASSERT_NEAR(code[static_cast<std::size_t>(k)], z[0][k].item<double>(), 2e-5) << t;
    }
  }
}

// Red when any term of the equations differs: a gate, the gain, a bias, a bank.
TEST(Emulator, FreeRunIsTheAgent) {
  for (int part = 0; part < 5; ++part) {
    EmulatorConfig config = quick(part != 4);
    config.agent.use_fast_cache = part == 1 || part == 3;
    config.agent.use_arousal = part == 2 || part == 3;
    config.agent.use_local_bias = part == 3;
    config.agent.activation = part % 2 == 0 ? "tanh" : "silu";
    config.agent.local_bias.rate = 0.01;
    SCOPED_TRACE(part);
    expect_same_run(config);
  }
}

TEST(Emulator, SameSeedSameBits) {
  EmulatorConfig config = quick(true, true);
  config.phases[0].noise = 0.1;
  config.phases[0].free = 3;
  config.phases[0].plastic = true;
  const auto one = train_emulator(circle(300), 1, config, 5);
  const auto two = train_emulator(circle(300), 1, config, 5);
  const auto other = train_emulator(circle(300), 1, config, 6);
  EXPECT_EQ(one->start(0), two->start(0));
  EXPECT_NE(one->start(0), other->start(0));
  EXPECT_NE(one->start(0), one->start(1));
  EXPECT_EQ(std::ssize(one->start(0)), one->state_size());
}

// Red when the graph is dropped on the way, or not brought into the code's coordinates.
TEST(Emulator, StartsFromAGraph) {
  EmulatorConfig config = quick();
  config.phases[0].updates = 1;
  const std::vector<double> rotation = {1, -0.6, 0.6, 1}, reverse = {-1, 0.6, -0.6, -1};
  const auto state_of = [&](std::int64_t bottleneck, std::span<const double> graph) {
    config.bottleneck = bottleneck;
    const auto emulator = train_emulator(circle(300), 1, config, 5, nullptr, graph);
    Process::State state = emulator->start(0);
    std::vector<double> observation(2), input(1);
    emulator->step({&state, 1}, input, observation);
    return observation;
  };
  for (const std::int64_t bottleneck : {0, 1}) {
    EXPECT_NE(state_of(bottleneck, rotation), state_of(bottleneck, {}));
    EXPECT_NE(state_of(bottleneck, rotation), state_of(bottleneck, reverse));
    EXPECT_EQ(state_of(bottleneck, rotation), state_of(bottleneck, rotation));
  }
  EXPECT_THROW(state_of(0, std::span(rotation).first(3)), InternalError);
}

TEST(Emulator, BottleneckIsTheFirstComponents) {
  EmulatorConfig config = quick();
  config.bottleneck = 1;
  const auto emulator = train_emulator(circle(300), 1, config, 0);
  Process::State state = emulator->start(0);
  std::vector<double> observation(2), input(1);
  std::vector<double> first, second;
  for (int t = 0; t < 10; ++t) {
    emulator->step({&state, 1}, input, observation);
    first.push_back(observation[0]);
    second.push_back(observation[1]);
  }
  // One number decodes to a line.
  const double slope = (second[9] - second[0]) / (first[9] - first[0]);
  EXPECT_NEAR(second[5] - second[0], slope * (first[5] - first[0]), 1e-9);
}

TEST(Emulator, GivesNotANumberForABrokenState) {
  EmulatorConfig config = quick();
  const auto emulator = train_emulator(circle(300), 1, config, 0);
  Process::State state = emulator->start(0);
  state.back() = std::numeric_limits<double>::infinity();
  config.clip = 0;
  const auto unbounded = train_emulator(circle(300), 1, config, 0);
  std::vector<double> observation(2), input(1);
  unbounded->step({&state, 1}, input, observation);
  EXPECT_TRUE(std::isnan(observation[0]) && std::isnan(observation[1]));
}

TEST(Emulator, SaysWhenTimeWasUp) {
  EmulatorConfig config = quick();
  config.phases[0].updates = 1'000'000;
  config.time_budget_s = 0.05;
  const auto emulator = train_emulator(circle(300), 1, config, 0);
  EXPECT_TRUE(emulator->report().out_of_time);
  EXPECT_LT(emulator->report().updates, 1'000'000);
}

TEST(Emulator, RefusesWhatCannotBe) {
  EXPECT_THROW(train_emulator(circle(20), 1, quick(), 0), ConfigError);
  auto broken = std::make_shared<Tape>(*circle(300));
  broken->observations[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(train_emulator(broken, 1, quick(), 0), ConfigError);
  EmulatorConfig encoded = quick();
  encoded.agent.encoder_size = 4;
  EXPECT_THROW(train_emulator(circle(300), 1, encoded, 0), ConfigError);
  EmulatorConfig wild = quick();
  wild.phases[0].lr_from = wild.phases[0].lr_to = 1e30;
  EXPECT_THROW(train_emulator(circle(300), 1, wild, 0), RunError);
  const auto emulator = train_emulator(circle(300), 1, quick(), 0);
  EXPECT_THROW(emulator->listen(*circle(300), 290, 20), ConfigError);
  EXPECT_THROW(emulator->listen(*circle(300), -1, 20), ConfigError);
}

}  // namespace
}  // namespace noesis
