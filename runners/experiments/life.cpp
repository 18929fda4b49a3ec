#include "runners/experiments/life.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/rng.hpp"
#include "runners/experiments/life_sleep.hpp"
#include "runners/experiments/lifelong_brain.hpp"
#include "runners/experiments/summary.hpp"
#include "runners/experiments/task_stream.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kNumWindows = 100;
constexpr std::int64_t kTestedTasks = 20;
constexpr std::int64_t kRecentTasks = 10;
constexpr double kRecalledLoss = 0.5;
constexpr double kDeadDeviation = 0.01;

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Deviation of each unit over a window (Welford, Technometrics 4:419, 1962).
class Deviations {
 public:
  void observe(const std::vector<double>& values) {
    mean_.resize(values.size());
    squares_.resize(values.size());
    ++count_;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double off = values[i] - mean_[i];
      mean_[i] += off / count_;
      squares_[i] += off * (values[i] - mean_[i]);
    }
  }
  double part_below(double deviation) const {
    const auto dead = std::ranges::count_if(
        squares_, [&](double s) { return std::sqrt(s / count_) < deviation; });
    return static_cast<double>(dead) / static_cast<double>(squares_.size());
  }

 private:
  double count_ = 0;
  std::vector<double> mean_, squares_;
};

/// Slope of a line through values at equal distances over a length of 1.
double slope(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  double xy = 0, xx = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double x = (static_cast<double>(k) + 0.5) / n - 0.5;
    xy += x * values[k];
    xx += x * x;
  }
  return values.size() < 2 ? 0 : xy / xx;
}

class Living {
 public:
  Living(const LifeSpec& spec, std::uint64_t seed, std::int64_t first_step,
         const BackendFactory<double>& make_backend)
      : spec_(spec),
        seed_(seed),
        first_step_(first_step),
        tape_(spec, seed),
        brain_(spec, seed, arena_, make_backend),
        memory_(spec.sleep.memory, seed),
        trigger_(spec.sleep) {}

  std::optional<Life> run(const std::function<void(double)>& progress) {
    const std::int64_t steps = spec_.life_steps - first_step_;
    const std::int64_t window = std::max<std::int64_t>(steps / kNumWindows, 1);
    for (std::int64_t n = 1; n <= steps; ++n) {
      const std::int64_t step = first_step_ + n - 1;
      try {
        if (!blown_up_) live_step(step);
        if (!blown_up_ && (step + 1) % spec_.task_steps == 0) finish_task(tape_.task_of(step));
      } catch (const RunError&) {  // the state is not finite
        blown_up_ = true;
      }
      losses_.resize(static_cast<std::size_t>(n), kMostLoss);
      if (n % window != 0) continue;
      close_window(step);
      if (interrupt_requested()) return std::nullopt;
      progress(static_cast<double>(n) / static_cast<double>(steps));
    }
    return conclude();
  }

 private:
  void live_step(std::int64_t step) {
    const Sample sample = tape_.at(step);
    losses_.push_back(std::min(brain_.learn(sample), kMostLoss));
    const std::vector<double> rates = brain_.rates();
    deviations_.observe(rates);
    load_.observe(losses_.back(), rates);
    if (spec_.sleep.trigger == "never") return;
    memory_.store(sample);
    if (!trigger_.sleeps(load_.value())) return;
    const std::int64_t task = tape_.task_of(step);
    const double before = test(task);
    sleep(brain_, memory_, seed_, life_.num_sleeps++);
    if (before > 0) sleep_changes_.push_back(test(task) / before - 1);
  }

  /// Mean loss over the patterns of a task.
  double test(std::int64_t task) {
    std::vector<Sample> samples;
    for (std::int64_t k = 0; k < spec_.patterns_per_task; ++k) {
      samples.push_back(tape_.pattern(task, k));
    }
    return mean(brain_.test(samples));
  }

  void finish_task(std::int64_t task) {
    tasks_.push_back(task);
    best_.push_back(performance(test(task)));
  }

  static double performance(double loss) { return std::max(0.0, 1 - loss); }

  void close_window(std::int64_t step) {
    LifeCurves& curves = life_.curves;
    curves.step.push_back(static_cast<double>(step + 1));
    curves.loss.push_back(mean(std::span(losses_).subspan(window_begin_)));
    window_begin_ = losses_.size();
    curves.sleeps.push_back(static_cast<double>(life_.num_sleeps));
    if (blown_up_) {
      constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
      curves.norm.push_back(kNone);
      curves.rank.push_back(kNone);
      curves.dead.push_back(1);
      curves.capacity.push_back(0);
      return;
    }
    curves.norm.push_back(brain_.weight_norm());
    curves.rank.push_back(brain_.effective_rank());
    curves.dead.push_back(deviations_.part_below(kDeadDeviation));
    deviations_ = {};
    std::int64_t recalled = 0;
    const auto first = std::max<std::int64_t>(std::ssize(tasks_) - kTestedTasks, 0);
    for (auto k = static_cast<std::size_t>(first); k < tasks_.size(); ++k) {
      const double loss = test(tasks_[k]);
      best_[k] = std::max(best_[k], performance(loss));
      recalled += loss < kRecalledLoss ? 1 : 0;
    }
    curves.capacity.push_back(static_cast<double>(recalled));
  }

  Life conclude() {
    const auto tenth = std::max<std::size_t>(losses_.size() / 10, 1);
    life_.first_loss = mean(std::span(losses_).first(tenth));
    life_.last_loss = mean(std::span(losses_).last(tenth));
    std::vector<double> logarithms;
    for (std::size_t k = life_.curves.norm.size() / 2; k < life_.curves.norm.size(); ++k) {
      const double norm = life_.curves.norm[k];
      if (std::isfinite(norm)) logarithms.push_back(std::log(std::max(norm, 1e-12)));
    }
    life_.norm_slope = 2 * slope(logarithms);
    std::vector<double> lost;
    for (std::size_t k = 0; k + 1 < tasks_.size(); ++k) {
      lost.push_back(best_[k] - (blown_up_ ? 0 : performance(test(tasks_[k]))));
    }
    if (!lost.empty()) {
      life_.forgetting = mean(lost);
      life_.recent_forgetting =
          mean(std::span(lost).last(std::min<std::size_t>(lost.size(), kRecentTasks)));
    }
    if (!sleep_changes_.empty()) life_.sleep_loss_change = mean(sleep_changes_);
    const auto deadly =
        std::ranges::find_if(life_.curves.loss, [](double loss) { return loss >= kDeadlyLoss; });
    if (deadly != life_.curves.loss.end()) {
      const auto window = static_cast<std::size_t>(deadly - life_.curves.loss.begin());
      life_.died_at = static_cast<std::int64_t>(life_.curves.step[window]);
    }
    return std::move(life_);
  }

  const ThreadArena arena_{1};
  LifeSpec spec_;
  std::uint64_t seed_;
  std::int64_t first_step_;
  TaskStream tape_;
  LifelongBrain brain_;
  EpisodicMemory memory_;
  SleepTrigger trigger_;
  CognitiveLoad load_;
  Deviations deviations_;
  Life life_;
  std::vector<double> losses_, sleep_changes_;
  bool blown_up_ = false;
  std::size_t window_begin_ = 0;
  std::vector<std::int64_t> tasks_;  // that are over
  std::vector<double> best_;         // performance in each
};

}  // namespace

std::optional<Life> live(const LifeSpec& spec, std::uint64_t seed, std::int64_t first_step,
                         const std::function<void(double)>& progress,
                         const BackendFactory<double>& make_backend) {
  return Living(spec, seed, first_step, make_backend).run(progress);
}

nlohmann::ordered_json to_json(const LifeCurves& curves) {
  const auto to_list = [](const std::vector<double>& values) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const double value : values) list.push_back(rounded(value));
    return list;
  };
  return {{"step", curves.step},          {"loss", to_list(curves.loss)},
          {"norm", to_list(curves.norm)}, {"effective_rank", to_list(curves.rank)},
          {"dead", curves.dead},          {"capacity", curves.capacity},
          {"sleeps", curves.sleeps}};
}

}  // namespace noesis
