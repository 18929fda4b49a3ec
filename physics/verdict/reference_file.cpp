#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/reference.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr const char* kKind = "noesis verdict reference";

/// Calls v(name, member) for everything in the file, in either direction.
template <class Reference, class V>
void visit(Reference& r, V& v) {
  v("seed", r.seed);
  v("interval", r.interval);
  v("num_units", r.num_units);
  v("num_sites", r.num_sites);
  v("num_runs", r.num_runs);
  v("num_samples", r.num_samples);
  v("num_states", r.num_states);
  v("num_forks", r.num_forks);
  v("fork_distance", r.fork.distance);
  v("fork_rescale", r.fork.rescale);
  v("fork_align", r.fork.align);
  v("fork_duration", r.fork.duration);
  v("low", r.low);
  v("high", r.high);
  v("bin_low", r.bin_low);
  v("bin_high", r.bin_high);
  v("deviation", r.deviation);
  v("recording", r.recording);
  v("unit_deviation", r.unit_deviation);
  v("population_deviation", r.population_deviation);
  v("frequencies", r.frequencies);
  v("mean_density", r.mean_density);
  v("exponents", r.exponents);
  v("band_exponent", r.band_exponent);
  v("band_tolerance", r.band_tolerance);
  v("families", r.families);
  v("root_spectra", r.root_spectra);
  v("delay_counts", r.delay_counts);
  v("num_axes", r.num_axes);
  v("centre", r.centre);
  v("axes", r.axes);
  v("projections", r.projections);
  v("null_d_h", r.null_d_h);
  v("null_d_del", r.null_d_del);
  v("null_d_stsp", r.null_d_stsp);
  v("q95_d_h", r.q95_d_h);
  v("q95_d_del", r.q95_d_del);
  v("q95_d_stsp", r.q95_d_stsp);
  v("pulse_samples", r.touch.pulse_samples);
  v("lag_samples", r.touch.lag_samples);
  v("touch_responses", r.touch_responses);
}

struct Writer {
  Hdf5File& file;

  template <Hdf5Number T>
  void operator()(const std::string& name, const std::vector<T>& values) {
    file.write(name, values);
  }
  template <Hdf5Number T>
  void operator()(const std::string& name, T value) {
    file.set_attribute("/", name, value);
  }
  void operator()(const std::string& name, const std::array<double, kNumBands>& values) {
    file.write(name, std::vector<double>(values.begin(), values.end()));
  }
  void operator()(const std::string& name, const NullQuantile& q) {
    file.write(name, std::vector<double>{q.value, q.low, q.high});
  }
};

struct Reader {
  const Hdf5File& file;

  template <Hdf5Number T>
  void operator()(const std::string& name, std::vector<T>& values) {
    values = file.read<T>(name);
  }
  template <Hdf5Number T>
  void operator()(const std::string& name, T& value) {
    value = file.attribute<T>("/", name);
  }
  void operator()(const std::string& name, std::array<double, kNumBands>& values) {
    const std::vector<double> read = exactly(name, kNumBands);
    std::copy(read.begin(), read.end(), values.begin());
  }
  void operator()(const std::string& name, NullQuantile& q) {
    const std::vector<double> read = exactly(name, 3);
    q = {read[0], read[1], read[2]};
  }
  std::vector<double> exactly(const std::string& name, std::size_t count) const {
    std::vector<double> values = file.read<double>(name);
    check(file, name, values.size(), static_cast<std::int64_t>(count));
    return values;
  }
  static void check(const Hdf5File& from, const std::string& name, std::size_t got,
                    std::int64_t wanted) {
    if (static_cast<std::int64_t>(got) == wanted) return;
    refuse(from, name, std::to_string(got) + " values", std::to_string(wanted));
  }
  [[noreturn]] static void refuse(const Hdf5File& from, const std::string& name, std::string got,
                                  std::string allowed) {
    throw ConfigError({.what = "inconsistent verdict reference",
                       .where = from.where(name),
                       .got = std::move(got),
                       .allowed = std::move(allowed),
                       .next = "delete the file, so that it is measured anew"});
  }
};

/// Whether every histogram counts as many samples as the first.
bool are_histograms(const std::vector<std::int32_t>& counts) {
  constexpr auto kBins = static_cast<std::size_t>(kDelayBins * kDelayBins);
  std::int64_t first_total = 0;
  for (std::size_t first = 0; first + kBins <= counts.size(); first += kBins) {
    std::int64_t total = 0;
    for (const std::int32_t count : std::span(counts).subspan(first, kBins)) {
      if (count < 0) return false;
      total += count;
    }
    if (first == 0) first_total = total;
    if (total != first_total) return false;
  }
  return first_total > 0;
}

/// Everything as long as everything else says. @throws ConfigError.
void check_shapes(const Hdf5File& file, const VerdictReference& r) {
  // Lengths are at most those of arrays that were read, so that no product overflows.
  const auto length = [](const auto& values) { return static_cast<std::int64_t>(values.size()); };
  const auto check = [&](const char* name, const auto& values, std::int64_t wanted) {
    Reader::check(file, name, values.size(), wanted);
  };
  const auto require = [&](const char* name, bool ok) {
    if (!ok) Reader::refuse(file, name, "a value out of range", {});
  };
  check("low", r.low, r.num_units);
  check("families", r.families, r.num_runs);
  const bool sane = r.num_units > 0 && r.num_runs > 0 && r.num_samples > 0 &&
                    r.num_samples <= length(r.recording) && r.num_axes > 0 &&
                    r.num_axes <= r.num_units && r.interval > 0 && r.num_states > 0 &&
                    r.num_forks > 0 && r.num_forks <= r.num_states && !r.frequencies.empty() &&
                    r.touch.lag_samples > 0 && r.touch.lag_samples <= r.num_samples;
  require("num_units", sane);
  check("high", r.high, r.num_units);
  check("bin_low", r.bin_low, r.num_units);
  check("bin_high", r.bin_high, r.num_units);
  check("deviation", r.deviation, r.num_units);
  check("centre", r.centre, r.num_units);
  check("recording", r.recording, r.num_samples * r.num_units);
  check("mean_density", r.mean_density, length(r.frequencies));
  check("exponents", r.exponents, r.num_runs * static_cast<std::int64_t>(kNumBands));
  check("root_spectra", r.root_spectra, r.num_runs * r.num_units * (length(r.frequencies) - 1));
  check("delay_counts", r.delay_counts, r.num_runs * r.num_units * kDelayBins * kDelayBins);
  check("axes", r.axes, r.num_axes * r.num_units);
  check("projections", r.projections, r.num_runs * r.num_samples * r.num_axes);
  check("touch_responses", r.touch_responses,
        length(r.touch.touches) * r.touch.lag_samples * r.num_units);
  for (const Touch& touch : r.touch.touches) {
    const bool exists = touch.site >= 0 && touch.site < r.num_sites && !touch.units.empty();
    require("touch_sites", exists);
  }
  require("delay_counts", are_histograms(r.delay_counts));
  const bool known = r.family >= SpectralFamily::kConstant && r.family <= SpectralFamily::kKnee;
  require("family", known);
}

}  // namespace

void write_reference(const VerdictReference& reference, const std::filesystem::path& path) {
  Hdf5File file = Hdf5File::create(path);
  file.set_attribute("/", "kind", std::string(kKind));
  file.set_attribute("/", "version", kVersion);
  file.set_attribute("/", "subject", reference.subject);
  file.set_attribute("/", "family", static_cast<std::int64_t>(reference.family));
  Writer writer{file};
  visit(reference, writer);
  std::vector<std::int64_t> sites;
  std::vector<std::uint8_t> compared;  // (num_touches x num_units)
  std::vector<double> amplitudes;
  for (const Touch& touch : reference.touch.touches) {
    sites.push_back(touch.site);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(reference.num_units));
    for (const std::int64_t unit : touch.units) row[static_cast<std::size_t>(unit)] = 1;
    compared.insert(compared.end(), row.begin(), row.end());
    amplitudes.push_back(touch.amplitude);
  }
  file.write("touch_sites", sites);
  file.write("touch_units", compared);
  file.write("touch_amplitudes", amplitudes);
  std::vector<double> exponent;
  if (reference.exponent) {
    exponent = {reference.exponent->value, reference.exponent->standard_error};
  }
  file.write("exponent", exponent);
  file.close();
}

VerdictReference read_reference(const std::filesystem::path& path) {
  const Hdf5File file = Hdf5File::open(path);
  if (!file.has_attribute("/", "kind") || file.string_attribute("/", "kind") != kKind ||
      file.attribute<std::int64_t>("/", "version") != kVersion) {
    throw ConfigError({.what = "not a verdict reference of this version",
                       .where = path.string(),
                       .got = {},
                       .allowed = "version " + std::to_string(kVersion),
                       .next = "delete the file, so that it is measured anew"});
  }
  VerdictReference reference;
  reference.subject = file.string_attribute("/", "subject");
  reference.family = static_cast<SpectralFamily>(file.attribute<std::int64_t>("/", "family"));
  Reader reader{file};
  visit(reference, reader);
  const auto sites = file.read<std::int64_t>("touch_sites");
  const auto compared = file.read<std::uint8_t>("touch_units");
  const auto amplitudes = file.read<double>("touch_amplitudes");
  Reader::check(file, "touch_amplitudes", amplitudes.size(),
                static_cast<std::int64_t>(sites.size()));
  for (std::size_t k = 0; k < sites.size(); ++k) {
    Touch& touch = reference.touch.touches.emplace_back(Touch{sites[k], amplitudes[k], {}});
    const std::size_t width = compared.size() / sites.size();
    for (std::size_t i = 0; i < width; ++i) {
      if (compared[k * width + i] != 0) touch.units.push_back(static_cast<std::int64_t>(i));
    }
  }
  Reader::check(file, "touch_units", compared.size(),
                static_cast<std::int64_t>(sites.size() * reference.low.size()));
  const auto exponent = file.read<double>("exponent");
  if (!exponent.empty()) {
    Reader::check(file, "exponent", exponent.size(), 2);
    reference.exponent = ForkExponent{exponent[0], exponent[1]};
  }
  check_shapes(file, reference);
  return reference;
}

}  // namespace noesis
