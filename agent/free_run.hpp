#pragma once
/// The agent without LibTorch, where nothing is observed: what an emulator is in a free run. The
/// equations are those of hybrid_agent.hpp; tests hold the two together.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/agent_config.hpp"

namespace noesis {

/// y = W x + b, W stored by input, so that outputs lie side by side.
struct DenseLayer {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::vector<double> weight;  ///< (inputs x outputs)
  std::vector<double> bias;    ///< (outputs)
};

/// Parameters of an agent in double precision; a part that it does not have is empty.
struct FreeRunWeights {
  AgentConfig config;
  std::int64_t observation_size = 0;
  std::int64_t prediction_size = 0;
  DenseLayer encoder, hidden_1, hidden_2, prediction_head;
  DenseLayer gru_input, gru_hidden;  ///< gates reset, update, new side by side
  DenseLayer gate;                   ///< of the cache
  std::vector<DenseLayer> bank_v;    ///< trained banks: key -> rank
  std::vector<DenseLayer> bank_u;    ///< rank -> value
  std::vector<double> prediction_scale;
  /// Where each part of AgentState begins in a packed state, and the size of all.
  std::array<std::size_t, 13> offsets{};
};

/// Steps several packed states (AgentState::pack, of one environment each). Sums run in one order
/// whatever the number of states, so that each has the bits it would have alone. Not thread-safe.
class FreeRun {
 public:
  explicit FreeRun(FreeRunWeights weights);

  /// Up to kBlock states at a time: what each hears (observation_size), advanced states, and
  /// predictions (prediction_size each).
  static constexpr std::size_t kBlock = 8;
  void step(std::span<const std::span<const double>> observations,
            std::span<const std::span<double>> states,
            std::span<const std::span<double>> predictions);

 private:
  void cache_read(std::size_t n, std::span<const std::span<double>> states);

  FreeRunWeights weights_;
  /// Scratch: kBlock rows each.
  std::vector<double> code_, key_, first_, second_, output_, gates_input_, gates_hidden_, alpha_,
      rank_, value_, delta_, hidden_;
};

}  // namespace noesis
