#pragma once
/// A batch of brains in the hands of agents: sites that are recorded and stimulated, actions,
/// limits of current and charge. What Steer, Quench and Wake have in common.

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/config.hpp"
#include "env/bytes.hpp"
#include "env/render.hpp"
#include "env/sites.hpp"
#include "env/space.hpp"
#include "physics/simulation.hpp"
#include "physics/state.hpp"
#include "physics/subject.hpp"

namespace noesis {

struct BrainOptions {
  std::string subject = "reference-10";
  std::int64_t brain_seed = 0;
  std::string connectome = "";
  double coupling = 0;
  std::string recorded = "all";
  std::string stimulated = "all";
  std::string action_mode = "current";
  double control_interval = 0.2;
  double amplitude = 4;
  bool charge_balanced = false;
  double charge_limit = 0;
  double energy_weight = 0.1;
  double noise = 0;
  double observation_noise = 0;
  std::string precision = "double";
  /// What takes the brains' steps; null: the processor. No key: no result depends on it.
  BackendFactories make_backend = {};

  template <class V>
  void visit(V& v) {
    v("subject", subject, "Brain: reference-N, celegans, celegans-coupled, or a connectome file");
    v("brain_seed", brain_seed, "Seed of the brain's wiring and drive", at_least(0));
    v("connectome", connectome,
      "Connectome file in place of the subject's own wiring: .h5, .csv, .tsv, .mtx or .npz");
    v("coupling", coupling, "Gain G of the synapses; 0: as the subject has it", at_least(0));
    v("recorded", recorded, kSitesDoc);
    v("stimulated", stimulated, kSitesDoc);
    v("action_mode", action_mode, "What the agent may do", one_of({"current", "surgeon"}));
    v("control_interval", control_interval, "Time between actions [tau]", greater_than(0));
    v("amplitude", amplitude, "Largest current, in the unit of the drive", greater_than(0));
    v("charge_balanced", charge_balanced,
      "Reverse each current after half the interval, so that no charge is left");
    v("charge_limit", charge_limit,
      "Largest net charge a site may take up in an episode [unit of the drive x tau]; 0: no limit",
      at_least(0));
    v("energy_weight", energy_weight, "Reward lost at full current everywhere", at_least(0));
    v("noise", noise, "Dynamic noise sigma: sigma sqrt(dt / tau) N(0, 1) a step", at_least(0));
    v("observation_noise", observation_noise, "Standard deviation added to recorded rates",
      at_least(0));
    v("precision", precision,
      "Of the brain's state: \"float\" is about twice as fast; another trajectory after a while, "
      "as chaos has it",
      one_of({"double", "float"}));
  }
  /// Files that the options name.
  std::vector<std::string> files() const {
    std::vector<std::string> named;
    if (!connectome.empty()) named.push_back(connectome);
    if (names_file(subject)) named.push_back(subject);
    return named;
  }
};

/// The subject of the options, of Wilson-Cowan neurons. @throws ConfigError for an unknown one, one
/// that is no brain (lorenz63) and a file that cannot be read.
Subject controlled_subject(const BrainOptions& options, Condition condition = Condition::kHealthy);

/// Surgeon mode for `num_envs` brains. An environment has the same bits alone and in a batch. Rates
/// are fractions of about 1: E of Wilson-Cowan, the activation of a rate network. Not thread-safe.
class ControlledBrain {
 public:
  /// @throws ConfigError for options that do not go together.
  ControlledBrain(Subject subject, const BrainOptions& options, std::int64_t num_envs,
                  int num_threads);

  const Subject& subject() const noexcept { return subject_; }
  const BrainOptions& options() const noexcept { return options_; }
  const Sites& recorded() const noexcept { return recorded_; }
  const Sites& stimulated() const noexcept { return stimulated_; }
  std::int64_t num_envs() const noexcept { return std::ssize(episodes_); }
  const ThreadArena& arena() const noexcept { return arena_; }
  /// @throws InternalError in single precision.
  const Simulation<double>& brains() const;

  /// A Box of currents (stimulated sites), or surgeon mode's Dict: "clamp", "current", "lesion",
  /// "level", "silence".
  const Space& action_space() const noexcept { return action_space_; }

  void reset(std::int64_t env, std::uint64_t seed);
  /// Puts an action (flat form) in force. @returns its energy: the mean square of the currents that
  /// were let through, in [0, 1]; every silence, clamp and lesion of a site counts as a full
  /// current.
  double apply(std::int64_t env, std::span<const float> action);
  /// One control interval of all brains, with a call of `look` about every sample interval of the
  /// subject and at the end.
  template <class Look>
  void advance(const Look& look) {
    for (std::int64_t k = 0; k < looks_; ++k) {
      if (options_.charge_balanced && k == looks_ / 2) reverse_currents();
      advance_to_look();
      look();
    }
    count_interval();
  }
  std::int64_t looks() const noexcept { return looks_; }  ///< in one control interval
  double look_interval() const noexcept {                 ///< [tau]
    return static_cast<double>(steps_per_look_) * dt_ms_ / subject_.tau_ms;
  }

  /// Names neurons that watched_rates() is asked for, beside those of the recorded sites.
  void watch(std::span<const std::int64_t> neurons);

  double rate(std::int64_t env, std::int64_t neuron) const { return rates(env)[neuron]; }
  /// Rates of one environment by neuron; valid until the brains are moved.
  class Rates {
   public:
    double operator[](std::int64_t neuron) const {
      const std::int64_t at = neuron * stride_;
      const double x = is_float_ ? static_cast<double>(static_cast<const float*>(first_)[at])
                                 : static_cast<const double*>(first_)[at];
      return is_rate_network_ ? tanh_of(x) : x;
    }

   private:
    friend class ControlledBrain;
    template <Real T>
    Rates(const State<T>& x, std::int64_t env, bool is_rate_network)
        : first_(x.data() + x.index(env, 0, 0)),
          stride_(x.shape().tile_width),
          is_float_(std::same_as<T, float>),
          is_rate_network_(is_rate_network) {}
    static double tanh_of(double x);
    const void* first_;  ///< of T
    std::int64_t stride_;
    bool is_float_, is_rate_network_;
  };
  Rates rates(std::int64_t env) const;
  /// The same, of watched neurons and recorded sites alone: only these cross from a device.
  Rates watched_rates(std::int64_t env) const;
  /// Rates of the recorded sites (weighted means of their neurons, by the weights' sizes) with the
  /// observation noise, clipped to [-1, 1].
  void observe(std::int64_t env, std::span<float> observation) const;
  /// The largest net charge of a site so far [unit of the drive x tau].
  double charge(std::int64_t env) const;

  /// A snapshot is in double precision, and goes on in a brain of either.
  void save(std::int64_t env, ByteWriter& out) const;
  void load(std::int64_t env, ByteReader& in);
  /// Rates of the stimulated sites' tips, and the currents at the sites.
  std::vector<RenderRow> render_rows(std::int64_t env) const;
  RenderGraph render_graph(std::int64_t env) const;

 private:
  struct Episode {
    std::uint64_t seed = 0;
    std::int64_t step = 0;          ///< control intervals since the reset
    std::vector<double> charge;     ///< (stimulated sites)
    std::vector<double> amplitude;  ///< of the current in force (stimulated sites)
  };

  double apply_currents(std::int64_t env, std::span<const float> action);
  template <Real T>
  double apply_surgery(Surgeon<T>& surgeon, std::int64_t env, std::span<const float> action);
  void send_currents(std::int64_t env, double sign);
  void reverse_currents();
  void advance_to_look();
  void count_interval();

  BrainOptions options_;
  Subject subject_;
  bool is_rate_network_;
  Sites recorded_, stimulated_;
  Space action_space_;
  ThreadArena arena_;
  std::variant<Simulation<double>, Simulation<float>> brains_;
  double dt_ms_;
  std::int64_t steps_per_look_ = 1;  ///< steps of the integrator between looks
  std::int64_t looks_ = 1;
  std::vector<Episode> episodes_;
  std::vector<double> currents_;  ///< scratch (neurons of the stimulated sites)
};

}  // namespace noesis
