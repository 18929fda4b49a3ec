/// Estimators on systems whose wiring is written down.

#include "physics/discovery/estimators.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/discovery/scores.hpp"
#include "tests/discovery/brains.hpp"

namespace noesis {
namespace {

using Row = std::vector<double>;
/// x after from x before and from before that, given the inputs and the noise.
using Map = std::function<double(std::size_t i, const Row& x, const Row& before, const Row& u)>;

/// One tape of `count` samples of n values: x' = map + sigma N(0, 1), inputs of deviation `drive`.
Dataset tape_of(std::size_t n, std::int64_t count, double sigma, double drive, const Map& map) {
  RandomSequence random(11, Stream::kVerdict);
  Dataset data;
  const auto width = static_cast<std::int64_t>(n);
  for (DenseMatrix* m : {&data.e, &data.e_after, &data.inputs}) *m = DenseMatrix(count, width);
  Row x(n), before(n), u(n), after(n);
  for (std::int64_t t = 0; t < count; ++t) {
    for (double& v : u) v = drive * random.normal();
    for (std::size_t i = 0; i < n; ++i) after[i] = map(i, x, before, u) + sigma * random.normal();
    std::ranges::copy(x, data.e.row(t).begin());
    std::ranges::copy(u, data.inputs.row(t).begin());
    std::ranges::copy(after, data.e_after.row(t).begin());
    data.previous.push_back(t - 1);
    data.twin.push_back(-1);
    data.site.push_back(-1);
    before = x;
    x = after;
  }
  return data;
}

/// None of the estimators here reads anything of it but its interval.
const Subject& any_subject() {
  static const Subject subject = make_subject("reference-4", 0);
  return subject;
}
Estimate found(const std::string& name, const Dataset& data) {
  return estimate(name, any_subject(), data);
}

double deviation(const DenseMatrix& m, std::int64_t column) {
  double mean = 0, square = 0;
  for (std::int64_t t = 0; t < m.rows; ++t) mean += m.at(t, column) / static_cast<double>(m.rows);
  for (std::int64_t t = 0; t < m.rows; ++t) square += std::pow(m.at(t, column) - mean, 2);
  return std::sqrt(square / static_cast<double>(m.rows));
}

TEST(Estimators, HaveNames) {
  EXPECT_EQ(estimator_names(),
            (std::vector<std::string>{"correlation", "granger", "lagged_correlation", "model_form",
                                      "rate_model", "twin", "var1"}));
}

/// A stable linear network.
constexpr double kLinear[4][4] = {{.5, 0, 0, -.3}, {.4, .3, 0, 0}, {0, -.5, .2, 0}, {0, 0, .6, .4}};
double linear(std::size_t i, const Row& x) {
  double sum = 0;
  for (std::size_t j = 0; j < 4; ++j) sum += kLinear[i][j] * x[j];
  return sum;
}

// The matrix, in units of the deviations, to the sampling error of 20,000 samples (.007), with
// inputs ten times the noise accounted for. Goes red when rows and columns are exchanged, and when
// the inputs are no regressors (they are independent of x: the errors grow tenfold).
TEST(Var1, RecoversALinearNetwork) {
  const Dataset data = tape_of(
      4, 20000, 1, 10,
      [](std::size_t i, const Row& x, const Row&, const Row& u) { return linear(i, x) + u[i]; });
  const Estimate estimate = found("var1", data);
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      const double scale = deviation(data.e_after, i) / deviation(data.e, j);
      EXPECT_NEAR(estimate.weights.at(i, j) * scale, kLinear[i][j], 0.004) << i << " " << j;
      EXPECT_EQ(estimate.scores.at(i, j), std::abs(estimate.weights.at(i, j)));
    }
  }
}

/// 0 drives 1; both have a memory.
Dataset driven_pair() {
  return tape_of(2, 5000, 1, 0, [](std::size_t i, const Row& x, const Row&, const Row&) {
    return i == 0 ? .6 * x[0] : .6 * x[1] + .5 * x[0];
  });
}

// Goes red when scores are laid out source by target.
TEST(Granger, FindsTheDirection) {
  const Estimate granger = found("granger", driven_pair());
  EXPECT_GT(granger.scores.at(1, 0), 50 * granger.scores.at(0, 1));
  EXPECT_GT(granger.weights.at(1, 0), 0);
}

// A correlation has no direction; one sample later, it has some.
TEST(Correlation, FindsNoDirection) {
  const Estimate same_time = found("correlation", driven_pair());
  EXPECT_GT(same_time.scores.at(1, 0), 0.3);
  EXPECT_DOUBLE_EQ(same_time.scores.at(1, 0), same_time.scores.at(0, 1));
  EXPECT_NEAR(same_time.weights.at(0, 0), 1, 1e-12);
  const Estimate later = found("lagged_correlation", driven_pair());
  EXPECT_GT(later.scores.at(1, 0), later.scores.at(0, 1) + 0.1);
}

// 0 drives 1 at once and 2 a sample later: 1 seems to drive 2, unless 0's past is known. Goes red
// when Granger regresses on one source at a time, or on one lag.
TEST(Granger, SeesThroughACommonDriver) {
  const Dataset data =
      tape_of(3, 5000, 0.3, 0, [](std::size_t i, const Row& x, const Row& before, const Row&) {
        return i == 0 ? .9 * x[0] : i == 1 ? x[0] : before[0];
      });
  const Estimate lagged = found("lagged_correlation", data);
  EXPECT_GT(lagged.scores.at(2, 1), 0.8);
  const Estimate granger = found("granger", data);
  EXPECT_GT(granger.scores.at(2, 0), 100 * granger.scores.at(2, 1));
}

// Where nothing drives anything, samples times the Wald statistic is chi-squared with 3 degrees of
// freedom: mean 3, over 90 pairs within .26. Goes red without the covariance of the lags.
TEST(Granger, IsCalibratedOnNoise) {
  const Dataset data =
      tape_of(10, 4000, 1, 0,
              [](std::size_t i, const Row& x, const Row&, const Row&) { return .8 * x[i]; });
  const std::vector<double> scores = off_diagonal(found("granger", data).scores);
  double mean = 0;
  for (const double score : scores) mean += score * 4000 / static_cast<double>(scores.size());
  EXPECT_NEAR(mean, 3, 0.8);
}

// On a network of its own form, it is exact but for the ridge. Goes red when the decay, the inputs
// or the logistic is another.
TEST(RateModel, RecoversARateNetwork) {
  const double keep = std::exp(-any_subject().interval);
  const Dataset data =
      tape_of(4, 2000, 0, 1, [keep](std::size_t i, const Row& x, const Row&, const Row& u) {
        return keep * x[i] + (1 - keep) / (1 + std::exp(-(2 * linear(i, x) - 0.5 + u[i])));
      });
  const Estimate estimate = found("rate_model", data);
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      EXPECT_NEAR(estimate.weights.at(i, j), 2 * kLinear[i][j], 0.02) << i << " " << j;
    }
  }
  EXPECT_FALSE(estimate.knows_equations);
}

// A neuron that never moves says nothing, and nothing becomes NaN over it.
TEST(Estimators, BearAConstantColumn) {
  const Dataset data =
      tape_of(4, 200, 0, 1, [](std::size_t i, const Row& x, const Row&, const Row& u) {
        return i == 2 ? 0.25 : 0.5 * x[i] + 0.3 * u[i];
      });
  for (const char* name : {"correlation", "lagged_correlation", "granger", "var1", "rate_model"}) {
    const Estimate estimate = found(name, data);
    for (const double score : estimate.scores.values) EXPECT_TRUE(std::isfinite(score)) << name;
  }
}

TEST(Estimators, RefuseWhatTheyCannotUse) {
  const Subject brain = make_subject("reference-5", 0);
  const Dataset good = gather(brain, {.policy = "twin", .budget = 40});
  EXPECT_THROW(estimate("modelform", brain, good), ConfigError);
  for (const std::string& name : estimator_names()) {
    for (DenseMatrix Dataset::*member : {&Dataset::e, &Dataset::e_after, &Dataset::inputs}) {
      Dataset bad = good;
      (bad.*member).at(7, 3) = std::numeric_limits<double>::quiet_NaN();
      try {
        estimate(name, brain, bad);
        ADD_FAILURE() << name << " took a NaN";
      } catch (const ConfigError& error) {
        EXPECT_NE(std::string(error.what()).find("sample 7, neuron 3"), std::string::npos)
            << error.what();
      }
    }
  }
  const Dataset few = gather(brain, {.policy = "passive", .budget = 3});
  EXPECT_THROW(estimate("granger", brain, few), ConfigError);
  EXPECT_THROW(estimate("model_form", make_subject("reference-6", 0), good), ConfigError);
  EXPECT_THROW(estimate("correlation", brain, Dataset{}), InternalError);
}

}  // namespace
}  // namespace noesis
