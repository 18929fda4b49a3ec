#include "physics/subject.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "core/error.hpp"
#include "core/names.hpp"
#include "physics/connectome_io.hpp"
#include "physics/rewire.hpp"

namespace noesis {
namespace {

constexpr double kTauMs = 10;
constexpr std::string_view kReference = "reference-";
/// Seeds that a stranger's wiring differs by from the subject's.
constexpr std::uint64_t kStrangerSeed = 0x5f3759df;

/// Spontaneously active Wilson-Cowan nodes with the limit-cycle parameters.
BrainSpec wilson_cowan_brain(double coupling, double gap_coupling, double dt_tau,
                             std::uint64_t seed) {
  BrainSpec brain;
  WilsonCowanParameters& model = brain.model.wilson_cowan;
  model.tau_e_ms = model.tau_i_ms = kTauMs;
  model.coupling = coupling;
  model.gap_coupling = gap_coupling;
  brain.drive = {.mean = 1.25, .sd = 0.1, .seed = static_cast<std::int64_t>(seed)};
  brain.integrator.name = "rk4";
  brain.integrator.dt_ms = dt_tau * kTauMs;
  return brain;
}

void observe_nodes(Subject& subject) {
  subject.tau_ms = kTauMs;
  subject.num_units = subject.num_sites = subject.connectome->num_neurons();
}

/// What does not depend on the wiring.
void apply(Condition condition, BrainSpec& brain) {
  if (condition == Condition::kComatose) brain.drive.mean = -2;
  if (condition == Condition::kLimitCycle) {
    brain.model.wilson_cowan.coupling = 0;
    brain.model.wilson_cowan.gap_coupling = 0;
    brain.drive.sd = 0;
  }
}

Subject worm(double coupling, double gap_coupling, std::uint64_t seed, Condition condition) {
  Subject subject;
  CelegansParameters wiring;
  if (condition == Condition::kSeized) {
    wiring.signs = "all_positive";
    coupling = 5;
  }
  if (condition == Condition::kStranger) {
    wiring.rewire_seed = static_cast<std::int64_t>(1 + seed % 0x7fffffff);
  }
  subject.connectome = std::make_shared<Connectome>(celegans_connectome(wiring));
  subject.brain = wilson_cowan_brain(coupling, gap_coupling, 0.1, seed);
  return subject;
}

Subject reference(std::int64_t num_neurons, std::uint64_t seed, Condition condition) {
  Subject subject;
  ReferenceParameters wiring{.num_neurons = num_neurons};
  const bool complete = num_neurons - 1 <= wiring.in_links;
  double coupling = 2;
  std::uint64_t wiring_seed = seed;
  if (condition == Condition::kSeized) {
    wiring.weights = "excitatory";
    coupling = 8;
  }
  if (condition == Condition::kStranger && complete) wiring_seed ^= kStrangerSeed;
  Connectome connectome = reference_connectome(wiring, wiring_seed);
  if (condition == Condition::kStranger && !complete) {
    connectome = rewire(connectome, seed ^ kStrangerSeed);
  }
  subject.connectome = std::make_shared<Connectome>(std::move(connectome));
  subject.brain = wilson_cowan_brain(coupling, 0, 0.05, seed);
  return subject;
}

Connectome all_excitatory(const Connectome& connectome) {
  std::vector<Synapse> synapses = connectome.edges();
  for (Synapse& synapse : synapses) synapse.weight = std::abs(synapse.weight);
  return {connectome.num_neurons(), synapses, connectome.gap_edges(), connectome.neurons(),
          connectome.synapses().delays_ms};
}

Subject from_file(const std::string& path, std::uint64_t seed, Condition condition) {
  Subject subject;
  Connectome connectome = load_connectome(path);
  double coupling = 1;
  if (condition == Condition::kSeized) {
    connectome = all_excitatory(connectome);
    coupling = 5;
  }
  if (condition == Condition::kStranger) connectome = rewire(connectome, seed ^ kStrangerSeed);
  subject.connectome = std::make_shared<Connectome>(std::move(connectome));
  subject.brain = wilson_cowan_brain(coupling, 0.5, 0.1, seed);
  return subject;
}

Subject lorenz63(Condition condition) {
  Subject subject;
  subject.connectome = std::make_shared<Connectome>(1, std::span<const Synapse>{});
  BrainSpec& brain = subject.brain;
  brain.model.name = "lorenz63";
  if (condition == Condition::kComatose) brain.model.lorenz63.rho = 0.5;
  if (condition == Condition::kLimitCycle) brain.model.lorenz63.rho = 350;
  brain.integrator.name = "rk4";
  brain.integrator.dt_ms = 0.01;
  brain.initial = {.low = 0.5, .high = 1.5};
  subject.tau_ms = 0.25;
  subject.num_units = subject.num_sites = 3;
  subject.pulse_samples = 2;
  return subject;
}

[[noreturn]] void throw_cannot_be(const std::string& name, const char* condition) {
  throw ConfigError({.what = "the subject cannot have this condition",
                     .where = name,
                     .got = condition,
                     .allowed = {},
                     .next = "leave this control out"});
}

/// N of "reference-N", or 0.
std::int64_t reference_size(const std::string& name) {
  if (!name.starts_with(kReference)) return 0;
  std::int64_t size = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + kReference.size(), end, size);
  return error == std::errc() && rest == end && size >= 2 ? size : 0;
}

}  // namespace

std::vector<std::string> subject_names() {
  return {"celegans",     "celegans-coupled", "lorenz63",
          "reference-10", "reference-20",     "reference-50"};
}

bool names_file(const std::string& subject) {
  constexpr std::array<std::string_view, 5> kEndings = {".h5", ".csv", ".tsv", ".mtx", ".npz"};
  const std::string ending = std::filesystem::path(subject).extension().string();
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

Subject make_subject(const std::string& name, std::uint64_t seed, Condition condition) {
  Subject subject;
  if (name == "celegans") {
    subject = worm(1, 0.5, seed, condition);
  } else if (name == "celegans-coupled") {
    subject = worm(0.5, 20, seed, condition);
  } else if (name == "lorenz63") {
    if (condition == Condition::kStranger) throw_cannot_be(name, "another wiring");
    if (condition == Condition::kSeized) throw_cannot_be(name, "excitatory weights");
    subject = lorenz63(condition);
  } else if (const std::int64_t size = reference_size(name); size > 0) {
    subject = reference(size, seed, condition);
  } else if (names_file(name)) {
    subject = from_file(name, seed, condition);
  } else {
    throw ConfigError({.what = "unknown subject",
                       .where = {},
                       .got = name,
                       .allowed = join_names(subject_names()) +
                                  " (reference-N for any N from 2), or a connectome file: .h5, "
                                  ".csv, .tsv, .mtx or .npz",
                       .next = suggest_name(name, subject_names())});
  }
  if (name != "lorenz63") {
    apply(condition, subject.brain);
    observe_nodes(subject);
  }
  subject.name = name;
  subject.condition = condition;
  return subject;
}

std::unique_ptr<Simulation<double>> make_simulation(const Subject& subject, std::uint64_t seed,
                                                    const ThreadArena& arena) {
  return std::make_unique<Simulation<double>>(std::vector<ConnectomePtr>{subject.connectome},
                                              subject.brain, std::vector<std::uint64_t>{seed},
                                              arena, subject.make_backend);
}

}  // namespace noesis
