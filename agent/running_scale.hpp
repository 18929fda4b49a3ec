#pragma once
/// Running mean and variance of what training sees (Chan, Golub and LeVeque 1979), for
/// normalisation.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace noesis {

/// Of `size` numbers side by side. Before anything was seen: mean 0, standard deviation 1.
class RunningScale {
 public:
  static constexpr double kSmallestSd = 1e-4;
  static constexpr float kLargest = 10;  ///< normalised values are cut there

  explicit RunningScale(std::size_t size) : mean_(size, 0.0), squares_(size, 0.0) {}

  /// One more row (size).
  void add(std::span<const float> row) {
    ++count_;
    for (std::size_t k = 0; k < mean_.size(); ++k) {
      const double deviation = static_cast<double>(row[k]) - mean_[k];
      mean_[k] += deviation / count_;
      squares_[k] += deviation * (static_cast<double>(row[k]) - mean_[k]);
    }
  }
  double sd(std::size_t k) const {
    return count_ < 2 ? 1.0 : std::max(kSmallestSd, std::sqrt(squares_[k] / count_));
  }
  /// In place, (size).
  void normalise(std::span<float> row) const {
    for (std::size_t k = 0; k < mean_.size(); ++k) {
      const double x = (static_cast<double>(row[k]) - mean_[k]) / sd(k);
      row[k] = std::clamp(static_cast<float>(x), -kLargest, kLargest);
    }
  }

  /// Count, means, sums of squares: for checkpoints.
  std::vector<double> pack() const {
    std::vector<double> values = {count_};
    values.insert(values.end(), mean_.begin(), mean_.end());
    values.insert(values.end(), squares_.begin(), squares_.end());
    return values;
  }
  /// False when the length is another.
  bool unpack(std::span<const double> values) {
    const std::size_t size = mean_.size();
    if (values.size() != 1 + 2 * size) return false;
    count_ = values[0];
    std::copy_n(values.begin() + 1, size, mean_.begin());
    std::copy_n(values.begin() + 1 + static_cast<std::ptrdiff_t>(size), size, squares_.begin());
    return true;
  }

 private:
  double count_ = 0;
  std::vector<double> mean_, squares_;
};

}  // namespace noesis
