#include "python/src/bind_simulation.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/threads.hpp"
#include "python/src/any_simulation.hpp"
#include "python/src/convert.hpp"

namespace noesis {
namespace nb = nanobind;
namespace {

using Clock = std::chrono::steady_clock;
using Values = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
constexpr std::chrono::milliseconds kPatience{50};  // until Ctrl-C is heard
constexpr double kStepsOfPiece = 100;               // first steps of an adaptive integrator
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

/// An array of its own over `values`.
nb::object array(std::vector<double> values, const std::vector<std::size_t>& shape) {
  auto* kept = new std::vector<double>(std::move(values));
  const nb::capsule owner(
      kept, [](void* memory) noexcept { delete static_cast<std::vector<double>*>(memory); });
  return nb::cast(nb::ndarray<nb::numpy, double>(kept->data(), shape.size(), shape.data(), owner));
}

/// Brains that Python's threads may share by mistake: one at a time gets in, another is told.
class Brains {
 public:
  Brains(const std::string& text, const std::string& source,
         const std::vector<std::string>& overrides)
      : config_(parse_config<SimulateConfig>(text, source, overrides)), arena_(config_.threads) {
    const nb::gil_scoped_release without_lock;
    connectomes_ = make_connectomes(config_);
    simulation_ = make_any_simulation(config_, connectomes_, arena_);
    recorded_ = recorded_neurons(config_, connectome());
  }

  const SimulateConfig& config() const noexcept { return config_; }
  const Connectome& connectome() const noexcept { return *connectomes_.front(); }
  const std::vector<std::int64_t>& recorded() const noexcept { return recorded_; }
  BatchShape shape() const { return simulation_->shape(); }

  /// Calls f(AnySimulation&) while nobody else does.
  template <class F>
  decltype(auto) use(F f) {
    if (busy_.exchange(true)) {
      throw ConfigError({.what = "a simulation is used by two threads at once",
                         .where = "Simulation",
                         .got = {},
                         .allowed = {},
                         .next = "give each thread its own"});
    }
    struct Release {
      std::atomic<bool>& busy;
      ~Release() { busy = false; }
    } release{busy_};
    return f(*simulation_);
  }

  void step(std::int64_t count) {
    require(count >= 0, "an impossible number of steps", "count", count, "0 or more");
    use([&](AnySimulation& brains) {
      const nb::gil_scoped_release without_lock;
      advance_by_hand(brains, after(brains, count));
    });
  }

  void advance_to(double t_ms) {
    use([&](AnySimulation& brains) {
      const double dt = config_.brain.integrator.dt_ms, steps = t_ms / dt;
      const double past = has_fixed_steps() ? brains.time_ms() - dt / 2 : brains.time_ms();
      require(std::isfinite(t_ms) && t_ms >= past, "a time that is past, or none", "time_ms", t_ms,
              "a number of milliseconds from the present time_ms on");
      require(!has_fixed_steps() ||
                  std::abs(steps - std::round(steps)) <= 1e-6 * std::max(1.0, steps * 1e-3),
              "a time between two steps", "time_ms", t_ms, "a multiple of integrator.dt_ms");
      const nb::gil_scoped_release without_lock;
      advance_by_hand(brains, t_ms);
    });
  }

  /// What `noesis simulate` records: time_ms, and the state variables one after the other.
  std::pair<nb::object, std::vector<nb::object>> record() {
    const std::int64_t samples = num_samples(config_);
    const std::size_t num_components = recorded_components(config_).size();
    const auto num_neurons = recorded_.size();
    const auto num_envs = static_cast<std::size_t>(config_.num_envs);
    std::vector<double> times;
    std::vector<std::vector<double>> values(num_components);
    use([&](AnySimulation& brains) {
      require(brains.time_ms() <= config_.record.start_ms, "the first sample is past",
              "record.start_ms", config_.record.start_ms, "at least the present time_ms");
      const nb::gil_scoped_release without_lock;
      for (std::vector<double>& each : values) {
        each.resize(static_cast<std::size_t>(samples) * num_envs * num_neurons);
      }
      for (std::int64_t k = 0; k < samples; ++k) {
        times.push_back(sample_time_ms(config_, k));
        advance(brains, times.back());
        for (std::size_t c = 0; c < num_components; ++c) {
          for (std::size_t env = 0; env < num_envs; ++env) {
            const std::size_t row = static_cast<std::size_t>(k) * num_envs + env;
            brains.record(static_cast<std::int64_t>(env), static_cast<int>(c), recorded_,
                          values[c].data() + row * num_neurons);
          }
        }
      }
    });
    std::vector<nb::object> arrays;
    for (std::vector<double>& each : values) {
      arrays.push_back(
          array(std::move(each), {static_cast<std::size_t>(samples), num_envs, num_neurons}));
    }
    return {array(std::move(times), {static_cast<std::size_t>(samples)}), std::move(arrays)};
  }

  void intervene(Intervention kind, const std::vector<std::string>& neurons,
                 const std::vector<std::int64_t>& environments, double value) {
    require(std::isfinite(value), "a value that is not finite", "value", value, "a number");
    for (const std::int64_t env : environments) check_environment(env);
    if (neurons.empty()) return;
    const std::vector<std::int64_t> ids = resolve_neurons(neurons, connectome(), "neurons");
    use([&](AnySimulation& brains) {
      for (const std::int64_t env : environments) brains.intervene(kind, env, ids, value);
    });
  }

  void clear(const std::vector<std::int64_t>& environments) {
    for (const std::int64_t env : environments) check_environment(env);
    use([&](AnySimulation& brains) {
      for (const std::int64_t env : environments) brains.clear(env);
    });
  }

 private:
  void check_environment(std::int64_t env) const {
    require(env >= 0 && env < config_.num_envs, "no such environment", "environments", env,
            "0 to num_envs - 1");
  }

  bool has_fixed_steps() const { return !config_.brain.integrator.adaptive(); }

  /// The time so many steps from now; with an adaptive integrator, of the length of its first one.
  double after(const AnySimulation& brains, std::int64_t count) const {
    const double dt = config_.brain.integrator.dt_ms, now = brains.time_ms() / dt;
    return ((has_fixed_steps() ? std::round(now) : now) + static_cast<double>(count)) * dt;
  }

  /// In pieces that are short enough for Ctrl-C to be heard: they change no bit.
  void advance(AnySimulation& brains, double t_ms) {
    for (double next = -1; next < t_ms;) {
      next = std::min(t_ms, after(brains, steps_at_once_));
      const Clock::time_point start = Clock::now();
      brains.advance_to(next, kNoLimit);
      const Clock::time_point now = Clock::now();
      if (now - start < kPatience / 4 && steps_at_once_ < (1 << 20)) steps_at_once_ *= 2;
      if (now - start > kPatience && steps_at_once_ > 1) steps_at_once_ /= 2;
      hear_signals();
    }
  }

  /// So that inputs may change at t, and wherever Ctrl-C stops it: adaptive steps end there, at
  /// times that depend on no clock.
  void advance_by_hand(AnySimulation& brains, double t_ms) {
    if (has_fixed_steps()) return advance(brains, t_ms);
    const double piece = kStepsOfPiece * config_.brain.integrator.dt_ms;
    for (double next = -1; next < t_ms;) {
      next = std::min(t_ms, (std::floor(brains.time_ms() / piece + 1e-9) + 1) * piece);
      brains.advance_to(next, next);
      hear_signals();
    }
  }

  void hear_signals() {
    const Clock::time_point now = Clock::now();
    if (now - last_check_ < kPatience) return;
    last_check_ = now;
    const nb::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }

  SimulateConfig config_;
  ThreadArena arena_;
  std::vector<ConnectomePtr> connectomes_;
  std::unique_ptr<AnySimulation> simulation_;
  std::vector<std::int64_t> recorded_;
  std::atomic<bool> busy_ = false;
  std::int64_t steps_at_once_ = 1;
  Clock::time_point last_check_ = Clock::now();
};

std::vector<std::string> names_of(const Brains& b, const std::vector<std::int64_t>& ids) {
  std::vector<std::string> names;
  for (const std::int64_t id : ids) names.push_back(name_of_neuron(b.connectome(), id));
  return names;
}

std::vector<std::size_t> sizes(std::initializer_list<std::int64_t> shape) {
  return {shape.begin(), shape.end()};
}

void bind_values(nb::class_<Brains>& brains) {
  brains.def_prop_ro("config", [](const Brains& b) { return config_to_toml(b.config()); })
      .def_prop_ro("num_envs", [](const Brains& b) { return b.shape().num_envs; })
      .def_prop_ro("num_neurons", [](const Brains& b) { return b.shape().num_neurons; })
      .def_prop_ro("components",
                   [](const Brains& b) { return component_names(b.config().brain.model); })
      .def_prop_ro("recorded_components",
                   [](const Brains& b) { return recorded_components(b.config()); })
      .def_prop_ro("recorded_ids", [](const Brains& b) { return b.recorded(); })
      .def_prop_ro("recorded_names", [](const Brains& b) { return names_of(b, b.recorded()); })
      .def_prop_ro("neuron_names",
                   [](const Brains& b) {
                     return names_of(b, resolve_neurons({}, b.connectome(), "neurons"));
                   })
      .def_prop_ro(
          "unreached", [](Brains& b) { return b.use([](auto& s) { return s.unreached(); }); },
          "Keys of the stimuli that begin after duration_ms.")
      .def_prop_ro("backend",
                   [](Brains& b) { return b.use([](auto& s) { return s.backend_name(); }); })
      .def_prop_ro("time_ms", [](Brains& b) { return b.use([](auto& s) { return s.time_ms(); }); })
      .def(
          "state",
          [](Brains& b) {
            const BatchShape shape = b.shape();
            return array(b.use([](auto& s) { return s.state(); }),
                         sizes({shape.num_envs, shape.num_components, shape.num_neurons}));
          },
          "(num_envs, components, num_neurons), float64, a copy.")
      .def(
          "rates",
          [](Brains& b) {
            const BatchShape shape = b.shape();
            return array(b.use([](auto& s) { return s.rates(); }),
                         sizes({shape.num_envs, shape.num_neurons}));
          },
          "(num_envs, num_neurons), float64, a copy.")
      .def(
          "set_state",
          [](Brains& b, const Values& values) {
            const BatchShape shape = b.shape();
            require(static_cast<std::int64_t>(values.size()) ==
                        shape.num_envs * shape.num_components * shape.num_neurons,
                    "a state of another size", "state", values.size(),
                    "num_envs * components * num_neurons values");
            b.use([&](auto& s) { s.set_state({values.data(), values.size()}); });
          },
          nb::arg("values"));
}

}  // namespace

void bind_simulation(nb::module_& m) {
  nb::enum_<Intervention>(m, "Intervention")
      .value("CURRENT", Intervention::kCurrent)
      .value("SILENCE", Intervention::kSilence)
      .value("UNSILENCE", Intervention::kUnsilence)
      .value("CLAMP", Intervention::kClamp)
      .value("RELEASE", Intervention::kRelease)
      .value("LESION", Intervention::kLesion);
  nb::class_<Brains> brains(m, "Simulation",
                            "Brains in time. Python's lock is released while they are made and "
                            "advance, and Ctrl-C is heard; one thread at a time may use them.");
  brains
      .def(nb::init<const std::string&, const std::string&, const std::vector<std::string>&>(),
           nb::arg("text"), nb::arg("source"), nb::arg("overrides"))
      .def("step", &Brains::step, nb::arg("count"))
      .def("advance_to", &Brains::advance_to, nb::arg("time_ms"))
      .def("record", &Brains::record, "time_ms, and an array for each of recorded_components.")
      .def("intervene", &Brains::intervene, nb::arg("kind"), nb::arg("neurons"),
           nb::arg("environments"), nb::arg("value") = 0.0)
      .def("clear", &Brains::clear, nb::arg("environments"));
  bind_values(brains);
}

}  // namespace noesis
