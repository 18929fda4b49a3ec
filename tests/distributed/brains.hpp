#pragma once
/// Brains that are split, and one that is not, side by side.

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "core/rng.hpp"
#include "distributed/crew.hpp"
#include "distributed/split_backend.hpp"
#include "physics/simulation.hpp"

namespace noesis::testing {

/// A random brain with rows of unequal length, some empty, and what else is asked for.
struct BrainKind {
  std::int64_t num_neurons = 60;
  std::int64_t in_degree = 9;
  bool has_gaps = false;
  bool has_delays = false;
  double crossing = 1;  ///< part of the synapses that may come from the other half
};

inline ConnectomePtr make_brain(const BrainKind& kind, std::uint64_t seed = 5) {
  RandomSequence random(seed, Stream::kTopology);
  const auto n = kind.num_neurons;
  std::vector<Synapse> synapses, gaps;
  std::vector<float> delays;
  for (std::int64_t i = 0; i < n; ++i) {
    if (i % 13 == 7) continue;  // an empty row
    const std::int64_t degree = i % 5 == 0 ? 3 * kind.in_degree : kind.in_degree;
    std::vector<std::uint8_t> taken(static_cast<std::size_t>(n));
    for (std::int64_t k = 0; k < degree; ++k) {
      auto j = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
      const bool crosses = (j < n / 2) != (i < n / 2);
      if (crosses && random.uniform() > kind.crossing) j = (j + n / 2) % n;
      if (taken[static_cast<std::size_t>(j)] != 0) continue;
      taken[static_cast<std::size_t>(j)] = 1;
      synapses.push_back({static_cast<std::int32_t>(j), static_cast<std::int32_t>(i),
                          static_cast<float>(1.5 * random.normal() / std::sqrt(double(degree)))});
      if (kind.has_delays) delays.push_back(static_cast<float>(0.5 + 6 * random.uniform()));
    }
  }
  for (std::int64_t i = 0; kind.has_gaps && i < n; ++i) {
    gaps.push_back(
        {static_cast<std::int32_t>(i), static_cast<std::int32_t>((i + n / 2) % n), 0.1f});
    if (i + n / 2 >= n) gaps.pop_back();
    gaps.push_back({static_cast<std::int32_t>(i), static_cast<std::int32_t>((i + 1) % n), 0.2f});
    if (i + 1 == n) gaps.pop_back();
  }
  NeuronTable neurons;
  for (std::int64_t i = 0; i < n; ++i) {
    neurons.region.emplace_back(i % 3 == 0 ? "left" : i % 3 == 1 ? "right" : "middle");
  }
  return std::make_shared<Connectome>(n, synapses, gaps, neurons, delays);
}

inline BrainSpec make_spec(const std::string& model, const std::string& integrator,
                           double sigma = 0.1) {
  BrainSpec spec;
  spec.model.name = model;
  spec.drive = {.mean = 0.2, .sd = 0.3, .seed = 4};
  spec.integrator.name = integrator;
  spec.integrator.dt_ms = 0.5;
  spec.noise.sigma = spec.integrator.adaptive() ? 0 : sigma;
  return spec;
}

template <Real T>
BackendFactory<T> split_over(std::shared_ptr<Crew> crew, SplitOptions options = {},
                             SplitBackend<T>** made = nullptr) {
  return [=](const BackendRequest<T>& request) -> std::unique_ptr<Backend<T>> {
    auto backend = make_split_backend<T>(crew, request, options);
    if (made != nullptr) *made = backend.get();
    return backend;
  };
}

/// Bit for bit, so that the sign of a zero counts.
template <Real T>
::testing::AssertionResult same_bits(const State<T>& a, const State<T>& b) {
  if (a.size() != b.size()) return ::testing::AssertionFailure() << "other sizes";
  for (std::int64_t n = 0; n < a.size(); ++n) {
    if (std::memcmp(a.data() + n, b.data() + n, sizeof(T)) != 0) {
      return ::testing::AssertionFailure() << "value " << n << " of " << a.size() << ": "
                                           << a.data()[n] << " and " << b.data()[n];
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace noesis::testing
