#include "agent/row_whitening.hpp"

#include <cmath>

namespace noesis {

namespace {

/// Of the mean diagonal: directions that vary less than this are not blown up any further.
constexpr double kRidge = 1e-3;

}  // namespace

RowWhitening::RowWhitening(const Connectome& wiring, std::span<const double> outputs,
                           std::span<const double> scale, bool with_bias)
    : with_bias_(with_bias) {
  const std::int64_t neurons = wiring.num_neurons();
  const auto samples = static_cast<Eigen::Index>(outputs.size()) / neurons;
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
      phi(outputs.data(), samples, neurons);
  const SynapseTable& table = wiring.synapses();
  for (std::int64_t i = 0; i < neurons; ++i) {
    const auto sources = table.row_sources(i);
    Row row;
    row.first_synapse = table.row_begin[static_cast<std::size_t>(i)];
    row.num_synapses = static_cast<std::int64_t>(sources.size());
    row.first = size_;
    const auto size = static_cast<Eigen::Index>(sources.size()) + (with_bias ? 1 : 0);
    size_ += size;
    Eigen::MatrixXd x(samples, size);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      x.col(static_cast<Eigen::Index>(k)) = phi.col(sources[k]);
    }
    if (with_bias) x.col(size - 1).setOnes();
    const double unit = scale[static_cast<std::size_t>(i)];
    const auto count = static_cast<double>(samples);
    const Eigen::VectorXd squares = x.colwise().squaredNorm().transpose() / count;
    const double ridge = size > 0 ? kRidge * squares.mean() + 1e-300 : 0;
    if (size > kLargestBlock) {
      row.diagonal = (squares.array() + ridge).sqrt() / unit;
    } else if (size > 0) {
      Eigen::MatrixXd gram = x.transpose() * x / count;
      gram.diagonal().array() += ridge;
      row.factor = Eigen::MatrixXd(gram.llt().matrixL()) / unit;
    }
    rows_.push_back(std::move(row));
  }
}

void RowWhitening::apply(std::span<const double> z, std::span<double> weights,
                         std::span<double> bias) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const Eigen::Index size = static_cast<Eigen::Index>(row.num_synapses) + (with_bias_ ? 1 : 0);
    Eigen::VectorXd values = Eigen::Map<const Eigen::VectorXd>(z.data() + row.first, size);
    if (row.diagonal.size() > 0) {
      values.array() /= row.diagonal.array();
    } else if (size > 0) {
      row.factor.triangularView<Eigen::Lower>().transpose().solveInPlace(values);
    }
    for (Eigen::Index k = 0; k < row.num_synapses; ++k) {
      weights[static_cast<std::size_t>(row.first_synapse + k)] = values(k);
    }
    if (with_bias_) bias[i] = values(size - 1);
  }
}

void RowWhitening::pull_back(std::span<const double> by_weights, std::span<const double> by_bias,
                             std::span<double> by_z) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const Eigen::Index size = static_cast<Eigen::Index>(row.num_synapses) + (with_bias_ ? 1 : 0);
    Eigen::VectorXd values(size);
    for (Eigen::Index k = 0; k < row.num_synapses; ++k) {
      values(k) = by_weights[static_cast<std::size_t>(row.first_synapse + k)];
    }
    if (with_bias_) values(size - 1) = by_bias[i];
    if (row.diagonal.size() > 0) {
      values.array() /= row.diagonal.array();
    } else if (size > 0) {
      row.factor.triangularView<Eigen::Lower>().solveInPlace(values);
    }
    Eigen::Map<Eigen::VectorXd>(by_z.data() + row.first, size) = values;
  }
}

}  // namespace noesis
