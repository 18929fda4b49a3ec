#pragma once
/// How well a matrix of scores tells who drives whom. Entry (i, j) is about j -> i; the diagonal is
/// never looked at. Pairs with equal scores are treated alike, whatever their order.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/connectome.hpp"
#include "physics/discovery/dense_matrix.hpp"

namespace noesis {

/// Area under the receiver operating characteristic: the chance that an edge scores above a
/// non-edge, ties counting half (Hanley & McNeil, Radiology 143, 1982). NaN when all labels agree.
double auroc(std::span<const double> scores, const std::vector<bool>& is_edge);

/// Average precision, sum_k (R_k - R_k-1) P_k over the distinct scores from above, as scikit-learn
/// has it. NaN without edges.
double average_precision(std::span<const double> scores, const std::vector<bool>& is_edge);

/// Wrong edges, missing and surplus, when as many pairs as there are edges are called edges, by
/// descending score. Of pairs that tie at the end, the expected share.
double matched_hamming_distance(std::span<const double> scores, const std::vector<bool>& is_edge);

/// The true wiring of a brain over its off-diagonal pairs, row by row.
struct Wiring {
  std::vector<bool> chemical;
  std::vector<bool> any;        ///< chemical synapse or gap junction
  std::vector<double> weights;  ///< G W
};
Wiring wiring_of(const Connectome& connectome, double coupling);

/// The off-diagonal entries of a square matrix, row by row.
std::vector<double> off_diagonal(const DenseMatrix& matrix);

/// Share of the chemical edges whose estimated weight has the true sign.
double sign_accuracy(std::span<const double> estimated, const Wiring& wiring);

/// R^2 of `values` from `predictions` at the best common scale: the squared uncentred correlation,
/// (p . v)^2 / (p . p) (v . v). 0 where the predictions are all 0.
double scaled_r2(std::span<const double> predictions, std::span<const double> values);

}  // namespace noesis
