#pragma once
/// A connectome as a network to be drawn.

#include <cstdint>
#include <vector>

#include "env/render.hpp"
#include "physics/connectome.hpp"

namespace noesis {

/// Neurons lie where the connectome says, along the two axes in which they are spread most, each
/// axis stretched to fill the picture; else on a circle, by id. `levels` (num_neurons) are clipped
/// to [0, 1]; what is not finite counts as 0. Only the `most_synapses` strongest are taken.
/// @throws InternalError for another number of levels.
RenderGraph make_render_graph(const Connectome& connectome, std::vector<double> levels,
                              std::int64_t most_synapses = 600);

}  // namespace noesis
