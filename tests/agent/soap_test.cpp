// The optimiser: on a quadratic whose axes are hidden by rotations, which Adam is slow on.
#include "agent/soap.hpp"

#include <gtest/gtest.h>

#include "core/rng.hpp"

namespace noesis {
namespace {

torch::Tensor normal(torch::IntArrayRef sizes, RandomSequence& random) {
  torch::Tensor tensor = torch::empty(sizes);
  float* data = tensor.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k) data[k] = static_cast<float>(random.normal());
  return tensor;
}

/// |A W B|^2 / 2 after `steps` updates from a fixed W (6 x 5); A and B have condition 30.
template <class Step>
double left_after(int steps, const Step& step) {
  RandomSequence random(0, Stream::kTask);
  const auto skewed = [&](std::int64_t size) {
    const torch::Tensor rotation = std::get<0>(torch::linalg_qr(normal({size, size}, random)));
    const torch::Tensor scale = torch::logspace(0, -1.5, size);
    return torch::mm(rotation * scale, rotation.t());
  };
  const torch::Tensor a = skewed(6), b = skewed(5);
  torch::Tensor w = normal({6, 5}, random).requires_grad_();
  double loss = 0;
  for (int k = 0; k < steps; ++k) {
    const torch::Tensor value = 0.5 * torch::mm(torch::mm(a, w), b).square().sum();
    loss = value.item<double>();
    w.mutable_grad().reset();
    value.backward();
    step(w);
  }
  return loss;
}

// Red when the step is not turned back, or the bases are of the wrong sides.
TEST(Soap, FindsTheAxesOfAQuadratic) {
  std::unique_ptr<Soap> soap;
  std::unique_ptr<torch::optim::Adam> adam;
  constexpr int kSteps = 150;
  constexpr double kRate = 0.05;
  const double with_soap = left_after(kSteps, [&](torch::Tensor& w) {
    if (!soap) soap = std::make_unique<Soap>(std::vector<torch::Tensor>{w});
    soap->step(kRate);
  });
  const double with_adam = left_after(kSteps, [&](torch::Tensor& w) {
    if (!adam) {
      adam = std::make_unique<torch::optim::Adam>(std::vector<torch::Tensor>{w},
                                                  torch::optim::AdamOptions(kRate));
    }
    adam->step();
  });
  EXPECT_LT(with_soap, 0.5 * with_adam);
}

// A vector has no sides: the first step of Adam is the learning rate against the sign of the
// gradient.
TEST(Soap, IsAdamOnVectors) {
  torch::Tensor x = torch::tensor({1.0F, -2.0F, 3.0F}).requires_grad_();
  Soap soap({x});
  (x * torch::tensor({4.0F, 5.0F, -6.0F})).sum().backward();
  soap.step(0.1);
  EXPECT_TRUE(torch::allclose(x.detach(), torch::tensor({0.9F, -2.1F, 3.1F}), 1e-5, 1e-6));
}

// Red when a side that is too long is turned all the same.
TEST(Soap, LeavesLongSidesAsTheyAre) {
  torch::Tensor w = torch::ones({2, 4}).requires_grad_();
  torch::Tensor same = torch::ones({2, 4}).requires_grad_();
  Soap plain({w}, SoapOptions{.largest_side = 1});
  torch::optim::Adam adam({same}, torch::optim::AdamOptions(0.1).betas({0.9, 0.95}));
  const torch::Tensor slope = torch::arange(8).view({2, 4}).to(torch::kFloat32) - 3.5F;
  for (int k = 0; k < 5; ++k) {
    w.mutable_grad() = slope * static_cast<float>(k + 1);
    same.mutable_grad() = slope * static_cast<float>(k + 1);
    plain.step(0.1);
    adam.step();
  }
  EXPECT_TRUE(torch::allclose(w.detach(), same.detach(), 1e-5, 1e-5));
}

}  // namespace
}  // namespace noesis
