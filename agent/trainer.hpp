#pragma once
/// Trains one agent in one batch of environments, update by update; can be saved between any two
/// and goes on from there with the bits it would have had.

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "agent/ppo.hpp"
#include "agent/rollout.hpp"
#include "agent/train_config.hpp"
#include "core/hdf5_file.hpp"
#include "core/scalar_sink.hpp"
#include "env/baselines.hpp"

namespace noesis {

/// Not thread-safe; trainers in different threads do not touch each other.
class Trainer {
 public:
  /// `seed` replaces config.seed; `make_backend` is as in EnvOptions. @throws ConfigError.
  Trainer(const TrainConfig& config, std::uint64_t seed, const BackendFactories& make_backend = {});

  const TrainConfig& config() const noexcept { return config_; }
  std::uint64_t seed() const noexcept { return seed_; }
  std::int64_t updates_done() const noexcept { return updates_; }
  std::int64_t num_updates() const noexcept;
  /// Environment steps so far, all environments together.
  std::int64_t steps_done() const noexcept;

  /// One rollout and one update. Scalars go to `sink` (may be null) at the number of environment
  /// steps: charts/episodic_return, charts/episodic_length (means over the episodes that ended),
  /// charts/learning_rate, losses/... @throws RunError when a reward, observation or loss is not
  /// finite.
  UpdateStatistics update(ScalarSink* sink);

  /// The agent as it is now: the mean of its policy. It shares the parameters.
  PolicyFactory policy() const;
  /// Returns of the agent as it acts, in config.eval_episodes environments from
  /// config.eval_seed on.
  Evaluation evaluate_policy() const;

  /// A checkpoint of kind "agent" (core/checkpoint.hpp). @throws RunError.
  void save(const std::filesystem::path& folder) const;
  /// Everything from a checkpoint of the same configuration and seed. @throws ConfigError naming
  /// the first key that differs, or what is wrong with the file.
  void load(const std::filesystem::path& folder);

 private:
  TrainConfig config_;
  std::uint64_t seed_;
  std::unique_ptr<VectorEnv> env_;
  HybridAgent agent_{nullptr};
  std::unique_ptr<torch::optim::Adam> optimizer_;
  std::unique_ptr<Collector> collector_;
  std::int64_t updates_ = 0;
};

/// What an agent is made for, in an environment of these sizes.
AgentShape training_shape(std::int64_t observation_size, std::int64_t action_size,
                          const TrainConfig& config);

/// The mean of the agent's policy, one environment and episode at a time; observations are
/// normalised as `config` says.
PolicyFactory mean_policy(HybridAgent agent, const PpoConfig& config, const RunningScale& observed);

/// Parameters and buffers. @throws ConfigError naming what is missing, of another size, or not
/// finite.
void load_agent(HybridAgentImpl& agent, const Hdf5File& file);

/// An agent that is ready to act.
struct TrainedPolicy {
  PolicyFactory policy;  ///< equal observations give equal actions, bit for bit
  AgentShape shape;
};

/// The agent of a checkpoint, and the configuration that it was trained by. @throws ConfigError.
TrainedPolicy load_policy(const std::filesystem::path& folder, TrainConfig& config);

/// @throws ConfigError when the environment has other observations or actions than the agent's.
void check_sizes(const TrainedPolicy& trained, const VectorEnv& env, const std::string& id);

}  // namespace noesis
