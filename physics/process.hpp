#pragma once
/// A dynamical process seen from outside: what a verdict is passed on. Brains, emulators,
/// recordings and surrogates are all processes.

#include <cstdint>
#include <span>
#include <vector>

namespace noesis {

/// A map from (state, input) to (state, observation), one sample interval at a time. The whole
/// state is a vector of doubles, so that a snapshot is a copy, a fork two copies, and any number of
/// copies advance together. Deterministic: noise is a function of a seed and a step count in the
/// state. Seeds, counts and positions are whole numbers; an entry of a state that is no whole
/// number is a variable of the dynamics, of magnitude about 1, in double precision, so that it can
/// be shifted a little. Not thread-safe (an implementation may keep scratch memory); one instance a
/// thread.
class Process {
 public:
  using State = std::vector<double>;

  virtual ~Process() = default;

  virtual std::int64_t num_units() const = 0;  ///< observed values
  virtual std::int64_t num_sites() const = 0;  ///< inputs; a process may ignore them
  virtual double interval() const = 0;         ///< time between samples [tau of the subject]

  /// A state on the attractor (any transient is over). Equal seeds give equal bits.
  virtual State start(std::uint64_t seed) = 0;

  /// Advances every state by one interval under constant inputs (num_states x num_sites, in the
  /// unit of the subject's drive), and then observes: (num_states x num_units). Each state goes its
  /// way as if it were alone, bit for bit. A state that is not finite any more gives NaN.
  virtual void step(std::span<State> states, std::span<const double> inputs,
                    std::span<double> observations) = 0;
};

/// `num_samples` observations without input from a state, which is advanced: (num_samples x
/// num_units), row-major.
std::vector<double> record(Process& process, Process::State& state, std::int64_t num_samples);

}  // namespace noesis
