#pragma once
/// What the report draws, as JSON: few enough numbers, each with few enough digits.

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "physics/verdict/evidence.hpp"
#include "physics/verdict/reference.hpp"
#include "physics/verdict/verdict.hpp"

namespace noesis {

/// Four significant digits; null where not finite.
nlohmann::ordered_json plot_number(double value);
nlohmann::ordered_json plot_numbers(std::span<const double> values);

/// {"time_tau", "rate"}: the first 400 samples of at most 60 units, evenly chosen.
nlohmann::ordered_json raster_plot(std::span<const double> series, std::int64_t num_units,
                                   double interval);

/// {"axes", "points"}: at most 2,000 samples along the reference's first three axes.
nlohmann::ordered_json attractor_plot(std::span<const double> series,
                                      const VerdictReference& reference);

/// {"frequency", "density"} of a mean density on the reference's frequencies.
nlohmann::ordered_json spectrum_plot(std::span<const double> frequencies,
                                     std::span<const double> density);

/// The subject's own: raster, spectrum with the fits of its bands, attractor, nulls.
nlohmann::ordered_json subject_plot(const VerdictReference& reference);

/// A candidate's raster, spectrum and attractor, to which the caller adds "kind" and names.
nlohmann::ordered_json evidence_plot(const Evidence& evidence, const VerdictReference& reference);

/// The criteria of a verdict, as `result.controls` lists them.
nlohmann::ordered_json criteria_record(const Verdict& verdict);

}  // namespace noesis
