#pragma once
/// Recordings and rescaled processes, as processes.

#include <cstdint>
#include <memory>
#include <vector>

#include "physics/process.hpp"

namespace noesis {

/// Plays a series (num_samples x num_units) from a random one of its first `num_starts` samples on
/// (0: any), and from its beginning after its end, whatever the input. State: the position. @throws
/// ConfigError for an empty series or more starts than samples.
std::unique_ptr<Process> make_recording_process(std::vector<double> series, std::int64_t num_units,
                                                std::int64_t num_sites, double interval,
                                                std::int64_t num_starts = 0);

/// The process observed through x_i -> offset_i + scale_i x_i. Owns it.
std::unique_ptr<Process> make_rescaled_process(std::unique_ptr<Process> process,
                                               std::vector<double> offset,
                                               std::vector<double> scale);

}  // namespace noesis
