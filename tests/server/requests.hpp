#pragma once
// Requests as a client writes them, and what is wanted of their answers.

#include <string>
#include <vector>

#include "env/vector_env.hpp"
#include "server/protocol.hpp"
#include "tests/env/counting_task.hpp"

namespace noesis::testing {

inline Message parse(const FramesPtr& frames) { return decode(frames->head, frames->data); }

inline std::string token(char c = 't') { return std::string(16, c); }

inline MessageWriter hello() {
  MessageWriter writer(MessageType::kHello);
  writer.field("versions", FieldList{std::uint64_t{1}, std::uint64_t{1}});
  return writer;
}

inline MessageWriter make(std::int64_t num_envs = 1, const std::string& autoreset = "NextStep",
                          char token_of = 't', const std::string& env = "noesis/Steer-v0") {
  MessageWriter writer(MessageType::kMake);
  writer.field("token", FieldBytes{token(token_of)});
  writer.field("env", env);
  writer.field("num_envs", num_envs);
  writer.field("autoreset_mode", autoreset);
  return writer;
}

inline MessageWriter with_token(MessageType type, char token_of = 't') {
  MessageWriter writer(type);
  writer.field("token", FieldBytes{token(token_of)});
  return writer;
}

/// A request of a session.
inline MessageWriter of_session(MessageType type, std::uint64_t session, std::uint64_t seq) {
  MessageWriter writer(type);
  writer.field("session", session);
  if (seq > 0) writer.field("seq", seq);
  return writer;
}

inline MessageWriter reset(std::uint64_t session, std::uint64_t seq, std::uint64_t seed = 7) {
  MessageWriter writer = of_session(MessageType::kReset, session, seq);
  writer.field("seed", seed);
  return writer;
}

inline MessageWriter step(std::uint64_t session, std::uint64_t seq, const Shape& shape,
                          const std::vector<float>& actions,
                          MessageType type = MessageType::kStep) {
  MessageWriter writer = of_session(type, session, seq);
  writer.array<float>("action", shape, actions);
  return writer;
}

/// The bytes of a request under that number.
inline FramesPtr numbered(MessageWriter writer, std::uint64_t id) {
  writer.field("id", id);
  return writer.finish();
}

inline std::string code_of(const Message& answer) {
  return answer.type() == MessageType::kError ? answer.text_at("code", "") : "no error";
}

template <class T>
std::vector<T> values_of(const Message& message, std::string_view name) {
  const ArrayView* array = message.find_array(name);
  if (array == nullptr) return {};
  std::vector<T> values(array->bytes.size() / sizeof(T));
  std::copy(array->bytes.begin(), array->bytes.end(), reinterpret_cast<char*>(values.data()));
  return values;
}

/// A batch of CountingTask with episodes of `length` steps.
inline std::unique_ptr<VectorEnv> counting(const EnvRequest& request, std::int64_t length = 0,
                                           std::int64_t limit = 0) {
  return std::make_unique<VectorEnv>(
      std::make_unique<CountingTask>(request.num_envs, length),
      EnvSpec{.id = request.id, .max_episode_steps = limit, .reward_threshold = {}, .options = {}},
      request.autoreset);
}

}  // namespace noesis::testing
