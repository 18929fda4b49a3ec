#pragma once
/// How healthy a brain is just now: not seizing, not catatonic. The bounds are those at which the
/// verdict's conditions begin and end (physics/verdict/verdict.hpp), so that health is 0 where a
/// brain would be called seizing or catatonic and 1 where it would no longer be.
///
/// | part       | of                                            | 0 from | 1 from |
/// |------------|-----------------------------------------------|--------|--------|
/// | level      | M, mean rate                                  | .6     | .4     |
/// | saturation | Sat, part of all rates above .9               | .5     | .2     |
/// | variation  | V / V_ref, V: mean over neurons of sd in time | .1     | .3     |

#include <cstdint>
#include <span>
#include <vector>

#include "env/bytes.hpp"
#include "physics/subject.hpp"

namespace noesis {

/// Over the trailing window of one environment.
struct Health {
  double mean_rate = 0;           ///< M
  double saturated_fraction = 0;  ///< Sat
  double variation = 0;           ///< V / V_ref

  /// The product of the three parts, in [0, 1].
  double value() const;
};

/// x where `zero` and `one` are, linear between and constant beyond.
double ramp(double x, double zero, double one);

/// The trailing windows of a batch of brains. Not thread-safe.
class HealthWindows {
 public:
  static constexpr double kLengthTau = 20;

  /// `length` samples; `reference_deviation`: V of the healthy brain, > 0.
  HealthWindows(std::int64_t num_envs, std::int64_t num_neurons, std::int64_t length,
                double reference_deviation);

  void clear(std::int64_t env);
  /// The rates of all neurons at one look.
  void add(std::int64_t env, std::span<const double> rates);
  /// Over the samples since clear(), at most `length` of them; none count as silence.
  Health measure(std::int64_t env) const;

  void save(std::int64_t env, ByteWriter& out) const;
  void load(std::int64_t env, ByteReader& in);

 private:
  struct Window {
    std::int64_t count = 0;            ///< samples ever added
    std::vector<double> samples;       ///< (length x num_neurons), sample k at k % length
    std::vector<double> sum, squares;  ///< over the window (num_neurons)
    std::int64_t saturated = 0;        ///< rates above the level, over the window
  };

  std::int64_t num_neurons_, length_;
  double reference_deviation_;
  std::vector<Window> windows_;
};

/// V of a brain by itself: after its transient, over 100 tau.
double resting_deviation(const Subject& subject);

}  // namespace noesis
