// Whole RK4 steps, against Boost.Odeint on its own vectors with Eigen's sparse product: what one
// would write with the usual libraries. Both in the same precision, on one thread.

#include <Eigen/SparseCore>
#include <boost/numeric/odeint.hpp>
#include <numeric>

#include "physics/celegans_connectome.hpp"
#include "physics/simulation.hpp"
#include "runners/bench/benches.hpp"
#include "runners/bench/brains.hpp"

namespace noesis::bench {
namespace {

/// Wilson-Cowan pairs in one environment.
template <Real T>
class OdeintEigenBrain {
  using Vector = Eigen::Vector<T, Eigen::Dynamic>;
  using Matrix = Eigen::SparseMatrix<T, Eigen::RowMajor>;

 public:
  OdeintEigenBrain(const Connectome& brain, const BrainSpec& spec)
      : model_(spec.model.wilson_cowan),
        n_(brain.num_neurons()),
        drive_(spec.drive.values(n_)),
        weights_(to_eigen(brain.synapses())),
        gaps_(to_eigen(brain.gap_junctions())),
        gap_sum_(gaps_ * Vector::Ones(n_)) {}

  void operator()(const std::vector<T>& x, std::vector<T>& dxdt, double) {
    const Eigen::Map<const Vector> e(x.data(), n_);
    input_.noalias() = weights_ * e;
    gap_.noalias() = gaps_ * e;
    for (std::int64_t i = 0; i < n_; ++i) {
      const T own[2] = {x[static_cast<std::size_t>(i)], x[static_cast<std::size_t>(n_ + i)]};
      T slope[2];
      model_.derivative(own, input_[i], gap_[i] - gap_sum_[i] * own[0],
                        static_cast<T>(drive_[static_cast<std::size_t>(i)]), slope);
      dxdt[static_cast<std::size_t>(i)] = slope[0];
      dxdt[static_cast<std::size_t>(n_ + i)] = slope[1];
    }
  }

 private:
  Matrix to_eigen(const SynapseTable& table) const {
    std::vector<Eigen::Triplet<T>> triplets;
    for (std::int64_t i = 0; i < n_ && !table.empty(); ++i) {
      for (std::size_t k = 0; k < table.row_sources(i).size(); ++k) {
        triplets.emplace_back(i, table.row_sources(i)[k], static_cast<T>(table.row_weights(i)[k]));
      }
    }
    Matrix matrix(n_, n_);
    matrix.setFromTriplets(triplets.begin(), triplets.end());
    return matrix;
  }

  WilsonCowan<T> model_;
  std::int64_t n_;
  std::vector<double> drive_;
  Matrix weights_, gaps_;
  Vector gap_sum_, input_, gap_;
};

template <Real T>
void step_of(const ConnectomePtr& brain, const std::string& name, std::int64_t envs, int steps,
             std::optional<double> goal, Report& report) {
  BrainSpec spec;
  spec.model.wilson_cowan.gap_coupling = 0.5;
  spec.drive = {.mean = 1.25, .sd = 0.1, .seed = 1};
  spec.integrator = {.name = "rk4", .dt_ms = 1};
  const ThreadArena one(1);
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(envs));
  std::iota(seeds.begin(), seeds.end(), 1);
  Simulation<T> ours({brain}, spec, seeds, one);
  OdeintEigenBrain<T> system(*brain, spec);
  boost::numeric::odeint::runge_kutta4<std::vector<T>, T> stepper;
  std::vector<T> x(static_cast<std::size_t>(2 * brain->num_neurons()), T(0.1));
  double end = 0;
  const Pair time = measure(
      [&] {
        end += steps;
        ours.advance_to(end);
      },
      [&] {
        for (int k = 0; k < steps; ++k) stepper.do_step(std::ref(system), x, T(0), T(1));
      },
      4);
  const std::string precision = sizeof(T) == 8 ? "double" : "float";
  const auto batch = static_cast<double>(envs);
  report.add({"step", name + ", rk4, " + precision + ", " + std::to_string(envs) + " env, 1 thread",
              batch * steps / time.ours, "env steps/s", "Odeint + Eigen, " + precision + ", 1 env",
              steps / time.baseline, batch * time.ratio, goal});
}

}  // namespace

void step(Report& report) {
  report.note("RK4 steps of Wilson-Cowan brains");
  const auto worm = std::make_shared<const Connectome>(celegans_connectome());
  step_of<double>(worm, "C. elegans", 1, 400, {}, report);
  step_of<double>(worm, "C. elegans", 64, 20, 3, report);
  step_of<float>(worm, "C. elegans", 64, 20, 3, report);
  const ConnectomePtr& large = brain("uniform");
  step_of<float>(large, "140k x 100 uniform", 1, 1, 1.2, report);
  step_of<float>(large, "140k x 100 uniform", 16, 1, 3, report);
}

}  // namespace noesis::bench
