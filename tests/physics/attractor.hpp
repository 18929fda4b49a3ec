#pragma once
// What the reference tests measure of the attractor that a brain falls onto. Time is in tau.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "physics/simulation.hpp"
#include "physics/vitals/activity.hpp"
#include "physics/vitals/lyapunov.hpp"
#include "physics/vitals/series.hpp"

namespace noesis::testing {

/// Mean and standard deviation (n - 1) over brains.
struct Spread {
  double mean = 0;
  double sd = 0;
  double count = 0;
};

inline Spread spread_of(const std::vector<double>& values) {
  Spread spread{.count = static_cast<double>(values.size())};
  for (const double value : values) spread.mean += value / spread.count;
  for (const double value : values) {
    spread.sd += (value - spread.mean) * (value - spread.mean) / (spread.count - 1);
  }
  spread.sd = std::sqrt(spread.sd);
  return spread;
}

/// Whether two means agree: |a - b| <= 3 sqrt(sd_a^2 / n_a + sd_b^2 / n_b), each sd being that over
/// brains. `floor` stands for the error of a single measurement where brains hardly differ.
inline ::testing::AssertionResult agrees(const Spread& measured, const Spread& published,
                                         double floor = 0) {
  const double error = std::sqrt(measured.sd * measured.sd / measured.count +
                                 published.sd * published.sd / published.count + floor * floor);
  const double z = (measured.mean - published.mean) / error;
  const std::string text = std::to_string(measured.mean) + " +- " + std::to_string(measured.sd) +
                           " against " + std::to_string(published.mean) + " +- " +
                           std::to_string(published.sd) + ", z = " + std::to_string(z);
  return (std::abs(z) <= 3 ? ::testing::AssertionSuccess() : ::testing::AssertionFailure()) << text;
}

inline LyapunovEstimate largest_exponent(const ConnectomePtr& brain, const BrainSpec& spec,
                                         std::uint64_t seed, LyapunovOptions options) {
  const ThreadArena arena(1);
  Simulation<double> sim({brain}, spec, {seed}, arena);
  options.dt = spec.integrator.dt_ms;
  options.seed = seed;
  const LyapunovResult result = lyapunov_spectrum(sim.system(), sim.state(), options);
  return {result.exponents[0], result.standard_errors[0]};
}

/// The first state variable of every neuron over time, (samples x neurons).
class Recording {
 public:
  Recording(const ConnectomePtr& brain, const BrainSpec& spec, std::uint64_t seed, double transient,
            double duration, double interval)
      : num_units_(brain->num_neurons()), interval_(interval) {
    const ThreadArena arena(1);
    Simulation<double> sim({brain}, spec, {seed}, arena);
    const auto num_samples = static_cast<std::int64_t>(std::round(duration / interval));
    for (std::int64_t k = 0; k < num_samples; ++k) {
      sim.advance_to(transient + interval * static_cast<double>(k));
      for (std::int64_t i = 0; i < num_units_; ++i) values_.push_back(sim.state().at(0, 0, i));
    }
  }

  SeriesView view() const {
    return {values_.data(), static_cast<std::int64_t>(values_.size()) / num_units_, num_units_,
            interval_};
  }
  Activity activity() const { return measure_activity(view()); }

 private:
  std::int64_t num_units_;
  double interval_;
  std::vector<double> values_;
};

}  // namespace noesis::testing
