#include "agent/soap.hpp"

#include <cmath>

namespace noesis {

Soap::Soap(std::vector<torch::Tensor> parameters, SoapOptions options)
    : parameters_(std::move(parameters)), memories_(parameters_.size()), options_(options) {}

void Soap::zero_grad() {
  for (torch::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
}

torch::Tensor Soap::to_basis(const torch::Tensor& gradient, const Memory& memory) const {
  torch::Tensor turned = gradient;
  if (memory.left.basis.defined()) turned = torch::mm(memory.left.basis.t(), turned);
  if (memory.right.basis.defined()) turned = torch::mm(turned, memory.right.basis);
  return turned;
}

torch::Tensor Soap::from_basis(const torch::Tensor& turned, const Memory& memory) const {
  torch::Tensor gradient = turned;
  if (memory.left.basis.defined()) gradient = torch::mm(memory.left.basis, gradient);
  if (memory.right.basis.defined()) gradient = torch::mm(gradient, memory.right.basis.t());
  return gradient;
}

void Soap::start(Memory& memory, const torch::Tensor& gradient) const {
  memory.first = torch::zeros_like(gradient);
  memory.second = torch::zeros_like(gradient);
  if (gradient.dim() != 2) return;
  const auto begin = [&](Side& side, std::int64_t size, const torch::Tensor& product) {
    if (size < 2 || size > options_.largest_side) return;
    side.mean = product;
    side.basis = std::get<1>(torch::linalg_eigh(product));
  };
  begin(memory.left, gradient.size(0), torch::mm(gradient, gradient.t()));
  begin(memory.right, gradient.size(1), torch::mm(gradient.t(), gradient));
}

void Soap::renew(Side& side, const torch::Tensor& product, bool now) const {
  side.mean.lerp_(product, 1 - options_.beta_shampoo);
  if (now) side.basis = std::get<0>(torch::linalg_qr(torch::mm(side.mean, side.basis)));
}

void Soap::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  for (std::size_t k = 0; k < parameters_.size(); ++k) {
    torch::Tensor& parameter = parameters_[k];
    if (!parameter.grad().defined() || parameter.numel() == 0) continue;
    const torch::Tensor& gradient = parameter.grad();
    Memory& memory = memories_[k];
    if (memory.steps == 0) start(memory, gradient);
    ++memory.steps;
    const auto n = static_cast<double>(memory.steps);
    const double correction =
        std::sqrt(1 - std::pow(options_.beta2, n)) / (1 - std::pow(options_.beta1, n));
    memory.first.lerp_(gradient, 1 - options_.beta1);
    memory.second.lerp_(to_basis(gradient, memory).square(), 1 - options_.beta2);
    const torch::Tensor scaled =
        to_basis(memory.first, memory) / (memory.second.sqrt() + options_.epsilon);
    if (options_.weight_decay > 0) parameter.mul_(1 - learning_rate * options_.weight_decay);
    parameter.add_(from_basis(scaled, memory), -learning_rate * correction);
    const bool now = memory.steps % options_.renew_every == 0;
    if (memory.left.basis.defined()) {
      renew(memory.left, torch::mm(gradient, gradient.t()), now);
    }
    if (memory.right.basis.defined()) {
      renew(memory.right, torch::mm(gradient.t(), gradient), now);
    }
  }
}

}  // namespace noesis
