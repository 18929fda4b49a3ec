#pragma once
/// Batches of brains on devices: state, synapses and inputs stay there, and a step is one fused
/// kernel for each stage of the method. The same source is built for CUDA, for HIP, and as an
/// emulation on the host for tests.
///
/// A device takes every model, euler, heun and rk4, noise, interventions, both precisions, shared
/// and per-environment connectomes. It sums in the order of the CPU's kernels, by the same
/// functions and without contraction, so a trajectory has the CPU's bits but for the sign of zeros.

#include <memory>
#include <string>

#include "physics/backend.hpp"
#include "physics/row_device.hpp"

namespace noesis {

/// What can be done with one kind of device.
template <Real T>
struct GpuKind {
  const char* name;  ///< "cuda", "hip"
  /// How many of them there are; where none, `reason` says why.
  int (*num_devices)(std::string* reason);
  /// Why a batch cannot run there, in words; empty where it can.
  std::string (*unsupported)(const BackendRequest<T>& request);
  /// The batch on the first device. @throws ConfigError where unsupported() or without a device,
  ///   RunError when it does not fit the device's memory.
  std::unique_ptr<Backend<T>> (*make)(const BackendRequest<T>& request);
  /// A worker's rows on the first device, as RowDevices::make().
  std::unique_ptr<RowDevice<T>> (*make_rows)(const RowRequest<T>& request);
  /// Bytes of memory of the first device.
  std::int64_t (*memory)();
  /// As in measure.hpp, for benchmarks.
  double (*copy_bandwidth)();
  double (*product_seconds)(const SynapseView& table, std::int64_t num_neurons,
                            std::int64_t num_envs, std::vector<T>* result);
};

// Each is there where it was built: NOESIS_WITH_CUDA, NOESIS_WITH_HIP, NOESIS_BUILD_TESTS.
namespace cuda {
template <Real T>
const GpuKind<T>& kind();
}
namespace hip {
template <Real T>
const GpuKind<T>& kind();
}
namespace emulated {
template <Real T>
const GpuKind<T>& kind();
}

/// Rows of workers on one kind of device.
class GpuRows final : public RowDevices {
 public:
  GpuRows(const GpuKind<float>& single, const GpuKind<double>& twice)
      : single_(single), twice_(twice) {}
  std::string name() const override { return single_.name; }
  std::unique_ptr<RowDevice<float>> make(const RowRequest<float>& request) const override {
    return single_.make_rows(request);
  }
  std::unique_ptr<RowDevice<double>> make(const RowRequest<double>& request) const override {
    return twice_.make_rows(request);
  }

 private:
  const GpuKind<float>& single_;
  const GpuKind<double>& twice_;
};

}  // namespace noesis
