#pragma once
/// Surgeon mode: interventions on the brains of a batch, each an exact change of the equation.
///
/// current u: drive_i = bias_i + u, until changed.
/// gain g: the summed synaptic input is multiplied by g, until changed.
/// silence: output_i = 0 for all targets, its gap junctions are open circuits; its own state goes
///   on; until released.
/// clamp v: x_i[0] = v, x_i[0]' = 0; its other state variables go on; until released.
/// lesion: x_i = 0, x_i' = 0, output_i = 0, gap junctions open; until reset.
/// What a neuron has sent into a synapse with a delay still arrives.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "physics/kernels/kernels.hpp"
#include "physics/state.hpp"

namespace noesis {

/// The inputs of a batch: what the kernels read beside the state. Not thread-safe.
template <Real T>
class Surgeon {
 public:
  /// `batch` is the shape of the states; `bias` the constant drive of each neuron (num_neurons).
  Surgeon(BatchShape batch, std::span<const double> bias);

  // Each throws ConfigError when env or neuron is out of range or a value is not finite.
  void set_current(std::int64_t env, std::int64_t neuron, double amplitude);
  /// The same for a current into each of `neurons`; where it throws, nothing has changed.
  void set_currents(std::int64_t env, std::span<const std::int64_t> neurons,
                    std::span<const double> amplitudes);
  void set_bias(std::int64_t env, std::int64_t neuron, double bias);
  /// Factor of the neuron's summed synaptic input, at least 0 (neuromodulation; 1 unless set).
  void set_gain(std::int64_t env, std::int64_t neuron, double gain);
  void silence(std::int64_t env, std::int64_t neuron, bool on = true);
  void clamp(std::int64_t env, std::int64_t neuron, double level);
  void release(std::int64_t env, std::int64_t neuron);  ///< ends a clamp
  void lesion(std::int64_t env, std::int64_t neuron);
  /// Ends a lesion: a neuron is born into the place.
  void revive(std::int64_t env, std::int64_t neuron);

  /// Ends currents, silences and clamps of an environment; lesions, bias and gain stay.
  void clear(std::int64_t env);
  /// Ends everything, lesions too, and restores bias and gain.
  void reset(std::int64_t env);

  double current(std::int64_t env, std::int64_t neuron) const {
    return current_.at(env, 0, neuron);
  }
  double bias(std::int64_t env, std::int64_t neuron) const { return bias_.at(env, 0, neuron); }
  double gain(std::int64_t env, std::int64_t neuron) const { return gain_.at(env, 0, neuron); }

  /// Sets held components of `x` to their levels. To be called after each change, before a step.
  void pin(State<T>& x) const;

  /// Whether that state variable is held, so that nothing (noise, say) may move it.
  bool holds(std::int64_t env, int component, std::int64_t neuron) const noexcept {
    const T moves = moves_.at(env, 0, neuron);
    return component == 0 ? moves < kFree<T> : moves < kClamped<T>;
  }
  bool holds_any() const noexcept { return num_held_ > 0; }

  // What the kernels read, one tile each; null where nobody is silenced, held or modulated.
  const T* drive(std::int64_t tile) const noexcept { return drive_.plane(tile, 0); }
  const T* gain(std::int64_t tile) const noexcept {
    return num_modulated_ > 0 ? gain_.plane(tile, 0) : nullptr;
  }
  const T* transmits(std::int64_t tile) const noexcept {
    return num_mute_ > 0 ? transmits_.plane(tile, 0) : nullptr;
  }
  const T* moves(std::int64_t tile) const noexcept {
    return num_held_ > 0 ? moves_.plane(tile, 0) : nullptr;
  }

  // The parts of the drive, and what pin() sets: one tile each.
  const T* biases(std::int64_t tile) const noexcept { return bias_.plane(tile, 0); }
  const T* currents(std::int64_t tile) const noexcept { return current_.plane(tile, 0); }
  const T* level(std::int64_t tile) const noexcept { return level_.plane(tile, 0); }
  /// gain(), where nobody is modulated too.
  const T* gains(std::int64_t tile) const noexcept { return gain_.plane(tile, 0); }
  /// Changes whenever one of these arrays has: for copies of them elsewhere.
  std::uint64_t version() const noexcept { return version_; }
  /// Which values of drive(0) have changed since version() was `version`, in any order, some twice;
  /// nothing where another array has too, or more than is worth a list. Valid until the next
  /// change.
  std::optional<std::span<const std::int64_t>> driven_since(std::uint64_t version) const noexcept;

  /// Everything that holds in one environment: kNumArrays values a neuron, appended to `values`.
  void append_inputs(std::int64_t env, std::vector<T>& values) const;
  /// Puts kNumArrays * num_neurons values of append_inputs() in force in an environment.
  void set_inputs(std::int64_t env, std::span<const T> values);

  /// The arrays in the order of kArrayNames, for checkpoints.
  static constexpr int kNumArrays = 6;
  static constexpr const char* kArrayNames[kNumArrays] = {"bias",  "current", "transmits",
                                                          "moves", "level",   "gain"};
  std::array<State<T>*, kNumArrays> arrays() {
    return {&bias_, &current_, &transmits_, &moves_, &level_, &gain_};
  }
  /// To be called after arrays() were written to: derives the rest.
  void refresh();

 private:
  void check(std::int64_t env, std::int64_t neuron, double value) const;
  [[noreturn]] void refuse(std::int64_t env, std::int64_t neuron, double value) const;
  void put_drive(std::int64_t at, T bias, T current);
  /// A change that driven_since() does not list.
  void count_change() {
    log_start_ = ++version_;
    log_.clear();
  }
  void set_transmits(std::int64_t env, std::int64_t neuron, bool transmits);
  void set_moves(std::int64_t env, std::int64_t neuron, T moves, double level);

  BatchShape shape_;  // one component
  std::vector<double> default_bias_;
  State<T> bias_, current_, drive_;  // (num_envs x num_neurons), drive = bias + current
  State<T> transmits_, moves_, level_, gain_;
  std::int64_t num_mute_ = 0;
  std::int64_t num_modulated_ = 0;
  std::int64_t num_held_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t log_start_ = 0;    // version_ - log_.size()
  std::vector<std::int64_t> log_;  // places of drive_ that have changed since log_start_
};

}  // namespace noesis
