#include "runners/loop/subject_facts.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/atomic_file.hpp"
#include "core/config.hpp"
#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "core/version.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {
namespace {

namespace fs = std::filesystem;

/// Part of every cache key: raise it when what is measured changes.
constexpr std::int64_t kMeasurement = 2;

/// What a measurement depends on.
struct CacheKey {
  std::string subject;
  std::string connectome;  ///< digest: a file's may change
  std::int64_t seed;
  std::int64_t measurement = kMeasurement;
  std::string program = std::string(version());
  MeasureSpec spec;

  template <class V>
  void visit(V& v) {
    v("subject", subject, "");
    v("connectome", connectome, "");
    v("seed", seed, "");
    v("measurement", measurement, "");
    v("program", program, "");
    v.section("spec", spec);
  }
};

/// Spectra of small brains cost next to nothing, and are measured over longer.
constexpr std::int64_t kSmall = 40;
constexpr double kLonger = 5;

/// Exponents that are tried first: enough for the Kaplan-Yorke dimension of the worm (over 200 of
/// 604), and all of a small brain's.
std::int64_t first_guess(std::int64_t dimension) {
  return dimension <= kSmall ? dimension : std::max(kSmall, dimension / 2);
}

void measure_lyapunov(const MeasureSpec& spec, std::uint64_t seed, SubjectFacts& facts) {
  const ThreadArena arena(1);
  const auto brain = make_simulation(facts.subject, seed, arena);
  const double tau = facts.subject.tau_ms;
  LyapunovOptions options;
  options.dt = facts.subject.brain.integrator.dt_ms;
  options.transient = facts.subject.transient * tau;
  options.renormalise_interval = tau;
  options.seed = seed;
  const std::int64_t dimension = brain->shape().num_components * brain->shape().num_neurons;
  options.duration = spec.lyapunov_duration * tau * (dimension <= kSmall ? kLonger : 1);
  std::int64_t count = spec.whole_spectrum ? first_guess(dimension) : 1;
  while (true) {
    options.num_exponents = static_cast<int>(count);
    const LyapunovResult result = lyapunov_spectrum(brain->system(), brain->state(), options);
    if (!facts.reference.exponent) {
      facts.exponent = result.exponents[0] * tau;
      facts.standard_error = result.standard_errors[0] * tau;
    }
    facts.kaplan_yorke = result.kaplan_yorke;
    if (!spec.whole_spectrum || facts.kaplan_yorke || count == dimension) return;
    count = std::min(2 * count, dimension);
  }
}

constexpr const char* kGroup = "lyapunov";

void write_lyapunov(const SubjectFacts& facts, const fs::path& file) {
  Hdf5File hdf5 = Hdf5File::append(file);
  hdf5.create_group(kGroup);
  hdf5.set_attribute(kGroup, "exponent", facts.exponent);
  hdf5.set_attribute(kGroup, "standard_error", facts.standard_error);
  if (facts.kaplan_yorke) hdf5.set_attribute(kGroup, "kaplan_yorke", *facts.kaplan_yorke);
  hdf5.close();
}

void read_lyapunov(const fs::path& file, SubjectFacts& facts) {
  const Hdf5File hdf5 = Hdf5File::open(file);
  facts.exponent = hdf5.attribute<double>(kGroup, "exponent");
  facts.standard_error = hdf5.attribute<double>(kGroup, "standard_error");
  if (hdf5.has_attribute(kGroup, "kaplan_yorke")) {
    facts.kaplan_yorke = hdf5.attribute<double>(kGroup, "kaplan_yorke");
  }
}

bool read_cache(const fs::path& file, SubjectFacts& facts) {
  if (!fs::exists(file)) return false;
  try {
    facts.reference = read_reference(file);
    read_lyapunov(file, facts);
    return true;
  } catch (const ConfigError&) {  // damaged, or of another version: measured again
    return false;
  }
}

/// The cache saves time and nothing else, so that a place that cannot be written is no error.
void write_cache(const fs::path& file, const SubjectFacts& facts) {
  try {
    fs::create_directories(file.parent_path());
    AtomicFile cached(file);
    write_reference(facts.reference, cached.temporary());
    write_lyapunov(facts, cached.temporary());
    cached.commit();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "noesis: the null was not cached: %s\n", error.what());
  }
}

}  // namespace

fs::path default_cache() {
  if (const char* cache = std::getenv("NOESIS_CACHE"); cache && *cache) return cache;
  if (const char* base = std::getenv("XDG_CACHE_HOME"); base && *base) {
    return fs::path(base) / "noesis";
  }
  const char* home = std::getenv("HOME");
  return (home && *home ? fs::path(home) : fs::path(".")) / ".cache" / "noesis";
}

SubjectFacts measure_subject(const std::string& name, std::uint64_t seed, const MeasureSpec& spec,
                             const fs::path& cache, const BackendFactory<double>& make_backend) {
  SubjectFacts facts;
  facts.subject = make_subject(name, seed);
  facts.subject.make_backend = make_backend;
  const CacheKey key{.subject = name,
                     .connectome = facts.subject.connectome->digest(),
                     .seed = static_cast<std::int64_t>(seed),
                     .spec = spec};
  const fs::path file = cache / (id_part(name) + "-" + config_digest(key) + ".h5");
  if (read_cache(file, facts)) return facts;
  const ThreadArena arena(1);
  const auto process = make_process(facts.subject, arena);
  facts.reference = measure_reference(facts.subject, *process,
                                      {.seed = seed,
                                       .num_runs = spec.num_runs,
                                       .num_samples = spec.num_samples,
                                       .num_states = spec.num_states,
                                       .fork = {}});
  if (facts.reference.exponent) {
    facts.exponent = facts.reference.exponent->value;
    facts.standard_error = facts.reference.exponent->standard_error;
  }
  measure_lyapunov(spec, seed, facts);
  write_cache(file, facts);
  return facts;
}

std::string SubjectFacts::dynamics() const {
  return name_of(classify_dynamics({exponent, standard_error}, 1));
}

nlohmann::ordered_json SubjectFacts::record() const {
  using Json = nlohmann::ordered_json;
  Json bands = Json::array();
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const double exponent_of_band = reference.band_exponent[b];
    bands.push_back({{"low", kVerdictBands[b].low_hz},
                     {"high", kVerdictBands[b].high_hz},
                     {"exponent", exponent_of_band},
                     {"interval",
                      {exponent_of_band - reference.band_tolerance[b],
                       exponent_of_band + reference.band_tolerance[b]}}});
  }
  Json null = {{"runs", reference.num_runs},
               {"pairs", reference.null_d_h.size()},
               {"samples", reference.num_samples},
               {"d_h_q95", reference.q95_d_h.value},
               {"d_del_q95", reference.q95_d_del.value},
               {"d_stsp_q95", reference.q95_d_stsp.value},
               {"bands", bands},
               {"family", family_name(reference.family)},
               {"unit_deviation", reference.unit_deviation}};
  return {{"name", subject.name},
          {"num_units", subject.num_units},
          {"num_sites", subject.num_sites},
          {"num_synapses", subject.connectome->num_synapses()},
          {"tau_ms", subject.tau_ms},
          {"interval_tau", subject.interval},
          {"lyapunov_per_tau", {exponent, standard_error}},
          {"kaplan_yorke_dimension", kaplan_yorke ? Json(*kaplan_yorke) : Json(nullptr)},
          {"dynamics", dynamics()},
          {"null", null}};
}

}  // namespace noesis
