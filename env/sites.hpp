#pragma once
/// Where a brain is recorded and stimulated: sites, each a weighted set of neurons, as an electrode
/// reaches several.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace noesis {

/// Documentation of a key that select_sites() reads.
inline constexpr const char* kSitesDoc =
    "Sites: \"all\" neurons, \"random:5\" or \"random:30%\" of them (drawn by the brain's seed), "
    "or "
    "ids: \"0,3,7\", \"3,\", weighted sets: \"0+4:0.5,7\"";

/// Sites in the order of their first neurons; no neuron is in two of them.
class Sites {
 public:
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(begin_.size()) - 1; }
  /// The neurons of a site, and how much of a current at the site reaches each: 1 for the first.
  std::span<const std::int64_t> neurons(std::int64_t site) const { return part(neurons_, site); }
  std::span<const double> weights(std::int64_t site) const { return part(weights_, site); }
  /// The first neuron of a site, where the electrode's tip is.
  std::int64_t tip(std::int64_t site) const { return neurons(site).front(); }

  /// The neurons of all sites, one site after another, with their weights.
  std::span<const std::int64_t> neurons() const noexcept { return neurons_; }
  std::span<const double> weights() const noexcept { return weights_; }

  /// Adds a site. Neurons and weights are as long, and not empty.
  void add(std::span<const std::int64_t> neurons, std::span<const double> weights);

 private:
  template <class T>
  std::span<const T> part(const std::vector<T>& values, std::int64_t site) const {
    const auto s = static_cast<std::size_t>(site);
    return std::span(values).subspan(begin_[s], begin_[s + 1] - begin_[s]);
  }

  std::vector<std::size_t> begin_ = {0};
  std::vector<std::int64_t> neurons_;
  std::vector<double> weights_;
};

/// The sites that `text` names:
///
/// | text          | sites |
/// |---------------|-------------------------------------------------------------------------------|
/// | all           | every neuron | | random:5      | five neurons drawn from `seed` | | random:30%
/// | that part of the neurons, rounded, at least one                               | | 0,3,7 |
/// these neurons; a trailing comma does not matter                               | | 0+4:0.5+9:-1
/// | one site: a current of 1 reaches neuron 0 whole, 4 half, and 9 reversed        |
///
/// The first neuron of a site has weight 1; the others what stands after the colon, 1 without.
/// `key` is named in errors. @throws ConfigError for anything else, an id out of range or twice, a
/// weight that is not finite, and for none.
Sites select_sites(const std::string& text, std::int64_t num_neurons, std::uint64_t seed,
                   const std::string& key);

}  // namespace noesis
