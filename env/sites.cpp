#include "env/sites.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
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
                                ", or different ids from 0 to " + std::to_string(num_neurons - 1) +
                                " with commas",
                     .next = {}});
}

/// -1 unless the text is a number and nothing else, spaces around it apart.
std::int64_t whole_number(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size() && value >= 0 ? value : -1;
}

std::vector<std::int64_t> draw(std::int64_t count, std::int64_t num_neurons, std::uint64_t seed) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(num_neurons));
  std::iota(ids.begin(), ids.end(), 0);
  RandomSequence random(seed, Stream::kTask);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    std::swap(ids[i], ids[i + random.below(ids.size() - i)]);
  }
  ids.resize(static_cast<std::size_t>(count));
  return ids;
}

}  // namespace

std::vector<std::int64_t> select_sites(const std::string& text, std::int64_t num_neurons,
                                       std::uint64_t seed, const std::string& key) {
  std::vector<std::int64_t> ids;
  if (text == "all") {
    ids.resize(static_cast<std::size_t>(num_neurons));
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
  }
  constexpr std::string_view kRandom = "random:";
  if (text.starts_with(kRandom)) {
    const std::int64_t count = whole_number(std::string_view(text).substr(kRandom.size()));
    if (count < 1 || count > num_neurons) refuse(key, text, num_neurons);
    ids = draw(count, num_neurons, seed);
  } else {
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::int64_t id = whole_number(rest.substr(0, comma));
      if (id < 0 || id >= num_neurons) refuse(key, text, num_neurons);
      ids.push_back(id);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  std::sort(ids.begin(), ids.end());
  if (ids.empty() || std::adjacent_find(ids.begin(), ids.end()) != ids.end()) {
    refuse(key, text, num_neurons);
  }
  return ids;
}

}  // namespace noesis
