#include "physics/plasticity/intrinsic_plasticity.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kGrain = 1024;

void check(const IntrinsicPlasticitySpec& spec) {
  const auto check_one = [](bool ok, const char* where, double got, const char* allowed) {
    require(ok, "intrinsic plasticity parameter out of range", where, got, allowed);
  };
  const bool exponential = !spec.is_gaussian();
  if (spec.target != "exponential" && exponential) {
    throw ConfigError({.what = "no such distribution",
                       .where = "intrinsic.target",
                       .got = "\"" + spec.target + "\"",
                       .allowed = "\"exponential\" or \"gaussian\"",
                       .next = {}});
  }
  check_one(spec.learning_rate > 0 && spec.learning_rate <= 0.1, "learning_rate",
            spec.learning_rate, "above 0, at most 0.1");
  check_one(spec.mean > (exponential ? 0 : -1) && spec.mean < 1, "mean", spec.mean,
            exponential ? "between 0 and 1" : "between -1 and 1");
  check_one(exponential || (spec.deviation > 0 && spec.deviation <= 1), "deviation", spec.deviation,
            "above 0, at most 1");
  check_one(spec.max_gain >= 1 && spec.max_gain <= 1e6, "max_gain", spec.max_gain, "1 to 1e6");
}

}  // namespace

IntrinsicPlasticity::IntrinsicPlasticity(const IntrinsicPlasticitySpec& spec,
                                         std::int64_t num_neurons)
    : spec_(spec) {
  check(spec);
  grow(num_neurons);
}

void IntrinsicPlasticity::grow(std::int64_t num_neurons) {
  ensure(num_neurons >= static_cast<std::int64_t>(gains_.size()), "neurons keep their ids");
  gains_.resize(num_neurons, 1.0);
  biases_.resize(num_neurons);
}

template <Real T>
void IntrinsicPlasticity::respond(std::span<const T> inputs, std::span<T> outputs,
                                  const ThreadArena& arena) const {
  ensure(inputs.size() == gains_.size() && outputs.size() == gains_.size(),
         "intrinsic plasticity has one input and output for each neuron");
  const bool logistic = !spec_.is_gaussian();
  arena.parallel_for(std::int64_t(inputs.size()), kGrain, [&](std::int64_t i, std::int64_t last) {
    for (; i < last; ++i) {
      const double net = gains_[i] * inputs[i] + biases_[i];
      outputs[i] = static_cast<T>(logistic ? math::sigmoid(net) : math::tanh(net));
    }
  });
}

template <Real T>
void IntrinsicPlasticity::adapt(std::span<const T> inputs, std::span<const T> outputs,
                                const ThreadArena& arena) {
  ensure(inputs.size() == gains_.size() && outputs.size() == gains_.size(),
         "intrinsic plasticity has one input and output for each neuron");
  const IntrinsicStep step = IntrinsicStep::of(spec_);
  arena.parallel_for(std::int64_t(inputs.size()), kGrain, [&](std::int64_t i, std::int64_t last) {
    for (; i < last; ++i) adapt_response(step, inputs[i], outputs[i], gains_[i], biases_[i]);
  });
}

template void IntrinsicPlasticity::respond(std::span<const float>, std::span<float>,
                                           const ThreadArena&) const;
template void IntrinsicPlasticity::respond(std::span<const double>, std::span<double>,
                                           const ThreadArena&) const;
template void IntrinsicPlasticity::adapt(std::span<const float>, std::span<const float>,
                                         const ThreadArena&);
template void IntrinsicPlasticity::adapt(std::span<const double>, std::span<const double>,
                                         const ThreadArena&);

}  // namespace noesis
