#include "env/sites.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& got, std::int64_t num_neurons) {
  throw ConfigError({.what = "no such choice of neurons",
                     .where = key,
                     .got = "'" + got + "'",
                     .allowed = "all, random:COUNT for up to " + std::to_string(num_neurons) +
                                ", random:PERCENT%, or different ids from 0 to " +
                                std::to_string(num_neurons - 1) +
                                " with commas, several of one site as 0+4:0.5",
                     .next = {}});
}

/// Nothing unless the text is a number and nothing else, spaces around it apart.
template <class Number>
std::optional<Number> number(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return {};
  return value;
}

/// The text up to a separator, which is taken away with it.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::vector<std::int64_t> draw(std::int64_t count, std::int64_t num_neurons, std::uint64_t seed) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(num_neurons));
  std::iota(ids.begin(), ids.end(), 0);
  RandomSequence random(seed, Stream::kTask);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    std::swap(ids[i], ids[i + random.below(ids.size() - i)]);
  }
  ids.resize(static_cast<std::size_t>(count));
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// COUNT or PERCENT% of the neurons; 0 for anything else.
std::int64_t count_of(std::string_view text, std::int64_t num_neurons) {
  if (!text.ends_with('%')) return number<std::int64_t>(text).value_or(0);
  text.remove_suffix(1);
  const double percent = number<double>(text).value_or(0);
  if (!(percent > 0 && percent <= 100)) return 0;
  const double count = std::round(percent / 100 * static_cast<double>(num_neurons));
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(count));
}

Sites one_each(std::span<const std::int64_t> ids) {
  Sites sites;
  for (const std::int64_t id : ids) sites.add({&id, 1}, std::vector<double>{1});
  return sites;
}

struct Part {
  std::int64_t neuron;
  double weight;
};

/// "0+4:0.5", or nothing.
std::optional<std::vector<Part>> parse_site(std::string_view text, std::int64_t num_neurons) {
  if (text.ends_with('+')) return {};
  std::vector<Part> parts;
  do {
    std::string_view weight_text = take(text, '+');
    const auto neuron = number<std::int64_t>(take(weight_text, ':'));
    const auto weight = weight_text.empty() ? 1.0 : number<double>(weight_text);
    if (!neuron || *neuron < 0 || *neuron >= num_neurons) return {};
    if (!weight || !std::isfinite(*weight)) return {};
    if (parts.empty() && *weight != 1) return {};
    parts.push_back({*neuron, *weight});
  } while (!text.empty());
  return parts;
}

}  // namespace

void Sites::add(std::span<const std::int64_t> neurons, std::span<const double> weights) {
  neurons_.insert(neurons_.end(), neurons.begin(), neurons.end());
  weights_.insert(weights_.end(), weights.begin(), weights.end());
  begin_.push_back(neurons_.size());
}

Sites select_sites(const std::string& text, std::int64_t num_neurons, std::uint64_t seed,
                   const std::string& key) {
  if (text == "all") {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(num_neurons));
    std::iota(ids.begin(), ids.end(), 0);
    return one_each(ids);
  }
  constexpr std::string_view kRandom = "random:";
  if (text.starts_with(kRandom)) {
    const std::int64_t count = count_of(std::string_view(text).substr(kRandom.size()), num_neurons);
    if (count < 1 || count > num_neurons) refuse(key, text, num_neurons);
    return one_each(draw(count, num_neurons, seed));
  }
  std::vector<std::vector<Part>> found;
  std::string_view rest = text;
  while (!rest.empty()) {
    auto site = parse_site(take(rest, ','), num_neurons);
    if (!site) refuse(key, text, num_neurons);
    found.push_back(std::move(*site));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.front().neuron < b.front().neuron; });
  Sites sites;
  for (const std::vector<Part>& site : found) {
    std::vector<std::int64_t> neurons;
    std::vector<double> weights;
    for (const Part& part : site) {
      neurons.push_back(part.neuron);
      weights.push_back(part.weight);
    }
    sites.add(neurons, weights);
  }
  std::vector<std::int64_t> ids(sites.neurons().begin(), sites.neurons().end());
  std::sort(ids.begin(), ids.end());
  if (ids.empty() || std::adjacent_find(ids.begin(), ids.end()) != ids.end()) {
    refuse(key, text, num_neurons);
  }
  return sites;
}

}  // namespace noesis
