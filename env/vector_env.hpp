#pragma once
/// Environments in a batch: flat float32 observations and actions, one row an environment.
///
/// What happens to an environment whose episode has ended (Gymnasium's autoreset modes):
///
/// | mode      | the ending step                        | the step after it                     |
/// |-----------|----------------------------------------|---------------------------------------|
/// | kNextStep | gives the final observation            | ignores the action: resets, reward 0, |
/// |           |                                        | flags 0, was_reset 1. Leave this      |
/// |           |                                        | transition out of training            |
/// | kSameStep | resets at once; the final observation  | an ordinary step                      |
/// |           | and information are in final_...       |                                       |
/// | kDisabled | gives the final observation            | an error until reset_masked()         |

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/aligned.hpp"
#include "env/env.hpp"
#include "env/task.hpp"

namespace noesis {

enum class Autoreset { kNextStep, kSameStep, kDisabled };

/// `num_envs` environments with time limit and automatic reset. Environment k with seed s has the
/// bits of a single Env with seed s. Spans stay valid for the life of the object and hold the
/// results of the last reset or step. Not thread-safe.
class VectorEnv {
 public:
  /// The time limit is spec.max_episode_steps.
  VectorEnv(std::unique_ptr<Task> task, EnvSpec spec, Autoreset autoreset = Autoreset::kNextStep);
  VectorEnv(const VectorEnv&) = delete;  // a step may be under way
  VectorEnv& operator=(const VectorEnv&) = delete;

  std::int64_t num_envs() const noexcept { return num_envs_; }
  std::int64_t observation_size() const noexcept { return observation_size_; }
  std::int64_t action_size() const noexcept { return action_size_; }
  const Space& single_observation_space() const { return task_->observation_space(); }
  const Space& single_action_space() const { return task_->action_space(); }
  const EnvSpec& spec() const noexcept { return spec_; }
  Autoreset autoreset() const noexcept { return autoreset_; }

  /// A new episode in every environment. With a seed: environment i gets seed + i. Without: the
  /// next episodes of the seeds they have (i before any seed was given).
  void reset(std::optional<std::uint64_t> seed = {}, const Dict& options = {});
  /// A new episode where `mask` (num_envs) is not 0; the others keep their results, with rewards
  /// and flags of their last step.
  void reset_masked(std::span<const std::uint8_t> mask, std::optional<std::uint64_t> seed = {},
                    const Dict& options = {});
  /// The same with a seed of its own for every environment that is reset (num_envs); none: the next
  /// episode of the seed it has.
  void reset_each(std::span<const std::uint8_t> mask,
                  std::span<const std::optional<std::uint64_t>> seeds, const Dict& options = {});

  /// One step of all. `actions` (num_envs x action_size); finite values out of bounds are clipped.
  /// @throws ConfigError for a wrong number of actions, one that is not finite, a step before
  ///   reset(), and in mode kDisabled for an environment whose episode has ended; nothing has moved
  ///   then.
  void step(std::span<const float> actions);

  /// step() in two halves: send() checks and copies the actions and returns while a thread steps;
  /// recv() waits for it. Between them the spans and tables below are being written, so they are
  /// not to be read, and every other call @throws ConfigError. send() @throws as step() does;
  /// recv() what stepping threw, and ConfigError when nothing was sent. Results are those of
  /// step().
  void send(std::span<const float> actions);
  void recv();
  bool is_stepping() const noexcept { return pending_.valid(); }

  /// (num_envs x observation_size), row-major.
  std::span<const float> observations() const noexcept { return observations_; }
  std::span<const double> rewards() const noexcept { return rewards_; }
  std::span<const std::uint8_t> terminated() const noexcept { return terminated_; }
  /// The time limit was reached; a true end on the last step allowed is terminated as well.
  std::span<const std::uint8_t> truncated() const noexcept { return truncated_; }
  /// Where the last step was nothing but a reset (kNextStep).
  std::span<const std::uint8_t> was_reset() const noexcept { return was_reset_; }
  const InfoTable& info() const noexcept { return info_; }

  /// kSameStep: what the ending step gave, where has_final is 1. (num_envs x observation_size)
  std::span<const float> final_observations() const noexcept { return final_observations_; }
  std::span<const std::uint8_t> has_final() const noexcept { return has_final_; }
  const InfoTable& final_info() const noexcept { return final_info_; }

  /// Undiscounted return and steps of the running episode, the last step included; of the whole
  /// episode where it has just ended. (kSameStep, too: they restart with the step after.)
  std::span<const double> episode_returns() const noexcept { return episode_returns_; }
  std::span<const std::int64_t> episode_lengths() const noexcept { return episode_lengths_; }

  /// The whole state of one environment with its observation and flags, and back into any place of
  /// this or another batch made with the same options. restore() @throws ConfigError for foreign
  /// bytes.
  Snapshot snapshot(std::int64_t env) const;
  void restore(std::int64_t env, const Snapshot& snapshot);

  /// As Env::render() in that mode. @throws ConfigError for an unknown mode.
  Frame render(std::int64_t env, const std::string& mode) const;
  /// As Env::scene().
  RenderScene scene(std::int64_t env) const;

 private:
  std::span<float> row(AlignedVector<float>& values, std::int64_t env) const;
  void check_env(std::int64_t env) const;
  bool is_over(std::int64_t env) const;
  void check_idle() const;
  void check_step(std::span<const float> actions);
  void take_step(std::span<const float> actions);
  void start_episode(std::int64_t env, const Dict& options);
  void finish_step(std::int64_t env);

  std::unique_ptr<Task> task_;
  EnvSpec spec_;
  Autoreset autoreset_;
  std::int64_t num_envs_, observation_size_, action_size_;
  AlignedVector<float> observations_, final_observations_;
  std::vector<double> rewards_, episode_returns_;
  std::vector<std::uint8_t> terminated_, truncated_, was_reset_, has_final_, active_, started_;
  std::vector<std::int64_t> episode_lengths_;
  std::vector<std::uint64_t> seeds_, episodes_;
  InfoTable info_, final_info_;
  std::vector<float> sent_;
  std::future<void> pending_;  ///< last: destroyed first, which waits
};

}  // namespace noesis
