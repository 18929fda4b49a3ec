// Any conversation of three clients with a server, without its sockets and threads. The
// environments are CountingTask, so that the registry, which would bring all physics with it, has
// stand-ins here.
//
// The input is records of 1 byte (who: mod 3; bit 7: without a second frame; bit 6: time passes,
// bit 5: the client is gone), 2 bytes (type, length of the head), 1 byte (length of the data),
// head, data. The header of a message is put before the head, so that inputs get beyond it.

#include <cstddef>
#include <cstdint>
#include <string>

#include "env/registry.hpp"
#include "server/dispatcher.hpp"
#include "tests/env/counting_task.hpp"

namespace noesis {

std::vector<std::string> env_ids() { return {"noesis/Counting-v0"}; }
EnvSpec env_spec(const std::string& id) { return {id, 9, 1.0, {}}; }
std::vector<ConfigKey> env_option_keys(const std::string&) {
  return {{"key", "number", "1", "a key", ""}};
}
std::unique_ptr<VectorEnv> make_vec(const std::string& id, std::int64_t num_envs,
                                    const EnvOptions& options, Autoreset autoreset, int) {
  if (!options.overrides.empty()) throw ConfigError({"no such option", "", "", "", ""});
  return std::make_unique<VectorEnv>(std::make_unique<testing::CountingTask>(num_envs, 4),
                                     env_spec(id), autoreset);
}

}  // namespace noesis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace noesis;
  ServerClock::time_point now{};
  DispatcherOptions options;
  options.session.max_num_envs = 8;
  options.max_sessions = 3;
  Dispatcher dispatcher(options, now);
  Answers answers;
  std::string_view left(reinterpret_cast<const char*>(bytes), size);
  const auto take = [&](std::size_t count) {
    const std::string_view taken = left.substr(0, count);
    left.remove_prefix(taken.size());
    return taken;
  };
  std::int64_t asked = 0;
  while (left.size() >= 4) {
    const std::string_view record = take(4);
    const auto who = static_cast<std::uint8_t>(record[0]);
    const Peer peer(1, static_cast<char>('a' + who % 3));
    std::string head = std::string("NOES\x01") + record[1] + std::string(2, '\0');
    head += take(static_cast<std::uint8_t>(record[2]));
    const std::string_view data = take(static_cast<std::uint8_t>(record[3]));
    const std::string_view frames[] = {head, data};
    dispatcher.receive(peer, std::span(frames).first((who & 0x80) != 0 ? 1 : 2), now, answers);
    ++asked;
    if ((who & 0x40) != 0) {
      now += std::chrono::seconds(31);
      dispatcher.tick(now, answers);
    }
    if ((who & 0x20) != 0) dispatcher.drop(peer);
    if ((who & 0x10) != 0) continue;  // its requests pile up
    while (std::optional<Job> job = dispatcher.take_job()) {
      job->run();
      dispatcher.finish(std::move(*job), now, answers);
    }
  }
  std::int64_t replies = 0;
  for (const Answer& answer : answers) {
    decode(answer.frames->head, answer.frames->data);  // an answer is a message
    replies += answer.is_probe ? 0 : 1;
  }
  ensure(replies <= asked, "a request has one answer at most");
  for (const Peer peer : {"a", "b", "c"}) dispatcher.drop(peer);
  const ServerStatus status = dispatcher.status(now);
  ensure(status.sessions == 0 && status.clients == 0 && status.held_bytes == 0, "all is let go");
  return 0;
}
