#pragma once
/// Lyapunov exponents: the mean rates at which nearby trajectories part. The largest one tells
/// chaos from rest, the whole spectrum bounds the dimension of the attractor.
///
/// lambda_i = lim 1/T sum_k ln R_ii(k), where Q R is the QR decomposition of tangent vectors
/// carried by u' = J(x(t)) u from one renormalisation to the next (Benettin et al., Meccanica 15,
/// 1980; Shimada and Nagashima, Prog. Theor. Phys. 61, 1979). Everything here is in double, in one
/// thread and one order of summation, so equal inputs give equal bits.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "physics/state.hpp"
#include "physics/system.hpp"

namespace noesis {

/// Times are in the system's unit. Intervals are rounded to whole steps, and the duration to whole
/// blocks of whole renormalisation intervals.
struct LyapunovOptions {
  double dt = 0.01;                   ///< step of the integrator, > 0
  double transient = 100.0;           ///< time dropped before the measurement, >= 0
  double duration = 1000.0;           ///< time measured, >= num_blocks intervals
  double renormalise_interval = 0.5;  ///< time between two QR decompositions, >= dt
  int num_exponents = 1;              ///< 1 .. dimension of the state
  int num_blocks = 10;                ///< blocks for the standard error, >= 10
  std::uint64_t seed = 0;             ///< of the first tangent vectors
};

struct LyapunovResult {
  std::vector<double> exponents;        ///< (num_exponents), largest first [1/time]
  std::vector<double> standard_errors;  ///< (num_exponents), over the blocks [1/time]
  std::vector<double>
      running;            ///< (num_blocks) largest exponent from the start to each block's end
  double sum = 0.0;       ///< of the exponents [1/time]
  double duration = 0.0;  ///< time that was measured
  /// Kaplan-Yorke dimension; empty where more exponents are needed to know it.
  std::optional<double> kaplan_yorke;
};

/// The largest `num_exponents` exponents on the attractor that `x` falls onto: the state runs alone
/// for three quarters of the transient, then tangent vectors join to align themselves. Borrows the
/// system. @throws ConfigError for options out of range, RunError with the time when the state is
/// not finite or the tangent vectors collapse between two renormalisations.
LyapunovResult lyapunov_spectrum(System<double>& system, State<double> x,
                                 const LyapunovOptions& options);

struct BenettinOptions {
  double dt = 0.01;             ///< step of the integrator, > 0
  double transient = 100.0;     ///< time dropped before the measurement, >= 0
  double duration = 1000.0;     ///< time measured
  double check_interval = 1.0;  ///< time between two looks at the distance, >= dt
  double initial_distance =
      1e-9;                ///< d0; the pair is rescaled to d0 above 1e3 d0 and below 1e-3 d0
  int num_blocks = 10;     ///< blocks for the standard error, >= 10
  std::uint64_t seed = 0;  ///< of the direction of the first separation
};

struct LyapunovEstimate {
  double exponent = 0.0;        ///< [1/time]
  double standard_error = 0.0;  ///< [1/time]
};

/// The largest exponent from two trajectories and no Jacobian: a check of the tangent code.
/// @throws as lyapunov_spectrum does.
LyapunovEstimate lyapunov_benettin(System<double>& system, State<double> x,
                                   const BenettinOptions& options);

/// Kaplan-Yorke dimension j + sum_{i <= j} lambda_i / |lambda_{j+1}|, with j the largest number of
/// leading exponents whose sum is not negative. `exponents` are sorted, largest first; `dimension`
/// is that of the state. Empty where the sum of all given exponents is not negative and some are
/// missing.
std::optional<double> kaplan_yorke_dimension(std::span<const double> exponents,
                                             std::int64_t dimension);

enum class DynamicsClass {
  kFixed,      ///< lambda + 3 SE < -0.003 / tau
  kPeriodic,   ///< |lambda| <= 0.003 / tau: limit cycle or torus
  kChaotic,    ///< lambda - 3 SE > 0.003 / tau
  kUndecided,  ///< outside the periodic band by less than 3 SE: measure longer
};

/// "fixed", "periodic", "chaotic" or "undecided".
std::string name_of(DynamicsClass dynamics);

/// Class of the dynamics from the largest exponent; `tau` > 0 is the system's time constant, in the
/// unit of time of the estimate.
DynamicsClass classify_dynamics(const LyapunovEstimate& largest, double tau);

}  // namespace noesis
