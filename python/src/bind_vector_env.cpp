#include "python/src/bind_vector_env.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"
#include "env/registry.hpp"
#include "env/space_json.hpp"
#include "python/src/backend.hpp"
#include "python/src/convert.hpp"

namespace noesis {
namespace nb = nanobind;
namespace {

using Actions = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
/// One seed for a batch, or one for each environment.
using Seed = std::optional<std::uint64_t>;
using EachSeed = std::vector<Seed>;
using Seeds = std::variant<Seed, EachSeed>;
using Mask = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

Autoreset autoreset_from(const std::string& name) {
  const std::vector<std::string> names = {"NextStep", "SameStep", "Disabled"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return static_cast<Autoreset>(i);
  }
  throw ConfigError({.what = "unknown autoreset mode",
                     .where = "autoreset_mode",
                     .got = "'" + name + "'",
                     .allowed = join_names(names),
                     .next = suggest_name(name, names)});
}

/// A VectorEnv that Python's threads may share by mistake: one at a time gets in, another is told.
class Batch {
 public:
  Batch(const std::string& id, std::int64_t num_envs, std::vector<std::string> overrides,
        const std::string& autoreset, int num_threads, const std::string& backend) {
    require(num_threads >= 0, "an impossible number of threads", "num_threads", num_threads,
            "0 (all hardware threads) or more");
    const Autoreset mode = autoreset_from(autoreset);
    const nb::gil_scoped_release without_lock;
    EnvOptions options{.toml = {}, .overrides = std::move(overrides)};
    options.make_backend = {.of_double = backend_from<double>(backend),
                            .of_float = backend_from<float>(backend)};
    env_ = make_vec(id, num_envs, options, mode, num_threads);
  }

  const VectorEnv& fixed() const noexcept { return *env_; }  ///< for what never changes

  /// Calls f(VectorEnv&) while nobody else does, and no step that was sent is on its way.
  template <class F>
  decltype(auto) use(F f) {
    return use_alone([&](VectorEnv& env) -> decltype(auto) {
      if (env.is_stepping()) {
        throw ConfigError({.what = "a step is on its way",
                           .where = "VectorEnv",
                           .got = {},
                           .allowed = {},
                           .next = "call recv first"});
      }
      return f(env);
    });
  }
  /// The same even if there is one.
  template <class F>
  decltype(auto) use_alone(F f) {
    if (busy_.exchange(true)) {
      throw ConfigError({.what = "an environment is used by two threads at once",
                         .where = "VectorEnv",
                         .got = {},
                         .allowed = {},
                         .next = "give each thread its own environment"});
    }
    struct Release {
      std::atomic<bool>& busy;
      ~Release() { busy = false; }
    } release{busy_};
    return f(*env_);
  }
  /// The same without Python's lock; f touches no Python object.
  template <class F>
  void run(F f) {
    use_alone([&](VectorEnv& env) {
      const nb::gil_scoped_release without_lock;
      f(env);
    });
  }

 private:
  std::unique_ptr<VectorEnv> env_;
  std::atomic<bool> busy_ = false;
};

nb::object matrix(std::span<const float> values, const VectorEnv& env, nb::handle owner) {
  return view(values.data(),
              {static_cast<std::size_t>(env.num_envs()),
               values.size() / static_cast<std::size_t>(env.num_envs())},
              owner);
}

nb::object flags(std::span<const std::uint8_t> values, nb::handle owner) {
  return view(reinterpret_cast<const bool*>(values.data()), {values.size()}, owner);
}

Dict options_of(const std::optional<nb::dict>& options) {
  return options ? dict_from_python(*options) : Dict{};
}

/// Documentation of a property that shows results.
#define NOESIS_VIEW_DOC(text) text " A read-only view, of the last reset or step; never moves."

void bind_results(nb::class_<Batch>& batch) {
  const auto self = [](Batch& b) { return nb::find(b); };
  batch
      .def_prop_ro(
          "observations",
          [self](Batch& b) { return matrix(b.fixed().observations(), b.fixed(), self(b)); },
          NOESIS_VIEW_DOC("(num_envs, observation_size), float32, flat form."))
      .def_prop_ro(
          "rewards",
          [self](Batch& b) {
            const auto rewards = b.fixed().rewards();
            return view(rewards.data(), {rewards.size()}, self(b));
          },
          NOESIS_VIEW_DOC("(num_envs,), float64."))
      .def_prop_ro(
          "terminated", [self](Batch& b) { return flags(b.fixed().terminated(), self(b)); },
          NOESIS_VIEW_DOC("(num_envs,), bool."))
      .def_prop_ro(
          "truncated", [self](Batch& b) { return flags(b.fixed().truncated(), self(b)); },
          NOESIS_VIEW_DOC("(num_envs,), bool."))
      .def_prop_ro(
          "was_reset", [self](Batch& b) { return flags(b.fixed().was_reset(), self(b)); },
          NOESIS_VIEW_DOC("(num_envs,), bool: the last step was nothing but a reset."))
      .def_prop_ro(
          "final_observations",
          [self](Batch& b) { return matrix(b.fixed().final_observations(), b.fixed(), self(b)); },
          NOESIS_VIEW_DOC("(num_envs, observation_size), where has_final; mode SameStep."))
      .def_prop_ro(
          "has_final", [self](Batch& b) { return flags(b.fixed().has_final(), self(b)); },
          NOESIS_VIEW_DOC("(num_envs,), bool: an episode has just ended; mode SameStep."));
}

void bind_information(nb::class_<Batch>& batch) {
  const auto table = [](VectorEnv& env, bool final) -> const InfoTable& {
    return final ? env.final_info() : env.info();
  };
  batch
      .def(
          "info_columns",
          [table](Batch& b, bool final) {
            return b.use(
                [&](VectorEnv& env) { return info_columns(table(env, final), nb::find(b)); });
          },
          nb::arg("final") = false,
          "[(name, values, mask name, mask)], views; a later step may add columns.")
      .def(
          "info_present",
          [table](Batch& b, bool final) {
            return b.use([&](VectorEnv& env) { return info_present(table(env, final)); });
          },
          nb::arg("final") = false, "Whether somebody has them, column by column.")
      .def(
          "info_row",
          [](Batch& b, std::int64_t env) {
            require(env >= 0 && env < b.fixed().num_envs(), "no such environment", "env", env,
                    "0 to num_envs - 1");
            return b.use([&](VectorEnv& envs) { return info_row(envs.info(), env); });
          },
          nb::arg("env"), "One environment's information.")
      .def(
          "scene",
          [](Batch& b, std::int64_t env) {
            return scene_to_python(b.use([&](VectorEnv& envs) { return envs.scene(env); }));
          },
          nb::arg("env"), "What there is to see in one environment, as data.")
      .def(
          "render_ansi",
          [](Batch& b, std::int64_t env) {
            return b.use(
                [&](VectorEnv& envs) { return std::get<std::string>(envs.render(env, "ansi")); });
          },
          nb::arg("env"), "The same as text.");
}

void bind_calls(nb::class_<Batch>& batch) {
  batch
      .def(
          "reset",
          [](Batch& b, std::optional<std::uint64_t> seed, const std::optional<nb::dict>& options) {
            b.run([&, given = options_of(options)](VectorEnv& env) { env.reset(seed, given); });
          },
          nb::arg("seed") = nb::none(), nb::arg("options") = nb::none(),
          "New episodes: of seed + i in environment i, or the next ones of the seeds they have.")
      .def(
          "reset_masked",
          [](Batch& b, const Mask& mask, const Seeds& seed,
             const std::optional<nb::dict>& options) {
            b.run([&, given = options_of(options)](VectorEnv& env) {
              const std::span flags(reinterpret_cast<const std::uint8_t*>(mask.data()),
                                    mask.size());
              if (const auto* each = std::get_if<EachSeed>(&seed)) {
                env.reset_each(flags, *each, given);
              } else {
                env.reset_masked(flags, std::get<Seed>(seed), given);
              }
            });
          },
          nb::arg("mask"), nb::arg("seed") = nb::none(), nb::arg("options") = nb::none(),
          "The same where the mask is true; the others keep their results. A list has a seed for "
          "each\n"
          "environment, or None for the next episode of the one it has.")
      .def(
          "step",
          [](Batch& b, const Actions& actions) {
            b.run([&](VectorEnv& env) { env.step({actions.data(), actions.size()}); });
          },
          nb::arg("actions"), "One step of all; (num_envs, action_size), float32, flat form.")
      .def(
          "send",
          [](Batch& b, const Actions& actions) {
            b.run([&](VectorEnv& env) { env.send({actions.data(), actions.size()}); });
          },
          nb::arg("actions"), "Begins a step and returns; until recv() nothing else may be called.")
      .def(
          "recv", [](Batch& b) { b.run([](VectorEnv& env) { env.recv(); }); },
          "Waits for the step that was sent.")
      .def(
          "time_steps",
          [](Batch& b, const Actions& actions, int count) {
            double seconds = 0;
            b.run([&](VectorEnv& env) {
              const auto start = std::chrono::steady_clock::now();
              for (int i = 0; i < count; ++i) env.step({actions.data(), actions.size()});
              const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
              seconds = taken.count();
            });
            return seconds;
          },
          nb::arg("actions"), nb::arg("count"),
          "Seconds that so many steps take in C++ alone: what Python's share is measured against.")
      .def(
          "snapshot",
          [](Batch& b, std::int64_t env) {
            const Snapshot bytes = b.use([&](VectorEnv& envs) { return envs.snapshot(env); });
            return nb::bytes(bytes.data(), bytes.size());
          },
          nb::arg("env"), "The whole state of one environment.")
      .def(
          "restore",
          [](Batch& b, std::int64_t env, const nb::bytes& snapshot) {
            const auto* data = static_cast<const std::uint8_t*>(snapshot.data());
            b.use([&](VectorEnv& envs) {
              envs.restore(env, Snapshot(data, data + snapshot.size()));
            });
          },
          nb::arg("env"), nb::arg("snapshot"),
          "And back, into any environment of the same options.");
}

}  // namespace

void bind_vector_env(nb::module_& m) {
  nb::class_<Batch> batch(
      m, "VectorEnv",
      "A batch of environments in flat float32 form. Python's lock is released while "
      "it is made, reset and stepped; one thread at a time may use it.");
  batch
      .def(nb::init<const std::string&, std::int64_t, std::vector<std::string>, const std::string&,
                    int, const std::string&>(),
           nb::arg("env_id"), nb::arg("num_envs"),
           nb::arg("overrides") = std::vector<std::string>{}, nb::arg("autoreset") = "NextStep",
           nb::arg("num_threads") = 1, nb::arg("backend") = "cpu")
      .def_prop_ro("spec", [](const Batch& b) { return b.fixed().spec(); })
      .def_prop_ro("num_envs", [](const Batch& b) { return b.fixed().num_envs(); })
      .def_prop_ro("observation_size", [](const Batch& b) { return b.fixed().observation_size(); })
      .def_prop_ro("action_size", [](const Batch& b) { return b.fixed().action_size(); })
      .def_prop_ro(
          "observation_space",
          [](const Batch& b) { return space_json(b.fixed().single_observation_space()); },
          "Of one environment, as JSON (noesis.spaces).")
      .def_prop_ro(
          "action_space",
          [](const Batch& b) { return space_json(b.fixed().single_action_space()); },
          "Of one environment, as JSON (noesis.spaces).");
  bind_calls(batch);
  bind_results(batch);
  bind_information(batch);
}

}  // namespace noesis
