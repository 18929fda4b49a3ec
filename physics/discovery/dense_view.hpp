#pragma once
/// A DenseMatrix as Eigen sees it. Private to the estimators.

#include <Eigen/Dense>

#include "physics/discovery/dense_matrix.hpp"

namespace noesis {

/// @returns a view of `m`, which must outlive it.
inline Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
view(const DenseMatrix& m) {
  return {m.values.data(), m.rows, m.cols};
}

}  // namespace noesis
