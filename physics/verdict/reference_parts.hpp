#pragma once
/// The parts of a reference that say how the subject is looked at, each filled in on its own.

#include <cstdint>
#include <span>
#include <vector>

#include "physics/process.hpp"
#include "physics/subject.hpp"
#include "physics/verdict/reference.hpp"

namespace noesis {

inline std::span<const double> run_of(const std::vector<double>& values, std::int64_t run,
                                      std::int64_t num_runs) {
  const auto size = values.size() / static_cast<std::size_t>(num_runs);
  return std::span(values).subspan(static_cast<std::size_t>(run) * size, size);
}

/// deviation, low, high, bin_low, bin_high, from series (num_runs x num_samples x num_units).
/// @throws RunError when a unit of a subject without natural range never moves.
void set_ranges(VerdictReference& reference, const Subject& subject,
                const std::vector<double>& series);

/// num_axes, centre, axes, from the recording: up to 5 units as they are, more on the principal
/// axes.
void set_axes(VerdictReference& reference);

/// touch, touch_responses: see VerdictReference.
void set_touches(VerdictReference& reference, const Subject& subject, Process& process,
                 const std::vector<Process::State>& states);

}  // namespace noesis
