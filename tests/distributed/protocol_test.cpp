// Frames and messages: what is damaged is refused, before memory is taken for it.

#include "distributed/protocol.hpp"

#include <gtest/gtest.h>

#include "core/rng.hpp"
#include "distributed/commands.hpp"
#include "distributed/mailbox_communicator.hpp"
#include "distributed/worker_brain.hpp"

namespace noesis {
namespace {

struct Frame {
  std::array<std::byte, kHeaderBytes> header;
  Bytes payload;
};

Frame make_frame(std::size_t size = 100) {
  Frame frame;
  for (std::size_t k = 0; k < size; ++k) frame.payload.push_back(static_cast<std::byte>(7 * k));
  write_header({WireType::kNormal, 3, 5, 9, 0, 0}, frame.payload, frame.header);
  return frame;
}

void check(const Frame& frame, std::uint64_t most = 1000) {
  check_payload(read_header(frame.header, most), frame.header, frame.payload);
}

TEST(Frames, SayWhatTheyCarry) {
  const Frame frame = make_frame();
  const FrameHeader header = read_header(frame.header, 1000);
  EXPECT_EQ(header.type, WireType::kNormal);
  EXPECT_EQ(header.sender, 3);
  EXPECT_EQ(header.epoch, 5u);
  EXPECT_EQ(header.step, 9u);
  EXPECT_EQ(header.length, 100u);
  check(frame);
}

// Red when a bit of header or payload is not covered by the checksum or a check of its own.
TEST(Frames, AnyOneBitIsNoticed) {
  for (std::size_t bit = 0; bit < 8 * (kHeaderBytes + 20); ++bit) {
    Frame frame = make_frame(20);
    std::byte& byte =
        bit / 8 < kHeaderBytes ? frame.header[bit / 8] : frame.payload[bit / 8 - kHeaderBytes];
    byte ^= static_cast<std::byte>(1 << (bit % 8));
    EXPECT_THROW(check(frame), WireError) << "bit " << bit;
  }
}

TEST(Frames, AreRefusedWhereTheyAreTooLongOrCutOff) {
  EXPECT_THROW(check(make_frame(), 99), WireError);
  Frame cut = make_frame();
  cut.payload.pop_back();
  EXPECT_THROW(check(cut), WireError);
  EXPECT_THROW(read_header(std::span(cut.header).first(39), 1000), WireError);
}

// Red when a length is believed before it is compared with what is there.
TEST(Messages, ClaimingMoreThanTheyHoldAreRefusedAtOnce) {
  WireWriter writer;
  writer.put(std::uint64_t{1} << 60);
  const Bytes bytes = writer.take();
  EXPECT_THROW(WireReader(bytes).get_array<double>(), WireError);
  EXPECT_THROW(WireReader(bytes).get_text(), WireError);
  EXPECT_THROW(decode<std::vector<WireRows>>(bytes), WireError);
  EXPECT_THROW(decode<InitCommand<float>>(bytes), WireError);
}

TEST(Messages, ComeBackAsTheyWere) {
  WorkerPlan plan;
  plan.ids = {4, 2, 9};
  plan.num_own = 2;
  plan.peers.push_back({1, {0, 1}, 0, 2, 2, 1});
  EXPECT_EQ(decode<WorkerPlan>(encode(plan)), plan);
  const NormalCommand command = decode<NormalCommand>(encode(NormalCommand{3, 4, {5, 6}, {7, 8}}));
  EXPECT_EQ(command.seeds, (std::vector<std::uint64_t>{5, 6}));
  Bytes longer = encode(plan);
  longer.push_back(std::byte{0});
  EXPECT_THROW(decode<WorkerPlan>(longer), WireError);
}

TEST(Messages, ErrorsKeepTheirPartsAndKind) {
  const auto again = [](const std::exception& error) { throw_error(error_payload(error)); };
  const ErrorParts parts{"a", "b", "c", "d", "e"};
  EXPECT_THROW(again(ConfigError(parts)), ConfigError);
  EXPECT_THROW(again(RunError(parts)), RunError);
  EXPECT_THROW(again(InternalError("f")), InternalError);
  try {
    again(RunError(parts));
  } catch (const RunError& error) {
    EXPECT_STREQ(error.what(), RunError(parts).what());
  }
  Bytes unknown = error_payload(InternalError("f"));
  unknown[0] = std::byte{33};
  EXPECT_THROW(throw_error(unknown), WireError);
}

/// A worker that is alone in the world.
InitCommand<double> lonely() {
  InitCommand<double> init;
  WorkerSpec spec;
  spec.model.name = "rate";
  spec.integrator.name = "heun";
  init.spec = config_to_toml(spec);
  init.shape = {1, 1, 3, 1};
  init.plan.ids = {0, 1, 2};
  init.plan.num_own = init.plan.num_interior = 3;
  init.synapses = {{1, 0, 2}, {1, 0, 2}, {0.5f, 0.25f, -1}, {}};
  init.state = {0.1, 0.2, 0.3};
  init.inputs.arrays.assign(6, std::vector<double>(3, 1));
  return init;
}

Bytes init_payload(const InitCommand<double>& init) {
  WireWriter writer;
  writer.put(std::uint8_t{8});
  writer(init);
  return writer.take();
}

// Red when a worker believes a plan without checking what it would read or write by it.
TEST(WorkerBrain, RefusesCommandsThatContradictThemselves) {
  const ThreadArena arena(1);
  const auto alone = make_dry_run_communicator(0, 2);
  WorkerBrain worker(*alone, arena);
  EXPECT_THROW(worker.handle(WireType::kNormal, encode(NormalCommand{0, 1, {1}, {0}})), WireError);
  worker.handle(WireType::kInit, init_payload(lonely()));
  worker.handle(WireType::kNormal, encode(NormalCommand{0, 1, {1}, {0}}));
  EXPECT_EQ(worker.num_steps(), 1);
  using Change = void (*)(InitCommand<double>&);
  const Change changes[] = {
      [](auto& init) {
        init.plan.ids = {0, 1, 3};
      },
      [](auto& init) {
        init.plan.ids = {0, 1, 1};
      },
      [](auto& init) { init.plan.num_own = 4; },
      [](auto& init) { init.plan.num_own = 0; },
      [](auto& init) { init.plan.num_interior = -1; },
      [](auto& init) {
        init.synapses.counts = {1, 0, 3};
      },
      [](auto& init) {
        init.synapses.counts = {1, -1, 3};
      },
      [](auto& init) {
        init.synapses.sources = {1, 0, 3};
      },
      [](auto& init) { init.synapses.weights.pop_back(); },
      [](auto& init) {
        init.synapses.steps = {1, 1, 1};
      },
      [](auto& init) { init.state.pop_back(); },
      [](auto& init) { init.inputs.arrays.pop_back(); },
      [](auto& init) { init.inputs.arrays[2].push_back(1); },
      [](auto& init) { init.shape.tile_width = 3; },
      [](auto& init) { init.shape.num_envs = 0; },
      [](auto& init) { init.shape.num_envs = 1'000'000; },
      [](auto& init) { init.longest_delay = 0; },
      [](auto& init) { init.shape.num_components = 2; },
      [](auto& init) {
        init.plan.peers.push_back({1, {3}, 0, 1, 3, 0});
      },
      [](auto& init) {
        init.plan.peers.push_back({1, {}, 0, 4, 3, 0});
      },
      [](auto& init) {
        init.plan.peers.push_back({1, {}, 0, 0, 2, 1});
      },
      [](auto& init) {
        init.plan.peers.push_back({2, {}, 0, 1, 3, 0});
      },
      [](auto& init) {
        init.plan.num_own = 2;
        init.plan.num_interior = 2;
      },
  };
  for (std::size_t k = 0; k < std::size(changes); ++k) {
    InitCommand<double> init = lonely();
    changes[k](init);
    EXPECT_THROW(worker.handle(WireType::kInit, init_payload(init)), WireError) << "change " << k;
  }
}

// Red when any damage to a command gets further than an error.
TEST(WorkerBrain, SurvivesDamagedCommands) {
  const ThreadArena arena(1);
  const auto alone = make_dry_run_communicator(0, 2);
  WorkerBrain worker(*alone, arena);
  RandomSequence random(9, Stream::kTask);
  const Bytes good = init_payload(lonely());
  int refused = 0;
  for (int turn = 0; turn < 3000; ++turn) {
    Bytes bad = good;
    for (int k = 0; k < 1 + turn % 3; ++k) {
      bad[random.below(bad.size())] = static_cast<std::byte>(random.below(256));
    }
    if (turn % 5 == 0) bad.resize(random.below(bad.size()));
    try {
      worker.handle(WireType::kInit, bad);
      worker.handle(WireType::kNormal, encode(NormalCommand{0, 2, {1}, {0}}));
    } catch (const UserError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace noesis
