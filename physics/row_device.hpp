#pragma once
/// Rows of a brain whose derivative a device takes: what a worker of a split brain gives away of
/// its work. State, integrator, noise and the exchange of rates stay with the worker, so that a
/// step is the same as without; the sums over synapses, which are nearly all of it, are the
/// device's.

#include <cstdint>
#include <memory>
#include <string>

#include "physics/kernels/kernels.hpp"
#include "physics/models/models.hpp"
#include "physics/state.hpp"
#include "physics/surgeon.hpp"

namespace noesis {

/// What a worker's rows are. References outlive what is made of them; tables are copied.
template <Real T>
struct RowRequest {
  const ModelSpec& model;
  BatchShape shape;            ///< of the states: own rows
  std::int64_t num_local = 0;  ///< own rows, then the neurons of others that they read
  SynapseView synapses;        ///< own rows side by side, sources below num_local
  SynapseView gap_junctions;   ///< the same; null row_begin where there are none
  const Surgeon<T>& surgeon;   ///< of own rows
};

/// Not thread-safe.
template <Real T>
class RowDevice {
 public:
  virtual ~RowDevice() = default;

  /// The synapses have other weights; `synapses` are the same rows.
  virtual void weights_changed(const SynapseView& synapses) = 0;

  /// What own rows and the neurons that they read send, each (num_tiles x num_local x tile_width).
  struct Sources {
    const T* outputs = nullptr;
    const T* gap_state = nullptr;      ///< first state variable; null without gap junctions
    const T* gap_transmits = nullptr;  ///< 1 or 0; null without gap junctions
  };
  /// dxdt = f(x) of own rows, under the inputs that the surgeon has in force. @throws RunError when
  /// the device fails.
  virtual void derivative(const State<T>& x, const Sources& sources, State<T>& dxdt) = 0;
};

/// A kind of device, for rows of either precision.
class RowDevices {
 public:
  virtual ~RowDevices() = default;
  /// "cuda", "hip"
  virtual std::string name() const = 0;
  /// On the first device. @throws ConfigError without one, RunError when the rows do not fit its
  /// memory.
  virtual std::unique_ptr<RowDevice<float>> make(const RowRequest<float>& request) const = 0;
  virtual std::unique_ptr<RowDevice<double>> make(const RowRequest<double>& request) const = 0;
};

}  // namespace noesis
