#include "physics/vitals/tangent_flow.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr double kStageWeight[4] = {1.0, 2.0, 2.0, 1.0};
constexpr double kStageOffset[4] = {0.0, 0.5, 0.5, 1.0};  // in steps, from the start of the step

/// point = start + h slope
void offset(const State<double>& start, const State<double>& slope, double h,
            State<double>& point) {
  for (std::int64_t i = 0; i < start.size(); ++i) {
    point.data()[i] = start.data()[i] + h * slope.data()[i];
  }
}

/// sum (+)= weight slope; the first stage assigns.
void accumulate(const State<double>& slope, int stage, State<double>& sum) {
  const double weight = kStageWeight[stage];
  for (std::int64_t i = 0; i < sum.size(); ++i) {
    const double term = weight * slope.data()[i];
    sum.data()[i] = stage == 0 ? term : sum.data()[i] + term;
  }
}

}  // namespace

TangentFlow::TangentFlow(System<double>& system, State<double> x, double dt)
    : system_(system), x_(std::move(x)), dt_(dt) {
  if (!(dt > 0.0) || !std::isfinite(dt)) {
    throw ConfigError({"step is not a positive number", "dt", std::to_string(dt), "> 0", ""});
  }
  const BatchShape shape = system.shape();
  if (shape.num_envs != 1 || shape.tile_width != 1) {
    throw ConfigError({"tangent vectors need a system of one environment", "num_envs",
                       std::to_string(shape.num_envs), "1", ""});
  }
  if (x_.shape() != shape) {
    throw ConfigError({"state does not have the system's shape", "state",
                       std::to_string(x_.size()) + " values",
                       std::to_string(shape.tile_size()) + " values", ""});
  }
  state_stages_ = {State<double>(shape), State<double>(shape), State<double>(shape)};
}

BatchShape TangentFlow::tangent_shape(std::int64_t num_vectors) const noexcept {
  const BatchShape& shape = x_.shape();
  return {num_vectors, shape.num_components, shape.num_neurons,
          num_vectors == 1 ? 1 : kTileWidth<double>};
}

void TangentFlow::step() { advance(nullptr); }

void TangentFlow::step(State<double>& u) {
  ensure(u.shape() == tangent_shape(u.shape().num_envs), "tangent vectors of another shape");
  if (tangent_stages_.slope.shape() != u.shape()) {
    tangent_stages_ = {State<double>(u.shape()), State<double>(u.shape()),
                       State<double>(u.shape())};
  }
  advance(&u);
}

void TangentFlow::advance(State<double>* u) {
  Stages& s = state_stages_;
  Stages& t = tangent_stages_;
  for (int stage = 0; stage < 4; ++stage) {
    const double h = kStageOffset[stage] * dt_;
    if (stage > 0) {
      offset(x_, s.slope, h, s.point);
      if (u != nullptr) offset(*u, t.slope, h, t.point);
    }
    const State<double>& x = stage == 0 ? x_ : s.point;
    if (u != nullptr) {
      system_.tangent(x, stage == 0 ? *u : t.point, t.slope);
      accumulate(t.slope, stage, t.sum);
    }
    system_.derivative(x, s.slope);
    accumulate(s.slope, stage, s.sum);
  }
  offset(x_, s.sum, dt_ / 6.0, x_);
  if (u != nullptr) offset(*u, t.sum, dt_ / 6.0, *u);
  ++num_steps_;
  check_finite();
}

void TangentFlow::check_finite() const {
  for (std::int64_t i = 0; i < x_.size(); ++i) {
    if (std::isfinite(x_.data()[i])) continue;
    const std::int64_t neurons = x_.shape().num_neurons;
    throw RunError({"state is not finite",
                    "time " + std::to_string(time()) + ", component " +
                        std::to_string(i / neurons) + ", neuron " + std::to_string(i % neurons),
                    std::to_string(x_.data()[i]), "", "take a smaller dt or bounded dynamics"});
  }
}

}  // namespace noesis
