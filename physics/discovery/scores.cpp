#include "physics/discovery/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"

namespace noesis {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Pairs of one score.
struct Tie {
  double edges = 0;
  double others = 0;
};

/// By descending score.
std::vector<Tie> ranked(std::span<const double> scores, const std::vector<bool>& is_edge) {
  ensure(scores.size() == is_edge.size(), "one score a pair");
  ensure(std::ranges::none_of(scores, [](double s) { return std::isnan(s); }),
         "scores can be ordered");
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<Tie> ties;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || scores[order[k]] != scores[order[k - 1]]) ties.emplace_back();
    (is_edge[order[k]] ? ties.back().edges : ties.back().others) += 1;
  }
  return ties;
}

double count_edges(const std::vector<bool>& is_edge) {
  return static_cast<double>(std::ranges::count(is_edge, true));
}

}  // namespace

double auroc(std::span<const double> scores, const std::vector<bool>& is_edge) {
  const double edges = count_edges(is_edge);
  const double others = static_cast<double>(is_edge.size()) - edges;
  if (edges == 0 || others == 0) return kNone;
  double above = 0;  // edges that score above the tie at hand
  double wins = 0;
  for (const Tie& tie : ranked(scores, is_edge)) {
    wins += tie.others * (above + tie.edges / 2);
    above += tie.edges;
  }
  return wins / (edges * others);
}

double average_precision(std::span<const double> scores, const std::vector<bool>& is_edge) {
  const double edges = count_edges(is_edge);
  if (edges == 0) return kNone;
  double found = 0, called = 0, sum = 0;
  for (const Tie& tie : ranked(scores, is_edge)) {
    found += tie.edges;
    called += tie.edges + tie.others;
    sum += tie.edges * (found / called);
  }
  return sum / edges;  // last, so that a perfect order gives 1 exactly
}

double matched_hamming_distance(std::span<const double> scores, const std::vector<bool>& is_edge) {
  const double edges = count_edges(is_edge);
  double left = edges;
  double hits = 0;
  for (const Tie& tie : ranked(scores, is_edge)) {
    const double size = tie.edges + tie.others;
    const double taken = std::min(left, size);
    hits += tie.edges * taken / size;
    left -= taken;
  }
  return 2 * (edges - hits);
}

Wiring wiring_of(const Connectome& connectome, double coupling) {
  const std::int64_t n = connectome.num_neurons();
  Wiring wiring;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      if (i == j) continue;
      const bool chemical = connectome.has_synapse(j, i);
      wiring.chemical.push_back(chemical);
      wiring.any.push_back(chemical || connectome.gap_weight(j, i) > 0);
      wiring.weights.push_back(coupling * static_cast<double>(connectome.weight(j, i)));
    }
  }
  return wiring;
}

std::vector<double> off_diagonal(const DenseMatrix& matrix) {
  ensure(matrix.rows == matrix.cols, "a square matrix");
  std::vector<double> values;
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    for (std::int64_t j = 0; j < matrix.cols; ++j) {
      if (i != j) values.push_back(matrix.at(i, j));
    }
  }
  return values;
}

double sign_accuracy(std::span<const double> estimated, const Wiring& wiring) {
  ensure(estimated.size() == wiring.weights.size(), "one weight a pair");
  double edges = 0, right = 0;
  for (std::size_t k = 0; k < estimated.size(); ++k) {
    if (!wiring.chemical[k] || wiring.weights[k] == 0) continue;
    edges += 1;
    if (estimated[k] * wiring.weights[k] > 0) right += 1;
  }
  return edges > 0 ? right / edges : kNone;
}

double scaled_r2(std::span<const double> predictions, std::span<const double> values) {
  ensure(predictions.size() == values.size(), "one prediction a value");
  const double both =
      std::inner_product(predictions.begin(), predictions.end(), values.begin(), 0.0);
  const double own =
      std::inner_product(predictions.begin(), predictions.end(), predictions.begin(), 0.0);
  const double all = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  if (all == 0) return kNone;
  return own > 0 ? both * both / (own * all) : 0;
}

}  // namespace noesis
