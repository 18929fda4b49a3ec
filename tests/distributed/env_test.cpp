// An environment whose brain is split over workers, and one whose brain is not.

#include "env/tasks/steer.hpp"
#include "tests/distributed/brains.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;

/// What an agent sees of some steps of Steer, in two environments, through a fork and an end.
std::vector<double> life(const BackendFactory<double>& make_backend) {
  SteerOptions options = SteerOptions::of("normal");
  options.brain.make_backend = make_backend;
  options.brain.noise = 0.02;
  SteerTask task(options, 2, 1);
  const auto width = static_cast<std::size_t>(task.observation_space().flat_size());
  const auto sites = static_cast<std::size_t>(task.action_space().flat_size());
  std::vector<float> observations(2 * width), actions(2 * sites);
  std::vector<double> rewards(2), seen;
  std::vector<std::uint8_t> terminated(2), active(2, 1);
  InfoTable info(2);
  RandomSequence random(8, Stream::kTask);
  const auto look = [&] {
    seen.insert(seen.end(), observations.begin(), observations.end());
    seen.insert(seen.end(), rewards.begin(), rewards.end());
    seen.insert(seen.end(), terminated.begin(), terminated.end());
  };
  const auto act = [&](int steps) {
    for (int step = 0; step < steps; ++step) {
      for (float& action : actions) action = static_cast<float>(2 * random.uniform() - 1);
      task.step(actions, active, {observations, rewards, terminated, info});
      look();
    }
  };
  for (std::int64_t env = 0; env < 2; ++env) {
    task.reset(env, 40 + static_cast<std::uint64_t>(env), {},
               std::span(observations).subspan(static_cast<std::size_t>(env) * width, width), info);
  }
  look();
  act(6);
  ByteWriter snapshot;
  task.save(0, snapshot);
  act(3);
  const Snapshot bytes = snapshot.take();
  ByteReader reader(bytes);
  task.load(0, reader);
  task.reset(1, 77, {}, std::span(observations).subspan(width, width), info);
  act(5);
  return seen;
}

// Red when an agent could notice that a brain is split: any bit of what it sees.
TEST(SplitEnv, AnAgentDoesNotNotice) {
  const std::vector<double> whole = life({});
  EXPECT_GT(whole.size(), 100u);
  EXPECT_EQ(whole, life(split_over<double>(make_local_crew(2))));
  EXPECT_EQ(whole, life(split_over<double>(make_local_crew(3))));
}

}  // namespace
}  // namespace noesis
