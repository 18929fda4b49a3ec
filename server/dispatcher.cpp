#include "server/dispatcher.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "core/version.hpp"
#include "env/registry.hpp"

namespace noesis {
namespace {

constexpr std::size_t kLeastToken = 16, kMostToken = 64;  ///< [bytes]

double seconds(ServerClock::duration time) { return std::chrono::duration<double>(time).count(); }

FramesPtr refusal(const Message& request, ErrorCode code, std::string where, std::string got,
                  std::string allowed = {}, std::string next = {}) {
  const ProtocolError error(code, std::move(where), std::move(got), std::move(allowed),
                            std::move(next));
  const auto number = [&](std::string_view key) {
    const Field* field = find_field(request.fields(), key);
    const auto* value = field != nullptr ? field->get_if<std::uint64_t>() : nullptr;
    return value != nullptr ? *value : 0;
  };
  return error_answer(std::make_exception_ptr(error), number("id"), number("session"),
                      number("seq"));
}

bool is_error(const Frames& answer) {
  return static_cast<MessageType>(answer.head[5]) == MessageType::kError;
}

std::size_t size_of(const FramesPtr& frames) { return frames->head.size() + frames->data.size(); }

std::string token_of(const Message& message) {
  std::string token = message.bytes_at("token");
  if (token.size() < kLeastToken || token.size() > kMostToken) {
    throw ProtocolError(ErrorCode::kMalformed, "token", std::to_string(token.size()) + " bytes",
                        "16 to 64 random bytes");
  }
  return token;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherOptions options, TimePoint now)
    : options_(std::move(options)), start_(now), speed_(now) {}

void Dispatcher::receive(const Peer& peer, std::span<const std::string_view> frames, TimePoint now,
                         Answers& answers) {
  ++totals_.requests;
  const std::size_t before = answers.size();
  try {
    if (frames.empty() || frames.size() > 2) {
      throw ProtocolError(ErrorCode::kMalformed, "message",
                          std::to_string(frames.size()) + " frames",
                          "a head, and a second frame where there are arrays");
    }
    Message message = decode(frames[0], frames.size() == 2 ? frames[1] : std::string_view());
    if (const auto client = clients_.find(peer); client != clients_.end()) {
      client->second.heard = now;
      client->second.look_at = now + options_.lease;
    }
    serve(peer, std::move(message), now, answers);
  } catch (const std::exception&) {
    const std::uint64_t id = frames.empty() ? 0 : request_id_of(frames[0]);
    answers.push_back({peer, error_answer(std::current_exception(), id)});
  }
  for (std::size_t i = before; i < answers.size(); ++i)
    totals_.errors += is_error(*answers[i].frames);
}

void Dispatcher::serve(const Peer& peer, Message message, TimePoint now, Answers& answers) {
  static constexpr std::array<std::string_view, 2> kHelloKeys = {"versions", "client"};
  message.uint_at("id");  // every request has one
  const auto reply = [&](FramesPtr frames) { answers.push_back({peer, std::move(frames)}); };
  switch (message.type()) {
    case MessageType::kHello:
      message.allow_only(kHelloKeys, {});
      return reply(welcome(message));
    case MessageType::kCatalogue:
      message.allow_only({}, {});
      return reply(catalogue(message));
    case MessageType::kPing: {
      message.allow_only({}, {});
      MessageWriter pong(reply_to(message.type()));
      pong.field("id", message.uint_at("id"));
      return reply(pong.finish());
    }
    case MessageType::kStats: {
      message.allow_only({}, {});
      MessageWriter stats(reply_to(message.type()));
      stats.field("id", message.uint_at("id"));
      stats.field("stats", status_fields(status(now)));
      return reply(stats.finish());
    }
    case MessageType::kMake:
      return make(peer, std::move(message), now, answers);
    case MessageType::kResume:
      return resume(peer, message, now, answers);
    case MessageType::kClose:
      return close(peer, message, answers);
    case MessageType::kReset:
    case MessageType::kStep:
    case MessageType::kStepMany:
    case MessageType::kRender:
    case MessageType::kGetState:
    case MessageType::kSetState:
      return enqueue(peer, std::move(message), now, answers);
    default:
      reply(refusal(message, ErrorCode::kUnknownType, "type",
                    std::to_string(static_cast<int>(message.type())), "1 to 13"));
  }
}

FramesPtr Dispatcher::welcome(const Message& request) const {
  const FieldList& versions = request.list_at("versions");
  const auto* low = versions.size() == 2 ? versions[0].get_if<std::uint64_t>() : nullptr;
  const auto* high = versions.size() == 2 ? versions[1].get_if<std::uint64_t>() : nullptr;
  if (low == nullptr || high == nullptr) {
    return refusal(request, ErrorCode::kMalformed, "versions", "another form", "[lowest, highest]");
  }
  if (*low > kProtocolVersion || *high < kProtocolVersion) {
    return refusal(request, ErrorCode::kVersion, "versions",
                   std::to_string(*low) + " to " + std::to_string(*high),
                   std::to_string(kProtocolVersion));
  }
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
  MessageWriter out(reply_to(request.type()));
  out.field("id", request.uint_at("id"));
  out.field("version", number(kProtocolVersion));
  out.field("server", "noesis " + std::string(version()));
  out.field("limits", FieldMap{{"max_message_bytes", number(kMostMessageBytes)},
                               {"max_head_bytes", number(kMostHeadBytes)},
                               {"max_sessions", options_.max_sessions},
                               {"max_num_envs", options_.session.max_num_envs},
                               {"window", options_.window},
                               {"lease_s", seconds(options_.lease)},
                               {"heartbeat_s", seconds(options_.heartbeat)}});
  FieldList ids;
  if (options_.session.only_default_env) {
    ids.emplace_back(options_.session.default_env);
  } else {
    for (const std::string& id : env_ids()) ids.emplace_back(id);
  }
  out.field("environments", std::move(ids));
  return out.finish();
}

FramesPtr Dispatcher::catalogue(const Message& request) const {
  FieldList list;
  for (const std::string& id : env_ids()) {
    if (options_.session.only_default_env && id != options_.session.default_env) continue;
    const EnvSpec spec = env_spec(id);
    FieldList options;
    for (const ConfigKey& key : env_option_keys(id)) {
      options.emplace_back(FieldMap{{"key", key.key},
                                    {"type", key.type},
                                    {"default", key.default_value},
                                    {"doc", key.doc},
                                    {"constraint", key.constraint}});
    }
    list.emplace_back(FieldMap{
        {"id", id},
        {"max_episode_steps", spec.max_episode_steps},
        {"reward_threshold", spec.reward_threshold ? Field(*spec.reward_threshold) : Field()},
        {"options", std::move(options)}});
  }
  MessageWriter out(reply_to(request.type()));
  out.field("id", request.uint_at("id"));
  out.field("environments", std::move(list));
  return out.finish();
}

// --- sessions ------------------------------------------------------------------------------------

Dispatcher::Entries::iterator Dispatcher::find_token(const std::string& token) {
  return std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return entry.second.token == token && !entry.second.closed;
  });
}

void Dispatcher::bind(Entry& entry, const Peer& peer, TimePoint now) {
  if (entry.peer != peer) {
    unbind(entry);
    entry.peer = peer;
    const auto [client, is_new] = clients_.try_emplace(peer);
    ++client->second.sessions;
    totals_.clients_came += is_new ? 1 : 0;
  }
  Client& client = clients_.at(peer);
  client.heard = now;
  client.look_at = now + options_.lease;
}

void Dispatcher::unbind(Entry& entry) {
  const auto client = clients_.find(entry.peer);
  if (client != clients_.end() && --client->second.sessions == 0) {
    clients_.erase(client);
    ++totals_.clients_gone;
  }
  entry.peer.clear();
}

void Dispatcher::remove(Entries::iterator entry) {
  Entry& gone = entry->second;
  unbind(gone);
  for (const Kept& kept : gone.kept) held_bytes_ -= size_of(kept.answer);
  gone.kept.clear();
  // The request that runs is let go when it comes back.
  const std::size_t running = gone.running ? 1 : 0;
  while (gone.waiting.size() > running) {
    held_bytes_ -= gone.waiting.back().request->bytes();
    gone.waiting.pop_back();
  }
  gone.closed = true;
  std::erase(ready_, entry->first);
  if (!gone.running) entries_.erase(entry);
}

double Dispatcher::retry_after_s(TimePoint now) const {
  double least = seconds(options_.lease);
  for (const auto& [peer, client] : clients_)
    least = std::min(least, seconds(client.look_at - now));
  return std::max(least, 0.1);
}

void Dispatcher::make(const Peer& peer, Message message, TimePoint now, Answers& answers) {
  std::string token = token_of(message);
  if (const auto found = find_token(token); found != entries_.end()) {
    // Asked again, maybe from another connection: the same session.
    Entry& entry = found->second;
    bind(entry, peer, now);
    if (entry.num_envs > 0) {
      const std::uint64_t request_id = message.uint_at("id");
      answers.push_back({peer, entry.session->spec(request_id, message.type(), entry.next_seq)});
    }
    return;
  }
  if (draining_) {
    answers.push_back(
        {peer, refusal(message, ErrorCode::kDraining, "server", "MAKE while it shuts down")});
    return;
  }
  if (std::ssize(entries_) >= options_.max_sessions) {
    const ErrorParts parts{.what = "the server is full",
                           .where = "sessions",
                           .got = {},
                           .allowed = std::to_string(options_.max_sessions),
                           .next = "try again later, or start it with more --max-sessions"};
    MessageWriter full =
        error_message(message.uint_at("id"), ErrorCode::kCapacity, parts, format_error(parts));
    full.field("retry_after_s", retry_after_s(now));
    answers.push_back({peer, full.finish()});
    return;
  }
  const std::uint64_t id = ++last_id_;
  Entry& entry = entries_[id];
  entry.token = std::move(token);
  entry.session = std::make_shared<Session>(id, options_.session);
  bind(entry, peer, now);
  held_bytes_ += message.bytes();
  entry.waiting.push_back({std::make_shared<const Message>(std::move(message)), now});
  ready_.push_back(id);
}

void Dispatcher::say_farewell(Answers& answers) const {
  const ProtocolError error(ErrorCode::kDraining, "server", "a server that shuts down", {},
                            "go elsewhere; its sessions are over");
  const FramesPtr farewell = error_answer(std::make_exception_ptr(error), 0, 0, 0);
  for (const auto& [peer, client] : clients_) answers.push_back({peer, farewell});
}

void Dispatcher::resume(const Peer& peer, const Message& message, TimePoint now, Answers& answers) {
  static constexpr std::array<std::string_view, 1> kKeys = {"token"};
  message.allow_only(kKeys, {});
  const auto found = find_token(token_of(message));
  if (found == entries_.end()) {
    answers.push_back({peer, refusal(message, ErrorCode::kUnknownSession, "token",
                                     "no session of that token", {}, "make a new one")});
    return;
  }
  Entry& entry = found->second;
  bind(entry, peer, now);
  answers.push_back(
      {peer, entry.num_envs > 0
                 ? entry.session->spec(message.uint_at("id"), message.type(), entry.next_seq)
                 : refusal(message, ErrorCode::kBusy, "token", "a session that is being made", {},
                           "wait for its SPEC")});
}

void Dispatcher::close(const Peer& peer, const Message& message, Answers& answers) {
  static constexpr std::array<std::string_view, 1> kKeys = {"session"};
  message.allow_only(kKeys, {});
  const std::uint64_t id = message.uint_at("session");
  const auto found = entries_.find(id);
  if (found != entries_.end() && found->second.peer == peer) remove(found);
  // What is not there is closed as well: a client may ask twice.
  MessageWriter out(reply_to(message.type()));
  out.field("id", message.uint_at("id"));
  out.field("session", id);
  answers.push_back({peer, out.finish()});
}

void Dispatcher::enqueue(const Peer& peer, Message message, TimePoint now, Answers& answers) {
  const std::uint64_t id = message.uint_at("session"), seq = message.uint_at("seq");
  const auto refuse = [&](ErrorCode code, std::string where, std::string got, std::string allowed,
                          std::string next) {
    answers.push_back({peer, refusal(message, code, std::move(where), std::move(got),
                                     std::move(allowed), std::move(next))});
  };
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.closed || found->second.peer != peer) {
    return refuse(ErrorCode::kUnknownSession, "session", std::to_string(id),
                  "a session that this connection made or resumed", "resume it, or make a new one");
  }
  Entry& entry = found->second;
  if (seq < entry.next_seq) {
    const auto kept = std::find_if(entry.kept.begin(), entry.kept.end(),
                                   [&](const Kept& one) { return one.seq == seq; });
    if (kept != entry.kept.end()) {
      answers.push_back({peer, kept->answer});
    } else if (entry.next_seq - seq > entry.waiting.size()) {  // else its answer is to come
      refuse(ErrorCode::kSequence, "seq", std::to_string(seq),
             std::to_string(entry.next_seq) + ", or a recent one again", {});
    }
    return;
  }
  if (seq > entry.next_seq) {
    return refuse(ErrorCode::kSequence, "seq", std::to_string(seq), std::to_string(entry.next_seq),
                  "send the requests that were left out");
  }
  if (draining_)
    return refuse(ErrorCode::kDraining, "server", "a request while it shuts down", {}, {});
  if (std::ssize(entry.waiting) >= options_.window) {
    return refuse(ErrorCode::kBusy, "session", "another request in flight",
                  "at most " + std::to_string(options_.window), "wait for an answer");
  }
  if (held_bytes_ + message.bytes() > options_.most_held_bytes) {
    return refuse(ErrorCode::kBusy, "server", "too many bytes in flight",
                  "at most " + std::to_string(options_.most_held_bytes), "send it again later");
  }
  ++entry.next_seq;
  held_bytes_ += message.bytes();
  entry.waiting.push_back({std::make_shared<const Message>(std::move(message)), now});
  if (!entry.running && entry.waiting.size() == 1) ready_.push_back(id);
}

// --- jobs ----------------------------------------------------------------------------------------

std::optional<Job> Dispatcher::take_job() {
  if (ready_.empty()) return std::nullopt;
  const std::uint64_t id = ready_.front();
  ready_.pop_front();
  Entry& entry = entries_.at(id);
  entry.running = true;
  return Job{id, entry.session, entry.waiting.front().request, nullptr};
}

void Dispatcher::keep(Entry& entry, std::uint64_t seq, FramesPtr answer) {
  // The last answer always, and as many before it as fit the window and a message's size.
  held_bytes_ += size_of(answer);
  entry.kept.push_back({seq, std::move(answer)});
  std::size_t bytes = 0;
  for (const Kept& one : entry.kept) bytes += size_of(one.answer);
  while (std::ssize(entry.kept) > options_.window ||
         (entry.kept.size() > 1 && bytes > kMostMessageBytes)) {
    const std::size_t size = size_of(entry.kept.front().answer);
    bytes -= size;
    held_bytes_ -= size;
    entry.kept.pop_front();
  }
}

void Dispatcher::finish(Job job, TimePoint now, Answers& answers) {
  const auto found = entries_.find(job.session_id);
  ensure(found != entries_.end(), "a session lives while its job runs");
  Entry& entry = found->second;
  entry.running = false;
  totals_.env_steps += job.session->env_steps() - entry.steps_counted;
  entry.steps_counted = job.session->env_steps();
  if (entry.closed) {
    for (const Waiting& one : entry.waiting) held_bytes_ -= one.request->bytes();
    entries_.erase(found);
    return;
  }
  if (!job.answer) {  // another step of it, after everybody else's
    ready_.push_back(job.session_id);
    return;
  }
  speed_.add_latency(now - entry.waiting.front().received);
  held_bytes_ -= job.request->bytes();
  entry.waiting.pop_front();
  totals_.errors += is_error(*job.answer);
  answers.push_back({entry.peer, job.answer});
  if (job.request->type() != MessageType::kMake) {
    keep(entry, job.request->uint_at("seq"), std::move(job.answer));
  } else if (is_error(*job.answer)) {
    remove(found);
    return;
  } else {
    entry.num_envs = job.session->num_envs();
  }
  if (!entry.waiting.empty()) ready_.push_back(job.session_id);
}

// --- clients -------------------------------------------------------------------------------------

void Dispatcher::tick(TimePoint now, Answers& answers) {
  speed_.mark(now, totals_.env_steps);
  std::vector<Peer> silent;
  for (auto& [peer, client] : clients_) {
    if (now < client.look_at) continue;
    if (now - client.heard > options_.most_idle) {
      silent.push_back(peer);
      continue;
    }
    // The socket refuses to send this to a connection that is gone, and then drop() is called.
    MessageWriter probe(MessageType::kAlive);
    answers.push_back({peer, probe.finish(), true});
    client.look_at = now + options_.lease;
  }
  for (const Peer& peer : silent) drop(peer);
}

void Dispatcher::drop(const Peer& peer) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (!entry->second.closed && entry->second.peer == peer) {
      ++totals_.dropped;
      remove(entry);
    }
    entry = next;
  }
}

bool Dispatcher::idle() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const auto& entry) { return entry.second.waiting.empty(); });
}

ServerStatus Dispatcher::status(TimePoint now) const {
  ServerStatus status = totals_;
  status.uptime_s = seconds(now - start_);
  status.clients = std::ssize(clients_);
  for (const auto& [id, entry] : entries_) {
    if (entry.closed) continue;
    ++status.sessions;
    status.envs += entry.num_envs;
  }
  status.held_bytes = static_cast<std::int64_t>(held_bytes_);
  status.draining = draining_;
  speed_.write(status, now);
  return status;
}

}  // namespace noesis
