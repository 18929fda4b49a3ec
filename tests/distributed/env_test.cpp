// An environment whose brain is split over workers, and one whose brain is not.

#include "env/tasks/steer.hpp"
#include "physics/discovery/experiment.hpp"
#include "physics/process.hpp"
#include "physics/subject.hpp"
#include "tests/distributed/brains.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;

/// What an agent sees of some steps of Steer, in two environments, through a fork and an end.
std::vector<double> life(const BackendFactory<double>& make_backend) {
  SteerOptions options = SteerOptions::of("normal");
  options.brain.make_backend.of_double = make_backend;
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

/// What an experimenter sees of a subject, and what is recorded of it as a process.
std::vector<double> experiment(const std::string& policy,
                               const BackendFactory<double>& make_backend) {
  const ThreadArena arena(1);
  Subject subject = make_subject("reference-10", 3);
  subject.make_backend = make_backend;
  subject.transient = 5;
  ExperimentSpec spec;
  spec.policy = policy;
  spec.budget = 40;
  spec.seed = 8;
  const Dataset data = gather(subject, spec);
  std::vector<double> seen;
  for (const DenseMatrix* m : {&data.e, &data.e_after, &data.inputs}) {
    for (std::int64_t t = 0; t < 20; ++t) {
      const auto row = m->row(t);
      seen.insert(seen.end(), row.begin(), row.end());
    }
  }
  const std::unique_ptr<Process> process = make_process(subject, arena, 0.02);
  std::vector<Process::State> states = {process->start(5), process->start(6)};
  std::vector<double> inputs(20, 0.1), observations(20);
  for (int sample = 0; sample < 5; ++sample) {
    process->step(states, inputs, observations);
    seen.insert(seen.end(), observations.begin(), observations.end());
  }
  return seen;
}

// Red when the main job could notice that its subject is split: by experiments, twins or
// recordings.
TEST(SplitEnv, AnExperimenterDoesNotNotice) {
  for (const std::string policy : {"random", "twin"}) {
    const std::vector<double> whole = experiment(policy, {});
    EXPECT_EQ(whole.size(), 700u);
    EXPECT_EQ(whole, experiment(policy, split_over<double>(make_local_crew(2)))) << policy;
  }
}

}  // namespace
}  // namespace noesis
