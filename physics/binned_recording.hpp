#pragma once
/// Spike counts in bins of time, as electrophysiology gives them. File format:
/// docs/recording-format.md.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace noesis {

/// Owns counts[bin][unit].
struct BinnedRecording {
  double bin_ms = 20;                     ///< width of a bin, > 0
  std::int64_t num_units = 0;             ///< >= 1
  std::vector<std::uint16_t> counts;      ///< (num_bins x num_units), row-major
  std::vector<std::int64_t> unit_id;      ///< (num_units), or empty
  std::vector<std::string> unit_region;   ///< (num_units), or empty
  std::vector<std::int64_t> trial_begin;  ///< bins at which trials begin, ascending; may be empty
  std::string source;                     ///< where it comes from, for people
  bool synthetic = false;                 ///< made by a model, not recorded

  std::int64_t num_bins() const noexcept {
    return num_units == 0 ? 0 : static_cast<std::int64_t>(counts.size()) / num_units;
  }
  std::span<const std::uint16_t> bin(std::int64_t b) const {
    return std::span(counts).subspan(static_cast<std::size_t>(b * num_units),
                                     static_cast<std::size_t>(num_units));
  }
};

/// @throws ConfigError naming file, dataset and element for what is not such a recording; nothing
/// large is allocated before the sizes have been looked at.
BinnedRecording load_binned_recording(const std::filesystem::path& file);

/// Atomic. @throws RunError when it cannot be written, InternalError for arrays that do not go
/// together.
void save_binned_recording(const BinnedRecording& recording, const std::filesystem::path& file);

/// A small synthetic recording: the rates of a chaotic Wilson-Cowan brain (reference-20) as those
/// of independent Poisson neurons, 20 ms bins. A pure function of its arguments.
BinnedRecording synthetic_recording(std::int64_t num_bins = 3000, std::uint64_t seed = 0);

}  // namespace noesis
