#pragma once
/// Which implementations this build has of what physics leaves open, and which one a run gets. What
/// depends on the options of the build is in factory.cpp alone.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "physics/row_device.hpp"
#include "physics/simulation.hpp"

namespace noesis {

/// Makes the backend of that name. "auto" is a device where this build and machine have one, the
/// batch can run there and fits its memory, and a stage has work enough to gain by it; else the
/// CPU.
/// @throws ConfigError for a kind of device that was not built. What it returns throws ConfigError
///   when there is no such device or the batch cannot run there.
template <Real T>
BackendFactory<T> device_backend_factory(const std::string& name);

/// The same, and "workers:N": N processes of this machine, over which each batch of brains is
/// split.
template <Real T>
BackendFactory<T> backend_factory(const std::string& name);

/// What computes a worker's rows (`noesis hemisphere worker --backend`); null for "cpu".
/// @throws ConfigError for a kind of device that was not built.
std::shared_ptr<const RowDevices> row_devices(const std::string& name);

/// What "auto" takes for a batch of so many synapse updates a stage, and why, as one would say it.
/// Whether the batch fits the device's memory is not asked.
std::string auto_backend(std::int64_t updates_of_stage);

/// The memory of the device that "auto" would take for a large batch; no name where there is none.
struct DeviceMemory {
  std::string name;
  std::int64_t bytes = 0;
};
DeviceMemory device_memory();

/// A kind of device that is here, for benchmarks; times are by its own clock.
struct DeviceTimer {
  std::string name;                        ///< of the backend: "cuda", "hip"
  std::function<double()> copy_bandwidth;  ///< bytes read and written a second by a copy
  /// Seconds of a sparse product in float for a batch.
  std::function<double(const SynapseView& table, std::int64_t num_neurons, std::int64_t num_envs)>
      product_seconds;
};
std::vector<DeviceTimer> device_timers();

}  // namespace noesis
