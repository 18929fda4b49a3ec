#pragma once
/// The derivative of a worker's rows on a device (physics/row_device.hpp): a brain of all neurons
/// that the worker knows, of which those of others have no inputs and are told what they send.

#include <memory>

#include "gpu/gpu_api.hpp"
#include "physics/row_device.hpp"

namespace noesis::NOESIS_GPU {

/// On the first device. @throws as RowDevices::make().
template <Real T>
std::unique_ptr<RowDevice<T>> make_rows(const RowRequest<T>& request);

}  // namespace noesis::NOESIS_GPU
