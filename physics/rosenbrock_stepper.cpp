#include "physics/rosenbrock_stepper.hpp"

#include "core/error.hpp"
#include "physics/rosenbrock_solve.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kGrain = 4096;
constexpr int kMaxComponents = 4;
/// solve_neuron() of a size that is known at run time, at most kMaxComponents.
template <Real T>
void solve(int size, T h, const T* jacobian, T* r) {
  switch (size) {
    case 1:
      return solve_neuron<1>(h, jacobian, r);
    case 2:
      return solve_neuron<2>(h, jacobian, r);
    case 3:
      return solve_neuron<3>(h, jacobian, r);
    default:
      return solve_neuron<4>(h, jacobian, r);
  }
}

template <Real T>
class Ros2 final : public FixedStepper<T> {
 public:
  explicit Ros2(const ThreadArena& arena) : arena_(arena) {}

  void step(System<T>& system, State<T>& x, double dt, const State<T>* noise) override {
    resize(x.shape());
    const T h = static_cast<T>(dt);
    system.set_fraction(0);
    system.linearise(x, first_, jacobians_);
    solve_all(h, first_);
    add(x, predicted_, [&](std::int64_t n) { return h * first_.data()[n]; });
    system.set_fraction(1);
    system.derivative(predicted_, second_);
    add(second_, second_, [&](std::int64_t n) { return -2 * first_.data()[n]; });
    solve_all(h, second_);
    const T* increment = noise == nullptr ? nullptr : noise->data();
    add(x, x, [&](std::int64_t n) {
      const T drift = h * (T(1.5) * first_.data()[n] + T(0.5) * second_.data()[n]);
      return increment == nullptr ? drift : drift + increment[n];
    });
  }

 private:
  void resize(const BatchShape& shape) {
    if (first_.shape() == shape) return;
    ensure(shape.num_components <= kMaxComponents, "ros2 takes neurons of few components");
    first_ = second_ = predicted_ = State<T>(shape);
    BatchShape squares = shape;
    squares.num_components *= shape.num_components;
    jacobians_ = State<T>(squares);
  }

  /// to = from + term.
  template <class Term>
  void add(const State<T>& from, State<T>& to, const Term& term) const {
    arena_.parallel_for(to.size(), kGrain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t n = first; n < last; ++n) to.data()[n] = from.data()[n] + term(n);
    });
  }

  void solve_all(T h, State<T>& r) const {
    const BatchShape& shape = r.shape();
    const int size = shape.num_components;
    const T step = static_cast<T>(kRosenbrockGamma) * h;
    for (std::int64_t tile = 0; tile < shape.num_tiles(); ++tile) {
      arena_.parallel_for(shape.plane_size(), kGrain, [&](std::int64_t first, std::int64_t last) {
        T jacobian[kMaxComponents * kMaxComponents], k[kMaxComponents];
        for (std::int64_t n = first; n < last; ++n) {
          for (int c = 0; c < size; ++c) k[c] = r.plane(tile, c)[n];
          for (int c = 0; c < size * size; ++c) jacobian[c] = jacobians_.plane(tile, c)[n];
          solve(size, step, jacobian, k);
          for (int c = 0; c < size; ++c) r.plane(tile, c)[n] = k[c];
        }
      });
    }
  }

  const ThreadArena& arena_;
  State<T> first_, second_, predicted_, jacobians_;
};

}  // namespace

template <Real T>
std::unique_ptr<FixedStepper<T>> make_rosenbrock_stepper(const ThreadArena& arena) {
  return std::make_unique<Ros2<T>>(arena);
}

template std::unique_ptr<FixedStepper<float>> make_rosenbrock_stepper(const ThreadArena&);
template std::unique_ptr<FixedStepper<double>> make_rosenbrock_stepper(const ThreadArena&);

}  // namespace noesis
