#pragma once
/// What is measured of a subject once, and kept: its null and its Lyapunov spectrum.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "physics/subject.hpp"
#include "physics/verdict/reference.hpp"
#include "physics/vitals/lyapunov.hpp"

namespace noesis {

/// How thoroughly.
struct MeasureSpec {
  std::int64_t num_runs = 12;
  std::int64_t num_samples = 5000;
  std::int64_t num_states = 50;
  double lyapunov_duration = 300;
  bool whole_spectrum = true;

  template <class V>
  void visit(V& v) {
    v("num_runs", num_runs, "Runs of each subject that make its null", at_least(12));
    v("num_samples", num_samples, "Samples of each run", at_least(2000));
    v("num_states", num_states, "States that are touched", at_least(20));
    v("lyapunov_duration", lyapunov_duration,
      "Lyapunov spectra are measured over [tau]; of up to 40 state variables, five times as long",
      at_least(50));
    v("whole_spectrum", whole_spectrum,
      "Measure as many exponents as the Kaplan-Yorke dimension needs; else the largest only");
  }
};

struct SubjectFacts {
  Subject subject;
  VerdictReference reference;
  double exponent = 0;        ///< largest, of the reference where it has one [1/tau]
  double standard_error = 0;  ///< [1/tau]
  std::optional<double> kaplan_yorke;

  /// Its entry in `result.subjects`.
  nlohmann::ordered_json record() const;
  std::string dynamics() const;  ///< "chaotic", "periodic", "fixed" or "undecided"
};

/// Measures, or reads what an equal call kept in `cache` (made where missing); a damaged or older
/// file there is measured again. Deterministic: neither the cache nor `make_backend`, which becomes
/// the subject's, changes a bit. @throws RunError, ConfigError as measure_reference().
SubjectFacts measure_subject(const std::string& name, std::uint64_t seed, const MeasureSpec& spec,
                             const std::filesystem::path& cache,
                             const BackendFactory<double>& make_backend = {});

/// $NOESIS_CACHE, else $XDG_CACHE_HOME/noesis, else ~/.cache/noesis.
std::filesystem::path default_cache();

}  // namespace noesis
