#include "runners/bench/brains.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/huge_pages.hpp"
#include "core/rng.hpp"
#include "physics/generators.hpp"

namespace noesis::bench {
namespace {

Connectome make(const std::string& name) {
  const auto degree = static_cast<double>(kInDegree);
  if (name == "uniform") {
    return random_connectome({.num_neurons = kNumNeurons, .in_degree = kInDegree}, 1);
  }
  if (name == "modular") {
    ModularParameters parameters;
    parameters.num_neurons = kNumNeurons;
    parameters.density = degree * (1 - parameters.callosal_fraction) / (kNumNeurons / 2);
    return modular_connectome(parameters, 1);
  }
  ensure(name == "flylike", "a brain for benchmarks");
  return flylike_connectome({.num_neurons = kNumNeurons, .in_degree = degree}, 1);
}

}  // namespace

const ConnectomePtr& brain(const std::string& name) {
  static std::map<std::string, ConnectomePtr> made;
  ConnectomePtr& brain = made[name];
  if (!brain) brain = std::make_shared<const Connectome>(make(name));
  return brain;
}

SynapseView view_of(const SynapseTable& table) {
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

SynapseTable random_table(std::int64_t num_neurons, std::int64_t in_degree,
                          std::int64_t num_sources) {
  SynapseTable table;
  RandomSequence random(1, Stream::kTopology);
  for (std::int64_t row = 0; row < num_neurons; ++row) {
    table.row_begin.push_back(row * in_degree);
    table.row_count.push_back(static_cast<std::int32_t>(in_degree));
  }
  table.sources.resize(static_cast<std::size_t>(num_neurons * in_degree));
  table.weights.resize(table.sources.size());
  for (std::int32_t& source : table.sources) {
    source = static_cast<std::int32_t>(random.uniform() * static_cast<double>(num_sources));
  }
  for (std::size_t k = 0; k < table.weights.size(); ++k) {
    table.weights[k] = 0.01f * static_cast<float>(k % 7 + 1);
  }
  for (auto row = table.sources.begin(); row != table.sources.end(); row += in_degree) {
    std::sort(row, row + in_degree);
  }
  use_huge_pages(table.sources, table.weights);  // as a Connectome does
  return table;
}

AlignedVector<float> rates(std::int64_t count) {
  AlignedVector<float> values(static_cast<std::size_t>(count));
  const float step = 1.0f / static_cast<float>(count);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = step * static_cast<float>(k);
  return values;
}

void plain_product(const SynapseView& a, const float* x, float* y, std::int64_t first,
                   std::int64_t last) {
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t begin = a.row_begin[i];
    const std::int64_t end = begin + a.row_count[i];
    float sum = 0;
    for (std::int64_t k = begin; k < end; ++k) sum += a.weights[k] * x[a.sources[k]];
    y[i] = sum;
  }
}

}  // namespace noesis::bench
