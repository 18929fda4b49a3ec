// Loads the worm, lets it run, touches a neuron, and asks whether the brain is chaotic.

#include <cstdint>
#include <cstdio>
#include <memory>

#include "physics/celegans_connectome.hpp"
#include "physics/simulation.hpp"
#include "physics/vitals/lyapunov.hpp"

int main() {
  const auto worm = std::make_shared<noesis::Connectome>(noesis::celegans_connectome());
  noesis::BrainSpec spec;  // Wilson-Cowan pairs, integrated by rk4
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.drive = {.mean = 1.25, .sd = 0.1, .seed = 0};
  spec.integrator.dt_ms = 1;

  const noesis::ThreadArena arena;  // all threads; no result depends on their number
  noesis::Simulation<double> brain({worm}, spec, {7}, arena);  // one environment, of seed 7
  const std::int64_t neuron = worm->neuron_id("AVAL");
  brain.advance_to(1000);
  const double before = brain.state().at(0, 0, neuron);
  brain.surgeon().set_current(0, neuron, 2);
  brain.advance_to(1020);
  brain.surgeon().clear(0);
  std::printf("AVAL: E = %.3f, after 20 ms of current %.3f\n", before,
              brain.state().at(0, 0, neuron));

  const auto measured = noesis::lyapunov_spectrum(  // times in ms, one tau is 10 ms
      brain.system(), brain.state(),
      {.dt = 1, .transient = 2000, .duration = 5000, .renormalise_interval = 5});
  std::printf("largest Lyapunov exponent: %.1f +- %.1f per second\n", 1000 * measured.exponents[0],
              1000 * measured.standard_errors[0]);
}
