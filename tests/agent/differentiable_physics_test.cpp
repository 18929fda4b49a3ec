// Trajectories that gradients pass through: the same forward as Simulation, the gradient of finite
// differences and of dense autograd, the same bits however it is computed, and little memory.
#include "agent/differentiable_physics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "agent/torch_threads.hpp"
#include "core/error.hpp"
#include "physics/generators.hpp"
#include "tests/agent/adjoint_brains.hpp"

namespace noesis::testing {
namespace {

/// The arena of a test: while it lives, no other has more threads.
class DifferentiablePhysics : public ::testing::Test {
 protected:
  DifferentiablePhysics() { use_one_torch_thread(); }
  const ThreadArena one_thread_{1};
};

std::string text(const std::string& model, const std::string& integrator) {
  return model + ", " + integrator;
}

template <class Body>
void for_each_case(const Body& body) {
  for (const char* model : {"tanh", "logistic", "relu_power", "wilson_cowan"}) {
    for (const char* integrator : {"euler", "heun", "rk4"}) body(model, integrator);
  }
}

bool same_bits(const torch::Tensor& a, const torch::Tensor& b) { return torch::equal(a, b); }

/// The state of `sim` as integrate() shapes it.
torch::Tensor state_of(const Simulation<double>& sim) {
  const BatchShape& shape = sim.shape();
  torch::Tensor x =
      torch::empty({shape.num_envs, shape.num_components, shape.num_neurons}, torch::kFloat64);
  for (std::int64_t e = 0; e < shape.num_envs; ++e) {
    for (int c = 0; c < shape.num_components; ++c) {
      for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
        x[e][c][i] = sim.state().at(e, c, i);
      }
    }
  }
  return x;
}

// Red when a sum is taken in another order, the drive is another one, or currents change at another
// step.
TEST_F(DifferentiablePhysics, IsTheSimulationBitForBit) {
  for_each_case([&](const std::string& model, const std::string& integrator) {
    for (const std::int64_t envs : {1, 11}) {
      SCOPED_TRACE(text(model, integrator) + ", " + std::to_string(envs) + " environments");
      const ConnectomePtr connectome = uneven_brain(23, 9, 5);
      const DifferentiableBrain brain(connectome, model_of(model), one_thread_);
      const TrajectoryPlan plan{
          .integrator = integrator, .dt_ms = 0.7, .num_samples = 4, .steps_per_sample = 3};
      const Arguments at = arguments_of(brain, plan, envs);

      BrainSpec spec;
      spec.model = model_of(model);
      spec.integrator = {.name = integrator, .dt_ms = plan.dt_ms};
      spec.drive.per_neuron.assign(at.bias.data_ptr<double>(), at.bias.data_ptr<double>() + 23);
      Simulation<double> sim({connectome}, spec, seeds_from(0, static_cast<std::size_t>(envs)),
                             one_thread_);
      State<double> x = sim.state();
      const auto initial = at.initial.accessor<double, 3>();
      for (std::int64_t e = 0; e < envs; ++e) {
        for (int c = 0; c < brain.num_components(); ++c) {
          for (std::int64_t i = 0; i < 23; ++i) x.at(e, c, i) = initial[e][c][i];
        }
      }
      sim.set_state(x);
      const torch::Tensor samples =
          brain.integrate(plan, at.initial, at.weights, at.bias, at.current);
      const auto current = at.current.accessor<double, 3>();
      for (std::int64_t t = 0; t < plan.num_samples; ++t) {
        for (std::int64_t e = 0; e < envs; ++e) {
          for (std::int64_t i = 0; i < 23; ++i) sim.surgeon().set_current(e, i, current[t][e][i]);
        }
        sim.advance_to(static_cast<double>(3 * (t + 1)) * plan.dt_ms);
        EXPECT_TRUE(same_bits(samples[t], state_of(sim))) << "sample " << t;
      }
    }
  });
}

/// The derivative along `direction` of one argument, by central differences of two steps and
/// Richardson's extrapolation: error h^4.
double slope_along(const DifferentiableBrain& brain, const TrajectoryPlan& plan, Arguments at,
                   std::size_t which, const torch::Tensor& direction) {
  const torch::Tensor start = *at.all()[which];
  const auto value_at = [&](double h) {
    *at.all()[which] = start + h * direction;
    return loss_of(brain.integrate(plan, at.initial, at.weights, at.bias, at.current))
        .item<double>();
  };
  const auto central = [&](double h) { return (value_at(h) - value_at(-h)) / (2 * h); };
  constexpr double kStep = 2e-3;
  return (4 * central(kStep / 2) - central(kStep)) / 3;
}

// Red for any mistake in a transposed product, a tableau, the order of stages, the drive of a
// segment or the sample at which a gradient enters.
TEST_F(DifferentiablePhysics, GradientsAreThoseOfFiniteDifferences) {
  const char* kNames[] = {"initial", "weights", "bias", "current"};
  for_each_case([&](const std::string& model, const std::string& integrator) {
    const DifferentiableBrain brain(uneven_brain(13, 5, 3), model_of(model), one_thread_);
    const TrajectoryPlan plan{.integrator = integrator,
                              .dt_ms = 0.5,
                              .num_samples = 5,
                              .steps_per_sample = 2,
                              .checkpoint_steps = 3};
    Arguments at = arguments_of(brain, plan, 2);
    const std::vector<torch::Tensor> gradients = gradients_of(brain, plan, at);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      for (std::uint64_t seed = 0; seed < 3; ++seed) {
        const torch::Tensor direction = uniform(gradients[k].sizes(), -1, 1, 10 + seed);
        const double expected = slope_along(brain, plan, at, k, direction);
        const double found = (gradients[k] * direction).sum().item<double>();
        EXPECT_NEAR(found, expected, 1e-6 * std::abs(expected))
            << text(model, integrator) << ": " << kNames[k];
      }
    }
  });
}

// As torch.autograd.gradcheck: every entry of the Jacobian, one output and one argument at a time.
TEST_F(DifferentiablePhysics, EveryEntryOfTheJacobianIsRight) {
  const DifferentiableBrain brain(uneven_brain(4, 2, 7), model_of("wilson_cowan"), one_thread_);
  const TrajectoryPlan plan{
      .integrator = "heun", .dt_ms = 0.5, .num_samples = 2, .steps_per_sample = 1};
  Arguments at = arguments_of(brain, plan, 1);
  const auto run = [&](const Arguments& a) {
    return brain.integrate(plan, a.initial, a.weights, a.bias, a.current).flatten();
  };
  const std::int64_t outputs = run(at).numel();
  for (std::size_t k = 0; k < at.all().size(); ++k) {
    Arguments leaf = at;
    *leaf.all()[k] = at.all()[k]->clone().requires_grad_();
    const torch::Tensor y = run(leaf);
    for (std::int64_t out = 0; out < outputs; ++out) {
      const torch::Tensor row =
          torch::autograd::grad({y[out]}, {*leaf.all()[k]}, {}, true)[0].flatten();
      for (std::int64_t in = 0; in < row.numel(); ++in) {
        constexpr double kStep = 1e-5;
        const auto moved = [&](double h) {
          Arguments there = at;
          *there.all()[k] = at.all()[k]->clone();
          there.all()[k]->flatten()[in] += h;
          return run(there)[out].item<double>();
        };
        const double expected = (moved(kStep) - moved(-kStep)) / (2 * kStep);
        EXPECT_NEAR(row[in].item<double>(), expected, 1e-8) << k << ": " << out << ", " << in;
      }
    }
  }
}

/// x' of the model with dense matrices and LibTorch's own operators, x (envs x components x n).
torch::Tensor dense_derivative(const ModelSpec& model, const torch::Tensor& x,
                               const torch::Tensor& dense, const torch::Tensor& gap,
                               const torch::Tensor& drive) {
  const auto junctions = [&](const torch::Tensor& first) {
    return torch::matmul(first, gap.t()) - first * gap.sum(1);
  };
  if (model.name == "rate") {
    const RateNetworkParameters& p = model.rate;
    const torch::Tensor v = x.select(1, 0);
    torch::Tensor phi = torch::tanh(v);
    if (p.activation == "logistic") phi = torch::sigmoid(v);
    if (p.activation == "relu_power") phi = torch::relu(v).pow(static_cast<double>(p.power));
    return ((p.coupling * torch::matmul(phi, dense.t()) - v + drive +
             p.gap_coupling * junctions(v)) /
            p.tau_ms)
        .unsqueeze(1);
  }
  const WilsonCowanParameters& p = model.wilson_cowan;
  const torch::Tensor e = x.select(1, 0), i = x.select(1, 1);
  const torch::Tensor z_e =
      p.alpha_e * (p.c_ee * e - p.c_ei * i + p.coupling * torch::matmul(e, dense.t()) +
                   p.gap_coupling * junctions(e) + drive - p.theta_e);
  const torch::Tensor z_i = p.alpha_i * (p.c_ie * e - p.c_ii * i + p.q - p.theta_i);
  const auto sigmoid = [&](double c, double a, double b, const torch::Tensor& z) {
    return c * torch::sigmoid(a * (z - b)) - (p.shift_sigmoid ? c / (1 + std::exp(a * b)) : 0.0);
  };
  return torch::stack({((p.k_e - p.r_e * e) * sigmoid(p.c_e, p.a_e, p.b_e, z_e) - e) / p.tau_e_ms,
                       ((p.k_i - p.r_i * i) * sigmoid(p.c_i, p.a_i, p.b_i, z_i) - i) / p.tau_i_ms},
                      1);
}

/// The same trajectory by dense LibTorch, through which autograd goes by itself.
torch::Tensor dense_trajectory(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                               const Arguments& at) {
  const std::int64_t n = brain.connectome().num_neurons();
  std::vector<std::int64_t> targets, sources;
  for (const Synapse& edge : brain.connectome().edges()) {
    targets.push_back(edge.target);
    sources.push_back(edge.source);
  }
  const torch::Tensor dense =
      torch::zeros({n, n}, torch::kFloat64)
          .index_put({torch::tensor(targets), torch::tensor(sources)}, at.weights);
  torch::Tensor gap = torch::zeros({n, n}, torch::kFloat64);
  for (const Synapse& edge : brain.connectome().gap_edges()) {
    gap[edge.source][edge.target] = gap[edge.target][edge.source] = edge.weight;
  }
  torch::Tensor x = at.initial;
  std::vector<torch::Tensor> samples;
  for (std::int64_t t = 0; t < plan.num_samples; ++t) {
    const auto f = [&](const torch::Tensor& state) {
      return dense_derivative(brain.model(), state, dense, gap, at.bias + at.current[t]);
    };
    const double h = plan.dt_ms;
    for (std::int64_t k = 0; k < plan.steps_per_sample; ++k) {
      const torch::Tensor k1 = f(x);
      if (plan.integrator == "euler") {
        x = x + h * k1;
      } else if (plan.integrator == "heun") {
        x = x + h / 2 * (k1 + f(x + h * k1));
      } else {
        const torch::Tensor k2 = f(x + h / 2 * k1), k3 = f(x + h / 2 * k2), k4 = f(x + h * k3);
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
      }
    }
    samples.push_back(x);
  }
  return torch::stack(samples);
}

// Red for a wrong model, tableau or Jacobian, to ten digits and by none of our code.
TEST_F(DifferentiablePhysics, AgreesWithDenseAutograd) {
  for_each_case([&](const std::string& model, const std::string& integrator) {
    const DifferentiableBrain brain(uneven_brain(17, 6, 11), model_of(model), one_thread_);
    const TrajectoryPlan plan{
        .integrator = integrator, .dt_ms = 0.5, .num_samples = 6, .steps_per_sample = 3};
    Arguments at = arguments_of(brain, plan, 3);
    const std::vector<torch::Tensor> found = gradients_of(brain, plan, at);
    std::vector<torch::Tensor> leaves;
    for (torch::Tensor* tensor : at.all()) {
      *tensor = tensor->clone().requires_grad_();
      leaves.push_back(*tensor);
    }
    const std::vector<torch::Tensor> expected =
        torch::autograd::grad({loss_of(dense_trajectory(brain, plan, at))}, leaves);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const double scale = expected[k].abs().max().item<double>();
      EXPECT_LT((found[k] - expected[k]).abs().max().item<double>(), 1e-10 * scale)
          << text(model, integrator) << ": argument " << k;
    }
  });
}

// Red when a segment starts from another state or drive than it had, or a sum depends on segments.
TEST_F(DifferentiablePhysics, CheckpointsChangeNoBit) {
  for (const char* model : {"tanh", "wilson_cowan"}) {
    const DifferentiableBrain brain(uneven_brain(15, 6, 2), model_of(model), one_thread_);
    TrajectoryPlan plan{
        .integrator = "rk4", .dt_ms = 0.5, .num_samples = 10, .steps_per_sample = 5};
    const Arguments at = arguments_of(brain, plan, 9);
    plan.checkpoint_steps = plan.num_steps();  // every stage is kept
    const std::vector<torch::Tensor> whole = gradients_of(brain, plan, at);
    for (const std::int64_t steps : {0, 1, 7, 49}) {
      plan.checkpoint_steps = steps;
      const std::vector<torch::Tensor> parts = gradients_of(brain, plan, at);
      for (std::size_t k = 0; k < whole.size(); ++k) {
        EXPECT_TRUE(same_bits(whole[k], parts[k])) << model << ", " << steps << ": " << k;
      }
    }
  }
}

// Red when a sum crosses threads.
TEST(DifferentiablePhysicsThreads, ChangeNoBit) {
  const ConnectomePtr connectome = uneven_brain(900, 30, 4);
  const TrajectoryPlan plan{
      .integrator = "heun", .dt_ms = 0.5, .num_samples = 3, .steps_per_sample = 4};
  const auto gradients = [&](int threads) {
    const ThreadArena arena(threads);
    const DifferentiableBrain brain(connectome, model_of("wilson_cowan"), arena);
    return gradients_of(brain, plan, arguments_of(brain, plan, 10));
  };
  const std::vector<torch::Tensor> one = gradients(1), three = gradients(3);
  for (std::size_t k = 0; k < one.size(); ++k) EXPECT_TRUE(same_bits(one[k], three[k])) << k;
}

// Red when a loop adds in another order where vectors are wider.
TEST_F(DifferentiablePhysics, InstructionSetsChangeNoBit) {
  const adjoint::Structure structure(uneven_brain(37, 9, 6));
  const std::vector<double> weights(structure.connectome->synapses().weights.begin(),
                                    structure.connectome->synapses().weights.end());
  for (const char* model : {"tanh", "relu_power", "wilson_cowan"}) {
    for (const std::int64_t envs : {1, 9}) {
      const auto results = [&](InstructionSet set) {
        adjoint::AdjointSystem system(structure, model_of(model), envs, weights, one_thread_, set);
        system.set_drive(std::vector<double>(37, 0.7), {});
        State<double> x(system.shape()), slope(system.shape()), nu(system.shape());
        for (std::int64_t n = 0; n < x.size(); ++n) {
          x.data()[n] = 0.3 + 0.2 * std::sin(static_cast<double>(n));
        }
        std::vector<adjoint::Stage> stages;
        system.record(&stages);
        system.derivative(x, slope);
        std::vector<double> by_weight(weights.size());
        BatchShape one = system.shape();
        one.num_components = 1;
        State<double> by_drive(one);
        system.pull_back(stages[0], slope, nu, {by_weight, &by_drive});
        std::vector<double> all(slope.data(), slope.data() + slope.size());
        all.insert(all.end(), nu.data(), nu.data() + nu.size());
        all.insert(all.end(), by_drive.data(), by_drive.data() + by_drive.size());
        all.insert(all.end(), by_weight.begin(), by_weight.end());
        return all;
      };
      const std::vector<double> best = results(best_instruction_set());
      EXPECT_EQ(results(InstructionSet::kBaseline), best) << model << ", " << envs;
      if (best_instruction_set() == InstructionSet::kX86v4) {
        EXPECT_EQ(results(InstructionSet::kX86v3), best) << model << ", " << envs;
      }
    }
  }
}

// An environment's own gradients are those that it has alone; shared ones are sums over the batch.
TEST_F(DifferentiablePhysics, ABatchIsItsEnvironments) {
  const DifferentiableBrain brain(uneven_brain(15, 6, 2), model_of("logistic"), one_thread_);
  const TrajectoryPlan plan{
      .integrator = "rk4", .dt_ms = 0.5, .num_samples = 4, .steps_per_sample = 2};
  const Arguments at = arguments_of(brain, plan, 10);
  const torch::Tensor batch = brain.integrate(plan, at.initial, at.weights, at.bias, at.current);
  Arguments leaf = at;
  leaf.weights = at.weights.clone().requires_grad_();
  leaf.initial = at.initial.clone().requires_grad_();
  const auto whole = torch::autograd::grad(
      {brain.integrate(plan, leaf.initial, leaf.weights, at.bias, at.current).square().sum()},
      {leaf.initial, leaf.weights});
  torch::Tensor sum = torch::zeros_like(at.weights);
  for (std::int64_t e = 0; e < 10; ++e) {
    const torch::Tensor start = at.initial.slice(0, e, e + 1).clone().requires_grad_();
    const torch::Tensor w = at.weights.clone().requires_grad_();
    const torch::Tensor alone =
        brain.integrate(plan, start, w, at.bias, at.current.slice(1, e, e + 1).clone());
    EXPECT_TRUE(same_bits(alone.select(1, 0).detach(), batch.select(1, e))) << e;
    const auto own = torch::autograd::grad({alone.square().sum()}, {start, w});
    EXPECT_TRUE(torch::allclose(own[0][0], whole[0][e], 1e-12, 1e-14)) << e;
    sum += own[1];
  }
  EXPECT_TRUE(torch::allclose(sum, whole[1], 1e-11, 1e-13));
}

// Red when anything dense is stored, or states and stages of all steps are.
TEST_F(DifferentiablePhysics, MemoryIsOfTheSynapsesAndTheRootOfTheSteps) {
  RandomParameters wiring;
  wiring.num_neurons = 20'000;
  wiring.in_degree = 4;
  const auto structure = std::make_shared<const adjoint::Structure>(
      std::make_shared<Connectome>(random_connectome(wiring, 1)));
  const std::int64_t n = wiring.num_neurons, synapses = structure->connectome->num_synapses();
  const ModelSpec model = model_of("tanh");
  const std::vector<double> initial(static_cast<std::size_t>(n), 0.1), bias(initial);
  const std::vector<double> weights(structure->connectome->synapses().weights.begin(),
                                    structure->connectome->synapses().weights.end());
  const adjoint::Inputs inputs{1, initial, weights, bias, {}};
  const auto values_of = [&](std::int64_t steps) {
    const adjoint::Trajectory flow(structure, model,
                                   {.integrator = "rk4", .steps_per_sample = steps}, one_thread_);
    std::vector<double> samples(static_cast<std::size_t>(n));
    const adjoint::Checkpoints checkpoints = flow.forward(inputs, samples);
    std::vector<double> by_weight(weights.size());
    flow.backward(inputs, checkpoints, samples,
                  {.initial = {}, .weights = by_weight, .bias = {}, .current = {}});
    EXPECT_NE(by_weight.front(), 0);
    return checkpoints.num_values() + flow.working_values(1);
  };
  const std::int64_t few = values_of(16), many = values_of(64);
  EXPECT_LT(many, 4 * synapses + 80 * n);
  EXPECT_LT(many, 2.2 * static_cast<double>(few));  // 2 for four times the steps
  EXPECT_LT(static_cast<double>(many), 0.01 * static_cast<double>(n) * static_cast<double>(n));
}

// What working_values() counts a stage as, and that stages are used again from segment to segment.
TEST_F(DifferentiablePhysics, AStageHoldsStateAndThreeSums) {
  const adjoint::Structure structure(uneven_brain(9, 4, 1));
  const std::vector<double> weights(structure.connectome->synapses().weights.begin(),
                                    structure.connectome->synapses().weights.end());
  adjoint::AdjointSystem system(structure, model_of("wilson_cowan"), 3, weights, one_thread_);
  system.set_drive(std::vector<double>(9, 1.0), {});
  State<double> x(system.shape()), slope(system.shape());
  std::vector<adjoint::Stage> stages;
  for (int round = 0; round < 2; ++round) {
    system.record(&stages);
    for (int k = 0; k < 3; ++k) system.derivative(x, slope);
  }
  ASSERT_EQ(stages.size(), 3U) << "stages are used again";
  const adjoint::Stage& stage = stages.front();
  const std::int64_t values =
      stage.state.size() + stage.output.size() + stage.input.size() + stage.gap.size();
  EXPECT_EQ(values, 9 * 8 * (2 + 3)) << "a tile of eight lanes, two variables and three sums";
}

TEST_F(DifferentiablePhysics, OnlyWhatIsWantedIsComputed) {
  const DifferentiableBrain brain(uneven_brain(9, 4, 1), model_of("tanh"), one_thread_);
  const TrajectoryPlan plan{
      .integrator = "euler", .dt_ms = 0.5, .num_samples = 2, .steps_per_sample = 2};
  Arguments at = arguments_of(brain, plan, 1);
  at.bias.requires_grad_();
  const torch::Tensor samples = brain.integrate(plan, at.initial, at.weights, at.bias);
  samples.sum().backward();
  EXPECT_TRUE(at.bias.grad().defined());
  EXPECT_FALSE(at.weights.grad().defined());
  const torch::Tensor without = brain.integrate(plan, at.initial, at.weights, at.bias,
                                                torch::zeros({2, 1, 9}, torch::kFloat64));
  EXPECT_TRUE(same_bits(samples.detach(), without.detach()));
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

TEST_F(DifferentiablePhysics, WhatCannotBeIsSaid) {
  using ::testing::HasSubstr;
  const DifferentiableBrain brain(uneven_brain(9, 4, 1), model_of("tanh"), one_thread_);
  const TrajectoryPlan plan{
      .integrator = "rk4", .dt_ms = 0.5, .num_samples = 2, .steps_per_sample = 2};
  const Arguments at = arguments_of(brain, plan, 1);
  const auto run = [&](const TrajectoryPlan& p, const Arguments& a) {
    return error_of([&] { brain.integrate(p, a.initial, a.weights, a.bias, a.current); });
  };
  EXPECT_EQ(run(plan, at), "");
  TrajectoryPlan wrong = plan;
  wrong.integrator = "dopri5";
  EXPECT_THAT(run(wrong, at), HasSubstr("dopri5"));
  wrong = plan;
  wrong.dt_ms = -1;
  EXPECT_THAT(run(wrong, at), HasSubstr("dt_ms"));
  Arguments bad = at;
  bad.weights = at.weights.slice(0, 1);
  EXPECT_THAT(run(plan, bad), HasSubstr("weights"));
  bad = at;
  bad.current = at.current.slice(0, 1);
  EXPECT_THAT(run(plan, bad), HasSubstr("current"));
  bad = at;
  bad.bias = at.bias.to(torch::kFloat32);
  EXPECT_THAT(run(plan, bad), HasSubstr("float64"));
  bad = at;
  bad.initial = torch::Tensor();
  EXPECT_THAT(run(plan, bad), HasSubstr("initial"));
  const torch::Tensor weights = at.weights.clone().requires_grad_();
  const torch::Tensor samples = brain.integrate(plan, at.initial, weights, at.bias, at.current);
  EXPECT_THAT(error_of([&] { torch::autograd::grad({samples.sum()}, {weights}, {}, {}, true); }),
              HasSubstr("first derivatives"));
}

TEST_F(DifferentiablePhysics, WeightsGoBackIntoAConnectome) {
  const ConnectomePtr connectome = uneven_brain(9, 4, 1);
  const DifferentiableBrain brain(connectome, model_of("tanh"), one_thread_);
  EXPECT_EQ(with_weights(*connectome, brain.weights())->digest(), connectome->digest());
  const ConnectomePtr doubled = with_weights(*connectome, 2 * brain.weights());
  const Synapse edge = connectome->edges().front();
  EXPECT_EQ(doubled->weight(edge.source, edge.target), 2 * edge.weight);
}

}  // namespace
}  // namespace noesis::testing
