#include "physics/graph_measures.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kMaxTriads = 20'000'000, kSamples = 2'000'000;
constexpr std::int64_t kMaxDense = 1000;
constexpr int kFirstPower = 100, kLastPower = 300;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Neighbours of each neuron without directions, ascending.
class Neighbours {
 public:
  explicit Neighbours(const Connectome& connectome) {
    const std::int64_t n = connectome.num_neurons();
    std::vector<std::int64_t> end(at(n + 1), 0);
    const auto for_each = [&](const auto& call) {
      for (std::int64_t i = 0; i < n; ++i) {
        for (const std::int32_t j : connectome.synapses().row_sources(i)) {
          if (j == i) continue;
          call(i, j);
          call(j, i);
        }
      }
    };
    for_each([&](std::int64_t a, std::int64_t) { ++end[at(a + 1)]; });
    std::partial_sum(end.begin(), end.end(), end.begin());
    std::vector<std::int64_t> next(end.begin(), end.end() - 1);
    ids_.resize(at(end.back()));
    for_each([&](std::int64_t a, std::int64_t b) {
      ids_[at(next[at(a)]++)] = static_cast<std::int32_t>(b);
    });
    // Pairs that go both ways stand twice.
    for (std::int64_t i = 0; i < n; ++i) {
      const auto first = ids_.begin() + end[at(i)], last = ids_.begin() + end[at(i + 1)];
      std::sort(first, last);
      rows_.emplace_back(end[at(i)], std::unique(first, last) - first);
    }
  }
  std::span<const std::int32_t> of(std::int64_t i) const {
    return {ids_.data() + rows_[at(i)].first, at(rows_[at(i)].second)};
  }
  std::int64_t triads(std::int64_t i) const {
    const std::int64_t k = rows_[at(i)].second;
    return k * (k - 1) / 2;
  }
  bool joined(std::int64_t a, std::int64_t b) const {
    return std::ranges::binary_search(of(a), static_cast<std::int32_t>(b));
  }

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::pair<std::int64_t, std::int64_t>> rows_;  // begin, size
};

std::vector<double> multiply(const Connectome& connectome, const std::vector<double>& v) {
  std::vector<double> out(v.size(), 0.0);
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) {
    const auto sources = connectome.synapses().row_sources(i);
    const auto weights = connectome.synapses().row_weights(i);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      out[at(i)] += double{weights[k]} * v[at(sources[k])];
    }
  }
  return out;
}

}  // namespace

double reciprocity(const Connectome& connectome) {
  std::int64_t mutual = 0, all = 0;
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) {
    for (const std::int32_t j : connectome.synapses().row_sources(i)) {
      if (j == i) continue;
      ++all;
      mutual += connectome.has_synapse(i, j);
    }
  }
  return all == 0 ? 0.0 : static_cast<double>(mutual) / static_cast<double>(all);
}

Measure clustering_coefficient(const Connectome& connectome) {
  const std::int64_t n = connectome.num_neurons();
  const Neighbours neighbours(connectome);
  std::vector<std::int64_t> triads(at(n));
  for (std::int64_t i = 0; i < n; ++i) triads[at(i)] = neighbours.triads(i);
  std::partial_sum(triads.begin(), triads.end(), triads.begin());
  const std::int64_t total = n == 0 ? 0 : triads.back();
  if (total == 0) return {};
  std::int64_t closed = 0;
  if (total <= kMaxTriads) {
    for (std::int64_t i = 0; i < n; ++i) {
      const auto ids = neighbours.of(i);
      for (std::size_t a = 0; a < ids.size(); ++a) {
        for (std::size_t b = a + 1; b < ids.size(); ++b)
          closed += neighbours.joined(ids[a], ids[b]);
      }
    }
    return {static_cast<double>(closed) / static_cast<double>(total), true};
  }
  RandomSequence random(0, Stream::kResampling);
  for (std::int64_t k = 0; k < kSamples; ++k) {
    const auto triad = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(total)));
    const auto ids = neighbours.of(std::ranges::upper_bound(triads, triad) - triads.begin());
    const std::uint64_t a = random.below(ids.size());
    std::uint64_t b = random.below(ids.size() - 1);
    if (b >= a) ++b;
    closed += neighbours.joined(ids[a], ids[b]);
  }
  return {static_cast<double>(closed) / static_cast<double>(kSamples), false};
}

std::vector<std::int64_t> component_sizes(const Connectome& connectome) {
  std::vector<std::int64_t> parent(at(connectome.num_neurons()));
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](std::int64_t i) {
    while (parent[at(i)] != i) i = parent[at(i)] = parent[at(parent[at(i)])];
    return i;
  };
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) {
    for (const std::int32_t j : connectome.synapses().row_sources(i)) parent[at(root(i))] = root(j);
  }
  std::vector<std::int64_t> count(parent.size(), 0);
  for (std::int64_t i = 0; i < connectome.num_neurons(); ++i) ++count[at(root(i))];
  std::erase(count, 0);
  std::ranges::sort(count, std::greater());
  return count;
}

Measure spectral_radius(const Connectome& connectome) {
  const std::int64_t n = connectome.num_neurons();
  if (n <= kMaxDense) {
    Eigen::MatrixXd w = Eigen::MatrixXd::Zero(n, n);
    for (const Synapse& e : connectome.edges()) w(e.target, e.source) = double{e.weight};
    return {w.eigenvalues().cwiseAbs().maxCoeff(), true};
  }
  std::vector<double> v(at(n));
  RandomSequence random(0, Stream::kResampling);
  for (double& x : v) x = random.normal();
  double growth = 0;  // log of |W^k v|, from power kFirstPower on
  for (int k = 0; k < kLastPower; ++k) {
    v = multiply(connectome, v);
    const double norm = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
    if (norm == 0) return {0.0, true};
    for (double& x : v) x /= norm;
    if (k >= kFirstPower) growth += std::log(norm);
  }
  return {std::exp(growth / (kLastPower - kFirstPower)), false};
}

}  // namespace noesis
