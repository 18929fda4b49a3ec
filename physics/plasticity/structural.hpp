#pragma once
/// Homeostatic structural plasticity: neurons grow or lose synaptic elements (axonal boutons,
/// dendritic spines) until their activity is at a set point, and vacant elements are joined at
/// random (Butz & van Ooyen, PLoS Comput Biol 9:e1003259, 2013).
///
///   calcium          Ca' = -Ca / tau_Ca + beta r
///   elements         dz/dt = nu [2 exp(-((Ca - xi) / zeta)^2) - 1]
///                    xi = (eta + eps) / 2,  zeta = (eps - eta) / (2 sqrt(ln 2))
///
/// Growth is 0 at Ca = eta and at the set point eps, nu half-way, negative outside, -nu far away.
///
/// | parameter | symbol | default | unit | range |
/// |---|---|---|---|---|
/// | calcium_tau_ms     | tau_Ca | 100   | time | > 0 |
/// | calcium_per_rate| beta   | 0.01  | calcium / (rate time) | > 0 |
/// | least_calcium   | eta    | 0     | calcium | >= 0 |
/// | target_calcium  | eps    | 0.1   | calcium | > eta |
/// | growth_speed    | nu     | 0.01  | elements / time | > 0 |
/// | weight          |        | 0.1   | weight of a new synapse | not 0 |

#include <cstdint>
#include <span>
#include <vector>

#include "core/config.hpp"
#include "core/math.hpp"
#include "core/threads.hpp"
#include "physics/plasticity/plastic_connectome.hpp"

namespace noesis {

struct StructuralSpec {
  double calcium_tau_ms = 100;
  double calcium_per_rate = 0.01;
  double least_calcium = 0;
  double target_calcium = 0.1;
  double growth_speed = 0.01;
  double weight = 0.1;
  double interval_ms = 1000;

  template <class V>
  void visit(V& v) {
    v("calcium_tau_ms", calcium_tau_ms, "Time constant of calcium [ms]", greater_than(0));
    v("calcium_per_rate", calcium_per_rate, "Calcium that a rate brings [per ms]", greater_than(0));
    v("least_calcium", least_calcium, "Calcium below which elements go", at_least(0));
    v("target_calcium", target_calcium, "Calcium at which nothing grows", greater_than(0));
    v.require(least_calcium < target_calcium, "target_calcium", target_calcium,
              "greater than least_calcium");
    v("growth_speed", growth_speed, "Fastest growth [elements per ms]", greater_than(0));
    v("weight", weight, "Weight of a new synapse, not 0",
      between(-1e30, 1e30).without_low().without_high());
    v.require(weight != 0, "weight", weight, "any number but 0");
    v("interval_ms", interval_ms, "Time between rewirings [ms]", greater_than(0));
  }
};

/// What a time dt of a constant rate does to a neuron.
struct StructuralStep {
  double dt = 0;
  double kept_half = 0;      ///< e^(-dt / (2 tau_Ca))
  double rest_per_rate = 0;  ///< calcium that a rate tends to, by the rate
  double middle = 0;         ///< xi
  double width = 1;          ///< zeta
  double growth_speed = 0;

  static StructuralStep of(const StructuralSpec& spec, double dt);
};

/// dz/dt at a calcium concentration.
NOESIS_HOST_DEVICE double growth_rate(const StructuralStep& step, double calcium) noexcept {
  const double distance = (calcium - step.middle) / step.width;
  return step.growth_speed * (2 * math::exp(-distance * distance) - 1);
}

/// Takes in a rate: calcium exactly, growth by the midpoint rule. Elements stay between 0 and
/// `most`.
NOESIS_HOST_DEVICE void grow_elements(const StructuralStep& step, double rate, double most,
                                      double& calcium, double& axonal, double& dendritic) noexcept {
  const double rest = step.rest_per_rate * rate;
  const double middle = rest + (calcium - rest) * step.kept_half;
  calcium = rest + (middle - rest) * step.kept_half;
  const double growth = step.dt * growth_rate(step, middle);
  const auto within = [most](double value) {
    const double raised = value < 0 ? 0 : value;
    return raised > most ? most : raised;
  };
  axonal = within(axonal + growth);
  dendritic = within(dendritic + growth);
}

/// What an update did.
struct Rewired {
  std::int64_t num_removed = 0;
  std::int64_t num_added = 0;
};

/// Calcium and synaptic elements of the neurons of one brain. Not thread-safe; results do not
/// depend on the arena.
class StructuralPlasticity {
 public:
  /// Calcium starts at the target, and each neuron with half an element more than it has
  /// synapses.
  /// @throws ConfigError naming a parameter out of range.
  StructuralPlasticity(const StructuralSpec& spec, const PlasticConnectome& connectome,
                       std::uint64_t seed);

  /// Makes room for neurons that were added, as the constructor does.
  void grow(const PlasticConnectome& connectome);

  /// Takes in rates (num_neurons) that hold for a time dt: calcium exactly, growth by the midpoint
  /// rule. Elements stay between 0 and the number of neurons.
  template <Real T>
  void observe(std::span<const T> rates, double dt, const ThreadArena& arena);

  /// Removes random synapses of neurons that have fewer elements than synapses, then joins vacant
  /// axonal and dendritic elements at random; autapses and second synapses of a pair are not made.
  /// Neurons stay alive without synapses: they grow new ones. To be called much more seldom than
  /// observe().
  /// @throws ConfigError when the lists do not fit the memory.
  Rewired update(PlasticConnectome& connectome);

  /// Everything about the neurons, (num_neurons) each: for copies of it elsewhere.
  struct Memory {
    std::span<double> calcium, axonal, dendritic;
  };
  Memory memory() noexcept { return {calcium_, axonal_, dendritic_}; }

  std::span<const double> calcium() const noexcept { return calcium_; }
  /// The growth curve is the same for both kinds, so they differ only by where they started.
  std::span<const double> axonal() const noexcept { return axonal_; }
  std::span<const double> dendritic() const noexcept { return dendritic_; }

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("num_updates", self.num_updates_);
    v("calcium", self.calcium_);
    v("axonal", self.axonal_);
    v("dendritic", self.dendritic_);
  }

 private:
  std::int64_t remove_surplus(PlasticConnectome& connectome, std::uint32_t update) const;
  std::int64_t join_vacant(PlasticConnectome& connectome, std::uint32_t update) const;

  StructuralSpec spec_;
  std::uint64_t seed_;
  std::uint32_t num_updates_ = 0;
  std::vector<double> calcium_;    // (num_neurons)
  std::vector<double> axonal_;     // (num_neurons) z for outputs
  std::vector<double> dendritic_;  // (num_neurons) z for inputs
};

}  // namespace noesis
