#pragma once
/// Arousal, after the reticular activating system: one global gain of the neurons' synaptic input,
/// input' = gain input (Servan-Schreiber, Printz & Cohen, Science 249:892, 1990; Aston-Jones &
/// Cohen, Annu Rev Neurosci 28:403, 2005). Novelty raises it, sleep pressure lowers it.
///
///   a' = (s - a) / habituation_tau            habituation: a stimulus that lasts is nothing new
///   gain = clamp(1 + novelty_gain tanh(s - a) - pressure_gain p, low, high)
///
/// s is the strength of the stimulus, p the sleep pressure.

#include <algorithm>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/math.hpp"

namespace noesis {

/// The `[plasticity.arousal]` section.
struct ArousalSpec {
  double habituation_tau_ms = 200;
  double novelty_gain = 0.5;
  double pressure_gain = 0.5;
  double low = 0.25;
  double high = 2;

  template <class V>
  void visit(V& v) {
    v("habituation_tau_ms", habituation_tau_ms, "Time in which a stimulus becomes known [ms]",
      greater_than(0));
    v("novelty_gain", novelty_gain, "Gain that a novel stimulus adds", at_least(0));
    v("pressure_gain", pressure_gain, "Gain that full sleep pressure takes", at_least(0));
    v("low", low, "Least gain", at_least(0));
    v("high", high, "Most gain, at least low", greater_than(0));
    v.require(low <= high, "high", high, "at least low");
  }
};

/// Gain of a novelty (stimulus beyond what is known of it) and a sleep pressure.
template <Real T>
T arousal_gain(T novelty, T pressure, T novelty_gain, T pressure_gain, T low, T high) noexcept {
  return std::clamp(T{1} + novelty_gain * math::tanh(novelty) - pressure_gain * pressure, low,
                    high);
}

/// Not thread-safe.
class Arousal {
 public:
  /// Starts without habituation, at gain 1. @throws ConfigError naming a parameter out of range.
  explicit Arousal(const ArousalSpec& spec) : spec_(spec) {
    require(spec.habituation_tau_ms > 0, "arousal parameter out of range", "habituation_tau_ms",
            spec.habituation_tau_ms, "> 0");
    require(spec.low >= 0 && spec.low <= spec.high, "arousal parameter out of range", "low",
            spec.low, "0 to high");
  }

  /// Takes in a stimulus that holds for a time dt [ms], and a sleep pressure. @returns the gain.
  double advance(double stimulus, double pressure, double dt) noexcept {
    gain_ = arousal_gain(stimulus - habituation_, pressure, spec_.novelty_gain, spec_.pressure_gain,
                         spec_.low, spec_.high);
    habituation_ = stimulus + (habituation_ - stimulus) * math::exp(-dt / spec_.habituation_tau_ms);
    return gain_;
  }

  double gain() const noexcept { return gain_; }
  double habituation() const noexcept { return habituation_; }

  /// Everything it remembers, as v(name, value), for checkpoints.
  template <class Self, class V>
  static void visit_state(Self& self, V& v) {
    v("habituation", self.habituation_);
    v("gain", self.gain_);
  }

 private:
  ArousalSpec spec_;
  double habituation_ = 0;
  double gain_ = 1;
};

}  // namespace noesis
