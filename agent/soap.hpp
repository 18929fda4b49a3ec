#pragma once
/// SOAP: Adam in the eigenbasis of Shampoo's preconditioner (Vyas et al., arXiv:2409.11321). On the
/// small networks of emulators it needs far fewer updates than Adam.
///
/// For a matrix with gradient G: L and R are running means of G G^T and G^T G, Q_L and Q_R their
/// eigenvectors (renewed every few steps by one QR step of the power method). Adam's second moment
/// is that of Q_L^T G Q_R, and its step is turned back. A side longer than `largest_side` is left
/// as it is; vectors and other shapes have plain Adam.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace noesis {

struct SoapOptions {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double beta_shampoo = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled, times the learning rate
  std::int64_t renew_every = 10;
  std::int64_t largest_side = 512;
};

/// Not thread-safe. Parameters are shared with their owner.
class Soap {
 public:
  explicit Soap(std::vector<torch::Tensor> parameters, SoapOptions options = {});

  void zero_grad();
  /// Parameters without a gradient stay as they are.
  void step(double learning_rate);

 private:
  struct Side {
    torch::Tensor mean;   ///< of G G^T or G^T G; undefined where the side is left as it is
    torch::Tensor basis;  ///< orthonormal columns
  };
  struct Memory {
    std::int64_t steps = 0;
    torch::Tensor first, second;
    Side left, right;
  };

  torch::Tensor to_basis(const torch::Tensor& gradient, const Memory& memory) const;
  torch::Tensor from_basis(const torch::Tensor& turned, const Memory& memory) const;
  void start(Memory& memory, const torch::Tensor& gradient) const;
  void renew(Side& side, const torch::Tensor& product, bool now) const;

  std::vector<torch::Tensor> parameters_;
  std::vector<Memory> memories_;
  SoapOptions options_;
};

}  // namespace noesis
