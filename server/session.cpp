#include "server/session.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "core/names.hpp"
#include "env/registry.hpp"
#include "env/space_json.hpp"

namespace noesis {
namespace {

using Names = std::span<const std::string_view>;
const std::array<std::string, 3> kAutoresetNames = {"NextStep", "SameStep", "Disabled"};

Autoreset autoreset_of(const std::string& name) {
  for (const Autoreset mode : {Autoreset::kNextStep, Autoreset::kSameStep, Autoreset::kDisabled}) {
    if (kAutoresetNames[static_cast<std::size_t>(mode)] == name) return mode;
  }
  throw ConfigError({.what = "unknown autoreset mode",
                     .where = "autoreset_mode",
                     .got = "'" + name.substr(0, 60) + "'",
                     .allowed = join_names(kAutoresetNames),
                     .next = suggest_name(name, kAutoresetNames)});
}

[[noreturn]] void malformed(std::string where, std::string got, std::string allowed) {
  throw ProtocolError(ErrorCode::kMalformed, std::move(where), std::move(got), std::move(allowed));
}

template <class T>
Array copy_of(const ArrayView& view) {
  std::vector<T> values(view.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return Array(view.shape, std::move(values));
}

constexpr std::string_view kOption = "options/";

/// The options of a RESET: its arrays "options/NAME".
Dict options_of(const Message& request) {
  Dict options;
  for (const ArrayView& view : request.arrays()) {
    if (!view.name.starts_with(kOption)) continue;
    const std::string name = view.name.substr(kOption.size());
    switch (view.dtype) {
      case DType::kFloat32:
        options.emplace(name, copy_of<float>(view));
        break;
      case DType::kFloat64:
        options.emplace(name, copy_of<double>(view));
        break;
      case DType::kInt64:
        options.emplace(name, copy_of<std::int64_t>(view));
        break;
      case DType::kUint8:
        options.emplace(name, copy_of<std::uint8_t>(view));
        break;
    }
  }
  return options;
}

std::unique_ptr<VectorEnv> make_registered(const EnvRequest& request,
                                           const SessionOptions& session) {
  const EnvOptions options{.toml = {},
                           .overrides = request.overrides,
                           .may_read_files = session.may_read_files,
                           .make_backend = session.make_backend};
  return make_vec(request.id, request.num_envs, options, request.autoreset, session.env_threads);
}

void require_fits(const char* where, std::size_t rows, const VectorEnv& env) {
  // Every number of an environment's row, and room for what its info may be.
  constexpr std::size_t kInfoBytes = 256;
  const auto row =
      static_cast<std::size_t>(env.observation_size()) * 2 * sizeof(float) + kInfoBytes;
  const std::size_t most = kMostMessageBytes / row;
  if (rows <= most) return;
  throw ConfigError({.what = "answers would be larger than a message",
                     .where = where,
                     .got = std::to_string(rows) + " observations in one",
                     .allowed = "at most " + std::to_string(most) + " of this size",
                     .next = {}});
}

}  // namespace

FramesPtr Session::advance(const Message& request) noexcept {
  try {
    if (broken_)
      throw InternalError("an earlier request met a defect of the server; make a new session");
    return dispatch(request);
  } catch (...) {
    many_.reset();
    const std::exception_ptr exception = std::current_exception();
    try {
      std::rethrow_exception(exception);
    } catch (const UserError&) {
    } catch (const std::bad_alloc&) {
    } catch (...) {
      broken_ = true;
    }
    const bool made = request.type() != MessageType::kMake;
    return error_answer(exception, request.uint_at("id"), made ? id_ : 0,
                        made ? request.uint_at("seq") : 0);
  }
}

FramesPtr Session::dispatch(const Message& request) {
  switch (request.type()) {
    case MessageType::kMake:
      return make(request);
    case MessageType::kReset:
      return reset(request);
    case MessageType::kStep:
      return step(request);
    case MessageType::kStepMany:
      return step_many(request);
    case MessageType::kRender:
      return render(request);
    case MessageType::kGetState:
      return get_state(request);
    case MessageType::kSetState:
      return set_state(request);
    default:
      throw InternalError("a session was given another kind of request");
  }
}

MessageWriter Session::answer(const Message& request) const {
  MessageWriter writer(reply_to(request.type()));
  writer.field("id", request.uint_at("id"));
  writer.field("session", id_);
  writer.field("seq", request.uint_at("seq"));
  return writer;
}

FramesPtr Session::make(const Message& request) {
  static constexpr std::array<std::string_view, 5> kKeys = {"token", "env", "num_envs",
                                                            "autoreset_mode", "options"};
  request.allow_only(kKeys, {});
  EnvRequest wanted{.id = request.text_at("env", options_.default_env),
                    .num_envs = {},
                    .autoreset = autoreset_of(request.text_at("autoreset_mode", "NextStep")),
                    .overrides = {}};
  if (wanted.id.empty() || (options_.only_default_env && wanted.id != options_.default_env)) {
    throw ConfigError(
        {.what = "not an environment of this server",
         .where = "env",
         .got = "'" + wanted.id.substr(0, 60) + "'",
         .allowed = options_.only_default_env ? options_.default_env : join_names(env_ids()),
         .next = {}});
  }
  const Field* given = find_field(request.fields(), "num_envs");
  const auto* negative = given != nullptr ? given->get_if<std::int64_t>() : nullptr;
  const std::uint64_t num_envs =
      negative != nullptr
          ? 0
          : request.uint_at("num_envs", static_cast<std::uint64_t>(options_.default_num_envs));
  if (num_envs < 1 || num_envs > static_cast<std::uint64_t>(options_.max_num_envs)) {
    throw ConfigError({.what = "an impossible number of environments",
                       .where = "num_envs",
                       .got = std::to_string(
                           negative != nullptr ? *negative : static_cast<std::int64_t>(num_envs)),
                       .allowed = "1 to " + std::to_string(options_.max_num_envs),
                       .next = {}});
  }
  wanted.num_envs = static_cast<std::int64_t>(num_envs);
  for (const Field& item : request.list_at("options")) {
    const auto* text = item.get_if<std::string>();
    if (text == nullptr) malformed("options", "another type", "texts \"key=value\"");
    wanted.overrides.push_back(*text);
  }
  env_ = options_.make_env ? options_.make_env(wanted) : make_registered(wanted, options_);
  require_fits("num_envs", static_cast<std::size_t>(num_envs), *env_);
  env_id_ = std::move(wanted.id);
  actions_.resize(static_cast<std::size_t>(env_->num_envs() * env_->action_size()));
  return spec(request.uint_at("id"), request.type(), 1);
}

FramesPtr Session::spec(std::uint64_t request_id, MessageType type, std::uint64_t next_seq) const {
  if (!env_) return nullptr;
  MessageWriter writer(reply_to(type));
  writer.field("id", request_id);
  writer.field("session", id_);
  writer.field("next_seq", next_seq);
  writer.field("env", env_id_);
  writer.field("num_envs", env_->num_envs());
  writer.field("autoreset_mode", kAutoresetNames[static_cast<std::size_t>(env_->autoreset())]);
  writer.field("observation_space", space_json(env_->single_observation_space()));
  writer.field("action_space", space_json(env_->single_action_space()));
  writer.field("observation_size", env_->observation_size());
  writer.field("action_size", env_->action_size());
  const EnvSpec& spec = env_->spec();
  writer.field("max_episode_steps", spec.max_episode_steps);
  writer.field("reward_threshold", spec.reward_threshold ? Field(*spec.reward_threshold) : Field());
  writer.field("options", spec.options);
  return writer.finish();
}

FramesPtr Session::reset(const Message& request) {
  static constexpr std::array<std::string_view, 3> kKeys = {"session", "seq", "seed"};
  std::vector<std::string_view> arrays = {"reset_mask"};
  for (const ArrayView& array : request.arrays()) {
    if (array.name.starts_with(kOption)) arrays.push_back(array.name);
  }
  request.allow_only(kKeys, arrays);
  const Dict options = options_of(request);
  const auto n = static_cast<std::size_t>(env_->num_envs());
  std::vector<std::uint8_t> mask(n, 1);
  if (request.find_array("reset_mask") != nullptr) {
    const ArrayView& array = request.array_at("reset_mask", DType::kUint8, {env_->num_envs()});
    std::memcpy(mask.data(), array.bytes.data(), n);
    if (std::any_of(mask.begin(), mask.end(), [](std::uint8_t m) { return m > 1; })) {
      malformed("reset_mask", "another value", "0 or 1");
    }
  }
  const Field* seed = find_field(request.fields(), "seed");
  const auto* seeds = seed != nullptr ? seed->get_if<FieldList>() : nullptr;
  if (seeds == nullptr) {
    const bool given = seed != nullptr && !seed->is_nil();
    env_->reset_masked(mask, given ? std::optional(request.uint_at("seed")) : std::nullopt,
                       options);
  } else {
    if (seeds->size() != n)
      malformed("seed", std::to_string(seeds->size()) + " seeds", std::to_string(n));
    for (const Field& one : *seeds) {
      if (!one.is_nil() && one.get_if<std::uint64_t>() == nullptr) {
        malformed("seed", "another type", "whole numbers or nil");
      }
    }
    std::vector<std::optional<std::uint64_t>> each;
    for (const Field& one : *seeds) {
      const auto* value = one.get_if<std::uint64_t>();
      each.push_back(value != nullptr ? std::optional(*value) : std::nullopt);
    }
    env_->reset_each(mask, each, options);
  }
  Results results(*env_, 1);
  results.add(mask);
  MessageWriter out = answer(request);
  results.write(out, false, false);
  return out.finish();
}

void Session::take_step(const char* bytes) {
  std::memcpy(actions_.data(), bytes, actions_.size() * sizeof(float));
  env_->step(actions_);
  const auto was_reset = env_->was_reset();
  env_steps_ += std::count(was_reset.begin(), was_reset.end(), std::uint8_t{0});
}

constexpr std::array<std::string_view, 2> kSessionKeys = {"session", "seq"};
constexpr std::array<std::string_view, 1> kActionArray = {"action"};

FramesPtr Session::step(const Message& request) {
  const auto start = std::chrono::steady_clock::now();
  request.allow_only(kSessionKeys, kActionArray);
  const ArrayView& action =
      request.array_at("action", DType::kFloat32, {env_->num_envs(), env_->action_size()});
  take_step(action.bytes.data());
  Results results(*env_, 1);
  results.add();
  MessageWriter out = answer(request);
  results.write(out, true, false);
  FramesPtr frames = out.finish();
  step_cost_ = std::chrono::steady_clock::now() - start;
  return frames;
}

FramesPtr Session::step_many(const Message& request) {
  request.allow_only(kSessionKeys, kActionArray);
  const ArrayView& action =
      request.array_at("action", DType::kFloat32, {-1, env_->num_envs(), env_->action_size()});
  const std::int64_t steps = action.shape[0];
  if (!many_) {
    if (steps < 1) malformed("action", "no steps", "at least one");
    require_fits("steps x num_envs", static_cast<std::size_t>(steps * env_->num_envs()), *env_);
    many_.emplace(*env_, steps);
  }
  const std::size_t stride = actions_.size() * sizeof(float);
  take_step(action.bytes.data() + static_cast<std::size_t>(many_->steps()) * stride);
  many_->add();
  // Without automatic resets the next step would be an error: the answer has the steps taken.
  const auto over = [](std::span<const std::uint8_t> flags) {
    return std::any_of(flags.begin(), flags.end(), [](std::uint8_t flag) { return flag != 0; });
  };
  const bool stop = env_->autoreset() == Autoreset::kDisabled &&
                    (over(env_->terminated()) || over(env_->truncated()));
  if (many_->steps() < steps && !stop) return nullptr;
  MessageWriter out = answer(request);
  many_->write(out, true, true);
  many_.reset();
  return out.finish();
}

std::int64_t Session::env_of(const Message& request) const {
  const std::uint64_t env = request.uint_at("env", 0);
  if (env >= static_cast<std::uint64_t>(env_->num_envs())) {
    throw ConfigError({.what = "no such environment",
                       .where = "env",
                       .got = std::to_string(env),
                       .allowed = "0 to " + std::to_string(env_->num_envs() - 1),
                       .next = {}});
  }
  return static_cast<std::int64_t>(env);
}

constexpr std::array<std::string_view, 3> kOneEnvKeys = {"session", "seq", "env"};

FramesPtr Session::render(const Message& request) {
  request.allow_only(kOneEnvKeys, {});
  const std::int64_t env = env_of(request);
  const auto [rows, graph] = env_->scene(env);
  MessageWriter out = answer(request);
  out.field("text", render_ansi(rows));
  FieldList table;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    table.emplace_back(FieldList{rows[i].name, rows[i].low, rows[i].high});
    out.array<double>("rows/" + std::to_string(i), {std::ssize(rows[i].values)}, rows[i].values);
  }
  out.field("rows", std::move(table));
  const auto write = [&]<ArrayElement T>(const char* name, const std::vector<T>& values) {
    out.array<T>(std::string("graph/") + name, {std::ssize(values)}, values);
  };
  write("x", graph.x);
  write("y", graph.y);
  write("levels", graph.levels);
  write("sources", std::vector<std::int64_t>(graph.sources.begin(), graph.sources.end()));
  write("targets", std::vector<std::int64_t>(graph.targets.begin(), graph.targets.end()));
  write("weights", graph.weights);
  return out.finish();
}

FramesPtr Session::get_state(const Message& request) {
  request.allow_only(kOneEnvKeys, {});
  const Snapshot state = env_->snapshot(env_of(request));
  MessageWriter out = answer(request);
  out.array<std::uint8_t>("state", {std::ssize(state)}, state);
  return out.finish();
}

FramesPtr Session::set_state(const Message& request) {
  static constexpr std::array<std::string_view, 1> kArrays = {"state"};
  request.allow_only(kOneEnvKeys, kArrays);
  const ArrayView& state = request.array_at("state", DType::kUint8, {-1});
  env_->restore(env_of(request), Snapshot(state.bytes.begin(), state.bytes.end()));
  Results results(*env_, 1);
  results.add();
  MessageWriter out = answer(request);
  results.write(out, true, false);
  return out.finish();
}

FramesPtr error_answer(std::exception_ptr exception, std::uint64_t id, std::uint64_t session,
                       std::uint64_t seq) {
  const auto write = [&](ErrorCode code, const ErrorParts& parts, const std::string& message) {
    MessageWriter writer = error_message(id, code, parts, message);
    if (session != 0) writer.field("session", session);
    if (seq != 0) writer.field("seq", seq);
    return writer.finish();
  };
  const auto write_user = [&](ErrorCode code, ErrorParts parts) {
    // Options come in a list here, not as the command's --set.
    constexpr std::string_view kOverride = "--set ";
    if (parts.where.starts_with(kOverride)) parts.where.erase(0, kOverride.size());
    return write(code, parts, format_error(parts));
  };
  try {
    std::rethrow_exception(exception);
  } catch (const ProtocolError& error) {
    return write_user(error.code(), error.parts());
  } catch (const ConfigError& error) {
    return write_user(ErrorCode::kConfig, error.parts());
  } catch (const UserError& error) {
    return write_user(ErrorCode::kRun, error.parts());
  } catch (const std::bad_alloc&) {
    return write(ErrorCode::kMemory, {},
                 "out of memory; use fewer neurons, synapses or environments");
  } catch (const std::exception& error) {
    return write(ErrorCode::kInternal, {}, error.what());
  } catch (...) {
    return write(ErrorCode::kInternal, {}, "an unknown defect");
  }
}

}  // namespace noesis
