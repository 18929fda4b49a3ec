#include "env/vector_env.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace noesis {
namespace {

std::size_t product(std::int64_t rows, std::int64_t columns) {
  return static_cast<std::size_t>(num_elements({rows, columns}));
}

[[noreturn]] void refuse(std::string what, std::string where, std::string got, std::string allowed,
                         std::string next = {}) {
  throw ConfigError(
      {std::move(what), std::move(where), std::move(got), std::move(allowed), std::move(next)});
}

}  // namespace

VectorEnv::VectorEnv(std::unique_ptr<Task> task, EnvSpec spec, Autoreset autoreset)
    : task_(std::move(task)),
      spec_(std::move(spec)),
      autoreset_(autoreset),
      num_envs_(task_->num_envs()),
      observation_size_(task_->observation_space().flat_size()),
      action_size_(task_->action_space().flat_size()),
      observations_(product(num_envs_, observation_size_)),
      info_(num_envs_),
      final_info_(num_envs_) {
  const auto n = static_cast<std::size_t>(num_envs_);
  if (autoreset_ == Autoreset::kSameStep) final_observations_.resize(observations_.size());
  rewards_.resize(n);
  episode_returns_.resize(n);
  episode_lengths_.resize(n);
  for (auto* flags : {&terminated_, &truncated_, &was_reset_, &has_final_, &active_, &started_}) {
    flags->resize(n);
  }
  episodes_.resize(n);
  for (std::uint64_t i = 0; i < n; ++i) seeds_.push_back(i);
}

std::span<float> VectorEnv::row(AlignedVector<float>& values, std::int64_t env) const {
  const auto size = static_cast<std::size_t>(observation_size_);
  return std::span(values).subspan(static_cast<std::size_t>(env) * size, size);
}

void VectorEnv::check_env(std::int64_t env) const {
  if (env >= 0 && env < num_envs_) return;
  refuse("no such environment", "env", std::to_string(env),
         "0 to " + std::to_string(num_envs_ - 1));
}

void VectorEnv::check_idle() const {
  if (!is_stepping()) return;
  refuse("a step is under way", "send", {}, {}, "call recv first");
}

bool VectorEnv::is_over(std::int64_t env) const {
  const auto e = static_cast<std::size_t>(env);
  return terminated_[e] != 0 || truncated_[e] != 0;
}

void VectorEnv::start_episode(std::int64_t env, const Dict& options) {
  const auto e = static_cast<std::size_t>(env);
  info_.clear(env);
  task_->reset(env, episode_seed(seeds_[e], episodes_[e]), options, row(observations_, env), info_);
  ++episodes_[e];
  started_[e] = 1;
}

void VectorEnv::reset(std::optional<std::uint64_t> seed, const Dict& options) {
  reset_masked(std::vector<std::uint8_t>(static_cast<std::size_t>(num_envs_), 1), seed, options);
}

void VectorEnv::reset_masked(std::span<const std::uint8_t> mask, std::optional<std::uint64_t> seed,
                             const Dict& options) {
  std::vector<std::optional<std::uint64_t>> seeds(static_cast<std::size_t>(num_envs_));
  for (std::size_t e = 0; seed && e < seeds.size(); ++e) seeds[e] = *seed + e;
  reset_each(mask, seeds, options);
}

void VectorEnv::reset_each(std::span<const std::uint8_t> mask,
                           std::span<const std::optional<std::uint64_t>> seeds,
                           const Dict& options) {
  check_idle();
  const auto require_length = [&](const char* what, const char* where, std::size_t size) {
    if (static_cast<std::int64_t>(size) == num_envs_) return;
    refuse(what, where, std::to_string(size), std::to_string(num_envs_));
  };
  require_length("a mask of another length", "reset_mask", mask.size());
  require_length("another number of seeds", "seed", seeds.size());
  for (std::int64_t env = 0; env < num_envs_; ++env) {
    const auto e = static_cast<std::size_t>(env);
    if (mask[e] == 0) continue;
    if (seeds[e]) {
      seeds_[e] = *seeds[e];
      episodes_[e] = 0;
    }
    start_episode(env, options);
    rewards_[e] = episode_returns_[e] = 0;
    episode_lengths_[e] = 0;
    terminated_[e] = truncated_[e] = was_reset_[e] = has_final_[e] = 0;
  }
}

void VectorEnv::check_step(std::span<const float> actions) {
  check_idle();
  if (std::ssize(actions) != num_envs_ * action_size_) {
    refuse("actions of another size", "actions", std::to_string(actions.size()),
           std::to_string(num_envs_) + " x " + std::to_string(action_size_));
  }
  for (std::int64_t env = 0; env < num_envs_; ++env) {
    const auto e = static_cast<std::size_t>(env);
    const bool over = is_over(env);
    if (started_[e] == 0 || (over && autoreset_ == Autoreset::kDisabled)) {
      refuse(over ? "the episode is over" : "a step before the first reset",
             "environment " + std::to_string(env), {}, {}, "call reset");
    }
    active_[e] = !(over && autoreset_ == Autoreset::kNextStep);
  }
  check_actions(actions, active_);
}

void VectorEnv::step(std::span<const float> actions) {
  check_step(actions);
  take_step(actions);
}

void VectorEnv::send(std::span<const float> actions) {
  check_step(actions);
  sent_.assign(actions.begin(), actions.end());
  pending_ = std::async(std::launch::async, [this] { take_step(sent_); });
}

void VectorEnv::recv() {
  if (!is_stepping()) refuse("nothing was sent", "recv", {}, {}, "call send first");
  pending_.get();
}

void VectorEnv::take_step(std::span<const float> actions) {
  // Same-step resets have left the running sums of the episode before.
  for (std::size_t e = 0; e < active_.size(); ++e) {
    if (is_over(static_cast<std::int64_t>(e))) {
      episode_returns_[e] = 0;
      episode_lengths_[e] = 0;
    }
  }
  info_.clear();
  final_info_.clear();
  std::fill(has_final_.begin(), has_final_.end(), std::uint8_t{0});
  task_->step(actions, active_, {observations_, rewards_, terminated_, info_});
  for (std::int64_t env = 0; env < num_envs_; ++env) finish_step(env);
}

void VectorEnv::finish_step(std::int64_t env) {
  const auto e = static_cast<std::size_t>(env);
  was_reset_[e] = active_[e] == 0;
  if (was_reset_[e] != 0) {
    rewards_[e] = 0;
    terminated_[e] = truncated_[e] = 0;
    start_episode(env, {});
    return;
  }
  episode_returns_[e] += rewards_[e];
  ++episode_lengths_[e];
  truncated_[e] = spec_.max_episode_steps > 0 && episode_lengths_[e] >= spec_.max_episode_steps;
  if (is_over(env) && autoreset_ == Autoreset::kSameStep) {
    const auto observation = row(observations_, env);
    std::copy(observation.begin(), observation.end(), row(final_observations_, env).begin());
    info_.copy_row(env, final_info_);
    has_final_[e] = 1;
    start_episode(env, {});
  }
}

Snapshot VectorEnv::snapshot(std::int64_t env) const {
  check_idle();
  check_env(env);
  const auto e = static_cast<std::size_t>(env);
  ByteWriter out;
  out.put(seeds_[e]);
  out.put(episodes_[e]);
  out.put(started_[e]);
  out.put(rewards_[e]);
  out.put(terminated_[e]);
  out.put(truncated_[e]);
  out.put(episode_returns_[e]);
  out.put(episode_lengths_[e]);
  const auto first = observations_.begin() + env * observation_size_;
  out.put(std::vector<float>(first, first + observation_size_));
  task_->save(env, out);
  return out.take();
}

void VectorEnv::restore(std::int64_t env, const Snapshot& snapshot) {
  check_idle();
  check_env(env);
  const auto e = static_cast<std::size_t>(env);
  ByteReader in(snapshot);
  const auto seed = in.get<std::uint64_t>();
  const auto episode = in.get<std::uint64_t>();
  const auto started = in.get<std::uint8_t>();
  const auto reward = in.get<double>();
  const auto terminated = in.get<std::uint8_t>();
  const auto truncated = in.get<std::uint8_t>();
  const auto episode_return = in.get<double>();
  const auto episode_length = in.get<std::int64_t>();
  const auto observation = in.get<std::vector<float>>();
  if (std::ssize(observation) != observation_size_) {
    ByteReader::fail("an observation of " + std::to_string(observation.size()),
                     std::to_string(observation_size_));
  }
  task_->load(env, in);
  in.finish();
  seeds_[e] = seed;
  episodes_[e] = episode;
  started_[e] = started;
  rewards_[e] = reward;
  terminated_[e] = terminated;
  truncated_[e] = truncated;
  was_reset_[e] = has_final_[e] = 0;
  episode_returns_[e] = episode_return;
  episode_lengths_[e] = episode_length;
  std::copy(observation.begin(), observation.end(), row(observations_, env).begin());
  info_.clear(env);
}

Frame VectorEnv::render(std::int64_t env, const std::string& mode) const {
  check_idle();
  check_env(env);
  return render_frame(mode, task_->render_rows(env));
}

RenderScene VectorEnv::scene(std::int64_t env) const {
  check_idle();
  check_env(env);
  return {task_->render_rows(env), task_->render_graph(env)};
}

}  // namespace noesis
