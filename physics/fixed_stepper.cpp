#include <boost/array.hpp>
#include <boost/fusion/container/vector.hpp>
#include <boost/numeric/odeint/stepper/euler.hpp>
#include <boost/numeric/odeint/stepper/explicit_generic_rk.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>

#include "core/error.hpp"
#include "physics/integrator.hpp"

namespace noesis {

namespace odeint = boost::numeric::odeint;

namespace {

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

template <Real T, class Stepper>
class OdeintStepper final : public FixedStepper<T> {
 public:
  explicit OdeintStepper(const ThreadArena& arena) : stepper_(TileAlgebra(&arena)) {}

  void step(System<T>& system, State<T>& x, double dt) override {
    stepper_.do_step(
        [&system](const State<T>& at, State<T>& dxdt, double) { system.derivative(at, dxdt); }, x,
        0.0, dt);
  }

 private:
  Stepper stepper_;
};

}  // namespace

template <Real T>
std::unique_ptr<FixedStepper<T>> make_fixed_stepper(const std::string& name,
                                                    const ThreadArena& arena) {
  if (name == "euler") return std::make_unique<OdeintStepper<T, Euler<T>>>(arena);
  if (name == "heun") return std::make_unique<OdeintStepper<T, Heun<T>>>(arena);
  if (name == "rk4") return std::make_unique<OdeintStepper<T, Rk4<T>>>(arena);
  throw ConfigError({.what = "not a fixed-step integrator",
                     .where = "integrator.name",
                     .got = "\"" + name + "\"",
                     .allowed = "\"euler\", \"heun\" or \"rk4\"",
                     .next = {}});
}

template std::unique_ptr<FixedStepper<float>> make_fixed_stepper<float>(const std::string&,
                                                                        const ThreadArena&);
template std::unique_ptr<FixedStepper<double>> make_fixed_stepper<double>(const std::string&,
                                                                          const ThreadArena&);

}  // namespace noesis
