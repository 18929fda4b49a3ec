#pragma once
/// An agent that learns to be a process, from a tape of it, and then runs by itself.
///
/// Observations are normalised a unit and squeezed by a linear code, z = C (x - mean) / sd, of size
/// `bottleneck`. The agent (hybrid_agent.hpp) hears z_t and u_t+1 and predicts z_t+1 = z_t + s P c.
/// In a free run it hears its own prediction: only z and the agent's state go from step to step. As
/// nothing is observed then, nothing surprises, and the fast cache stays as it was; arousal and
/// local bias go on.

#include <cstdint>
#include <memory>

#include "agent/emulator_config.hpp"
#include "agent/meta_controller.hpp"
#include "core/scalar_sink.hpp"
#include "physics/tape.hpp"

namespace noesis {

/// How a training went.
struct TrainingReport {
  std::int64_t updates = 0;
  bool out_of_time = false;  ///< stopped by time_budget_s before its end
  double last_loss = 0;      ///< mean over the last tenth of the last phase
  double seconds = 0;        ///< wall time; no result depends on it
  std::int64_t parameters = 0;
};

/// Not thread-safe; emulators in different threads do not touch each other. Free runs are in double
/// precision without LibTorch, each state as if it were alone, bit for bit.
class AgentEmulator : public Emulator {
 public:
  AgentEmulator(AgentEmulator&&) noexcept;
  ~AgentEmulator() override;

  std::int64_t num_units() const override;
  std::int64_t num_sites() const override;
  double interval() const override;

  /// After `start_washout` samples heard from a place on the training tape that the seed chooses.
  State start(std::uint64_t seed) override;
  State listen(const Tape& tape, std::int64_t first, std::int64_t count) override;
  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override;

  /// The next `count` observations, each predicted from the true one before it, after listen(tape,
  /// first, washout): (count x num_units). What a one-step error is measured on.
  std::vector<double> predict_next(const Tape& tape, std::int64_t first, std::int64_t washout,
                                   std::int64_t count);

  const TrainingReport& report() const;
  /// Numbers in a state: the code and the agent's.
  std::int64_t state_size() const;
  /// Decisions of the meta-controller in listen() and predict_next(); env is 0.
  void set_meta_log(MetaLog log);

  struct Parts;  ///< Private to the implementation.
  explicit AgentEmulator(std::unique_ptr<Parts> parts);

 private:
  std::unique_ptr<Parts> parts_;
};

/// Trains on the whole tape, which is kept. The same seed gives the same bits on one machine unless
/// the time budget ends it. `interval`: between samples [tau]. `sink` (may be null) gets
/// "emulator/loss" and "emulator/learning_rate" by update. `graph` (num_units x num_units, target
/// by source, on normalised units; or empty) is what is believed about the wiring: half of the
/// first hidden layer starts from its rows, and learns on.
/// @throws ConfigError when the tape is too short or a size is impossible; RunError, naming the
/// update, when the loss is not finite any more, and when interrupted.
std::unique_ptr<AgentEmulator> train_emulator(std::shared_ptr<const Tape> tape, double interval,
                                              const EmulatorConfig& config, std::uint64_t seed,
                                              ScalarSink* sink = nullptr,
                                              std::span<const double> graph = {});

}  // namespace noesis
