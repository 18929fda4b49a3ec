#pragma once
/// Textbook flows as System<double>, for tests of the vitals: one component, one neuron a
/// coordinate.

#include <array>
#include <cstdint>

#include "physics/system.hpp"

namespace noesis::test {

/// Common part of a flow in D dimensions; a subclass gives f and the Jacobian, row by row.
template <int D>
class Flow : public System<double> {
 public:
  using Vector = std::array<double, D>;
  using Matrix = std::array<Vector, D>;

  BatchShape shape() const override { return {1, 1, D, 1}; }

  void derivative(const State<double>& x, State<double>& dxdt) override {
    const Vector f = rhs(load(x));
    for (int i = 0; i < D; ++i) dxdt.data()[i] = f[i];
  }

  void tangent(const State<double>& x, const State<double>& u, State<double>& dudt) override {
    const Matrix j = jacobian(load(x));
    const int width = u.shape().tile_width;
    for (std::int64_t tile = 0; tile < u.shape().num_tiles(); ++tile) {
      const double* in = u.plane(tile, 0);
      double* out = dudt.plane(tile, 0);
      for (int row = 0; row < D; ++row) {
        for (int lane = 0; lane < width; ++lane) {
          double sum = 0.0;
          for (int col = 0; col < D; ++col) sum += j[row][col] * in[col * width + lane];
          out[row * width + lane] = sum;
        }
      }
    }
  }

  static State<double> at(const Vector& values) {
    State<double> x({1, 1, D, 1});
    for (int i = 0; i < D; ++i) x.data()[i] = values[i];
    return x;
  }

 private:
  virtual Vector rhs(const Vector& x) const = 0;
  virtual Matrix jacobian(const Vector& x) const = 0;

  static Vector load(const State<double>& x) {
    Vector v{};
    for (int i = 0; i < D; ++i) v[i] = x.data()[i];
    return v;
  }
};

/// Lorenz, J. Atmos. Sci. 20, 1963.
class Lorenz final : public Flow<3> {
 public:
  explicit Lorenz(double rho = 28.0) : rho_(rho) {}

 private:
  static constexpr double kSigma = 10.0;
  static constexpr double kBeta = 8.0 / 3.0;
  Vector rhs(const Vector& x) const override {
    return {kSigma * (x[1] - x[0]), x[0] * (rho_ - x[2]) - x[1], x[0] * x[1] - kBeta * x[2]};
  }
  Matrix jacobian(const Vector& x) const override {
    return {{{-kSigma, kSigma, 0.0}, {rho_ - x[2], -1.0, -x[0]}, {x[1], x[0], -kBeta}}};
  }
  double rho_;
};

/// Roessler, Phys. Lett. A 57, 1976, with a = b = 0.2 and c = 5.7 (chaos) or 2.5 (limit cycle).
class Rossler final : public Flow<3> {
 public:
  explicit Rossler(double c = 5.7) : c_(c) {}

 private:
  Vector rhs(const Vector& x) const override {
    return {-x[1] - x[2], x[0] + 0.2 * x[1], 0.2 + x[2] * (x[0] - c_)};
  }
  Matrix jacobian(const Vector& x) const override {
    return {{{0.0, -1.0, -1.0}, {1.0, 0.2, 0.0}, {x[2], 0.0, x[0] - c_}}};
  }
  double c_;
};

/// x' = rate x.
class Linear final : public Flow<1> {
 public:
  explicit Linear(double rate) : rate_(rate) {}

 private:
  Vector rhs(const Vector& x) const override { return {rate_ * x[0]}; }
  Matrix jacobian(const Vector&) const override { return {{{rate_}}}; }
  double rate_;
};

/// x' = x (1 - x).
class Logistic final : public Flow<1> {
 private:
  Vector rhs(const Vector& x) const override { return {x[0] * (1.0 - x[0])}; }
  Matrix jacobian(const Vector& x) const override { return {{{1.0 - 2.0 * x[0]}}}; }
};

}  // namespace noesis::test
