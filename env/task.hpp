#pragma once
/// A task: what the agent must do, for a batch of environments at once. Env and VectorEnv are built
/// on it, so a task is written once and has its physics in batches.
///
/// A task knows nothing of time limits, automatic resets, or the order of calls: its owner resets
/// an environment before its first step and after its end. Adding one: derive from Task, register
/// it in env/registry.cpp, and run the conformance tests of tests/env on it.

#include <cstdint>
#include <span>

#include "env/bytes.hpp"
#include "env/info.hpp"
#include "env/render.hpp"
#include "env/space.hpp"

namespace noesis {

/// Where a step puts its results; rows of environments that are not active are left undefined.
struct TaskStep {
  std::span<float> observations;       ///< (num_envs x observation size), flat form
  std::span<double> rewards;           ///< (num_envs), finite
  std::span<std::uint8_t> terminated;  ///< (num_envs), 1 where the episode came to its true end
  InfoTable& info;
};

/// `num_envs` environments that share nothing an agent could notice: each has the same bits alone
/// and in a batch, for any number of threads. Not thread-safe.
class Task {
 public:
  virtual ~Task() = default;

  virtual std::int64_t num_envs() const = 0;
  virtual const Space& observation_space() const = 0;  ///< of one environment
  virtual const Space& action_space() const = 0;       ///< of one environment

  /// A new episode of one environment; all that is random in it follows from `seed`. `observation`
  /// has the space's flat size. @throws ConfigError for an option that the task does not have.
  virtual void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
                     std::span<float> observation, InfoTable& info) = 0;

  /// One step of every environment. `actions` (num_envs x action size) in flat form, finite where
  /// active; a value out of bounds counts as the nearest bound. An environment whose `active` is 0
  /// will be reset before it is stepped again: its action may hold anything and is not looked at,
  /// and it may or may not move.
  virtual void step(std::span<const float> actions, std::span<const std::uint8_t> active,
                    const TaskStep& out) = 0;

  /// The whole state of one environment. load() @throws ConfigError for bytes of another one.
  virtual void save(std::int64_t env, ByteWriter& out) const = 0;
  virtual void load(std::int64_t env, ByteReader& in) = 0;

  /// What there is to see in one environment.
  virtual std::vector<RenderRow> render_rows(std::int64_t env) const = 0;
  /// The network behind it (make_render_graph); by default there is none to be seen.
  virtual RenderGraph render_graph(std::int64_t) const { return {}; }
};

/// What the owners of a task ask before a step. @throws ConfigError naming environment and element
/// of the first action that is not finite where `active`.
void check_actions(std::span<const float> actions, std::span<const std::uint8_t> active);

}  // namespace noesis
