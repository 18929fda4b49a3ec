#pragma once
/// The brains that benchmarks run on.

#include <string>

#include "core/aligned.hpp"
#include "physics/connectome.hpp"
#include "physics/kernels/kernels.hpp"

namespace noesis::bench {

inline constexpr std::int64_t kNumNeurons = 140'000;  // a fly's whole brain
inline constexpr std::int64_t kInDegree = 100;

/// "uniform" (random_connectome), "modular" or "flylike", of kNumNeurons with kInDegree inputs each
/// (on average). Made once and kept.
const ConnectomePtr& brain(const std::string& name);

SynapseView view_of(const SynapseTable& table);

/// A table with `in_degree` sources a row, drawn uniformly from ids below num_sources, without the
/// checks of a connectome: a source may stand twice.
SynapseTable random_table(std::int64_t num_neurons, std::int64_t in_degree,
                          std::int64_t num_sources);

/// Values in [0, 1), none of them alike.
AlignedVector<float> rates(std::int64_t count);

/// The sparse product by the textbook loop, for rows [first, last) and one environment.
void plain_product(const SynapseView& a, const float* x, float* y, std::int64_t first,
                   std::int64_t last);

}  // namespace noesis::bench
