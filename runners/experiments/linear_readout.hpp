#pragma once
/// A linear readout that learns online by recursive least squares with forgetting (Haykin, Adaptive
/// Filter Theory; FORCE of Sussillo & Abbott, Neuron 63:544, 2009, without feedback).
///
///   k = P f / (lambda + f' P f),  v += k (target - v' f),  P = (P - k f' P) / lambda

#include <Eigen/Dense>
#include <cmath>

namespace noesis {

/// Not thread-safe.
class LinearReadout {
 public:
  /// Features may be 0 for as long as nothing is known of them: their weight stays 0 and their
  /// variance 1 / ridge.
  LinearReadout(Eigen::Index num_features, double forgetting, double ridge)
      : forgetting_(forgetting),
        weights_(Eigen::VectorXd::Zero(num_features)),
        inverse_(Eigen::MatrixXd::Identity(num_features, num_features) / ridge),
        limit_(1 / ridge) {}

  double predict(const Eigen::VectorXd& features) const { return weights_.dot(features); }

  /// Learns that these features precede this target.
  void learn(const Eigen::VectorXd& features, double target) {
    const Eigen::VectorXd projected = inverse_.selfadjointView<Eigen::Lower>() * features;
    const double norm = forgetting_ + features.dot(projected);
    weights_ += projected * ((target - predict(features)) / norm);
    inverse_.selfadjointView<Eigen::Lower>().rankUpdate(projected, -1 / norm);
    inverse_.triangularView<Eigen::Lower>() *= 1 / forgetting_;
    // What is never excited would grow without bound while the rest is forgotten.
    for (Eigen::Index i = 0; i < inverse_.rows(); ++i) {
      if (inverse_(i, i) <= limit_) continue;
      const double scale = std::sqrt(limit_ / inverse_(i, i));
      inverse_.row(i).head(i + 1) *= scale;
      inverse_.col(i).tail(inverse_.rows() - i) *= scale;
    }
  }

  /// Forgets how sure it is, not what it knows (covariance resetting; Goodwin & Sin, Adaptive
  /// Filtering, Prediction and Control, 1984): what was learnt without a feature says nothing of
  /// how to use the others with it.
  void reopen() {
    inverse_.setIdentity();
    inverse_ *= limit_;
  }

 private:
  double forgetting_;
  Eigen::VectorXd weights_;
  Eigen::MatrixXd inverse_;  // P, its lower triangle
  double limit_;
};

}  // namespace noesis
