#include <algorithm>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "physics/dormand_prince.hpp"
#include "physics/integrator.hpp"
#include "physics/odeint_tiles.hpp"

namespace noesis {

namespace {

template <Real T>
using Stepper = boost::numeric::odeint::runge_kutta_dopri5<State<T>, T, State<T>, EnvTimes,
                                                           TileAlgebra, TileOperations>;

/// Weights of k1, k3, k4, k5, k6, k7 at theta in [0, 1] of a step (Hairer et al., II.6).
std::array<double, 6> dense_weights(double theta) {
  const double t2 = theta * theta;
  const double m = theta - 1;
  const double a = t2 * (3 - 2 * theta);
  const double b = t2 * m;
  const double c = t2 * m * m;
  const double d = theta * m * m;
  return {a * 35 / 384 - c * 5 * (2558722523.0 - 31403016 * theta) / 11282082432.0 + d,
          a * 500 / 1113 + c * 100 * (882725551.0 - 15701508 * theta) / 32700410799.0,
          a * 125 / 192 - c * 25 * (443332067.0 - 31403016 * theta) / 1880347072.0,
          a * -2187 / 6784 + c * 32805 * (23143187.0 - 3489224 * theta) / 199316789632.0,
          a * 11 / 84 - c * 55 * (29972135.0 - 7076736 * theta) / 822651844.0,
          b + c * 10 * (7414447.0 - 829305 * theta) / 29380423.0};
}

/// In the host's memory, by Odeint's tableau.
template <Real T>
class HostDormandPrince final : public DormandPrince<T> {
 public:
  HostDormandPrince(BatchShape shape, const ThreadArena& arena)
      : shape_(shape),
        stepper_(TileAlgebra(&arena)),
        base_(shape),
        next_(shape),
        first_slope_(shape),
        last_slope_(shape),
        error_(shape) {}

  void set_base(const State<T>& x) override { base_ = x; }
  void fetch_base(State<T>& x) const override { x = base_; }
  void fetch_next(State<T>& x) const override { x = next_; }
  void find_slope(System<T>& system) override { system.derivative(base_, first_slope_); }

  void commit(std::span<const std::uint8_t> moves) override {
    const int width = shape_.tile_width;
    for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
      for (int lane = 0; lane < width; ++lane) {
        const std::int64_t env = std::min(tile * width + lane, shape_.num_envs - 1);
        if (moves[static_cast<std::size_t>(env)] == 0) continue;
        const std::int64_t begin = tile * shape_.tile_size();
        for (std::int64_t n = begin + lane; n < begin + shape_.tile_size(); n += width) {
          base_.data()[n] = next_.data()[n];
          first_slope_.data()[n] = last_slope_.data()[n];
        }
      }
    }
  }

  void take(System<T>& system, std::span<const double> h) override {
    EnvTimes step(shape_.num_envs);
    for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
      step[env] = h[static_cast<std::size_t>(env)];
    }
    std::size_t calls = 0;
    const auto watched = [&](const State<T>& x, State<T>& dxdt, const EnvTimes&) {
      system.derivative(x, dxdt);
      if (calls < stage_.size()) stage_[calls] = &dxdt;  // k2 to k6: the stepper's own buffers
      ++calls;
    };
    stepper_.do_step(watched, base_, first_slope_, step, next_, last_slope_, step, error_);
  }

  void find_errors(std::span<const double> h, double atol, double rtol,
                   std::span<const std::uint8_t> skips, std::span<StepError> errors) override {
    for (std::size_t e = 0; e < h.size(); ++e) {
      if (skips[e] == 0) errors[e] = error_of(static_cast<std::int64_t>(e), h[e], atol, rtol);
    }
  }

  void interpolate(std::span<const DensePoint> points, State<T>& x) const override {
    const int width = shape_.tile_width;
    for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
      const DensePoint& point = points[static_cast<std::size_t>(env)];
      const std::int64_t begin = env / width * shape_.tile_size() + env % width;
      for (std::int64_t n = begin; n < begin + shape_.tile_size() - env % width; n += width) {
        double sum = point.weights[0] * static_cast<double>(first_slope_.data()[n]);
        for (std::size_t s = 0; s < 4; ++s) {
          sum += point.weights[s + 1] * static_cast<double>(stage_[s + 1]->data()[n]);
        }
        sum += point.weights[5] * static_cast<double>(last_slope_.data()[n]);
        x.data()[n] =
            point.is_end ? next_.data()[n] : static_cast<T>(base_.data()[n] + point.h * sum);
      }
    }
  }

 private:
  StepError error_of(std::int64_t env, double h, double atol, double rtol) const {
    const int width = shape_.tile_width;
    const std::int64_t begin = env / width * shape_.tile_size() + env % width;
    const std::int64_t end = (env / width + 1) * shape_.tile_size();
    StepError worst;
    for (std::int64_t n = begin; n < end; n += width) {
      const double scale = atol + rtol * (std::abs(double(base_.data()[n])) +
                                          std::abs(h) * std::abs(double(first_slope_.data()[n])));
      const double ratio = std::abs(static_cast<double>(error_.data()[n])) / scale;
      const bool finite = std::isfinite(ratio) && std::isfinite(next_.data()[n]);
      if (!finite || ratio > worst.norm) {
        worst.neuron = (n - begin) / width % shape_.num_neurons;
      }
      worst.norm = finite ? std::max(worst.norm, ratio) : std::numeric_limits<double>::infinity();
      if (!finite) break;
    }
    worst.value = static_cast<double>(base_.at(env, 0, worst.neuron));
    return worst;
  }

  BatchShape shape_;
  Stepper<T> stepper_;
  State<T> base_, next_;
  State<T> first_slope_, last_slope_;  // k1, k7
  State<T> error_;
  std::array<const State<T>*, 5> stage_{};  // k2 to k6
};

}  // namespace

template <Real T>
class Dopri5<T>::Impl {
 public:
  Impl(BatchShape shape, const IntegratorSpec& spec, std::unique_ptr<DormandPrince<T>> arrays)
      : shape_(shape),
        spec_(spec),
        arrays_(std::move(arrays)),
        step_(per_env(spec.dt_ms)),
        time_(per_env(0.0)),
        next_step_(per_env(spec.dt_ms)),
        taken_(per_env<std::uint8_t>(0)),
        clipped_(per_env<std::uint8_t>(0)),
        statistics_(per_env(StepStatistics{})),
        errors_(per_env(StepError{})) {}

  void start(const State<T>& x, double t) {
    arrays_->set_base(x);
    time_ = per_env(t);
    step_ = per_env(spec_.dt_ms);
    next_step_ = per_env(spec_.dt_ms);
    statistics_ = per_env(StepStatistics{});
    restart();
  }

  void resume(const State<T>& x) {
    arrays_->set_base(x);
    restart();
  }

  void advance(System<T>& system, double target, double limit) {
    // A step that was cut at another limit goes on to end there.
    if (limit != limit_) clipped_.assign(clipped_.size(), 0);
    limit_ = limit;
    if (!slope_known_) {
      arrays_->find_slope(system);
      slope_known_ = true;
    }
    while (true) {
      bool any_active = false;
      commit_.assign(taken_.size(), 0);
      for (std::size_t e = 0; e < taken_.size(); ++e) {
        if (taken_[e] && end_time(e) >= target) continue;
        any_active = true;
        if (taken_[e]) {
          commit_[e] = 1;
          time_[e] = end_time(e);
          taken_[e] = 0;
          step_[e] = next_step_[e];
        }
        clip(e);
      }
      if (!any_active) return;
      arrays_->commit(commit_);
      // Environments that are already there repeat their last step, which leaves its slopes for
      // dense output.
      arrays_->take(system, step_);
      arrays_->find_errors(step_, spec_.atol, spec_.rtol, taken_, errors_);
      for (std::size_t e = 0; e < taken_.size(); ++e) {
        if (!taken_[e]) judge(system, e);
      }
    }
  }

  void interpolate(double t, State<T>& x) const {
    std::vector<DensePoint> points(taken_.size());
    for (std::size_t e = 0; e < points.size(); ++e) {
      ensure(taken_[e] && t >= time_[e] && t <= end_time(e), "dense output within the last step");
      points[e] = {step_[e], dense_weights((t - time_[e]) / step_[e]), t == end_time(e)};
    }
    arrays_->interpolate(points, x);
  }

  void stop(State<T>& x) {
    for (std::size_t e = 0; e < taken_.size(); ++e) {
      ensure(taken_[e] && end_time(e) == limit_, "all environments at the limit");
      time_[e] = limit_;
      step_[e] = next_step_[e];
    }
    arrays_->fetch_next(x);
  }

  Snapshot snapshot() const {
    Snapshot s{State<T>(shape_), time_, step_, next_step_, taken_, clipped_, statistics_, limit_};
    arrays_->fetch_base(s.base);
    return s;
  }

  void restore(System<T>& system, const Snapshot& s) {
    ensure(s.base.shape() == shape_ && s.step.size() == taken_.size(), "snapshot of this batch");
    arrays_->set_base(s.base);
    time_ = s.time;
    step_ = s.step;
    next_step_ = s.next_step;
    taken_ = s.taken;
    clipped_ = s.clipped;
    statistics_ = s.statistics;
    limit_ = s.limit;
    arrays_->find_slope(system);
    slope_known_ = true;
    arrays_->take(system, step_);
  }

  const StepStatistics& statistics(std::int64_t env) const {
    return statistics_.at(static_cast<std::size_t>(env));
  }

 private:
  template <class V>
  std::vector<V> per_env(V value) const {
    return std::vector<V>(static_cast<std::size_t>(shape_.num_envs), value);
  }

  void restart() {
    taken_ = per_env<std::uint8_t>(0);
    clipped_ = per_env<std::uint8_t>(0);
    slope_known_ = false;
  }

  double end_time(std::size_t e) const { return clipped_[e] ? limit_ : time_[e] + step_[e]; }

  /// Shortens the next step to end at the limit; stretches it there when a sliver would be left.
  void clip(std::size_t e) {
    double& h = step_[e];
    const double room = limit_ - time_[e];
    clipped_[e] = h * (1 + 1e-9) >= room;
    if (clipped_[e]) {
      next_step_[e] = h;  // remembered: the clipped step says little about the error
      h = room;
    }
  }

  /// Accepts or rejects the step of an environment and chooses the next size.
  void judge(System<T>& system, std::size_t e) {
    const auto env = static_cast<std::int64_t>(e);
    double& h = step_[e];
    const StepError& own = errors_[e];
    const WorstError worst = system.worst_of_all(env, {own.norm, own.neuron, own.value});
    const double error = worst.norm;
    StepStatistics& statistics = statistics_[e];
    if (statistics.accepted + statistics.rejected >= spec_.max_steps) {
      fail(env, worst, "too many steps", "raise integrator.max_steps or loosen the tolerances");
    }
    if (!(error <= 1)) {  // also when it is not a number
      ++statistics.rejected;
      const double factor = std::isfinite(error) ? 0.9 * std::pow(error, -1.0 / 3.0) : 0.0;
      h *= std::max(factor, 0.2);
      if (h < spec_.min_dt_ms) {
        fail(env, worst, "step size underflow",
             "the system blows up or is stiff: check weights and drive, or loosen the tolerances");
      }
      return;
    }
    ++statistics.accepted;
    statistics.min_dt_ms = std::min(statistics.min_dt_ms, h);
    statistics.max_dt_ms = std::max(statistics.max_dt_ms, h);
    taken_[e] = 1;
    double next = h;
    if (error < 0.5) next = h * (0.9 * std::pow(std::max(error, std::pow(5.0, -5.0)), -1.0 / 5.0));
    next_step_[e] = clipped_[e] ? std::max(next, next_step_[e]) : next;
  }

  [[noreturn]] void fail(std::int64_t env, const WorstError& worst, const char* what,
                         const char* next) const {
    const auto e = static_cast<std::size_t>(env);
    double value = worst.value;
    if (std::isnan(value)) {  // arrays elsewhere do not say it
      State<T> base(shape_);
      arrays_->fetch_base(base);
      value = static_cast<double>(base.at(env, 0, worst.neuron));
    }
    throw RunError(
        {.what = std::string("dopri5: ") + what,
         .where = "environment " + std::to_string(env) + ", t = " + std::to_string(time_[e]) +
                  " ms, neuron " + std::to_string(worst.neuron),
         .got = "state " + std::to_string(value) + ", step " + std::to_string(step_[e]) + " ms",
         .allowed = {},
         .next = next});
  }

  BatchShape shape_;
  IntegratorSpec spec_;
  std::unique_ptr<DormandPrince<T>> arrays_;
  std::vector<double> step_;
  std::vector<double> time_;  // at base
  std::vector<double> next_step_;
  std::vector<std::uint8_t> taken_;    // the step base -> next is accepted
  std::vector<std::uint8_t> clipped_;  // it ends at the limit
  std::vector<std::uint8_t> commit_;
  std::vector<StepStatistics> statistics_;
  std::vector<StepError> errors_;
  double limit_ = std::numeric_limits<double>::infinity();
  bool slope_known_ = false;
};

template <Real T>
Dopri5<T>::Dopri5(BatchShape shape, const IntegratorSpec& spec, const ThreadArena& arena)
    : Dopri5(shape, spec, std::make_unique<HostDormandPrince<T>>(shape, arena)) {}
template <Real T>
Dopri5<T>::Dopri5(BatchShape shape, const IntegratorSpec& spec,
                  std::unique_ptr<DormandPrince<T>> arrays)
    : impl_(std::make_unique<Impl>(shape, spec, std::move(arrays))) {}
template <Real T>
Dopri5<T>::~Dopri5() = default;

template <Real T>
void Dopri5<T>::start(const State<T>& x, double t_ms) {
  impl_->start(x, t_ms);
}
template <Real T>
void Dopri5<T>::advance(System<T>& system, double target_ms, double limit_ms) {
  impl_->advance(system, target_ms, limit_ms);
}
template <Real T>
void Dopri5<T>::interpolate(double t_ms, State<T>& x) const {
  impl_->interpolate(t_ms, x);
}
template <Real T>
void Dopri5<T>::stop(State<T>& x) {
  impl_->stop(x);
}
template <Real T>
void Dopri5<T>::resume(const State<T>& x) {
  impl_->resume(x);
}
template <Real T>
StepStatistics Dopri5<T>::statistics(std::int64_t env) const {
  return impl_->statistics(env);
}
template <Real T>
AdaptiveSnapshot<T> Dopri5<T>::snapshot() const {
  return impl_->snapshot();
}
template <Real T>
void Dopri5<T>::restore(System<T>& system, const AdaptiveSnapshot<T>& snapshot) {
  impl_->restore(system, snapshot);
}

template class Dopri5<float>;
template class Dopri5<double>;

}  // namespace noesis
