#pragma once
/// One life of a brain, and what is measured of it.

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "physics/simulation.hpp"
#include "runners/experiments/life_config.hpp"

namespace noesis {

/// Measured at the ends of up to 100 equal windows of the life, (num_windows) each.
struct LifeCurves {
  std::vector<double> step;
  std::vector<double>
      loss;  ///< mean squared error over the window, before learning; at most kMostLoss
  std::vector<double> norm;      ///< Frobenius norm of the weights
  std::vector<double> rank;      ///< effective rank of the recurrent weights
  std::vector<double> dead;      ///< part of the recurrent neurons with sd < 0.01 in the window
  std::vector<double> capacity;  ///< of the last 20 tasks before, how many are recalled (loss < .5)
  std::vector<double> sleeps;    ///< nights so far
};

struct Life {
  LifeCurves curves;
  double first_loss = 0;         ///< mean over the first tenth
  double last_loss = 0;          ///< mean over the last tenth
  double norm_slope = 0;         ///< of ln norm over the second half [1 / life]
  double forgetting = 0;         ///< mean over tasks of the best performance less that in the end
  double recent_forgetting = 0;  ///< the same over the last 10 tasks but one
  std::int64_t num_sleeps = 0;
  std::optional<double> sleep_loss_change;  ///< mean over nights of loss after / before, less 1
  std::optional<std::int64_t> died_at;      ///< end of the first window of kDeadlyLoss or more
};

/// Errors count up to this, and a brain whose state is no longer finite makes it for the rest of
/// its life; norm and rank are NaN from there.
inline constexpr double kMostLoss = 1e12;

/// A brain whose mean loss over a window is three times that of predicting nothing does not
/// survive.
inline constexpr double kDeadlyLoss = 3;

/// Lives the steps [first_step, life_steps) of the tape of this seed. Performance in a task is
/// 1 - loss, at least 0, tested without noise and without learning at its end and at the end of the
/// life. Nothing when interrupted. `progress` is told the part done; steps are taken by what
/// `make_backend` makes, on the CPU without it.
std::optional<Life> live(const LifeSpec& spec, std::uint64_t seed, std::int64_t first_step,
                         const std::function<void(double)>& progress,
                         const BackendFactory<double>& make_backend = {});

nlohmann::ordered_json to_json(const LifeCurves& curves);

}  // namespace noesis
