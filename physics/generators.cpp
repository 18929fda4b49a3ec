#include "physics/generators.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "physics/generator_parts.hpp"

namespace noesis {
using namespace generating;

namespace {

constexpr double kSqrtE = 1.6487212707001282;

}  // namespace

Connectome random_connectome(const RandomParameters& parameters, std::uint64_t seed) {
  const std::int64_t n = parameters.num_neurons;
  require_size(n, 1, "random.num_neurons");
  require_gain(parameters.gain, "random.gain");
  const bool fixed = parameters.in_degree != 0;
  const std::int64_t choices = parameters.autapses ? n : n - 1;
  require(parameters.in_degree >= 0 && parameters.in_degree <= choices, "random.in_degree",
          std::to_string(parameters.in_degree), "0 to " + std::to_string(choices));
  require(parameters.density > 0 && parameters.density <= 1, "random.density",
          std::to_string(parameters.density), "above 0, at most 1");
  const double degree = fixed ? static_cast<double>(parameters.in_degree)
                              : parameters.density * static_cast<double>(n);
  const double scale = parameters.gain / std::sqrt(degree);
  return connectome_of_rows(
      n, degree * static_cast<double>(n), "random", [&](std::int64_t row, Row& inputs) {
        RandomSequence random = row_sequence(seed, row);
        const std::int64_t skipped = parameters.autapses ? -1 : row;
        const auto emit = [&](std::int32_t source) {
          inputs.emplace_back(source, static_cast<float>(scale * pair_normal(seed, source, row)));
        };
        if (fixed) {
          sample_without_replacement(random, n, skipped, parameters.in_degree, emit);
        } else {
          sample_links(random, 0, n, skipped, parameters.density, emit);
        }
      });
}

Connectome reference_connectome(const ReferenceParameters& parameters, std::uint64_t seed) {
  const std::int64_t n = parameters.num_neurons;
  require_size(n, 2, "reference.num_neurons");
  require(parameters.in_links >= 1, "reference.in_links", std::to_string(parameters.in_links),
          "at least 1");
  const bool is_signed = parameters.weights == "signed";
  require(is_signed || parameters.weights == "excitatory", "reference.weights",
          "'" + parameters.weights + "'", "signed or excitatory");
  const auto k = static_cast<double>(std::min(parameters.in_links, n - 1));
  const double probability = k / static_cast<double>(n - 1);
  return connectome_of_rows(
      n, k * static_cast<double>(n), "reference", [&](std::int64_t row, Row& inputs) {
        RandomSequence random = row_sequence(seed, row);
        sample_links(random, 0, n, row, probability, [&](std::int32_t source) {
          const double normal = pair_normal(seed, source, row);
          const double weight =
              is_signed ? normal / std::sqrt(k) : math::exp(normal) / (kSqrtE * k);
          inputs.emplace_back(source, static_cast<float>(weight));
        });
      });
}

Connectome modular_connectome(const ModularParameters& parameters, std::uint64_t seed) {
  const std::int64_t n = parameters.num_neurons;
  const double p = parameters.density, f = parameters.callosal_fraction;
  require_size(n, 2, "modular.num_neurons");
  require_gain(parameters.gain, "modular.gain");
  require(p >= 0 && p <= 1, "modular.density", std::to_string(p), "0 to 1");
  require(f >= 0 && f < 1, "modular.callosal_fraction", std::to_string(f), "at least 0, below 1");
  const std::int64_t num_left = n - n / 2;
  // Expected inputs from inside a neuron's hemisphere, and the probability of each link across.
  const auto inside = [&](bool left) {
    return p * static_cast<double>((left ? num_left : n - num_left) - 1);
  };
  const auto crossing = [&](bool left) {
    return inside(left) * f / (1 - f) / static_cast<double>(left ? n - num_left : num_left);
  };
  require(crossing(true) <= 1 && crossing(false) <= 1, "modular.callosal_fraction",
          std::to_string(f), "small enough that the other hemisphere has that many neurons");
  NeuronTable neurons;
  neurons.region.assign(static_cast<std::size_t>(num_left), "left");
  neurons.region.resize(static_cast<std::size_t>(n), "right");
  const double expected = static_cast<double>(n) * inside(true) / (1 - f);
  const auto fill = [&](std::int64_t row, Row& inputs) {
    const bool left = row < num_left;
    const double scale = parameters.gain / std::sqrt(inside(left) / (1 - f));
    RandomSequence random = row_sequence(seed, row);
    const auto emit = [&](std::int32_t source) {
      inputs.emplace_back(source, static_cast<float>(scale * pair_normal(seed, source, row)));
    };
    sample_links(random, 0, num_left, row, left ? p : crossing(left), emit);
    sample_links(random, num_left, n, row, left ? crossing(left) : p, emit);
  };
  return connectome_of_rows(n, expected, "modular", fill, std::move(neurons));
}

}  // namespace noesis
