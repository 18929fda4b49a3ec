#pragma once
/// A session: a batch of environments that a client made, and what its requests do to them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/vector_env.hpp"
#include "physics/simulation.hpp"
#include "server/protocol.hpp"
#include "server/results.hpp"

namespace noesis {

/// What a client asks of MAKE.
struct EnvRequest {
  std::string id;
  std::int64_t num_envs = 1;
  Autoreset autoreset = Autoreset::kNextStep;
  std::vector<std::string> overrides;  ///< "key=value"
};
using MakeEnv = std::function<std::unique_ptr<VectorEnv>(const EnvRequest&)>;

/// What a server takes a MAKE to mean, and how much it allows.
struct SessionOptions {
  std::string default_env = {};   ///< of a MAKE that names none; "": it must
  bool only_default_env = false;  ///< other environments are refused
  std::int64_t default_num_envs = 1;
  std::int64_t max_num_envs = 4096;    ///< of one session
  bool may_read_files = false;         ///< options may name files of this machine
  MakeEnv make_env = {};               ///< the registry's environments when empty
  int env_threads = 1;                 ///< of one session's physics
  BackendFactories make_backend = {};  ///< as in EnvOptions
};

/// A session's environments. Used by one thread at a time.
class Session {
 public:
  Session(std::uint64_t id, const SessionOptions& options) : id_(id), options_(options) {}

  /// Does a request or, of a STEP_MANY, its next step. The answer, which is an ERROR where the
  /// request cannot be served, or null when there is more to do: call again with the same request.
  /// The first request is the MAKE.
  FramesPtr advance(const Message& request) noexcept;

  /// The SPEC, as the answer to the request `request_id`; null before it was made.
  FramesPtr spec(std::uint64_t request_id, MessageType type, std::uint64_t next_seq) const;
  std::int64_t num_envs() const noexcept { return env_ ? env_->num_envs() : 0; }
  /// Steps of single environments that were taken, resets not counted.
  std::int64_t env_steps() const noexcept { return env_steps_; }
  /// What a STEP took lately; before the first one, more than anybody would wait for.
  std::chrono::nanoseconds step_cost() const noexcept { return step_cost_; }

 private:
  FramesPtr dispatch(const Message& request);
  FramesPtr make(const Message& request);
  FramesPtr reset(const Message& request);
  FramesPtr step(const Message& request);
  FramesPtr step_many(const Message& request);
  FramesPtr render(const Message& request);
  FramesPtr get_state(const Message& request);
  FramesPtr set_state(const Message& request);
  /// An answer with the keys that every answer of a session has.
  MessageWriter answer(const Message& request) const;
  std::int64_t env_of(const Message& request) const;
  /// Steps all with the actions at `bytes`, which need not be aligned.
  void take_step(const char* bytes);

  std::uint64_t id_;
  const SessionOptions& options_;
  std::unique_ptr<VectorEnv> env_;
  std::string env_id_;
  AlignedVector<float> actions_;
  std::optional<Results> many_;  ///< of the STEP_MANY that is under way
  bool broken_ = false;          ///< a defect was met: its state is unknown
  std::int64_t env_steps_ = 0;
  std::chrono::nanoseconds step_cost_ = std::chrono::hours(1);
};

/// The ERROR that an exception of a request becomes. `session` and `seq` are 0 where there is none.
FramesPtr error_answer(std::exception_ptr exception, std::uint64_t id, std::uint64_t session = 0,
                       std::uint64_t seq = 0);

}  // namespace noesis
