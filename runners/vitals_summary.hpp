#pragma once
/// The vitals of a recorded brain, as a summary.

#include <nlohmann/json.hpp>
#include <optional>

#include "physics/simulate_config.hpp"
#include "physics/vitals/series.hpp"
#include "physics/vitals/spectrum.hpp"

namespace noesis {

/// Mean power spectrum of rates (samples x neurons); empty where too few samples were recorded for
/// the band of the specification.
std::optional<Spectra> measure_spectrum(const SeriesView& rates, const VitalsSpec& spec);

/// Activity, synchrony and the fits of `spectrum`. What says nothing is null: all of it where there
/// are too few samples, what is of the movement where no unit moves (none is active), and the
/// saturated fraction of what is no rate between 0 and 1, as `are_rates` tells.
nlohmann::ordered_json summarise_vitals(const SeriesView& rates,
                                        const std::optional<Spectra>& spectrum,
                                        const VitalsSpec& spec, bool are_rates);

}  // namespace noesis
