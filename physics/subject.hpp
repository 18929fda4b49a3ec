#pragma once
/// The brains that experiments are done on, by name, and their sick relatives.
///
/// | name             | what it is                                                             |
/// |------------------|------------------------------------------------------------------------|
/// | celegans         | C. elegans, a Wilson-Cowan pair a neuron, G 1, g .5                     |
/// | celegans-coupled | the same with G .5, g 20: the lower-dimensional worm                   |
/// | reference-N      | reference brain of N nodes, signed weights, G 2 (generators.hpp)       |
/// | lorenz63         | Lorenz's model                                                         |
/// | a file's path    | that connectome (.h5, .csv, .tsv, .mtx, .npz) with its own weights, a   |
/// |                  | Wilson-Cowan pair a neuron, G 1, g .5                                   |
///
/// Brains: tau is 10 ms, drive P = 1.25 + 0.1 N(0, 1), classical Runge-Kutta with dt = 0.1 tau
/// (reference-N: 0.05 tau), a sample every 0.2 tau. Lorenz-63: tau is 0.25 time units, dt 0.01.
///
/// | condition   | brains                                       | lorenz63                     |
/// |-------------|----------------------------------------------|------------------------------|
/// | kHealthy    | as above                                     | rho 28                       |
/// | kComatose   | P = -2                                       | rho .5                       |
/// | kSeized     | excitatory weights: worm, file G 5, reference G 8 | -                       |
/// | kLimitCycle | uncoupled, equal P                           | rho 350                      |
/// | kStranger   | every degree kept, the wiring randomised;    | -                            |
/// |             | where all are connected, other weights       |                              |

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/threads.hpp"
#include "physics/connectome_spec.hpp"
#include "physics/process.hpp"
#include "physics/simulation.hpp"

namespace noesis {

enum class Condition { kHealthy, kComatose, kSeized, kLimitCycle, kStranger };

/// One brain: structure, dynamics, and how it is looked at.
struct Subject {
  std::string name;
  Condition condition = Condition::kHealthy;
  ConnectomePtr connectome;
  BrainSpec brain;
  double tau_ms = 10;              ///< the subject's unit of time [ms]
  double interval = 0.2;           ///< between samples [tau]
  double transient = 200;          ///< dropped after a start [tau]
  std::int64_t num_units = 0;      ///< observed: E of every neuron; x, y, z of Lorenz-63
  std::int64_t num_sites = 0;      ///< touched: drive of every neuron; derivatives of x, y, z
  std::int64_t pulse_samples = 5;  ///< length of a touch [samples]
  /// What takes the steps of its brains; null: the processor. No result depends on it, and
  /// right-hand sides and Lyapunov exponents are the processor's in any case.
  BackendFactory<double> make_backend = {};
};

/// The names above but the last; N is any number of nodes from 2 on.
std::vector<std::string> subject_names();

/// Whether a subject's name is the path of a connectome file: it ends as one does.
bool names_file(const std::string& subject);

/// `seed` makes the drive of every brain, and the wiring of reference-N. @throws ConfigError for an
/// unknown name, a file that cannot be read, and a condition that the subject cannot have.
Subject make_subject(const std::string& name, std::uint64_t seed,
                     Condition condition = Condition::kHealthy);

/// The subject as a process. `noise_sigma`: sigma sqrt(dt / tau) N(0, 1) is added to every state
/// variable after each step. The arena is borrowed.
std::unique_ptr<Process> make_process(const Subject& subject, const ThreadArena& arena,
                                      double noise_sigma = 0);

/// The subject's right-hand side at one environment, for Lyapunov spectra (time in ms).
std::unique_ptr<Simulation<double>> make_simulation(const Subject& subject, std::uint64_t seed,
                                                    const ThreadArena& arena);

}  // namespace noesis
