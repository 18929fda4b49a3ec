#include "gpu/device_dormand_prince.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "gpu/kernels/adaptive.hpp"
#include "gpu/launch.hpp"

namespace noesis::NOESIS_GPU {
namespace {

constexpr std::size_t kSlopes = 7, kMostTerms = 6;

/// One linear combination of the state (term 0) and of slopes k1 to k7: which, and by which factors
/// of the step size. A state's factor is 1.
template <Real T>
struct Combination {
  std::vector<std::size_t> terms;
  std::vector<T> factors;
};

/// Coefficients divided in T, as Boost.Odeint's runge_kutta_dopri5 has them: the states at which k2
/// to k7 are taken, then the error.
template <Real T>
std::array<Combination<T>, 7> dormand_prince_tableau() {
  const auto ratio = [](double a, double b) { return static_cast<T>(a) / static_cast<T>(b); };
  const T c1 = ratio(35, 384), c3 = ratio(500, 1113), c4 = ratio(125, 192), c5 = ratio(-2187, 6784),
          c6 = ratio(11, 84);
  return {{{{0, 1}, {T(1), ratio(1, 5)}},
           {{0, 1, 2}, {T(1), ratio(3, 40), ratio(9, 40)}},
           {{0, 1, 2, 3}, {T(1), ratio(44, 45), ratio(-56, 15), ratio(32, 9)}},
           {{0, 1, 2, 3, 4},
            {T(1), ratio(19372, 6561), ratio(-25360, 2187), ratio(64448, 6561), ratio(-212, 729)}},
           {{0, 1, 2, 3, 4, 5},
            {T(1), ratio(9017, 3168), ratio(-355, 33), ratio(46732, 5247), ratio(49, 176),
             ratio(-5103, 18656)}},
           {{0, 1, 3, 4, 5, 6}, {T(1), c1, c3, c4, c5, c6}},
           {{1, 3, 4, 5, 6, 7},
            {c1 - ratio(5179, 57600), c3 - ratio(7571, 16695), c4 - ratio(393, 640),
             c5 - ratio(-92097, 339200), c6 - ratio(187, 2100), ratio(-1, 40)}}}};
}

template <Real T>
class DeviceDormandPrince final : public DormandPrince<T> {
 public:
  DeviceDormandPrince(const Device& device, const BatchShape& shape,
                      std::function<void(const T*, T*)> slope_of)
      : device_(device),
        shape_(shape),
        slope_of_(std::move(slope_of)),
        tableau_(dormand_prince_tableau<T>()),
        padded_envs_(shape.num_tiles() * shape.tile_width) {
    for (DeviceBuffer<T>* buffer : {&base_, &next_, &scratch_}) {
      *buffer = DeviceBuffer<T>(device, size(), "state");
      buffer->zero();  // lanes past the last environment are read along with it
    }
    for (DeviceBuffer<T>& slope : slopes_) {
      slope = DeviceBuffer<T>(device, size(), "slopes");
      slope.zero();
    }
    const std::int64_t num_chunks = FindErrors<T, 1>::num_chunks(num_places());
    factors_ =
        DeviceBuffer<T>(device, std::int64_t(kSlopes * kMostTerms) * padded_envs_, "step control");
    h_ = DeviceBuffer<double>(device, padded_envs_, "step control");
    moves_ = DeviceBuffer<std::uint8_t>(device, padded_envs_, "step control");
    points_ = DeviceBuffer<DevicePoint>(device, padded_envs_, "step control");
    worst_ = DeviceBuffer<WorstError>(device, num_chunks * padded_envs_, "step control");
    host_worst_.resize(static_cast<std::size_t>(padded_envs_));
  }

  void set_base(const State<T>& x) override {
    base_.upload({x.data(), static_cast<std::size_t>(x.size())});
  }
  void fetch_base(State<T>& x) const override { fetch(base_, x); }
  void fetch_next(State<T>& x) const override { fetch(next_, x); }

  void find_slope(System<T>&) override { slope_of_(base_.data(), slopes_[0].data()); }

  void commit(std::span<const std::uint8_t> moves) override {
    moves_.upload(moves);
    launch(CommitStep<T>{tile_size(), shape_.tile_width, shape_.num_envs, moves_.data(),
                         next_.data(), slopes_[6].data(), base_.data(), slopes_[0].data()},
           tile_size(), shape_.num_tiles(), device_.stream());
  }

  void take(System<T>&, std::span<const double> h) override {
    upload_factors(h);
    for (std::size_t stage = 0; stage + 1 < tableau_.size(); ++stage) {
      const bool is_last = stage + 2 == tableau_.size();
      T* const y = is_last ? next_.data() : scratch_.data();
      combine(stage, y);
      slope_of_(y, slopes_[stage + 1].data());
    }
    combine(tableau_.size() - 1, scratch_.data());  // the error, until the next step
    device_.check_launch("take an adaptive step");
  }

  void find_errors(std::span<const double> h, double atol, double rtol,
                   std::span<const std::uint8_t> skips, std::span<StepError> errors) override {
    h_.upload(h);
    if (shape_.tile_width == 1) {
      launch_errors<1>(atol, rtol);
    } else {
      launch_errors<kTileWidth<T>>(atol, rtol);
    }
    device_.check_launch("find the error of a step");
    worst_.download(host_worst_);
    for (std::size_t e = 0; e < errors.size(); ++e) {
      if (skips[e] != 0) continue;
      errors[e] = {host_worst_[e].ratio, host_worst_[e].place % shape_.num_neurons,
                   std::numeric_limits<double>::quiet_NaN()};
    }
  }

  void interpolate(std::span<const DensePoint> points, State<T>& x) const override {
    std::vector<DevicePoint> put;
    for (const DensePoint& point : points) {
      DevicePoint one = {.h = point.h, .is_end = point.is_end ? 1.0 : 0.0};
      std::copy(point.weights.begin(), point.weights.end(), one.weights);
      put.push_back(one);
    }
    points_.upload(put);
    Interpolate<T> kernel = {.tile_size = tile_size(),
                             .width = shape_.tile_width,
                             .num_envs = shape_.num_envs,
                             .points = points_.data(),
                             .base = base_.data(),
                             .next = next_.data(),
                             .x = scratch_.data()};
    constexpr std::size_t kUsed[] = {0, 2, 3, 4, 5, 6};
    for (std::size_t k = 0; k < 6; ++k) kernel.slopes[k] = slopes_[kUsed[k]].data();
    launch(kernel, tile_size(), shape_.num_tiles(), device_.stream());
    device_.check_launch("interpolate");
    fetch(scratch_, x);
  }

 private:
  std::int64_t tile_size() const noexcept { return shape_.tile_size(); }
  std::int64_t size() const noexcept { return shape_.num_tiles() * shape_.tile_size(); }
  std::int64_t num_places() const noexcept { return shape_.num_components * shape_.num_neurons; }

  static void fetch(const DeviceBuffer<T>& buffer, State<T>& x) {
    buffer.download({x.data(), static_cast<std::size_t>(x.size())});
  }

  /// Every factor of every combination in every environment; padded ones follow the last.
  void upload_factors(std::span<const double> h) {
    host_factors_.assign(static_cast<std::size_t>(factors_.size()), T(0));
    const auto padded = static_cast<std::size_t>(padded_envs_);
    for (std::size_t c = 0; c < tableau_.size(); ++c) {
      for (std::size_t k = 0; k < tableau_[c].terms.size(); ++k) {
        T* const factors = host_factors_.data() + (c * kMostTerms + k) * padded;
        const T coefficient = tableau_[c].factors[k];
        for (std::size_t e = 0; e < padded; ++e) {
          const double step = h[std::min(e, h.size() - 1)];
          factors[e] = tableau_[c].terms[k] == 0
                           ? T(1)
                           : static_cast<T>(step * static_cast<double>(coefficient));
        }
      }
    }
    factors_.upload(host_factors_);
  }

  void combine(std::size_t which, T* out) {
    Combine<T> kernel = {
        .tile_size = tile_size(),
        .width = shape_.tile_width,
        .padded_envs = padded_envs_,
        .num_terms = static_cast<std::int32_t>(tableau_[which].terms.size()),
        .factors = factors_.data() + std::int64_t(which * kMostTerms) * padded_envs_,
        .out = out};
    for (std::size_t k = 0; k < tableau_[which].terms.size(); ++k) {
      const std::size_t term = tableau_[which].terms[k];
      kernel.inputs[k] = term == 0 ? base_.data() : slopes_[term - 1].data();
    }
    launch(kernel, tile_size(), shape_.num_tiles(), device_.stream());
  }

  template <int kWidth>
  void launch_errors(double atol, double rtol) {
    const std::int64_t num_chunks = FindErrors<T, kWidth>::num_chunks(num_places());
    launch(FindErrors<T, kWidth>{num_places(), shape_.num_envs, padded_envs_, atol, rtol, h_.data(),
                                 base_.data(), slopes_[0].data(), scratch_.data(), next_.data(),
                                 worst_.data()},
           num_chunks, shape_.num_tiles(), device_.stream());
    launch(ReduceErrors{padded_envs_, num_chunks, worst_.data()}, padded_envs_, 1,
           device_.stream());
  }

  const Device& device_;
  BatchShape shape_;
  std::function<void(const T*, T*)> slope_of_;
  std::array<Combination<T>, 7> tableau_;
  std::int64_t padded_envs_;
  DeviceBuffer<T> base_, next_;
  mutable DeviceBuffer<T> scratch_;  // a stage's state, the error, or dense output
  DeviceBuffer<T> slopes_[kSlopes];
  DeviceBuffer<T> factors_;  // (7 combinations x 6 terms x padded_envs)
  DeviceBuffer<double> h_;
  DeviceBuffer<std::uint8_t> moves_;
  mutable DeviceBuffer<DevicePoint> points_;
  DeviceBuffer<WorstError> worst_;
  std::vector<T> host_factors_;
  std::vector<WorstError> host_worst_;
};

}  // namespace

template <Real T>
std::unique_ptr<DormandPrince<T>> make_dormand_prince(const Device& device, const BatchShape& shape,
                                                      std::function<void(const T*, T*)> slope_of) {
  return std::make_unique<DeviceDormandPrince<T>>(device, shape, std::move(slope_of));
}

template std::unique_ptr<DormandPrince<float>> make_dormand_prince(
    const Device&, const BatchShape&, std::function<void(const float*, float*)>);
template std::unique_ptr<DormandPrince<double>> make_dormand_prince(
    const Device&, const BatchShape&, std::function<void(const double*, double*)>);

}  // namespace noesis::NOESIS_GPU
