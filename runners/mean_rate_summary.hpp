#pragma once
/// What a configuration asks for of the mean rate over time, as a summary: branching ratio,
/// avalanches, detrended fluctuations and the exponent by irregular resampling.

#include <nlohmann/json.hpp>

#include "physics/simulate_config.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {

/// An object with the keys "branching", "avalanches", "dfa" and "irasa" that `spec` asks for, of
/// the mean of `rates` (samples x neurons) over neurons; each is {"undefined": reason} where it
/// cannot be measured. Of a rate, which is never silent, avalanches are above its median, and the
/// power laws are fitted from the median size and duration to the largest.
nlohmann::ordered_json summarise_mean_rate(const SeriesView& rates, const VitalsSpec& spec);

}  // namespace noesis
