#include "physics/vitals/lyapunov.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/vitals/tangent_flow.hpp"

namespace noesis {
namespace {

constexpr double kChaosThreshold = 0.003;  // [1/tau]
constexpr int kMinBlocks = 10;

/// A run cut into steps: transient, then num_blocks blocks of intervals of steps.
struct Schedule {
  std::int64_t transient_steps;
  std::int64_t steps_per_interval;
  std::int64_t intervals_per_block;
  int num_blocks;
  double interval;  ///< [time]

  double block_time() const { return static_cast<double>(intervals_per_block) * interval; }
};

Schedule make_schedule(double dt, double transient, double duration, double interval,
                       int num_blocks) {
  constexpr double kMaxSteps = 1e15;
  require(dt > 0.0 && std::isfinite(dt), "step is not a positive number", "dt", dt, "> 0");
  require(transient >= 0.0 && transient / dt < kMaxSteps, "transient out of range", "transient",
          transient, ">= 0");
  require(interval >= dt && interval / dt < kMaxSteps, "interval out of range",
          "renormalise_interval", interval, ">= dt");
  require(num_blocks >= kMinBlocks, "too few blocks for a standard error", "num_blocks", num_blocks,
          ">= 10");
  Schedule schedule{};
  schedule.transient_steps = std::llround(transient / dt);
  schedule.steps_per_interval = std::llround(interval / dt);
  schedule.interval = static_cast<double>(schedule.steps_per_interval) * dt;
  schedule.num_blocks = num_blocks;
  require(duration > 0.0 && duration / dt < kMaxSteps, "duration out of range", "duration",
          duration, "> 0");
  schedule.intervals_per_block = std::llround(duration / schedule.interval) / num_blocks;
  require(schedule.intervals_per_block >= 1, "duration is too short", "duration", duration,
          ">= num_blocks * renormalise_interval");
  return schedule;
}

LyapunovEstimate mean_and_error(std::span<const double> blocks) {
  const double n = static_cast<double>(blocks.size());
  const double mean = std::accumulate(blocks.begin(), blocks.end(), 0.0) / n;
  double squares = 0.0;
  for (const double block : blocks) squares += (block - mean) * (block - mean);
  return {mean, std::sqrt(squares / (n - 1.0) / n)};
}

/// Orthonormal tangent vectors, in the tile layout that a System takes. Adds ln R_ii of each
/// renormalisation to `log_growth`.
class TangentFrame {
 public:
  TangentFrame(const TangentFlow& flow, int num_vectors, std::uint64_t seed)
      : vectors_(flow.tangent_shape(num_vectors)),
        dense_(flow.dimension(), num_vectors),
        qr_(flow.dimension(), num_vectors) {
    for (int j = 0; j < num_vectors; ++j) {
      RandomSequence normals(seed, Stream::kInitialState, static_cast<std::uint32_t>(j));
      for (Eigen::Index i = 0; i < dense_.rows(); ++i) dense_(i, j) = normals.normal();
    }
    scatter();
    std::vector<double> ignored(static_cast<std::size_t>(num_vectors));
    renormalise(0.0, ignored);
  }

  State<double>& vectors() { return vectors_; }

  /// Householder QR: orthogonal to rounding however nearly parallel the vectors have become.
  void renormalise(double time, std::span<double> log_growth) {
    gather();
    qr_.compute(dense_);
    for (Eigen::Index j = 0; j < dense_.cols(); ++j) {
      const double growth = std::abs(qr_.matrixQR()(j, j));
      // Below the normal numbers the digits are gone, and repeated decay gets stuck above zero.
      if (!(growth >= std::numeric_limits<double>::min()) || !std::isfinite(growth)) {
        throw RunError({"tangent vectors collapsed or overflowed",
                        "time " + std::to_string(time) + ", vector " + std::to_string(j),
                        std::to_string(growth), "", "take a smaller renormalise_interval"});
      }
      log_growth[static_cast<std::size_t>(j)] += std::log(growth);
    }
    dense_ = qr_.householderQ() * Eigen::MatrixXd::Identity(dense_.rows(), dense_.cols());
    scatter();
  }

 private:
  /// Calls copy(value in the tile layout, element of the dense matrix) for every element.
  template <class Copy>
  void for_each(const Copy& copy) {
    const BatchShape& shape = vectors_.shape();
    const std::int64_t width = shape.tile_width;
    for (Eigen::Index j = 0; j < dense_.cols(); ++j) {
      double* lane = vectors_.data() + j / width * shape.tile_size() + j % width;
      for (Eigen::Index i = 0; i < dense_.rows(); ++i) copy(lane[i * width], dense_(i, j));
    }
  }
  void gather() {
    for_each([](double& tiled, double& dense) { dense = tiled; });
  }
  void scatter() {
    for_each([](double& tiled, double& dense) { tiled = dense; });
  }

  State<double> vectors_;
  Eigen::MatrixXd dense_;  ///< (dimension x num_vectors)
  Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
};

double distance(const State<double>& a, const State<double>& b) {
  double squares = 0.0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double d = a.data()[i] - b.data()[i];
    squares += d * d;
  }
  return std::sqrt(squares);
}

/// Moves `b` along the line to `a` until their distance is `target`.
void rescale(const State<double>& a, State<double>& b, double target) {
  const double factor = target / distance(a, b);
  for (std::int64_t i = 0; i < a.size(); ++i) {
    b.data()[i] = a.data()[i] + (b.data()[i] - a.data()[i]) * factor;
  }
}

}  // namespace

LyapunovResult lyapunov_spectrum(System<double>& system, State<double> x,
                                 const LyapunovOptions& options) {
  const Schedule schedule = make_schedule(options.dt, options.transient, options.duration,
                                          options.renormalise_interval, options.num_blocks);
  TangentFlow flow(system, std::move(x), options.dt);
  require(options.num_exponents >= 1 && options.num_exponents <= flow.dimension(),
          "number of exponents out of range", "num_exponents", options.num_exponents,
          "1 .. dimension of the state");
  const auto num_exponents = static_cast<std::size_t>(options.num_exponents);

  TangentFrame frame(flow, options.num_exponents, options.seed);
  const auto run_interval = [&](std::span<double> log_growth) {
    for (std::int64_t step = 0; step < schedule.steps_per_interval; ++step)
      flow.step(frame.vectors());
    frame.renormalise(flow.time(), log_growth);
  };

  const std::int64_t alignment = schedule.transient_steps / 4 / schedule.steps_per_interval;
  const std::int64_t alone = schedule.transient_steps - alignment * schedule.steps_per_interval;
  for (std::int64_t step = 0; step < alone; ++step) flow.step();
  std::vector<double> ignored(num_exponents);
  for (std::int64_t i = 0; i < alignment; ++i) run_interval(ignored);

  LyapunovResult result;
  const auto num_blocks = static_cast<std::size_t>(schedule.num_blocks);
  std::vector<std::vector<double>> blocks(num_exponents, std::vector<double>(num_blocks));
  double sum_of_first = 0.0;
  for (std::size_t block = 0; block < num_blocks; ++block) {
    std::vector<double> log_growth(num_exponents);
    for (std::int64_t i = 0; i < schedule.intervals_per_block; ++i) run_interval(log_growth);
    for (std::size_t j = 0; j < num_exponents; ++j) {
      blocks[j][block] = log_growth[j] / schedule.block_time();
    }
    sum_of_first += blocks[0][block];
    result.running.push_back(sum_of_first / static_cast<double>(block + 1));
  }

  std::vector<LyapunovEstimate> estimates;
  for (const auto& values : blocks) estimates.push_back(mean_and_error(values));
  // Nearly equal exponents may come out of a finite run in the wrong order.
  std::ranges::stable_sort(estimates, std::ranges::greater{}, &LyapunovEstimate::exponent);
  for (const LyapunovEstimate& estimate : estimates) {
    result.exponents.push_back(estimate.exponent);
    result.standard_errors.push_back(estimate.standard_error);
    result.sum += estimate.exponent;
  }
  result.duration = static_cast<double>(num_blocks) * schedule.block_time();
  result.kaplan_yorke = kaplan_yorke_dimension(result.exponents, flow.dimension());
  return result;
}

LyapunovEstimate lyapunov_benettin(System<double>& system, State<double> x,
                                   const BenettinOptions& options) {
  const Schedule schedule = make_schedule(options.dt, options.transient, options.duration,
                                          options.check_interval, options.num_blocks);
  const double d0 = options.initial_distance;
  require(d0 > 0.0 && std::isfinite(d0), "distance is not a positive number", "initial_distance",
          d0, "> 0");
  TangentFlow first(system, std::move(x), options.dt);
  for (std::int64_t step = 0; step < schedule.transient_steps; ++step) first.step();

  TangentFlow second(system, first.x(), options.dt);
  RandomSequence normals(options.seed, Stream::kInitialState);
  for (std::int64_t i = 0; i < second.dimension(); ++i) second.x().data()[i] += normals.normal();
  rescale(first.x(), second.x(), d0);

  std::vector<double> blocks;
  double reference = distance(first.x(), second.x());  // d0 but for rounding
  for (int block = 0; block < schedule.num_blocks; ++block) {
    double log_growth = 0.0;
    for (std::int64_t i = 0; i < schedule.intervals_per_block; ++i) {
      for (std::int64_t step = 0; step < schedule.steps_per_interval; ++step) {
        first.step();
        second.step();
      }
      const double d = distance(first.x(), second.x());
      if (!(d > 0.0)) {
        throw RunError({"the two trajectories met", "time " + std::to_string(first.time()), "", "",
                        "take a smaller check_interval or a larger initial_distance"});
      }
      log_growth += std::log(d / reference);
      reference = d;
      if (d > 1e3 * d0 || d < 1e-3 * d0) {
        rescale(first.x(), second.x(), d0);
        reference = distance(first.x(), second.x());
      }
    }
    blocks.push_back(log_growth / schedule.block_time());
  }
  return mean_and_error(blocks);
}

std::optional<double> kaplan_yorke_dimension(std::span<const double> exponents,
                                             std::int64_t dimension) {
  double sum = 0.0;
  for (std::size_t j = 0; j < exponents.size(); ++j) {
    if (sum + exponents[j] < 0.0) return static_cast<double>(j) + sum / -exponents[j];
    sum += exponents[j];
  }
  if (static_cast<std::int64_t>(exponents.size()) < dimension) return std::nullopt;
  return static_cast<double>(dimension);
}

std::string name_of(DynamicsClass dynamics) {
  switch (dynamics) {
    case DynamicsClass::kFixed:
      return "fixed";
    case DynamicsClass::kPeriodic:
      return "periodic";
    case DynamicsClass::kChaotic:
      return "chaotic";
    case DynamicsClass::kUndecided:
      return "undecided";
  }
  throw InternalError("a class of dynamics that there is not");
}

DynamicsClass classify_dynamics(const LyapunovEstimate& largest, double tau) {
  require(tau > 0.0 && std::isfinite(tau), "time constant is not a positive number", "tau", tau,
          "> 0");
  const double threshold = kChaosThreshold / tau;
  if (largest.exponent - 3.0 * largest.standard_error > threshold) return DynamicsClass::kChaotic;
  if (std::abs(largest.exponent) <= threshold) return DynamicsClass::kPeriodic;
  if (largest.exponent + 3.0 * largest.standard_error < -threshold) return DynamicsClass::kFixed;
  return DynamicsClass::kUndecided;
}

}  // namespace noesis
