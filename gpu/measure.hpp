#pragma once
/// What a device and its sparse product are worth. Times are medians by the device's own clock.

#include <cstdint>
#include <vector>

#include "gpu/gpu_api.hpp"
#include "physics/kernels/kernels.hpp"

namespace noesis::NOESIS_GPU {

/// Bytes of memory that the device has.
std::int64_t device_memory();

/// Bytes read and written a second by a copy of 1 GiB within the device.
double copy_bandwidth();

/// Seconds of y = A x in a batch, x_n = (n mod 1009) / 1009 by place; y, [tile][neuron][lane], is
/// put into `result` unless that is null.
template <Real T>
double product_seconds(const SynapseView& table, std::int64_t num_neurons, std::int64_t num_envs,
                       std::vector<T>* result);

}  // namespace noesis::NOESIS_GPU
