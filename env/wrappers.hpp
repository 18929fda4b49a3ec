#pragma once
/// Environments around environments, with Gymnasium's names and meanings. A wrapper owns what it
/// wraps, and its snapshots hold its own state too.

#include <memory>

#include "env/env.hpp"

namespace noesis {

/// Forwards everything.
class Wrapper : public Env {
 public:
  explicit Wrapper(std::unique_ptr<Env> env) : env_(std::move(env)) {}

  const Space& observation_space() const override { return env_->observation_space(); }
  const Space& action_space() const override { return env_->action_space(); }
  const EnvMetadata& metadata() const override { return env_->metadata(); }
  const EnvSpec& spec() const override { return env_->spec(); }
  const std::string& render_mode() const override { return env_->render_mode(); }
  std::uint64_t seed() const override { return env_->seed(); }
  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override {
    return env_->reset(seed, options);
  }
  StepResult step(const Value& action) override { return env_->step(action); }
  Frame render() override { return env_->render(); }
  RenderScene scene() const override { return env_->scene(); }
  void close() override { env_->close(); }
  Snapshot snapshot() const final;
  void restore(const Snapshot& snapshot) final;

 protected:
  Env& inner() noexcept { return *env_; }
  const Env& inner() const noexcept { return *env_; }
  /// The wrapper's own state.
  virtual void save(ByteWriter&) const {}
  virtual void load(ByteReader&) {}

 private:
  std::unique_ptr<Env> env_;
};

/// Truncates episodes after spec().max_episode_steps steps, if that is not 0. An end of the task on
/// the last step allowed is terminated and truncated.
class TimeLimit final : public Wrapper {
 public:
  explicit TimeLimit(std::unique_ptr<Env> env) : Wrapper(std::move(env)) {}
  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override;
  StepResult step(const Value& action) override;

 private:
  void save(ByteWriter& out) const override { out.put(elapsed_); }
  void load(ByteReader& in) override { in.get(elapsed_); }
  std::int64_t elapsed_ = 0;
};

/// Moves every element of an action into the bounds of its Box; the action space has no bounds.
/// @throws ConfigError unless the action space is a Box of float32 or float64.
class ClipAction final : public Wrapper {
 public:
  explicit ClipAction(std::unique_ptr<Env> env);
  const Space& action_space() const override { return space_; }
  StepResult step(const Value& action) override;

 private:
  Space space_;
};

/// Maps actions in [low, high] linearly on the bounds of the Box.
/// @throws ConfigError unless the action space is a bounded Box of float32 or float64, and low <
///   high.
class RescaleAction final : public Wrapper {
 public:
  RescaleAction(std::unique_ptr<Env> env, double low, double high);
  const Space& action_space() const override { return space_; }
  StepResult step(const Value& action) override;

 private:
  Space space_;
  double low_, high_;
};

/// Puts {"episode": {"r": return, "l": length}} into the information of a step that ends an
/// episode. (Gymnasium's "t", seconds, would make the information differ between equal runs.)
class RecordEpisodeStatistics final : public Wrapper {
 public:
  explicit RecordEpisodeStatistics(std::unique_ptr<Env> env) : Wrapper(std::move(env)) {}
  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override;
  StepResult step(const Value& action) override;

 private:
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;
  double return_ = 0;
  std::int64_t length_ = 0;
};

/// Mean and variance of a stream (Welford, Technometrics 4:419, 1962), element by element.
class RunningMoments {
 public:
  explicit RunningMoments(std::size_t size) : mean_(size), squares_(size) {}
  void add(const std::vector<double>& x);
  double mean(std::size_t i) const { return mean_[i]; }
  /// Of the population; 1 before the second sample.
  double variance(std::size_t i) const;
  void save(ByteWriter& out) const;
  void load(ByteReader& in);

 private:
  double count_ = 0;
  std::vector<double> mean_, squares_;
};

/// (x - mean) / sqrt(variance + 1e-8) by the moments of all observations so far.
/// @throws ConfigError unless the observation space is a Box.
class NormalizeObservation final : public Wrapper {
 public:
  explicit NormalizeObservation(std::unique_ptr<Env> env);
  const Space& observation_space() const override { return space_; }
  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override;
  StepResult step(const Value& action) override;

 private:
  Value normalize(const Value& observation);
  void save(ByteWriter& out) const override { moments_.save(out); }
  void load(ByteReader& in) override { moments_.load(in); }
  Space space_;
  RunningMoments moments_;
};

/// Divides rewards by the standard deviation of the discounted return so far.
class NormalizeReward final : public Wrapper {
 public:
  /// @throws ConfigError for a discount outside [0, 1].
  NormalizeReward(std::unique_ptr<Env> env, double discount);
  StepResult step(const Value& action) override;

 private:
  void save(ByteWriter& out) const override;
  void load(ByteReader& in) override;
  double discount_;
  double return_ = 0;
  RunningMoments moments_{1};
};

/// The last `depth` observations, oldest first: (depth x shape). A reset fills them with its own.
/// @throws ConfigError unless the observation space is a Box of float32, and depth >= 1.
class FrameStack final : public Wrapper {
 public:
  FrameStack(std::unique_ptr<Env> env, std::int64_t depth);
  const Space& observation_space() const override { return space_; }
  ResetResult reset(std::optional<std::uint64_t> seed, const Dict& options) override;
  StepResult step(const Value& action) override;

 private:
  Value push(const Value& observation);
  void save(ByteWriter& out) const override { out.put(frames_); }
  void load(ByteReader& in) override;
  std::size_t size_;
  Space space_;
  std::vector<float> frames_;
};

}  // namespace noesis
