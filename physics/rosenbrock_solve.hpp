#pragma once
/// The linear system of one neuron in a Rosenbrock step, on the host and on devices.

#include "core/math.hpp"

namespace noesis {

/// gamma of ROS2 (rosenbrock_stepper.hpp): 1 + 1 / sqrt(2).
inline constexpr double kRosenbrockGamma = 1 + 0.70710678118654752440;

/// Solves (1 - h J) k = r for one neuron in place, by Gauss elimination with pivots: J is C x C
/// with J[row * C + column].
template <int kSize, Real T>
NOESIS_HOST_DEVICE void solve_neuron(T h, const T* jacobian, T* r) {
  T m[kSize][kSize];
  for (int row = 0; row < kSize; ++row) {
    for (int column = 0; column < kSize; ++column) {
      m[row][column] = (row == column ? T(1) : T(0)) - h * jacobian[row * kSize + column];
    }
  }
  const auto size_of = [](T value) { return value < T(0) ? -value : value; };
  for (int k = 0; k < kSize; ++k) {
    int pivot = k;
    T largest = size_of(m[k][k]);
    for (int row = k + 1; row < kSize; ++row) {
      const T size = size_of(m[row][k]);
      pivot = size > largest ? row : pivot;
      largest = size > largest ? size : largest;
    }
    // No index is known at run time only, so that a device keeps all in registers.
    for (int row = k + 1; row < kSize; ++row) {
      const bool swaps = row == pivot;
      for (int column = 0; column < kSize; ++column) {
        const T upper = m[k][column], lower = m[row][column];
        m[k][column] = swaps ? lower : upper;
        m[row][column] = swaps ? upper : lower;
      }
      const T upper = r[k], lower = r[row];
      r[k] = swaps ? lower : upper;
      r[row] = swaps ? upper : lower;
    }
    for (int row = k + 1; row < kSize; ++row) {
      const T factor = m[row][k] / m[k][k];
      for (int column = k; column < kSize; ++column) m[row][column] -= factor * m[k][column];
      r[row] -= factor * r[k];
    }
  }
  for (int k = kSize - 1; k >= 0; --k) {
    for (int column = k + 1; column < kSize; ++column) r[k] -= m[k][column] * r[column];
    r[k] /= m[k][k];
  }
}

}  // namespace noesis
