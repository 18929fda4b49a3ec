#include <boost/array.hpp>
#include <boost/fusion/container/vector.hpp>
#include <boost/numeric/odeint/stepper/euler.hpp>
#include <boost/numeric/odeint/stepper/explicit_generic_rk.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>

#include "core/error.hpp"
#include "physics/integrator.hpp"
#include "physics/odeint_tiles.hpp"
#include "physics/rosenbrock_stepper.hpp"

namespace noesis {

namespace odeint = boost::numeric::odeint;

namespace {

constexpr std::int64_t kGrain = 1 << 14;

// With two terms Odeint's Euler calls for_each3, as every stage of every method does with its
// number.
template <Real T>
using Euler = odeint::euler<State<T>, T, State<T>, double, TileAlgebra, TileOperations>;
template <Real T>
using Rk4 = odeint::runge_kutta4<State<T>, T, State<T>, double, TileAlgebra, TileOperations>;
template <Real T>
using HeunBase = odeint::explicit_generic_rk<2, 2, State<T>, T, State<T>, double, TileAlgebra,
                                             TileOperations, odeint::initially_resizer>;

template <Real T>
class Heun : public HeunBase<T> {
 public:
  explicit Heun(const TileAlgebra& algebra)
      : HeunBase<T>(boost::fusion::make_vector(boost::array<T, 1>{{T(1)}}),
                    boost::array<T, 2>{{T(0.5), T(0.5)}}, boost::array<T, 2>{{T(0), T(1)}},
                    algebra) {}
};

/// x += sum of terms, element by element.
template <Real T, class Term>
void add(const ThreadArena& arena, State<T>& x, const Term& term) {
  T* values = x.data();
  arena.parallel_for(x.size(), kGrain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t n = first; n < last; ++n) values[n] += term(n);
  });
}

template <Real T, class Stepper>
class OdeintStepper final : public FixedStepper<T> {
 public:
  explicit OdeintStepper(const ThreadArena& arena) : arena_(arena), stepper_(TileAlgebra(&arena)) {}

  void step(System<T>& system, State<T>& x, double dt, const State<T>* noise) override {
    stepper_.do_step(
        [&system, dt](const State<T>& at, State<T>& dxdt, double time) {
          system.set_fraction(time / dt);
          system.derivative(at, dxdt);
        },
        x, 0.0, dt);
    if (noise == nullptr) return;
    const T* increment = noise->data();
    add(arena_, x, [&](std::int64_t n) { return increment[n]; });
  }

 private:
  const ThreadArena& arena_;
  Stepper stepper_;
};

/// Heun's method where there is noise, Odeint's where there is none.
template <Real T>
class StochasticHeun final : public FixedStepper<T> {
 public:
  explicit StochasticHeun(const ThreadArena& arena) : arena_(arena), plain_(arena) {}

  void step(System<T>& system, State<T>& x, double dt, const State<T>* noise) override {
    if (noise == nullptr) return plain_.step(system, x, dt, nullptr);
    if (slope_.shape() != x.shape()) slope_ = end_slope_ = State<T>(x.shape());
    const T h = static_cast<T>(dt);
    const T* increment = noise->data();
    const T* slope = slope_.data();
    const T* end_slope = end_slope_.data();
    system.set_fraction(0);
    system.derivative(x, slope_);
    predicted_ = x;
    add(arena_, predicted_, [&](std::int64_t n) { return math::fma(h, slope[n], increment[n]); });
    system.set_fraction(1);
    system.derivative(predicted_, end_slope_);
    add(arena_, x,
        [&](std::int64_t n) { return math::fma(h / 2, slope[n] + end_slope[n], increment[n]); });
  }

 private:
  const ThreadArena& arena_;
  OdeintStepper<T, Heun<T>> plain_;
  State<T> slope_, end_slope_, predicted_;
};

}  // namespace

template <Real T>
std::unique_ptr<FixedStepper<T>> make_fixed_stepper(const std::string& name,
                                                    const ThreadArena& arena) {
  if (name == "euler") return std::make_unique<OdeintStepper<T, Euler<T>>>(arena);
  if (name == "heun") return std::make_unique<StochasticHeun<T>>(arena);
  if (name == "ros2") return make_rosenbrock_stepper<T>(arena);
  if (name == "rk4") return std::make_unique<OdeintStepper<T, Rk4<T>>>(arena);
  throw ConfigError({.what = "not a fixed-step integrator",
                     .where = "integrator.name",
                     .got = "\"" + name + "\"",
                     .allowed = "\"euler\", \"heun\", \"rk4\" or \"ros2\"",
                     .next = {}});
}

template std::unique_ptr<FixedStepper<float>> make_fixed_stepper<float>(const std::string&,
                                                                        const ThreadArena&);
template std::unique_ptr<FixedStepper<double>> make_fixed_stepper<double>(const std::string&,
                                                                          const ThreadArena&);

}  // namespace noesis
