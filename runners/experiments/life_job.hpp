#pragma once
/// Lives as jobs.

#include <cstdint>
#include <string>

#include "physics/simulation.hpp"
#include "runners/experiments/life_config.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

/// The life of a seed; with `newborn` also that of a brain born at the last tenth of the same tape.
/// The record is as summary.hpp says; "died_at" and "seed" are beside the figures.
/// Steps are taken by what `make_backend` makes.
Job life_job(const std::string& condition, const LifeSpec& spec, std::uint64_t seed, bool newborn,
             const BackendFactory<double>& make_backend);

}  // namespace noesis
