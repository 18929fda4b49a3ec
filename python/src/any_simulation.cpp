#include "python/src/any_simulation.hpp"

#include "python/src/backend.hpp"

namespace noesis {
namespace {

template <Real T>
class Typed final : public AnySimulation {
 public:
  Typed(const SimulateConfig& config, const std::vector<ConnectomePtr>& connectomes,
        const ThreadArena& arena)
      : scheduled_(config, connectomes, arena, backend_from<T>(config.backend)) {}

  BatchShape shape() const override { return simulation().shape(); }
  std::string backend_name() const override { return simulation().backend_name(); }
  std::vector<std::string> unreached() const override { return scheduled_.schedule().unreached(); }
  double time_ms() const override { return simulation().time_ms(); }
  void advance_to(double t_ms, double limit_ms) override { scheduled_.advance_to(t_ms, limit_ms); }

  std::vector<double> state() const override {
    const State<T>& state = simulation().state();
    const BatchShape& size = state.shape();
    std::vector<double> values;
    values.reserve(
        static_cast<std::size_t>(size.num_envs * size.num_components * size.num_neurons));
    for (std::int64_t env = 0; env < size.num_envs; ++env) {
      for (int c = 0; c < size.num_components; ++c) {
        for (std::int64_t i = 0; i < size.num_neurons; ++i) {
          values.push_back(static_cast<double>(state.at(env, c, i)));
        }
      }
    }
    return values;
  }

  void set_state(std::span<const double> values) override {
    State<T> state = simulation().state();
    const BatchShape size = state.shape();
    auto value = values.begin();
    for (std::int64_t env = 0; env < size.num_envs; ++env) {
      for (int c = 0; c < size.num_components; ++c) {
        for (std::int64_t i = 0; i < size.num_neurons; ++i) state.at(env, c, i) = T(*value++);
      }
    }
    scheduled_.simulation().set_state(state);
  }

  std::vector<double> rates() const override {
    std::vector<double> values, brain;
    for (std::int64_t env = 0; env < shape().num_envs; ++env) {
      simulation().output(env, brain);
      values.insert(values.end(), brain.begin(), brain.end());
    }
    return values;
  }

  void record(std::int64_t env, int component, std::span<const std::int64_t> neurons,
              double* out) const override {
    const State<T>& state = simulation().state();
    for (const std::int64_t neuron : neurons) {
      *out++ = static_cast<double>(state.at(env, component, neuron));
    }
  }

  void intervene(Intervention kind, std::int64_t env, std::span<const std::int64_t> neurons,
                 double value) override {
    Surgeon<T>& surgeon = scheduled_.simulation().surgeon();
    for (const std::int64_t neuron : neurons) {
      switch (kind) {
        case Intervention::kCurrent:
          surgeon.set_current(env, neuron, value);
          break;
        case Intervention::kSilence:
          surgeon.silence(env, neuron, true);
          break;
        case Intervention::kUnsilence:
          surgeon.silence(env, neuron, false);
          break;
        case Intervention::kClamp:
          surgeon.clamp(env, neuron, value);
          break;
        case Intervention::kRelease:
          surgeon.release(env, neuron);
          break;
        case Intervention::kLesion:
          surgeon.lesion(env, neuron);
          break;
      }
    }
  }

  void clear(std::int64_t env) override { scheduled_.simulation().surgeon().clear(env); }

 private:
  const Simulation<T>& simulation() const { return scheduled_.simulation(); }

  ScheduledSimulation<T> scheduled_;
};

}  // namespace

std::unique_ptr<AnySimulation> make_any_simulation(const SimulateConfig& config,
                                                   const std::vector<ConnectomePtr>& connectomes,
                                                   const ThreadArena& arena) {
  if (config.precision == "float")
    return std::make_unique<Typed<float>>(config, connectomes, arena);
  return std::make_unique<Typed<double>>(config, connectomes, arena);
}

}  // namespace noesis
