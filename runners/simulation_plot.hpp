#pragma once
/// What the report draws of one simulation: NAME.plot.json beside its recording, some 2 MB at most
/// however large the recording is.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "physics/simulate_config.hpp"

namespace noesis {

/// Read from a recording (HDF5, closed) as a stream, so that memory does not grow with it:
///   "windows": the whole of it in at most 1024 stretches of time, each the mean of its samples;
///     where that are fewer than there are samples, also the last 1024 samples as they are. Each
///     has at most 60 neurons of the first environment, evenly chosen, and for at most 4
///     environments and 3 state variables the mean over all recorded neurons, and between which
///     values 80% of them are (of at most 512, evenly chosen);
///   "attractor": the last 2048 samples of the first environment on two or three axes: the
///     state variables where more than one was recorded (their means, or where there are at most 4
///     neurons those of the first), else the principal components of the
///     neurons in the picture;
///   "spectrum": the mean density of the recording, at most 1024 frequencies evenly on a log axis;
///   "stimuli": the configuration's, at most 100.
/// Numbers have four digits.
nlohmann::ordered_json simulation_plot(const std::filesystem::path& recording,
                                       const SimulateConfig& config);

}  // namespace noesis
