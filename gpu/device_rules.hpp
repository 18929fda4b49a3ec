#pragma once
/// The rules of plasticity on a device (physics/plasticity/plastic_brain.hpp), for brains of which
/// each has a tile of its own, and all that they remember.

#include <cstdint>
#include <span>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/device_connectome.hpp"
#include "physics/plasticity/plastic_brain.hpp"
#include "physics/state.hpp"
#include "physics/surgeon.hpp"

namespace noesis::NOESIS_GPU {

/// Where the rules find one brain's outputs, and the inputs that they move: (num_neurons) each.
template <Real T>
struct RuleInputs {
  const T* output = nullptr;
  T* drive = nullptr;
  T* gain = nullptr;  ///< where learns_gains()
};

/// Arrays are (num_envs x num_neurons), and are there once a rule asks for them. Device and surgeon
/// outlive it.
template <Real T>
class DeviceRules {
 public:
  DeviceRules(const Device& device, const BatchShape& shape, const Surgeon<T>& surgeon)
      : device_(&device), surgeon_(&surgeon), shape_(shape) {}

  void put_memory(std::int64_t env, const PlasticBrain::Memory& memory);
  void fetch_memory(std::int64_t env, const PlasticBrain::Memory& memory) const;
  void put_teaching(std::int64_t env, std::span<const double> factors);
  /// The surgeon's biases and currents, where rules move biases.
  void put_biases();
  void fetch_biases(std::int64_t env, std::span<T> bias) const;

  /// Whether the gains in force are this class' to write.
  bool learns_gains() const noexcept { return gains_.size() > 0; }

  /// Whether biases, and with them drives, are others there than the surgeon's.
  bool moves_biases() const noexcept { return bias_.size() > 0; }

  /// Enqueues a run.
  void run(std::int64_t env, const WeightRules& rules, const WeightDecaySpec& decay,
           DeviceConnectome& connectome, const RuleInputs<T>& inputs);

 private:
  void change_weights(std::int64_t env, const WeightRules& rules, double decay,
                      DeviceConnectome& connectome, const T* output);

  /// body(buffer of the device, values of one environment, name) of everything remembered.
  template <class Self, class Body>
  static void for_memory(Self& self, const PlasticBrain::Memory& memory, const Body& body);

  const Device* device_;
  const Surgeon<T>* surgeon_;
  BatchShape shape_;
  DeviceBuffer<T> bias_, current_;
  DeviceBuffer<double> filtered_, shortfall_, log_factors_;  // of homeostasis
  DeviceBuffer<double> gains_, learnt_biases_;               // of intrinsic plasticity
  DeviceBuffer<double> calcium_, axonal_, dendritic_;        // of structural plasticity
  DeviceBuffer<T> factors_;                                  // of Hebb's rule
  std::vector<std::uint8_t> is_taught_;                      // (num_envs) whether there are any
};

}  // namespace noesis::NOESIS_GPU
