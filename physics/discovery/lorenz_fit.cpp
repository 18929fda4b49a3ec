#include "physics/discovery/lorenz_fit.hpp"

#include <Eigen/Dense>
#include <array>
#include <cmath>

#include "physics/models/lorenz63.hpp"

namespace noesis {
namespace {

using Vector3 = Eigen::Vector3d;

/// Lorenz-63 over one sample by the classical Runge-Kutta method, as its process does.
Vector3 predict(const Subject& structure, const Vector3& parameters, std::span<const double> start,
                std::span<const double> inputs) {
  Lorenz63Parameters p;
  p.sigma = parameters[0];
  p.rho = parameters[1];
  p.beta = parameters[2];
  const Lorenz63<double> model(p);
  const double dt = structure.brain.integrator.dt_ms;
  const auto steps = std::llround(structure.interval * structure.tau_ms / dt);
  const Vector3 input = Eigen::Map<const Vector3>(inputs.data());
  const auto slope = [&](const Vector3& x) {
    Vector3 dxdt;
    model.derivative(x.data(), 0.0, 0.0, 0.0, dxdt.data());
    return Vector3(dxdt + input);
  };
  Vector3 x = Eigen::Map<const Vector3>(start.data());
  for (std::int64_t s = 0; s < steps; ++s) {
    const Vector3 k1 = slope(x);
    const Vector3 k2 = slope(x + dt / 2 * k1);
    const Vector3 k3 = slope(x + dt / 2 * k2);
    const Vector3 k4 = slope(x + dt * k3);
    x += dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return x;
}

}  // namespace

Subject fit_lorenz63(const Subject& structure, const Tape& recording) {
  constexpr int kIterations = 20;
  constexpr double kStep = 1e-5;  // of a central difference
  Vector3 parameters = Vector3::Ones();
  for (int n = 0; n < kIterations; ++n) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Vector3 gradient = Vector3::Zero();
    for (std::int64_t t = 0; t + 1 < recording.num_samples(); ++t) {
      const auto at = [&](const Vector3& p) {
        return predict(structure, p, recording.observation(t), recording.input(t + 1));
      };
      Eigen::Matrix3d jacobian;
      for (int k = 0; k < 3; ++k) {
        const Vector3 step = kStep * Vector3::Unit(k);
        jacobian.col(k) = (at(parameters + step) - at(parameters - step)) / (2 * kStep);
      }
      const Vector3 after = Eigen::Map<const Vector3>(recording.observation(t + 1).data());
      normal += jacobian.transpose() * jacobian;
      gradient += jacobian.transpose() * (after - at(parameters));
    }
    const Vector3 move = normal.ldlt().solve(gradient);
    if (!move.allFinite()) break;
    parameters += move;
    if (move.norm() < 1e-12 * parameters.norm()) break;
  }
  Subject fitted = structure;
  fitted.name += ", fitted";
  Lorenz63Parameters& model = fitted.brain.model.lorenz63;
  model.sigma = parameters[0];
  model.rho = parameters[1];
  model.beta = parameters[2];
  fitted.brain.noise.sigma = 0;
  return fitted;
}

}  // namespace noesis
