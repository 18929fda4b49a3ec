#pragma once
/// The arrays of an adaptive step in a device's memory: state and slopes stay there, what crosses
/// is a step size and an error for each environment, and the states that are asked for.

#include <functional>
#include <memory>

#include "gpu/device.hpp"
#include "physics/dormand_prince.hpp"

namespace noesis::NOESIS_GPU {

/// Of a batch whose right-hand side is `slope_of(y, slope)`, which is enqueued on the device's
/// stream. `device` outlives it.
template <Real T>
std::unique_ptr<DormandPrince<T>> make_dormand_prince(
    const Device& device, const BatchShape& shape,
    std::function<void(const T* y, T* slope)> slope_of);

}  // namespace noesis::NOESIS_GPU
