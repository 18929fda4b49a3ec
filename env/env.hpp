#pragma once
/// One environment, with Gymnasium's words and meanings.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/bytes.hpp"
#include "env/render.hpp"
#include "env/space.hpp"
#include "env/task.hpp"

namespace noesis {

struct EnvMetadata {
  std::vector<std::string> render_modes;
  double render_fps = 10;
};

/// What is known of an environment before it is made, and what it was made with.
struct EnvSpec {
  std::string id;                          ///< such as "noesis/Steer-v0"
  std::int64_t max_episode_steps = 0;      ///< 0: no limit
  std::optional<double> reward_threshold;  ///< mean return at which the task counts as solved
  std::string options;                     ///< resolved, TOML
};

struct ResetResult {
  Value observation;
  Dict info;
};

/// `terminated`: the task came to its end. `truncated`: it was stopped from outside, by a time
/// limit, and would have gone on. Both may be true.
struct StepResult {
  Value observation;
  double reward = 0;
  bool terminated = false;
  bool truncated = false;
  Dict info;
};

/// An environment. Equal seeds and actions give equal bits. Not thread-safe.
class Env {
 public:
  virtual ~Env() = default;

  virtual const Space& observation_space() const = 0;
  virtual const Space& action_space() const = 0;
  virtual const EnvMetadata& metadata() const = 0;
  virtual const EnvSpec& spec() const = 0;
  /// The mode chosen when it was made; "" for none.
  virtual const std::string& render_mode() const = 0;
  /// The seed that all randomness follows from: the last one given to reset(); before that, 0.
  virtual std::uint64_t seed() const = 0;

  /// A new episode. With a seed: the first one of that seed. Without: the next one of the same
  /// seed. @throws ConfigError for an unknown option.
  virtual ResetResult reset(std::optional<std::uint64_t> seed = {}, const Dict& options = {}) = 0;
  /// @throws ConfigError for an action of another form or not finite, before the first reset(), and
  ///   after the task's end.
  virtual StepResult step(const Value& action) = 0;
  virtual Frame render() = 0;
  /// What render() shows, as data and in any mode. By default there is nothing to be seen.
  virtual RenderScene scene() const { return {}; }
  /// May be called more than once; nothing but the destructor may be called after.
  virtual void close() = 0;

  /// The whole state, and back into this or another environment made with the same options: it
  /// goes on with the bits it would have had. restore() @throws ConfigError for foreign bytes.
  virtual Snapshot snapshot() const = 0;
  virtual void restore(const Snapshot& snapshot) = 0;
};

/// A task of one environment, without time limit.
class TaskEnv final : public Env {
 public:
  /// @throws ConfigError for an unknown render mode or a task of more than one environment.
  TaskEnv(std::unique_ptr<Task> task, EnvSpec spec, std::string render_mode = {});

  const Space& observation_space() const override { return task_->observation_space(); }
  const Space& action_space() const override { return task_->action_space(); }
  const EnvMetadata& metadata() const override { return metadata_; }
  const EnvSpec& spec() const override { return spec_; }
  const std::string& render_mode() const override { return render_mode_; }
  std::uint64_t seed() const override { return seed_; }

  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override;
  StepResult step(const Value& action) override;
  Frame render() override;
  RenderScene scene() const override { return {task_->render_rows(0), task_->render_graph(0)}; }
  void close() override {}
  Snapshot snapshot() const override;
  void restore(const Snapshot& snapshot) override;

 private:
  std::unique_ptr<Task> task_;
  EnvSpec spec_;
  EnvMetadata metadata_;
  std::string render_mode_;
  std::uint64_t seed_ = 0;
  std::uint64_t episode_ = 0;  ///< episodes started with this seed
  bool running_ = false;       ///< between reset and the task's end
  InfoTable info_{1};
  std::vector<float> action_, observation_;
};

/// The seed of one episode of an environment: what Task::reset() is given.
std::uint64_t episode_seed(std::uint64_t seed, std::uint64_t episode);

}  // namespace noesis
