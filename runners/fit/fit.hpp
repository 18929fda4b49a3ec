#pragma once
/// `noesis fit`: weights of known wirings from recorded activity.

#include "runners/jobs/run_options.hpp"

namespace noesis {

/// Returns the exit code: 0, 1 when a control did not come out as it must, or 130 when interrupted
/// (finished fits and the state of the others are kept then). Leaves config.toml, metrics.jsonl,
/// events.out.tfevents.*, summary.json, report.html, parts/ and fitted/ in its folder.
/// @throws ConfigError, RunError.
int fit(const RunOptions& options);

}  // namespace noesis
