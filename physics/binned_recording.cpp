#include "physics/binned_recording.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/hdf5_file.hpp"

namespace noesis {
namespace {

constexpr const char* kFormat = "noesis-recording";
constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kValuesAtATime = 1 << 20;
constexpr std::int64_t kMostCount = std::numeric_limits<std::uint16_t>::max();
/// Bins x units: 8 GB of counts.
constexpr std::int64_t kMostValues = std::int64_t{1} << 32;

[[noreturn]] void fail(std::string where, std::string what, std::string got, std::string allowed,
                       std::string next = "") {
  throw ConfigError({.what = std::move(what),
                     .where = std::move(where),
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = std::move(next)});
}

void require_length(const Hdf5File& file, const char* dataset, std::int64_t have,
                    std::int64_t wanted) {
  if (have == wanted) return;
  fail(file.where(dataset), "array of the wrong length", std::to_string(have),
       std::to_string(wanted));
}

void read_counts(const Hdf5File& file, BinnedRecording& recording) {
  const Hdf5Shape shape = file.shape("counts");
  if (shape.size() != 2 || shape[0] < 2 || shape[1] < 1) {
    fail(file.where("counts"), "array of the wrong shape",
         shape.size() == 2 ? std::to_string(shape[0]) + " x " + std::to_string(shape[1])
                           : std::to_string(shape.size()) + " dimensions",
         "bins x units, at least 2 x 1");
  }
  if (shape[0] > kMostValues / shape[1]) {
    fail(file.where("counts"), "more counts than can be held",
         std::to_string(shape[0]) + " x " + std::to_string(shape[1]),
         "at most " + std::to_string(kMostValues), "use longer bins, or fewer units");
  }
  recording.num_units = shape[1];
  const std::int64_t rows = std::max<std::int64_t>(1, kValuesAtATime / shape[1]);
  for (std::int64_t first = 0; first < shape[0]; first += rows) {
    const std::int64_t count = std::min(rows, shape[0] - first);
    for (const std::int64_t value : file.read_rows<std::int64_t>("counts", first, count)) {
      if (value < 0 || value > kMostCount) {
        const auto place = static_cast<std::int64_t>(recording.counts.size());
        fail(file.where("counts") + "[" + std::to_string(place / shape[1]) + ", " +
                 std::to_string(place % shape[1]) + "]",
             "impossible spike count", std::to_string(value), "0 to " + std::to_string(kMostCount));
      }
      recording.counts.push_back(static_cast<std::uint16_t>(value));
    }
  }
}

void read_trials(const Hdf5File& file, BinnedRecording& recording) {
  recording.trial_begin = file.read<std::int64_t>("trial_begin");
  std::int64_t before = -1;
  for (const std::int64_t bin : recording.trial_begin) {
    if (bin <= before || bin >= recording.num_bins()) {
      fail(file.where("trial_begin"), "trials out of order or out of the recording",
           std::to_string(bin),
           "ascending bins from 0 to " + std::to_string(recording.num_bins() - 1));
    }
    before = bin;
  }
}

}  // namespace

BinnedRecording load_binned_recording(const std::filesystem::path& path) {
  const Hdf5File file = Hdf5File::open(path);
  if (!file.has_attribute("/", "format") || file.string_attribute("/", "format") != kFormat) {
    fail(path.string(), "not a binned recording", "no attribute format = " + std::string(kFormat),
         "a file as docs/recording-format.md says");
  }
  const auto version = file.attribute<std::int64_t>("/", "version");
  if (version != kVersion) {
    fail(path.string(), "recording of another version", std::to_string(version),
         std::to_string(kVersion));
  }
  BinnedRecording recording;
  recording.bin_ms = file.attribute<double>("/", "bin_ms");
  if (!(recording.bin_ms > 0 && recording.bin_ms < 1e9)) {
    fail(path.string() + ": bin_ms", "impossible width of a bin", std::to_string(recording.bin_ms),
         "above 0, below 1e9 ms");
  }
  if (file.has_attribute("/", "source")) recording.source = file.string_attribute("/", "source");
  recording.synthetic =
      file.has_attribute("/", "synthetic") && file.attribute<std::int64_t>("/", "synthetic") != 0;
  read_counts(file, recording);
  if (file.contains("unit_id")) {
    recording.unit_id = file.read<std::int64_t>("unit_id");
    require_length(file, "unit_id", std::ssize(recording.unit_id), recording.num_units);
  }
  if (file.contains("unit_region")) {
    recording.unit_region = file.read_strings("unit_region");
    require_length(file, "unit_region", std::ssize(recording.unit_region), recording.num_units);
  }
  if (file.contains("trial_begin")) read_trials(file, recording);
  return recording;
}

void save_binned_recording(const BinnedRecording& recording, const std::filesystem::path& path) {
  const auto fits = [&](std::size_t size) {
    return size == 0 || static_cast<std::int64_t>(size) == recording.num_units;
  };
  ensure(recording.num_units > 0 && fits(recording.unit_id.size()) &&
             fits(recording.unit_region.size()) &&
             std::ssize(recording.counts) == recording.num_bins() * recording.num_units,
         "the arrays of a recording go together");
  AtomicFile target(path);
  Hdf5File file = Hdf5File::create(target.temporary());
  file.set_attribute("/", "format", std::string(kFormat));
  file.set_attribute("/", "version", kVersion);
  file.set_attribute("/", "bin_ms", recording.bin_ms);
  file.set_attribute("/", "source", recording.source);
  file.set_attribute("/", "synthetic", std::int64_t{recording.synthetic});
  const std::int64_t rows = std::max<std::int64_t>(1, kValuesAtATime / recording.num_units);
  file.create_rows<std::int32_t>("counts", {recording.num_units},
                                 std::min<std::int64_t>(rows, 1024));
  for (std::int64_t first = 0; first < recording.num_bins(); first += rows) {
    const auto begin = recording.counts.begin() + first * recording.num_units;
    const auto count = std::min(rows, recording.num_bins() - first) * recording.num_units;
    const std::vector<std::int32_t> part(begin, begin + count);
    file.append_rows<std::int32_t>("counts", part);
  }
  if (!recording.unit_id.empty()) file.write("unit_id", recording.unit_id);
  if (!recording.unit_region.empty()) file.write_strings("unit_region", recording.unit_region);
  if (!recording.trial_begin.empty()) file.write("trial_begin", recording.trial_begin);
  file.close();
  target.commit();
}

}  // namespace noesis
