#include "env/tasks/wilson_cowan_inverse.hpp"

#include <cmath>
#include <limits>

#include "core/math.hpp"

namespace noesis {
namespace {

/// S(z) + shift of either population is c / (1 + exp(-a (z - b))).
double shift(double c, double a, double b, bool on) { return on ? c / (1 + math::exp(a * b)) : 0; }

/// The root of a falling function by secants from 0 and `scale`; NaN where they do not settle.
template <class Excess>
double resting_guess(const Excess& excess, double scale) {
  double before = scale, value_before = excess(before);
  double at = 0, value = excess(at);
  for (int k = 0; k < 30; ++k) {
    if (std::abs(value) < 1e-15) return at;
    const double next = at - value * (at - before) / (value - value_before);
    before = at;
    value_before = value;
    at = next;
    value = excess(at);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

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
  // Bisection, which no parameters defeat. A guess by secants spares the halvings that are clear
  // from afar; only close to it the excess itself decides, so that the result does not depend on
  // it.
  constexpr double kClose = 1e-13;
  const double guess = resting_guess(excess, p.k_i);
  double low = -p.c_i * p.k_i;
  double high = p.c_i * p.k_i;
  for (int k = 0; k < 60; ++k) {
    const double middle = (low + high) / 2;
    const bool is_below = std::abs(middle - guess) > kClose ? middle < guess : excess(middle) > 0;
    (is_below ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace noesis
