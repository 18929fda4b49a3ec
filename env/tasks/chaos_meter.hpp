#pragma once
/// The largest Lyapunov exponent of a driven brain while it runs, by a twin at a small distance
/// that feels the same inputs and the same noise (Benettin et al., Meccanica 15:9, 1980): the mean
/// growth rate of the distance over a trailing window, the twin being brought back after each
/// interval.

#include <cstdint>
#include <span>
#include <vector>

#include "env/bytes.hpp"
#include "physics/simulation.hpp"
#include "physics/subject.hpp"

namespace noesis {

/// For a batch of brains. Not thread-safe.
class ChaosMeter {
 public:
  /// `interval`: between calls of measure() [tau]; `length`: intervals in the window. The arena is
  /// borrowed. @throws ConfigError for a brain with delays, whose state is more than the twin's.
  ChaosMeter(const Subject& subject, std::int64_t num_envs, double interval, std::int64_t length,
             const ThreadArena& arena, const BackendFactory<double>& make_backend = {});

  /// The brain of `env` in `brains` was reset with this seed.
  void reset(const Simulation<double>& brains, std::int64_t env, std::uint64_t seed);
  /// `brains` have moved under the inputs that they still have: the twins do the same.
  void follow(const Simulation<double>& brains);
  /// The end of an interval: takes the growth of every distance in, and brings the twins back.
  void measure(const Simulation<double>& brains);
  /// [1 / tau]; what no longer differs at all counts as shrinking by kFloor. 0 before measure().
  double exponent(std::int64_t env) const;

  void save(std::int64_t env, ByteWriter& out) const;
  void load(std::int64_t env, ByteReader& in);

 private:
  static constexpr double kDistance = 1e-6;  ///< RMS over all state variables
  static constexpr double kFloor = 1e-9;     ///< smallest ratio of distances in an interval

  struct Growth {
    std::int64_t count = 0;      ///< intervals since the reset
    std::vector<double> values;  ///< ln of the ratio, interval k at k % length
  };

  void bring_back(const Simulation<double>& brains, std::int64_t env, double ratio,
                  State<double>& x) const;

  std::int64_t num_units_;
  double interval_;
  std::int64_t length_;
  Simulation<double> twins_;
  std::vector<Growth> growth_;
  std::vector<std::uint64_t> seeds_;
};

}  // namespace noesis
