#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <vector>

#include "physics/generator_parts.hpp"
#include "physics/generators.hpp"

namespace noesis {

using namespace generating;

namespace {

/// Part of the inputs that come from the neuron's own module.
constexpr double kLocal = 0.5;
/// Draws of a long connection before it is given up, in networks that are too small for it.
constexpr int kMaxDraws = 100;

// Random numbers of a neuron or a pair that are no part of a row's sequence, which uses slots 0, 1.
constexpr std::uint32_t kFitnessSlot = 2, kMirrorSlot = 3, kSignSlot = 4;

/// Consecutive ids in modules of nearly equal size.
class Modules {
 public:
  Modules(std::int64_t num_neurons, double size)
      : n_(num_neurons),
        count_(std::max<std::int64_t>(
            1, std::llround(static_cast<double>(num_neurons) / std::max(2.0, size)))) {}

  std::int64_t of(std::int64_t neuron) const {
    std::int64_t module = neuron * count_ / n_;
    while (begin(module + 1) <= neuron) ++module;
    return module;
  }
  std::int64_t begin(std::int64_t module) const { return module * n_ / count_; }

 private:
  std::int64_t n_, count_;
};

/// Where two neighbours of a neuron are both in its module, they are joined with the density of the
/// module, and (almost) never otherwise: clustering = kLocal^2 times that density, which is
/// kLocal neighbours / (size - 1). Pairs that are mirrored by chance take some away, and targets
/// are met in proportion to their in-degree, which adds some: -10% at sigma = 0, +17% at 1
/// (measured).
double module_size(const FlylikeParameters& p) {
  const double neighbours = p.in_degree * (2 - p.reciprocity);
  const double spread = 0.9 + 0.27 * p.degree_sigma * p.degree_sigma;
  return 1 + kLocal * kLocal * kLocal * neighbours * spread / p.clustering;
}

/// The probability with which a drawn connection gets its reverse. With it m, and q the chance that
/// the reverse was drawn anyway, reciprocity is (q + 2 (1 - q) m) / (1 + m - q m); q is the density
/// of drawn connections inside a module, and 0 between modules. By bisection; 0 where chance alone
/// gives more.
double mirror_probability(const FlylikeParameters& p) {
  double low = 0, high = 1;
  for (int k = 0; k < 50; ++k) {
    const double m = (low + high) / 2;
    const double q = kLocal * p.in_degree / (1 + m) / std::max(1.0, module_size(p) - 1);
    const double inside = (q + 2 * (1 - q) * m) / (1 + m - q * m), between = 2 * m / (1 + m);
    (kLocal * inside + (1 - kLocal) * between < p.reciprocity ? low : high) = m;
  }
  return low;
}

/// Sources of long connections, each as likely as its fitness.
class LongSources {
 public:
  LongSources(std::int64_t num_neurons, double sigma, std::uint64_t seed) {
    cumulative_.reserve(static_cast<std::size_t>(num_neurons));
    double sum = 0;
    for (std::int64_t j = 0; j < num_neurons; ++j) {
      const double z =
          normal_pair(seed, Stream::kTopology, 0, static_cast<std::uint32_t>(j), kFitnessSlot)
              .first;
      cumulative_.push_back(sum += math::exp(sigma * z));
    }
  }
  std::int64_t draw(RandomSequence& random) const {
    const auto place = std::ranges::upper_bound(cumulative_, random.uniform() * cumulative_.back());
    return std::min(place, cumulative_.end() - 1) - cumulative_.begin();
  }

 private:
  std::vector<double> cumulative_;
};

void check(const FlylikeParameters& p) {
  const std::int64_t n = p.num_neurons;
  require_size(n, 2, "flylike.num_neurons");
  require_gain(p.gain, "flylike.gain");
  require(p.in_degree > 0 && p.in_degree <= static_cast<double>(n - 1), "flylike.in_degree",
          std::to_string(p.in_degree), "above 0, at most " + std::to_string(n - 1));
  require(p.degree_sigma >= 0 && p.degree_sigma <= 5, "flylike.degree_sigma",
          std::to_string(p.degree_sigma), "0 to 5");
  require(p.reciprocity >= 0 && p.reciprocity < 1, "flylike.reciprocity",
          std::to_string(p.reciprocity), "at least 0, below 1");
  require(p.clustering > 0 && p.clustering < 1, "flylike.clustering", std::to_string(p.clustering),
          "above 0, below 1");
  require(p.inhibitory_fraction >= 0 && p.inhibitory_fraction <= 1, "flylike.inhibitory_fraction",
          std::to_string(p.inhibitory_fraction), "0 to 1");
  require_synapse_memory(n, 2 * p.in_degree * static_cast<double>(n), sizeof(Synapse) + 8.0,
                         "flylike");
}

std::uint64_t edge_key(std::int64_t source, std::int64_t target) {
  return static_cast<std::uint64_t>(target) << 32 | static_cast<std::uint64_t>(source);
}

/// Each connection as edge_key, sorted.
std::vector<std::uint64_t> wire(const FlylikeParameters& p, const Modules& modules,
                                std::uint64_t seed) {
  const std::int64_t n = p.num_neurons;
  const LongSources long_sources(n, p.degree_sigma, seed);
  const double mirrored = mirror_probability(p);
  const double drawn = p.in_degree / (1 + mirrored);

  std::vector<std::uint64_t> edges;
  std::unordered_set<std::int64_t> sources;
  for (std::int64_t row = 0; row < n; ++row) {
    RandomSequence random = row_sequence(seed, row);
    const double sigma = p.degree_sigma;
    const double degree = drawn * math::exp(sigma * random.normal() - sigma * sigma / 2);
    const auto rounded = [&](double x, std::int64_t most) {
      return std::min(static_cast<std::int64_t>(x + random.uniform()), most);
    };
    const std::int64_t module = modules.of(row);
    const std::int64_t begin = modules.begin(module), size = modules.begin(module + 1) - begin;
    sources.clear();
    sample_without_replacement(
        random, size, row - begin, rounded(kLocal * degree, size - 1),
        [&](std::int32_t member) { sources.insert(begin + std::int64_t{member}); });
    const std::int64_t wanted = rounded((1 - kLocal) * degree, n - size);
    for (std::int64_t k = 0; k < wanted; ++k) {
      for (int draw = 0; draw < kMaxDraws; ++draw) {
        const std::int64_t source = long_sources.draw(random);
        const bool is_long = source < begin || source >= begin + size;
        if (is_long && sources.insert(source).second) break;
      }
    }
    for (const std::int64_t source : sources) {
      edges.push_back(edge_key(source, row));
      const double u = uniform_pair(seed, Stream::kTopology, static_cast<std::uint64_t>(source),
                                    static_cast<std::uint32_t>(row), kMirrorSlot)
                           .first;
      if (u < mirrored) edges.push_back(edge_key(row, source));
    }
  }
  std::ranges::sort(edges);
  const auto twins = std::ranges::unique(edges);
  edges.erase(twins.begin(), twins.end());
  return edges;
}

}  // namespace

Connectome flylike_connectome(const FlylikeParameters& parameters, std::uint64_t seed) {
  check(parameters);
  const std::int64_t n = parameters.num_neurons;
  const Modules modules(n, module_size(parameters));

  NeuronTable neurons;
  for (std::int64_t i = 0; i < n; ++i) {
    const double u =
        uniform_pair(seed, Stream::kTopology, 0, static_cast<std::uint32_t>(i), kSignSlot).first;
    neurons.sign.push_back(u < parameters.inhibitory_fraction ? std::int8_t{-1} : std::int8_t{1});
    neurons.region.push_back("module " + std::to_string(modules.of(i)));
  }
  const double scale = parameters.gain / std::sqrt(parameters.in_degree);
  std::vector<Synapse> synapses;
  for (const std::uint64_t edge : wire(parameters, modules, seed)) {
    const auto source = static_cast<std::int32_t>(edge & 0xffffffff);
    const auto target = static_cast<std::int32_t>(edge >> 32);
    const double size = scale * std::abs(pair_normal(seed, source, target));
    synapses.push_back(
        {source, target,
         static_cast<float>(neurons.sign[static_cast<std::size_t>(source)] < 0 ? -size : size)});
  }
  return Connectome(n, synapses, {}, std::move(neurons));
}

}  // namespace noesis
