/// Scores of a guessed wiring, by hand, and at chance where there is nothing to find.

#include "physics/discovery/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

const std::vector<bool> kTwoOfFour = {true, false, true, false};

// The edge at .9 beats both others, the edge at .7 one of two: 3 of 4. Goes red when the order is
// ascending.
TEST(Auroc, ByHand) {
  const std::vector<double> scores = {.9, .8, .7, .6};
  EXPECT_EQ(auroc(scores, kTwoOfFour), 0.75);
  EXPECT_EQ(auroc(scores, {true, true, false, false}), 1);
  EXPECT_EQ(auroc(scores, {false, false, true, true}), 0);
}

// One edge ties with one other and beats one: (1/2 + 1) / 2. Goes red when ties count as wins or
// as losses.
TEST(Auroc, TiesCountHalf) {
  const std::vector<double> tied = {1, 1, 0};
  EXPECT_EQ(auroc(tied, {true, false, false}), 0.75);
  EXPECT_EQ(auroc(tied, {false, true, false}), 0.75);
  EXPECT_EQ(auroc(std::vector<double>(4, 2.0), kTwoOfFour), 0.5);
}

// Against the definition, pair by pair, with scores of which many tie.
TEST(Auroc, IsTheShareOfWonPairs) {
  RandomSequence random(3, Stream::kVerdict);
  std::vector<double> scores;
  std::vector<bool> is_edge;
  for (int k = 0; k < 150; ++k) {
    is_edge.push_back(random.uniform() < 0.3);
    scores.push_back(static_cast<double>(random.below(12)) + (is_edge.back() ? 2 : 0));
  }
  double won = 0, pairs = 0;
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      if (!is_edge[a] || is_edge[b]) continue;
      pairs += 1;
      won += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(auroc(scores, is_edge), won / pairs, 1e-14);
}

// Edges at ranks 1 and 3: (1/1 + 2/3) / 2. Goes red when precision is averaged over all ranks, or
// interpolated.
TEST(AveragePrecision, ByHand) {
  const std::vector<double> scores = {.9, .8, .7, .6};
  EXPECT_DOUBLE_EQ(average_precision(scores, kTwoOfFour), 5.0 / 6);
  EXPECT_DOUBLE_EQ(average_precision(scores, {false, false, false, true}), 0.25);
  EXPECT_EQ(average_precision(scores, {true, true, false, false}), 1);
}

// Ties are called together: all equal gives the base rate, whatever the order of the pairs. Goes
// red when tied pairs are taken one by one.
TEST(AveragePrecision, TiesAreCalledTogether) {
  const std::vector<double> equal(4, 1.0);
  EXPECT_EQ(average_precision(equal, {true, false, false, false}), 0.25);
  EXPECT_EQ(average_precision(equal, {false, false, false, true}), 0.25);
  // The edge alone, then an edge among two: 1/2 * 1 + 1/2 * 2/3.
  const std::vector<double> tied = {3, 2, 2, 1};
  EXPECT_DOUBLE_EQ(average_precision(tied, {true, true, false, false}), 5.0 / 6);
  EXPECT_DOUBLE_EQ(average_precision(tied, {true, false, true, false}), 5.0 / 6);
}

TEST(Scores, WithoutEdgesOrOthersTheyMeanNothing) {
  const std::vector<double> scores = {3, 2, 1};
  const std::vector<bool> none(3, false), all(3, true);
  EXPECT_TRUE(std::isnan(auroc(scores, none)));
  EXPECT_TRUE(std::isnan(auroc(scores, all)));
  EXPECT_TRUE(std::isnan(average_precision(scores, none)));
  EXPECT_EQ(average_precision(scores, all), 1);
  EXPECT_EQ(matched_hamming_distance(scores, none), 0);
  EXPECT_EQ(matched_hamming_distance(scores, all), 0);
}

// A NaN has no place in an order; a sort over one is undefined.
TEST(Scores, RefuseNan) {
  const std::vector<double> scores = {1, std::numeric_limits<double>::quiet_NaN(), 0};
  const std::vector<bool> is_edge = {true, false, false};
  EXPECT_THROW(auroc(scores, is_edge), InternalError);
  EXPECT_THROW(average_precision(scores, is_edge), InternalError);
  EXPECT_THROW(matched_hamming_distance(scores, is_edge), InternalError);
  EXPECT_THROW(auroc(scores, {true, false}), InternalError);
}

// Negative control: scores that know nothing. The mean over 400 shuffles of the truth is .5, within
// 4 standard errors (sd of one: sqrt((n1 + n0 + 1) / (12 n1 n0)); Hanley & McNeil 1982), and the
// base rate, a little above it as it is for finite samples.
TEST(Scores, AtChanceAgainstAShuffledTruth) {
  RandomSequence random(5, Stream::kVerdict);
  constexpr std::size_t kPairs = 380, kEdges = 76;
  constexpr int kShuffles = 400;
  std::vector<double> scores(kPairs);
  std::vector<bool> truth(kPairs);
  for (std::size_t k = 0; k < kPairs; ++k) {
    scores[k] = random.normal();
    truth[k] = k < kEdges;
  }
  double sum_auroc = 0, sum_precision = 0, sum_wrong = 0;
  for (int n = 0; n < kShuffles; ++n) {
    for (std::size_t k = kPairs - 1; k > 0; --k) {
      const std::size_t other = random.below(k + 1);
      const bool kept = truth[k];
      truth[k] = truth[other];
      truth[other] = kept;
    }
    sum_auroc += auroc(scores, truth);
    sum_precision += average_precision(scores, truth);
    sum_wrong += matched_hamming_distance(scores, truth);
  }
  const double n1 = kEdges, n0 = kPairs - kEdges;
  const double error = std::sqrt((n1 + n0 + 1) / (12 * n1 * n0) / kShuffles);
  EXPECT_NEAR(sum_auroc / kShuffles, 0.5, 4 * error);
  EXPECT_NEAR(sum_precision / kShuffles, 0.2, 0.02);
  EXPECT_NEAR(sum_wrong / kShuffles, 2 * n1 * (1 - n1 / kPairs), 2);
}

// Two are called: one is an edge, so one is missing and one surplus.
TEST(MatchedHamming, ByHand) {
  const std::vector<double> scores = {.9, .8, .7, .6};
  EXPECT_EQ(matched_hamming_distance(scores, kTwoOfFour), 2);
  EXPECT_EQ(matched_hamming_distance(scores, {true, true, false, false}), 0);
  EXPECT_EQ(matched_hamming_distance(scores, {false, false, true, true}), 4);
}

// Two of four equals are called, one of which is an edge in expectation; and one of the two that
// tie behind a sure hit, an edge half the time.
TEST(MatchedHamming, TiesCountTheirExpectedShare) {
  EXPECT_EQ(matched_hamming_distance(std::vector<double>(4, 1.0), kTwoOfFour), 2);
  const std::vector<double> tied = {3, 2, 2, 1};
  EXPECT_EQ(matched_hamming_distance(tied, {true, true, false, false}), 1);
  EXPECT_EQ(matched_hamming_distance(tied, {true, false, true, false}), 1);
}

// Rows are targets: 0 -> 1 stands at (1, 0). An autapse is no pair; a junction stands in both
// directions. Goes red when source and target are exchanged.
TEST(WiringOf, IsTargetBySource) {
  const std::vector<Synapse> synapses = {{0, 1, -2}, {2, 2, 1}};
  const std::vector<Synapse> junctions = {{1, 2, 0.5f}};
  const Wiring wiring = wiring_of(Connectome(3, synapses, junctions), 3);
  // (0,1) (0,2) (1,0) (1,2) (2,0) (2,1)
  EXPECT_EQ(wiring.chemical, (std::vector<bool>{false, false, true, false, false, false}));
  EXPECT_EQ(wiring.any, (std::vector<bool>{false, false, true, true, false, true}));
  EXPECT_EQ(wiring.weights, (std::vector<double>{0, 0, -6, 0, 0, 0}));
  DenseMatrix matrix(3, 3);
  for (std::size_t k = 0; k < 9; ++k) matrix.values[k] = static_cast<double>(k);
  EXPECT_EQ(off_diagonal(matrix), (std::vector<double>{1, 2, 3, 5, 6, 7}));
  EXPECT_THROW(off_diagonal(DenseMatrix(2, 3)), InternalError);
}

// Of three edges, one has the right sign, one the wrong one, one none. What is no edge does not
// count, nor a synapse of weight 0. Goes red when an estimate of 0 passes.
TEST(SignAccuracy, ByHand) {
  const Wiring wiring = {.chemical = {true, true, true, false, true},
                         .any = {true, true, true, false, true},
                         .weights = {2, -1, 1, 0, 0}};
  EXPECT_DOUBLE_EQ(sign_accuracy(std::vector<double>{.1, .1, 0, -3, 1}, wiring), 1.0 / 3);
  const Wiring none = {.chemical = {false}, .any = {false}, .weights = {0}};
  EXPECT_TRUE(std::isnan(sign_accuracy(std::vector<double>{1}, none)));
}

// Cosine 3 / sqrt(2 * 9) squared is 1/2; a scale changes nothing, a mean is not taken away.
TEST(ScaledR2, ByHand) {
  const std::vector<double> values = {3, 0, 0};
  EXPECT_DOUBLE_EQ(scaled_r2(std::vector<double>{1, 1, 0}, values), 0.5);
  EXPECT_DOUBLE_EQ(scaled_r2(std::vector<double>{7, 7, 0}, values), 0.5);
  EXPECT_DOUBLE_EQ(scaled_r2(std::vector<double>{-2, 0, 0}, values), 1);
  EXPECT_DOUBLE_EQ(scaled_r2(std::vector<double>{4, 4}, std::vector<double>{1, 1}), 1);
  EXPECT_EQ(scaled_r2(std::vector<double>(3), values), 0);
  EXPECT_TRUE(std::isnan(scaled_r2(values, std::vector<double>(3))));
}

}  // namespace
}  // namespace noesis
