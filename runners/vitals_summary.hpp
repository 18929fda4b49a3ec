#pragma once
/// The vitals of a recorded brain, as a summary.

#include <nlohmann/json.hpp>

#include "physics/vitals/series.hpp"
#include "runners/simulate_config.hpp"

namespace noesis {

/// Activity, synchrony and spectrum of rates (samples x neurons). What cannot be computed (too few
/// samples, a band outside the spectrum, a silent brain) is null.
nlohmann::ordered_json summarise_vitals(const SeriesView& rates, const VitalsSpec& spec);

}  // namespace noesis
