#pragma once
/// What a batch needs of the memory of a device, known before anything is allocated.
///
/// With N neurons, S synapses a connectome, K connectomes, B environments (padded to whole tiles),
/// C state variables of t bytes:
///
/// | part              | bytes                                                             |
/// |-------------------|-------------------------------------------------------------------|
/// | synapses          | 8 S K (source 4, weight 4)                                        |
/// | rows              | 16 N K (begin 8, length 4, neuron 4)                              |
/// | state             | 2 C N B t: now, and the step's end                                |
/// | stages            | euler 0, heun 2 C N B t, rk4 3 C N B t, ros2 (2 + C) C N B t,     |
/// |                   | dopri5 8 C N B t: slopes, states between, Jacobians               |
/// | step control      | dopri5: about B (42 t + 73 + C N / 64)                            |
/// | conduction delays | 2 S K + (R + 2) N B t, R steps of the past, a power of two        |
/// | outputs           | 2 N B t, where synapses carry something else than the first state |
/// |                   | variable                                                          |
/// | inputs            | N B t of drive; 4 N B t more once there is an intervention        |
/// | plasticity        | 24 N B of homeostasis, 16 N B + N B t of intrinsic plasticity,    |
/// |                   | 2 N B t of biases and currents for either, 24 N B of structural   |
/// |                   | plasticity, N B t of Hebb's rule; none where rules run on the host|
/// | noise             | C N B t + 16 B                                                    |

#include <cstdint>
#include <string>
#include <vector>

#include "physics/integrator.hpp"
#include "physics/models/models.hpp"
#include "physics/plasticity/plasticity_spec.hpp"
#include "physics/state.hpp"

namespace noesis {

/// One connectome's size, and how many there are.
struct ConnectomeSize {
  std::int64_t num_synapses = 0;
  std::int64_t num_gap_entries = 0;  ///< each junction stands in two rows
  std::int64_t count = 1;            ///< connectomes of this size: 1, or one an environment
  std::int64_t delay_slots = 0;      ///< DelayLine::num_slots(); 0 without conduction delays
};

struct MemoryPlan {
  struct Part {
    std::string name;
    std::int64_t bytes = 0;
  };
  std::vector<Part> parts;

  std::int64_t total() const;
};

/// The parts of a batch in the precision of `value_bytes` (4 or 8). `interventions` asks for room
/// for the arrays of the surgeon, `plasticity` for those of its rules.
MemoryPlan plan_memory(const BatchShape& shape, const ConnectomeSize& connectome,
                       const ModelSpec& model, const IntegratorSpec& integrator, bool noise,
                       int value_bytes, const PlasticitySpec& plasticity, bool interventions);

/// The most synapses a connectome may have for the plan to fit `bytes`, all else equal; negative
/// where nothing fits.
std::int64_t most_synapses(const MemoryPlan& plan, const ConnectomeSize& connectome,
                           std::int64_t bytes);

}  // namespace noesis
