#pragma once
/// Arousal, after the reticular activating system: one global gain on the core's net input, y =
/// f(gain * net + bias) (Servan-Schreiber et al., Science 249, 1990; Aston-Jones and Cohen, 2005).
///
///   a' = (s - a) / habituation_time           habituation: surprise that lasts is no surprise
///   p' = (m - p) / pressure_time              sleep pressure: follows mean activity m
///   gain = clamp(1 + surprise_gain * tanh(s - a) - pressure_gain * p, low, high)
///
/// s is the surprise in standard deviations, 0 where nothing is observed.

#include <cmath>
#include <span>

#include "agent/agent_config.hpp"
#include "core/math.hpp"
#include "physics/plasticity/arousal.hpp"

namespace noesis {

constexpr std::int64_t kArousalSize = 3;

/// Row of a state: habituation, sleep pressure, gain.
template <Real T>
void start_arousal(std::span<T> row) {
  row[0] = 0;
  row[1] = 0;
  row[2] = 1;
}

/// One step of one environment; `activity` is the mean absolute value of the core's hidden units.
/// What is not finite counts as no surprise and as full activity.
template <Real T>
void advance_arousal(const ArousalConfig& config, T surprise, T activity, std::span<T> row) {
  const T s = std::isfinite(surprise) ? surprise : T{0};
  const T m = activity >= 0 && activity <= 1 ? activity : T{1};
  const T novelty = s - row[0];
  row[0] += novelty / static_cast<T>(config.habituation_time);
  row[1] += (m - row[1]) / static_cast<T>(config.pressure_time);
  row[2] = arousal_gain(novelty, row[1], static_cast<T>(config.surprise_gain),
                        static_cast<T>(config.pressure_gain), static_cast<T>(config.low),
                        static_cast<T>(config.high));
}

}  // namespace noesis
