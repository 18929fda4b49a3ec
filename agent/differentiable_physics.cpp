#include "agent/differentiable_physics.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace noesis {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr auto kDouble = torch::kFloat64;

std::string text_of(torch::IntArrayRef sizes) {
  std::string text;
  for (const std::int64_t size : sizes) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return sizes.empty() ? "a single number" : text;
}

void check(const torch::Tensor& tensor, const char* name, torch::IntArrayRef sizes) {
  const auto fail = [&](const char* what, std::string got, std::string allowed, std::string next) {
    throw ConfigError({what, name, std::move(got), std::move(allowed), std::move(next)});
  };
  if (!tensor.defined()) fail("a tensor is missing", "nothing", text_of(sizes), "");
  if (tensor.sizes() != sizes) {
    fail("a tensor of another shape", text_of(tensor.sizes()), text_of(sizes), "");
  }
  if (tensor.scalar_type() != kDouble || !tensor.device().is_cpu()) {
    fail("a tensor of another type", c10::toString(tensor.scalar_type()), "float64 on the CPU",
         "convert it by .to(torch::kCPU, torch::kFloat64)");
  }
}

std::span<const double> values_of(const torch::Tensor& tensor) {
  return {tensor.const_data_ptr<double>(), static_cast<std::size_t>(tensor.numel())};
}

adjoint::Inputs inputs_of(const variable_list& tensors) {
  return {.num_envs = tensors[0].size(0),
          .initial = values_of(tensors[0]),
          .weights = values_of(tensors[1]),
          .bias = values_of(tensors[2]),
          .current = values_of(tensors[3])};
}

/// What the backward pass needs beside tensors.
struct Held : torch::CustomClassHolder {
  explicit Held(std::shared_ptr<const adjoint::Trajectory> flow) : trajectory(std::move(flow)) {}
  std::shared_ptr<const adjoint::Trajectory> trajectory;
  adjoint::Checkpoints checkpoints;
};

class Integrate : public torch::autograd::Function<Integrate> {
 public:
  static Variable forward(AutogradContext* context, const Variable& initial,
                          const Variable& weights, const Variable& bias, const Variable& current,
                          std::shared_ptr<const adjoint::Trajectory> trajectory) {
    const variable_list tensors = {initial.contiguous(), weights.contiguous(), bias.contiguous(),
                                   current.contiguous()};
    const adjoint::Inputs inputs = inputs_of(tensors);
    torch::Tensor samples = torch::empty({trajectory->plan().num_samples, inputs.num_envs,
                                          trajectory->num_components(), trajectory->num_neurons()},
                                         kDouble);
    auto held = c10::make_intrusive<Held>(std::move(trajectory));
    held->checkpoints = held->trajectory->forward(
        inputs, {samples.mutable_data_ptr<double>(), static_cast<std::size_t>(samples.numel())});
    context->save_for_backward(tensors);
    context->saved_data["held"] = c10::IValue::make_capsule(std::move(held));
    return samples;
  }

  static variable_list backward(AutogradContext* context, const variable_list& by_output) {
    if (torch::GradMode::is_enabled()) {
      throw RunError({.what = "trajectories have first derivatives only",
                      .where = "DifferentiableBrain::integrate",
                      .got = "a graph of the gradient (create_graph)",
                      .allowed = {},
                      .next = "take gradients without create_graph"});
    }
    const variable_list tensors = context->get_saved_variables();
    const auto capsule = context->saved_data["held"].toCapsule();
    const auto& held = static_cast<const Held&>(*capsule);
    variable_list found(kNumArguments);
    const auto wanted = [&](std::size_t k) -> std::span<double> {
      if (!context->needs_input_grad(k)) return {};
      found[k] = torch::zeros_like(tensors[k]);
      return {found[k].mutable_data_ptr<double>(), static_cast<std::size_t>(found[k].numel())};
    };
    const adjoint::Gradients gradients{
        .initial = wanted(0), .weights = wanted(1), .bias = wanted(2), .current = wanted(3)};
    const torch::Tensor by_sample = by_output[0].contiguous();
    held.trajectory->backward(inputs_of(tensors), held.checkpoints, values_of(by_sample),
                              gradients);
    return found;
  }

 private:
  static constexpr std::size_t kNumArguments = 5;
};

}  // namespace

DifferentiableBrain::DifferentiableBrain(ConnectomePtr connectome, ModelSpec model,
                                         const ThreadArena& arena)
    : structure_(std::make_shared<adjoint::Structure>(std::move(connectome))),
      model_(std::move(model)),
      num_components_(static_cast<std::int64_t>(component_names(model_).size())),
      arena_(arena) {
  const bool by_sign =
      std::visit([](const auto& m) { return has_strength<std::decay_t<decltype(m)>>; },
                 make_model<double>(model_));
  if (by_sign || structure_->connectome->has_delays()) {
    throw ConfigError({.what = "trajectories of this brain have no gradients",
                       .where = "model.name",
                       .got = by_sign ? "\"" + model_.name + "\"" : "conduction delays",
                       .allowed = "\"rate\", \"wilson_cowan\" or \"lorenz63\", without delays",
                       .next = ""});
  }
}

torch::Tensor DifferentiableBrain::weights() const {
  const std::vector<float>& weights = connectome().synapses().weights;
  torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(weights.size())}, kDouble);
  std::copy(weights.begin(), weights.end(), tensor.mutable_data_ptr<double>());
  return tensor;
}

torch::Tensor DifferentiableBrain::outputs(const torch::Tensor& states) const {
  const std::int64_t neurons = connectome().num_neurons();
  const std::int64_t count = states.defined() && states.dim() > 0 ? states.size(0) : 0;
  check(states, "states", {count, num_components_, neurons});
  torch::Tensor found = torch::empty({count, neurons}, kDouble);
  const torch::Tensor contiguous = states.detach().contiguous();
  const double* from = contiguous.const_data_ptr<double>();
  double* to = found.mutable_data_ptr<double>();
  std::visit(
      [&](const auto& model) {
        using Model = std::decay_t<decltype(model)>;
        for (std::int64_t t = 0; t < count; ++t, from += Model::kNumComponents * neurons) {
          for (std::int64_t i = 0; i < neurons; ++i) {
            double x[Model::kNumComponents];
            for (int c = 0; c < Model::kNumComponents; ++c) x[c] = from[c * neurons + i];
            *to++ = model.output(x);
          }
        }
      },
      make_model<double>(model_));
  return found;
}

torch::Tensor DifferentiableBrain::integrate(const TrajectoryPlan& plan,
                                             const torch::Tensor& initial,
                                             const torch::Tensor& weights,
                                             const torch::Tensor& bias,
                                             const torch::Tensor& current) const {
  const auto trajectory =
      std::make_shared<const adjoint::Trajectory>(structure_, model_, plan, arena_);
  const std::int64_t neurons = connectome().num_neurons();
  const std::int64_t envs = initial.defined() && initial.dim() > 0 ? initial.size(0) : 1;
  require(envs >= 1, "no environments", "initial", envs, "at least 1");
  check(initial, "initial", {envs, num_components_, neurons});
  check(weights, "weights", {connectome().num_synapses()});
  check(bias, "bias", {neurons});
  if (current.defined()) check(current, "current", {plan.num_samples, envs, neurons});
  // Every argument of a function of autograd is a tensor: an empty one stands for no current.
  return Integrate::apply(initial, weights, bias,
                          current.defined() ? current : torch::empty({0}, kDouble), trajectory);
}

ConnectomePtr with_weights(const Connectome& connectome, const torch::Tensor& weights) {
  check(weights, "weights", {connectome.num_synapses()});
  const torch::Tensor values = weights.detach().contiguous();
  std::vector<Synapse> edges = connectome.edges();
  const double* value = values.const_data_ptr<double>();
  for (Synapse& edge : edges) edge.weight = static_cast<float>(*value++);
  return std::make_shared<Connectome>(connectome.num_neurons(), edges, connectome.gap_edges(),
                                      connectome.neurons());
}

}  // namespace noesis
