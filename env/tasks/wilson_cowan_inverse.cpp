#include "env/tasks/wilson_cowan_inverse.hpp"

#include <cmath>

#include "core/math.hpp"

namespace noesis {
namespace {

/// S(z) + shift of either population is c / (1 + exp(-a (z - b))).
double shift(double c, double a, double b, bool on) { return on ? c / (1 + math::exp(a * b)) : 0; }

}  // namespace

InputEstimate summed_input(const WilsonCowanParameters& p, double e, double i, double s) {
  // s = (k - r e) S(z), and c / (S + shift) - 1 = exp(-a (z - b)).
  const double share = p.k_e - p.r_e * e;
  const double y = (s / share + shift(p.c_e, p.a_e, p.b_e, p.shift_sigmoid)) / p.c_e;
  if (!(y > 0 && y < 1)) return {};
  const double z = p.b_e + math::log(y / (1 - y)) / p.a_e;
  return {.input = z / p.alpha_e + p.theta_e - p.c_ee * e + p.c_ei * i,
          .gain = share * p.c_e * p.a_e * y * (1 - y) * p.alpha_e,
          .valid = true};
}

double resting_inhibition(const WilsonCowanParameters& p, double e) {
  const double floor = shift(p.c_i, p.a_i, p.b_i, p.shift_sigmoid);
  const auto excess = [&](double i) {
    const double z = p.alpha_i * (p.c_ie * e - p.c_ii * i + p.q - p.theta_i);
    return (p.k_i - p.r_i * i) * (p.c_i * math::sigmoid(p.a_i * (z - p.b_i)) - floor) - i;
  };
  double low = -p.c_i * p.k_i;
  double high = p.c_i * p.k_i;
  for (int k = 0; k < 60; ++k) {
    const double middle = (low + high) / 2;
    (excess(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace noesis
