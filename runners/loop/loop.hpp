#pragma once
/// `noesis loop`: Phase 1, Phase 2, and the controls by which their verdicts can be trusted.

#include "runners/jobs/run_options.hpp"

namespace noesis {

/// 0: done; 1: a control failed; 130: interrupted, and --resume goes on. @throws ConfigError,
/// RunError.
int run_loop(const RunOptions& options);

}  // namespace noesis
