#pragma once
/// Matrices of scores, weights and samples, row by row.

#include <cstdint>
#include <span>
#include <vector>

namespace noesis {

/// (rows x cols), row-major; zero at first.
struct DenseMatrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<double> values;

  DenseMatrix() = default;
  DenseMatrix(std::int64_t num_rows, std::int64_t num_cols)
      : rows(num_rows), cols(num_cols), values(static_cast<std::size_t>(num_rows * num_cols)) {}

  double& at(std::int64_t r, std::int64_t c) {
    return values[static_cast<std::size_t>(r * cols + c)];
  }
  double at(std::int64_t r, std::int64_t c) const {
    return values[static_cast<std::size_t>(r * cols + c)];
  }
  std::span<double> row(std::int64_t r) {
    return std::span(values).subspan(static_cast<std::size_t>(r * cols),
                                     static_cast<std::size_t>(cols));
  }
  std::span<const double> row(std::int64_t r) const {
    return std::span(values).subspan(static_cast<std::size_t>(r * cols),
                                     static_cast<std::size_t>(cols));
  }
};

}  // namespace noesis
