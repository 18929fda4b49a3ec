#include "runners/loop/baseline_emulators.hpp"

#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Row ids of the random numbers of a reservoir.
enum ReservoirPart : std::uint32_t { kLinks, kInputs, kBiases };

Eigen::Map<const VectorXd> vector_of(std::span<const double> values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

void check_length(const Tape& tape, std::int64_t samples) {
  if (tape.num_samples() >= samples) return;
  throw ConfigError({.what = "the tape is too short to learn from",
                     .where = "tape",
                     .got = std::to_string(tape.num_samples()) + " samples",
                     .allowed = "at least " + std::to_string(samples),
                     .next = {}});
}

/// Solves (F F' + ridge I) W' = F Y' for a readout W (outputs x features).
MatrixXd ridge_solve(MatrixXd gram, const MatrixXd& moments, double ridge) {
  gram.diagonal().array() += ridge;
  return gram.ldlt().solve(moments).transpose();
}

/// Scales each unit to zero mean and unit variance; a still unit only loses its mean.
struct Standard {
  VectorXd mean, deviation;

  explicit Standard(const Tape& tape)
      : mean(VectorXd::Zero(tape.num_units)), deviation(VectorXd::Zero(tape.num_units)) {
    const auto count = static_cast<double>(tape.num_samples());
    for (std::int64_t t = 0; t < tape.num_samples(); ++t) {
      mean += vector_of(tape.observation(t)) / count;
    }
    for (std::int64_t t = 0; t < tape.num_samples(); ++t) {
      deviation.array() += (vector_of(tape.observation(t)) - mean).array().square() / count;
    }
    deviation = deviation.array().sqrt();
    for (double& sd : deviation) sd = sd > 0 ? sd : 1;
  }
  VectorXd scale(std::span<const double> x) const {
    return (vector_of(x) - mean).cwiseQuotient(deviation);
  }
  VectorXd unscale(const VectorXd& z) const { return z.cwiseProduct(deviation) + mean; }
};

/// What the two have in common: a state [memory, z] with z the last observation, scaled.
class TapeEmulator : public Emulator {
 public:
  TapeEmulator(std::shared_ptr<const Tape> tape, double interval, std::int64_t memory,
               std::int64_t washout)
      : tape_(std::move(tape)),
        standard_(*tape_),
        interval_(interval),
        memory_(memory),
        washout_(washout) {}

  std::int64_t num_units() const override { return tape_->num_units; }
  std::int64_t num_sites() const override { return tape_->num_sites; }
  double interval() const override { return interval_; }

  State start(std::uint64_t seed) override {
    const std::int64_t last = tape_->num_samples() - washout_;
    const double u = uniform_pair(seed, Stream::kInitialState, 0, 0).first;
    return listen(*tape_, static_cast<std::int64_t>(u * static_cast<double>(last)), washout_);
  }

  State listen(const Tape& tape, std::int64_t first, std::int64_t count) override {
    if (first < 0 || count < 1 || first + count > tape.num_samples()) {
      throw ConfigError({.what = "samples that are not on the tape",
                         .where = "listen",
                         .got = std::to_string(first) + " + " + std::to_string(count),
                         .allowed = "within " + std::to_string(tape.num_samples()),
                         .next = {}});
    }
    VectorXd memory = VectorXd::Zero(memory_);
    for (std::int64_t t = first; t + 1 < first + count; ++t) {
      advance_memory(memory, standard_.scale(tape.observation(t)), vector_of(tape.input(t + 1)));
    }
    State state(memory.begin(), memory.end());
    const VectorXd z = standard_.scale(tape.observation(first + count - 1));
    state.insert(state.end(), z.begin(), z.end());
    return state;
  }

  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override {
    const auto units = static_cast<std::size_t>(num_units());
    const auto sites = static_cast<std::size_t>(num_sites());
    for (std::size_t k = 0; k < states.size(); ++k) {
      VectorXd memory = vector_of({states[k].data(), static_cast<std::size_t>(memory_)});
      VectorXd z = vector_of({states[k].data() + memory_, units});
      const auto u = vector_of(inputs.subspan(k * sites, sites));
      advance_memory(memory, z, u);
      z = predict(memory, z, u);
      std::copy(memory.begin(), memory.end(), states[k].begin());
      std::copy(z.begin(), z.end(), states[k].begin() + memory_);
      const VectorXd x = standard_.unscale(z);
      std::copy(x.begin(), x.end(), observations.begin() + static_cast<std::ptrdiff_t>(k * units));
    }
  }

 protected:
  virtual void advance_memory(VectorXd& memory, const VectorXd& z, const VectorXd& u) const = 0;
  /// The next z, after the memory advanced.
  virtual VectorXd predict(const VectorXd& memory, const VectorXd& z, const VectorXd& u) const = 0;

  /// Least squares for z_t+1 on features(memory, z_t, u_t+1), past the washout.
  template <class Features>
  MatrixXd fit(Eigen::Index num_features, double ridge, const Features& features) const {
    MatrixXd gram = MatrixXd::Zero(num_features, num_features);
    MatrixXd moments = MatrixXd::Zero(num_features, num_units());
    VectorXd memory = VectorXd::Zero(memory_);
    constexpr Eigen::Index kBlock = 256;
    MatrixXd f(num_features, kBlock), y(num_units(), kBlock);
    Eigen::Index filled = 0;
    const auto flush = [&] {
      gram += f.leftCols(filled) * f.leftCols(filled).transpose();
      moments += f.leftCols(filled) * y.leftCols(filled).transpose();
      filled = 0;
    };
    for (std::int64_t t = 0; t + 1 < tape_->num_samples(); ++t) {
      const VectorXd z = standard_.scale(tape_->observation(t));
      const VectorXd u = vector_of(tape_->input(t + 1));
      advance_memory(memory, z, u);
      if (t < washout_) continue;
      f.col(filled) = features(memory, z, u);
      y.col(filled) = standard_.scale(tape_->observation(t + 1));
      if (++filled == kBlock) flush();
    }
    flush();
    return ridge_solve(gram, moments, ridge);
  }

  std::shared_ptr<const Tape> tape_;
  Standard standard_;

 private:
  double interval_;
  std::int64_t memory_;
  std::int64_t washout_;
};

class EchoState final : public TapeEmulator {
 public:
  EchoState(std::shared_ptr<const Tape> tape, double interval, const EchoStateOptions& options,
            std::uint64_t seed)
      : TapeEmulator(std::move(tape), interval, options.num_units, options.washout),
        input_unit_(options.input_unit) {
    draw(options, seed);
    readout_ = fit(
        options.num_units + 1, options.ridge,
        [](const VectorXd& memory, const VectorXd&, const VectorXd&) { return with_one(memory); });
  }

 protected:
  void advance_memory(VectorXd& memory, const VectorXd& z, const VectorXd& u) const override {
    VectorXd sum = links_ * memory + bias_;
    sum.noalias() += inputs_.leftCols(z.size()) * z;
    sum.noalias() += inputs_.rightCols(u.size()) * (u / input_unit_);
    memory = sum.unaryExpr([](double x) { return math::tanh(x); });
  }
  VectorXd predict(const VectorXd& memory, const VectorXd&, const VectorXd&) const override {
    return readout_ * with_one(memory);
  }

 private:
  static VectorXd with_one(const VectorXd& memory) {
    VectorXd features(memory.size() + 1);
    features << memory, 1.0;
    return features;
  }

  void draw(const EchoStateOptions& options, std::uint64_t seed) {
    const auto n = static_cast<Eigen::Index>(options.num_units);
    const auto width = static_cast<Eigen::Index>(num_units() + num_sites());
    RandomSequence links(seed, Stream::kWeights, kLinks);
    RandomSequence inputs(seed, Stream::kWeights, kInputs);
    RandomSequence biases(seed, Stream::kWeights, kBiases);
    const double probability =
        static_cast<double>(options.in_links) / static_cast<double>(options.num_units);
    MatrixXd dense = MatrixXd::Zero(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) {
        if (links.uniform() < probability) dense(i, j) = 2 * links.uniform() - 1;
      }
    }
    const double radius = dense.eigenvalues().cwiseAbs().maxCoeff();
    links_ = (dense * (options.spectral_radius / radius)).sparseView();
    const auto fan_in = static_cast<double>(num_units());
    const double scale = options.input_scale * std::sqrt(3 / std::max(3.0, fan_in));
    inputs_ = MatrixXd::NullaryExpr(n, width, [&] { return scale * (2 * inputs.uniform() - 1); });
    bias_ = VectorXd::NullaryExpr(n, [&] { return options.bias * (2 * biases.uniform() - 1); });
  }

  double input_unit_;
  Eigen::SparseMatrix<double, Eigen::RowMajor> links_;
  MatrixXd inputs_, readout_;
  VectorXd bias_;
};

class LinearModel final : public TapeEmulator {
 public:
  LinearModel(std::shared_ptr<const Tape> tape, double interval)
      : TapeEmulator(std::move(tape), interval, 0, 1) {
    map_ =
        fit(num_units() + num_sites() + 1, kRidge,
            [](const VectorXd&, const VectorXd& z, const VectorXd& u) { return features(z, u); });
  }

 protected:
  void advance_memory(VectorXd&, const VectorXd&, const VectorXd&) const override {}
  VectorXd predict(const VectorXd&, const VectorXd& z, const VectorXd& u) const override {
    return map_ * features(z, u);
  }

 private:
  /// Only for inputs that were never used, whose columns are zero.
  static constexpr double kRidge = 1e-9;

  static VectorXd features(const VectorXd& z, const VectorXd& u) {
    VectorXd f(z.size() + u.size() + 1);
    f << z, u, 1.0;
    return f;
  }
  MatrixXd map_;
};

}  // namespace

std::unique_ptr<Emulator> train_echo_state(std::shared_ptr<const Tape> tape, double interval,
                                           const EchoStateOptions& options, std::uint64_t seed) {
  check_length(*tape, 2 * options.washout);
  return std::make_unique<EchoState>(std::move(tape), interval, options, seed);
}

std::unique_ptr<Emulator> train_linear(std::shared_ptr<const Tape> tape, double interval) {
  check_length(*tape, tape->num_units + tape->num_sites + 2);
  return std::make_unique<LinearModel>(std::move(tape), interval);
}

}  // namespace noesis
