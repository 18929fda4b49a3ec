#include "env/env.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

[[noreturn]] void throw_order(const char* what) {
  throw ConfigError(
      {.what = what, .where = "step", .got = {}, .allowed = {}, .next = "call reset"});
}

}  // namespace

std::uint64_t episode_seed(std::uint64_t seed, std::uint64_t episode) {
  const auto word = philox(seed, Stream::kTask, episode, 0);
  return (static_cast<std::uint64_t>(word[0]) << 32) | word[1];
}

TaskEnv::TaskEnv(std::unique_ptr<Task> task, EnvSpec spec, std::string render_mode)
    : task_(std::move(task)),
      spec_(std::move(spec)),
      metadata_{.render_modes = render_modes()},
      render_mode_(std::move(render_mode)),
      action_(static_cast<std::size_t>(task_->action_space().flat_size())),
      observation_(static_cast<std::size_t>(task_->observation_space().flat_size())) {
  ensure(task_->num_envs() == 1, "an Env is made of a task of one environment");
  render_frame(render_mode_, {});  // refuses an unknown mode
}

ResetResult TaskEnv::reset(std::optional<std::uint64_t> seed, const Dict& options) {
  const std::uint64_t new_seed = seed.value_or(seed_);
  const std::uint64_t episode = seed ? 0 : episode_;
  info_.clear();
  task_->reset(0, episode_seed(new_seed, episode), options, observation_, info_);
  seed_ = new_seed;
  episode_ = episode + 1;
  running_ = true;
  return {observation_space().unflatten(observation_), info_.row(0)};
}

StepResult TaskEnv::step(const Value& action) {
  if (!running_)
    throw_order(episode_ == 0 ? "a step before the first reset" : "the episode is over");
  static constexpr std::uint8_t kActive = 1;
  action_space().flatten(action, action_);
  check_actions(action_, {&kActive, 1});
  StepResult result;
  std::uint8_t terminated = 0;
  info_.clear();
  task_->step(action_, {&kActive, 1}, {observation_, {&result.reward, 1}, {&terminated, 1}, info_});
  result.observation = observation_space().unflatten(observation_);
  result.terminated = terminated != 0;
  result.info = info_.row(0);
  running_ = !result.terminated;
  return result;
}

Frame TaskEnv::render() {
  if (render_mode_.empty()) return {};
  return render_frame(render_mode_, task_->render_rows(0));
}

Snapshot TaskEnv::snapshot() const {
  ByteWriter out;
  out.put(seed_);
  out.put(episode_);
  out.put(static_cast<std::uint8_t>(running_));
  task_->save(0, out);
  return out.take();
}

void TaskEnv::restore(const Snapshot& snapshot) {
  ByteReader in(snapshot);
  const auto seed = in.get<std::uint64_t>();
  const auto episode = in.get<std::uint64_t>();
  const auto running = in.get<std::uint8_t>() != 0;
  task_->load(0, in);
  in.finish();
  seed_ = seed;
  episode_ = episode;
  running_ = running;
}

}  // namespace noesis
