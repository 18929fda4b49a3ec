#include "env/tasks/wilson_cowan_inverse.hpp"

#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "core/wide.hpp"

namespace noesis {
namespace {

/// S(z) + shift of either population is c / (1 + exp(-a (z - b))).
__attribute__((always_inline)) inline double shift(double c, double a, double b, bool on) {
  return on ? c / (1 + math::exp(a * b)) : 0;
}

}  // namespace

NOESIS_WIDE InputEstimate summed_input(const WilsonCowanParameters& p, double e, double i,
                                       double s) {
  // s = (k - r e) S(z), and c / (S + shift) - 1 = exp(-a (z - b)).
  const double share = p.k_e - p.r_e * e;
  const double y = (s / share + shift(p.c_e, p.a_e, p.b_e, p.shift_sigmoid)) / p.c_e;
  if (!(y > 0 && y < 1)) return {};
  const double z = p.b_e + math::log(y / (1 - y)) / p.a_e;
  return {.input = z / p.alpha_e + p.theta_e - p.c_ee * e + p.c_ei * i,
          .gain = share * p.c_e * p.a_e * y * (1 - y) * p.alpha_e,
          .valid = true};
}

NOESIS_WIDE void resting_inhibition(const WilsonCowanParameters& p, std::span<const double> e,
                                    std::span<double> i) {
  const double floor = shift(p.c_i, p.a_i, p.b_i, p.shift_sigmoid);
  // Bisection, which no parameters defeat, of so many at once that nobody waits for a sigmoid.
  constexpr std::size_t kLanes = 16;
  for (std::size_t begin = 0; begin < e.size(); begin += kLanes) {
    const std::size_t count = std::min(kLanes, e.size() - begin);
    double rate[kLanes] = {}, low[kLanes], high[kLanes];
    for (std::size_t l = 0; l < count; ++l) rate[l] = e[begin + l];
    for (std::size_t l = 0; l < kLanes; ++l) {
      low[l] = -p.c_i * p.k_i;
      high[l] = p.c_i * p.k_i;
    }
    for (int k = 0; k < 60; ++k) {
      for (std::size_t l = 0; l < kLanes; ++l) {
        const double at = (low[l] + high[l]) / 2;
        const double z = p.alpha_i * (p.c_ie * rate[l] - p.c_ii * at + p.q - p.theta_i);
        const double s = p.c_i * math::sigmoid(p.a_i * (z - p.b_i)) - floor;
        const bool is_below = (p.k_i - p.r_i * at) * s - at > 0;
        low[l] = is_below ? at : low[l];
        high[l] = is_below ? high[l] : at;
      }
    }
    for (std::size_t l = 0; l < count; ++l) i[begin + l] = (low[l] + high[l]) / 2;
  }
}

}  // namespace noesis
