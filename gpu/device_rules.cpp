#include "gpu/device_rules.hpp"

#include <utility>

#include "gpu/kernels/learning.hpp"
#include "gpu/kernels/plasticity.hpp"
#include "gpu/launch.hpp"

namespace noesis::NOESIS_GPU {

template <Real T>
template <class Self, class Body>
void DeviceRules<T>::for_memory(Self& self, const PlasticBrain::Memory& memory, const Body& body) {
  body(self.filtered_, memory.homeostasis.filtered, "homeostasis");
  body(self.shortfall_, memory.homeostasis.shortfall, "homeostasis");
  body(self.log_factors_, memory.homeostasis.log_factors, "homeostasis");
  body(self.gains_, memory.intrinsic.gains, "intrinsic plasticity");
  body(self.learnt_biases_, memory.intrinsic.biases, "intrinsic plasticity");
  body(self.calcium_, memory.structural.calcium, "structural plasticity");
  body(self.axonal_, memory.structural.axonal, "structural plasticity");
  body(self.dendritic_, memory.structural.dendritic, "structural plasticity");
}

template <Real T>
void DeviceRules<T>::put_memory(std::int64_t env, const PlasticBrain::Memory& memory) {
  const std::int64_t neurons = shape_.num_neurons;
  for_memory(*this, memory,
             [&](DeviceBuffer<double>& buffer, std::span<const double> values, const char* what) {
               if (values.empty()) return;
               if (buffer.size() == 0) {
                 buffer = DeviceBuffer<double>(*device_, shape_.num_envs * neurons, what);
                 buffer.zero();  // places of the unborn are never due to be scaled
               }
               buffer.upload(values, env * neurons);
             });
}

template <Real T>
void DeviceRules<T>::fetch_memory(std::int64_t env, const PlasticBrain::Memory& memory) const {
  for_memory(*this, memory,
             [&](const DeviceBuffer<double>& buffer, std::span<double> values, const char*) {
               buffer.download(values, env * shape_.num_neurons);
             });
}

template <Real T>
void DeviceRules<T>::put_teaching(std::int64_t env, std::span<const double> factors) {
  is_taught_.resize(static_cast<std::size_t>(shape_.num_envs));
  is_taught_[static_cast<std::size_t>(env)] = factors.empty() ? 0 : 1;
  if (factors.empty()) return;
  if (factors_.size() == 0) {
    factors_ = DeviceBuffer<T>(*device_, shape_.num_envs * shape_.num_neurons, "teaching");
  }
  const std::vector<T> values(factors.begin(), factors.end());
  factors_.upload(values, env * shape_.num_neurons);
}

template <Real T>
void DeviceRules<T>::put_biases() {
  if (bias_.size() == 0) return;
  bias_.upload({surgeon_->biases(0), static_cast<std::size_t>(bias_.size())});
  current_.upload({surgeon_->currents(0), static_cast<std::size_t>(current_.size())});
}

template <Real T>
void DeviceRules<T>::fetch_biases(std::int64_t env, std::span<T> bias) const {
  bias_.download(bias, env * shape_.num_neurons);
}

template <Real T>
void DeviceRules<T>::run(std::int64_t env, const WeightRules& rules, const WeightDecaySpec& decay,
                         DeviceConnectome& connectome, const RuleInputs<T>& inputs) {
  const std::int64_t first = env * shape_.num_neurons;
  const ApiStream stream = device_->stream();
  if (bias_.size() == 0 && (rules.homeostasis || learns_gains())) {
    bias_ = DeviceBuffer<T>(*device_, shape_.num_envs * shape_.num_neurons, "biases");
    current_ = DeviceBuffer<T>(*device_, bias_.size(), "biases");
    put_biases();
  }
  if (rules.homeostasis) {
    launch(AdaptBias<T>{*rules.homeostasis, inputs.output, filtered_.data() + first,
                        shortfall_.data() + first, log_factors_.data() + first,
                        bias_.data() + first, current_.data() + first, inputs.drive},
           rules.num_neurons, 1, stream);
  }
  WeightRules on_weights = rules;
  if (learns_gains()) {
    // Its inputs are of weights that are scaled already, and that have learnt nothing yet.
    WeightRules scaling;
    scaling.homeostasis = rules.homeostasis;
    scaling.scales = std::exchange(on_weights.scales, false);
    change_weights(env, scaling, 1, connectome, inputs.output);
    launch(AdaptResponse<T>{rules.num_neurons, rules.intrinsic.has_value(),
                            rules.intrinsic.value_or(IntrinsicStep{}), rules.arousal_gain,
                            connectome.view(), inputs.output, gains_.data() + first,
                            learnt_biases_.data() + first, bias_.data() + first,
                            current_.data() + first, inputs.drive, inputs.gain},
           shape_.num_neurons, 1, stream);
  }
  const double factor = rules.decay_ms ? decay_factor(decay, *rules.decay_ms) : 1;
  const bool spares = decay.spared_fraction > 0;
  change_weights(env, on_weights, spares ? 1 : factor, connectome, inputs.output);
  if (rules.decay_ms && spares) {
    launch(DecaySpared{connectome.view().rows, connectome.weights(), decay.spared_fraction, factor},
           shape_.num_neurons, 1, stream);
  }
  if (rules.structural) {
    launch(
        GrowElements<T>{*rules.structural, static_cast<double>(rules.num_neurons), inputs.output,
                        calcium_.data() + first, axonal_.data() + first, dendritic_.data() + first},
        rules.num_neurons, 1, stream);
  }
  device_->check_launch("run the rules of plasticity");
}

/// Scaling, Oja's and Hebb's rules and a decay that spares none, in one pass.
template <Real T>
void DeviceRules<T>::change_weights(std::int64_t env, const WeightRules& rules, double decay,
                                    DeviceConnectome& connectome, const T* output) {
  if (!rules.scales && !rules.oja_rate && !rules.hebbian && decay == 1) return;
  const std::int64_t first = env * shape_.num_neurons;
  ChangeWeights<T> kernel = {
      .table = connectome.view(), .weights = connectome.weights(), .output = output};
  if (rules.scales) {
    kernel.log_factors = log_factors_.data() + first;
    kernel.max_weight = rules.homeostasis->max_weight;
  }
  if (rules.oja_rate) {
    check_learning_rate(*rules.oja_rate);
    kernel.oja_rate = static_cast<T>(*rules.oja_rate);
  }
  if (rules.hebbian) {
    check_hebbian(*rules.hebbian);
    const bool is_taught = is_taught_[static_cast<std::size_t>(env)] != 0;
    kernel.factors = is_taught ? factors_.data() + first : output;
    kernel.hebbian_rate = static_cast<T>(rules.hebbian->learning_rate);
    kernel.kept = static_cast<T>(1 - rules.hebbian->decay);
  }
  kernel.decay = decay;
  launch(kernel, shape_.num_neurons, 1, device_->stream());
}

template class DeviceRules<float>;
template class DeviceRules<double>;

}  // namespace noesis::NOESIS_GPU
