#pragma once
/// What an agent must beat: simple policies for each environment, and their returns.
///
/// | name        | Steer                 | Discover                     | Emulate              |
/// |-------------|-----------------------|------------------------------|----------------------|
/// | zero        | no current            | no pulse                     | the middle           |
/// | random      | uniform actions       | the same                     | the same             |
/// | scripted    | holding current and   | full pulse at the site whose | a linear model       |
/// |             | proportional feedback | synapses are least certain   | fitted to a tape     |
/// | persistence |                       |                              | the last observation |

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "env/registry.hpp"

namespace noesis {

/// Acts in one environment for one episode, seeing what an agent sees. Not thread-safe.
class Policy {
 public:
  virtual ~Policy() = default;
  /// Flat forms of the environment's spaces.
  virtual void act(std::span<const float> observation, std::span<float> action) = 0;
};

/// Makes the policy of one episode; equal seeds act alike.
using PolicyFactory = std::function<std::unique_ptr<Policy>(std::uint64_t seed)>;

/// Names of the baselines of an environment. @throws ConfigError for an unknown id.
std::vector<std::string> baseline_names(const std::string& id);

/// `options` are the environment's: scripted baselines know the task as its author does.
/// @throws ConfigError for an unknown id, baseline, or option, and for a task that the scripted
///   one does not know (Steer's surgeon mode).
PolicyFactory make_baseline(const std::string& name, const std::string& id,
                            const EnvOptions& options = {});

struct Evaluation {
  double mean = 0;  ///< of the returns
  double se = 0;    ///< standard error of the mean; 0 for one episode
  std::vector<double> returns;
  std::vector<std::int64_t> lengths;
};

/// One episode in each of `episodes` environments with seeds seed, seed + 1, ... @throws
/// ConfigError as make_vec() does, and when an episode would have no end.
Evaluation evaluate(const PolicyFactory& policy, const std::string& id, std::int64_t episodes,
                    std::uint64_t seed, const EnvOptions& options = {}, int num_threads = 1);

}  // namespace noesis
