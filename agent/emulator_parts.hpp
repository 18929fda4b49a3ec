#pragma once
/// What an AgentEmulator is made of. Private to the emulator.

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "agent/emulator.hpp"
#include "agent/free_run.hpp"
#include "agent/hybrid_agent.hpp"
#include "agent/linear_code.hpp"
#include "agent/torch_threads.hpp"

namespace noesis {

struct AgentEmulator::Parts {
  std::shared_ptr<const Tape> tape;
  double interval;
  EmulatorConfig config;
  LinearCode code;
  double input_unit;
  std::vector<double> lowest, highest;  ///< of a free-running code; empty: no bounds
  HybridAgent agent;
  TrainingReport report;
  std::int64_t state_size = 0;
  std::optional<FreeRun> free_run;  ///< made once the agent is trained

  Parts(std::shared_ptr<const Tape> tape, double interval, const EmulatorConfig& config,
        std::uint64_t seed);

  /// Codes (count x size) and inputs (count x num_sites) of a piece of tape, float32.
  torch::Tensor codes(const Tape& from, std::int64_t first, std::int64_t count) const;
  torch::Tensor inputs(const Tape& from, std::int64_t first, std::int64_t count) const;
  /// To be called when the agent is trained.
  void make_free_run();
};

}  // namespace noesis
