// Weights from activity: planted ones come back, better from more data and through noise; a fit
// goes on from a checkpoint to the same bits.
#include "agent/weight_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/shooting_windows.hpp"
#include "core/error.hpp"
#include "tests/agent/adjoint_brains.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis::testing {
namespace {

/// Fits are tested on one thread; trajectories on more. Made when it is needed, since an arena
/// limits the threads of all others.
const ThreadArena& one_thread() {
  static const ThreadArena arena(1);
  return arena;
}

/// A small network and what it does from several starts: passive activity on one attractor would
/// say little about the weights.
struct Planted {
  std::shared_ptr<const DifferentiableBrain> brain;
  TrajectoryPlan plan{.integrator = "rk4", .dt_ms = 1, .num_samples = 1, .steps_per_sample = 2};
  torch::Tensor bias;
  ActivityData data;

  double error(const torch::Tensor& weights) const {
    return ((weights - brain->weights()).norm() / brain->weights().norm()).item<double>();
  }
};

constexpr std::int64_t kStarts = 12;

/// `noise`: of the observations, over the standard deviation of each neuron and variable.
Planted planted(const std::string& model, std::int64_t neurons, std::int64_t samples,
                double noise = 0, double largest_current = 0) {
  Planted made;
  const bool pair = model == "wilson_cowan";
  made.brain = std::make_shared<DifferentiableBrain>(uneven_brain(neurons, 4, 21), model_of(model),
                                                     one_thread());
  made.bias = uniform({neurons}, pair ? 1 : -0.5, pair ? 1.5 : 0.5, 2);
  TrajectoryPlan whole = made.plan;
  whole.num_samples = samples - 1;
  const torch::NoGradGuard no_grad;
  const torch::Tensor start = uniform({kStarts, made.brain->num_components(), neurons},
                                      pair ? 0 : -1.5, pair ? 0.5 : 1.5, 3);
  const torch::Tensor current =
      uniform({samples - 1, kStarts, neurons}, -1, 1, 8) * largest_current;
  const torch::Tensor x =
      made.brain->integrate(whole, start, made.brain->weights(), made.bias, current);
  made.data.samples = torch::cat({start.unsqueeze(0), x}).transpose(0, 1).contiguous();
  if (largest_current > 0) made.data.current = current.transpose(0, 1).contiguous();
  if (noise > 0) {
    RandomSequence random(9, Stream::kTask);
    torch::Tensor normal = torch::empty_like(made.data.samples);
    double* values = normal.mutable_data_ptr<double>();
    for (std::int64_t k = 0; k < normal.numel(); ++k) values[k] = random.normal();
    made.data.samples += noise * normal * variances_of(made.data.samples).sqrt();
  }
  return made;
}

torch::Tensor fitted(const Planted& from, const WeightFitConfig& config) {
  WeightFit fit(from.brain, from.plan, from.data, config, from.bias);
  while (fit.advance()) {
  }
  EXPECT_LT(fit.losses().back(), 0.05 * fit.losses().front());
  return fit.weights();
}

// Red for a wrong gradient, a window that starts at another sample, or starts that are not free.
TEST(WeightFit, FindsThePlantedWeights) {
  for (const char* model : {"tanh", "wilson_cowan"}) {
    const Planted from = planted(model, 10, 30);
    EXPECT_LT(from.error(fitted(from, {.starts = "observed"})), 0.01) << model << ", observed";
    EXPECT_LT(from.error(fitted(from, {.starts = "free"})), 0.01) << model << ", free";
  }
}

// Noise is not taken for state: starts that are fitted beat starts taken as observed, by little.
TEST(WeightFit, FreeStartsBearNoise) {
  const Planted from = planted("tanh", 10, 41, 0.03);
  const double free = from.error(fitted(from, {.starts = "free"}));
  const double observed = from.error(fitted(from, {.starts = "observed"}));
  EXPECT_LT(free, observed);
}

TEST(WeightFit, MoreDataIsBetter) {
  Planted from = planted("tanh", 10, 61, 0.03, 1);
  const double all = from.error(fitted(from, {}));
  from.data = from.data.range(0, 11);
  EXPECT_LT(all, 0.6 * from.error(fitted(from, {})));
}

// Red when a window gets another window's currents, or the bias is fitted all the same.
TEST(WeightFit, KnownBiasIsUsedAndCurrentsAre) {
  const Planted from = planted("tanh", 10, 30, 0, 1);
  WeightFit fit(from.brain, from.plan, from.data, {.starts = "observed", .bias = false}, from.bias);
  while (fit.advance()) {
  }
  EXPECT_LT(from.error(fit.weights()), 1e-3);
  EXPECT_TRUE(torch::equal(fit.bias(), from.bias));
}

// Red when the optimiser's state, the counts or the starts are not saved.
TEST(WeightFit, GoesOnFromACheckpointToTheSameBits) {
  const Planted from = planted("tanh", 10, 21, 0.02);
  WeightFitConfig config;
  config.max_iterations = 60;
  config.tolerance = 0;
  const auto make = [&] { return WeightFit(from.brain, from.plan, from.data, config, from.bias); };
  WeightFit whole = make();
  while (whole.advance()) {
  }
  const test::TempFolder folder;
  {
    WeightFit first = make();
    for (int k = 0; k < 3; ++k) first.advance();
    first.save(folder / "checkpoint");
  }
  WeightFit second = make();
  second.load(folder / "checkpoint");
  EXPECT_EQ(second.iterations(), 30);
  while (second.advance()) {
  }
  EXPECT_TRUE(torch::equal(whole.weights(), second.weights()));
  EXPECT_TRUE(torch::equal(whole.bias(), second.bias()));
  EXPECT_EQ(whole.losses(), second.losses());
}

TEST(WeightFit, RefusesCheckpointsOfOtherFits) {
  const Planted from = planted("tanh", 8, 10);
  const test::TempFolder folder;
  WeightFit fit(from.brain, from.plan, from.data, {}, from.bias);
  fit.save(folder / "checkpoint");
  Planted other = planted("tanh", 8, 11);
  WeightFit of_other_data(other.brain, other.plan, other.data, {}, other.bias);
  EXPECT_THROW(of_other_data.load(folder / "checkpoint"), ConfigError);
  WeightFit of_other_config(from.brain, from.plan, from.data, {.window = 4}, from.bias);
  EXPECT_THROW(of_other_config.load(folder / "checkpoint"), ConfigError);
  EXPECT_THROW(fit.load(folder / "nothing"), ConfigError);
}

TEST(WeightFit, CutsIntoWindows) {
  ActivityData data;
  data.samples = torch::arange(2 * 8, torch::kFloat64).view({2, 8, 1, 1});
  data.current = torch::arange(2 * 7, torch::kFloat64).view({2, 7, 1});
  const ShootingWindows windows = cut_into_windows(data, 3);
  EXPECT_EQ(windows.num_each, 2) << "the eighth sample is left over";
  EXPECT_TRUE(torch::equal(windows.first.flatten(), torch::tensor({0, 3, 8, 11}, torch::kFloat64)));
  EXPECT_TRUE(
      torch::equal(windows.after[2].flatten(), torch::tensor({3, 6, 11, 14}, torch::kFloat64)));
  EXPECT_TRUE(
      torch::equal(windows.current[1].flatten(), torch::tensor({1, 4, 8, 11}, torch::kFloat64)));
  EXPECT_EQ(cut_into_windows(data, 100).intervals, 7);
}

TEST(WeightFit, PredictionIsPerfectForTheTruth) {
  const Planted from = planted("tanh", 10, 20);
  const auto error = [&](const torch::Tensor& weights) {
    return prediction_error(*from.brain, from.plan, from.data, 5, weights, from.bias);
  };
  EXPECT_LT(error(from.brain->weights()), 1e-20);
  EXPECT_GT(error(torch::zeros_like(from.brain->weights())), 1e-2);
}

TEST(WeightFit, SaysWhatCannotBeFitted) {
  Planted from = planted("wilson_cowan", 6, 20);
  const auto error_of = [&](const ActivityData& data, const WeightFitConfig& config) {
    try {
      WeightFit(from.brain, from.plan, data, config, from.bias);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  using ::testing::HasSubstr;
  EXPECT_EQ(error_of(from.data, {}), "");
  ActivityData one = from.data;
  one.samples = one.samples.slice(2, 0, 1);
  EXPECT_THAT(error_of(one, {}), HasSubstr("all_components"));
  EXPECT_THAT(error_of(from.data.range(0, 1), {}), HasSubstr("too few"));
  ActivityData broken = {from.data.samples.clone(), {}};
  broken.samples[0][3][0][2] = std::nan("");
  EXPECT_THAT(error_of(broken, {}), HasSubstr("finite"));
  ActivityData narrow = {from.data.samples.slice(3, 1), {}};
  EXPECT_THAT(error_of(narrow, {}), HasSubstr("neurons"));
}

}  // namespace
}  // namespace noesis::testing
