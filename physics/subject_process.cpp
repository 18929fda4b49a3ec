#include <cmath>
#include <map>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "physics/subject.hpp"

namespace noesis {
namespace {

/// A seed as two doubles, and back.
void put_seed(std::uint64_t seed, double* at) {
  at[0] = static_cast<double>(seed >> 32);
  at[1] = static_cast<double>(seed & 0xffffffffu);
}
std::uint64_t get_seed(const double* at) {
  return (static_cast<std::uint64_t>(at[0]) << 32) | static_cast<std::uint64_t>(at[1]);
}

/// Neurons observed by their first state variable, touched by their drive. State: noise seed (2),
/// steps since the start, then the state variables (num_components x num_neurons).
class BrainProcess final : public Process {
 public:
  BrainProcess(const Subject& subject, const ThreadArena& arena, double noise_sigma)
      : subject_(subject), arena_(arena) {
    subject_.brain.noise.sigma = noise_sigma;
    steps_per_sample_ =
        std::llround(subject.interval * subject.tau_ms / subject.brain.integrator.dt_ms);
  }

  std::int64_t num_units() const override { return subject_.num_units; }
  std::int64_t num_sites() const override { return subject_.num_sites; }
  double interval() const override { return subject_.interval; }

  State start(std::uint64_t seed) override {
    Simulation<double> brain({subject_.connectome}, subject_.brain, {seed}, arena_,
                             subject_.make_backend);
    brain.advance_to(time_of(transient_steps()));
    return pack(brain.snapshot(0));
  }

  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override {
    const auto count = states.size();
    const auto n = static_cast<std::size_t>(subject_.num_units);
    ensure(inputs.size() == count * n && observations.size() == count * n,
           "one input and one observation a neuron and state");
    Batch& batch = batch_of(count);
    for (std::size_t k = 0; k < count; ++k) unpack(states[k], inputs.subspan(k * n, n), batch, k);
    batch.num_steps += steps_per_sample_;
    batch.brain.advance_to(time_of(batch.num_steps));
    for (std::size_t k = 0; k < count; ++k) {
      const auto env = static_cast<std::int64_t>(k);
      states[k] = pack(batch.brain.snapshot(env));
      for (std::size_t i = 0; i < n; ++i) {
        observations[k * n + i] = batch.brain.state().at(env, 0, static_cast<std::int64_t>(i));
      }
    }
  }

 private:
  static constexpr std::size_t kHeader = 3;

  struct Batch {
    Simulation<double> brain;
    BrainSnapshot<double> idle;  ///< without interventions
    std::int64_t num_steps = 0;
  };

  double time_of(std::int64_t steps) const {
    return static_cast<double>(steps) * subject_.brain.integrator.dt_ms;
  }
  std::int64_t transient_steps() const {
    return std::llround(subject_.transient * subject_.tau_ms / subject_.brain.integrator.dt_ms);
  }

  Batch& batch_of(std::size_t count) {
    auto found = batches_.find(count);
    if (found == batches_.end()) {
      Simulation<double> brain({subject_.connectome}, subject_.brain,
                               std::vector<std::uint64_t>(count), arena_, subject_.make_backend);
      BrainSnapshot<double> idle = brain.snapshot(0);
      found = batches_.emplace(count, Batch{std::move(brain), std::move(idle)}).first;
    }
    return found->second;
  }

  static State pack(const BrainSnapshot<double>& snapshot) {
    State state(kHeader);
    put_seed(snapshot.seed, state.data());
    state[2] = static_cast<double>(snapshot.step);
    state.insert(state.end(), snapshot.state.begin(), snapshot.state.end());
    return state;
  }

  void unpack(const State& state, std::span<const double> inputs, Batch& batch,
              std::size_t env) const {
    BrainSnapshot<double>& snapshot = batch.idle;
    snapshot.seed = get_seed(state.data());
    snapshot.step = static_cast<std::int64_t>(state[2]);
    snapshot.state.assign(state.begin() + kHeader, state.end());
    std::copy(inputs.begin(), inputs.end(),
              snapshot.inputs.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
    batch.brain.restore(static_cast<std::int64_t>(env), snapshot);
  }

  Subject subject_;
  const ThreadArena& arena_;
  std::int64_t steps_per_sample_;
  std::map<std::size_t, Batch> batches_;
};

/// Lorenz-63 observed and touched in all three coordinates, by the classical Runge-Kutta method.
/// State: noise seed (2), steps since the start, x, y, z.
class Lorenz63Process final : public Process {
 public:
  Lorenz63Process(const Subject& subject, double noise_sigma)
      : model_(subject.brain.model.lorenz63), subject_(subject), sigma_(noise_sigma) {}

  std::int64_t num_units() const override { return 3; }
  std::int64_t num_sites() const override { return 3; }
  double interval() const override { return subject_.interval; }

  State start(std::uint64_t seed) override {
    State state(6);
    put_seed(seed, state.data());
    const InitialSpec& initial = subject_.brain.initial;
    RandomSequence random(seed, Stream::kInitialState);
    for (std::size_t i = 3; i < 6; ++i) {
      state[i] = initial.low + (initial.high - initial.low) * random.uniform();
    }
    const std::vector<double> no_input(3);
    const auto samples = std::llround(subject_.transient / subject_.interval);
    for (std::int64_t t = 0; t < samples; ++t) advance(state, no_input);
    return state;
  }

  void step(std::span<State> states, std::span<const double> inputs,
            std::span<double> observations) override {
    ensure(inputs.size() == 3 * states.size() && observations.size() == 3 * states.size(),
           "three inputs and observations a state");
    for (std::size_t k = 0; k < states.size(); ++k) {
      advance(states[k], inputs.subspan(3 * k, 3));
      std::copy_n(states[k].begin() + 3, 3,
                  observations.begin() + static_cast<std::ptrdiff_t>(3 * k));
    }
  }

 private:
  void advance(State& state, std::span<const double> inputs) const {
    const double dt = subject_.brain.integrator.dt_ms;
    const auto steps = std::llround(subject_.interval * subject_.tau_ms / dt);
    for (std::int64_t s = 0; s < steps; ++s) {
      double* x = state.data() + 3;
      double k1[3], k2[3], k3[3], k4[3], at[3];
      slope(x, inputs, k1);
      for (int i = 0; i < 3; ++i) at[i] = x[i] + dt / 2 * k1[i];
      slope(at, inputs, k2);
      for (int i = 0; i < 3; ++i) at[i] = x[i] + dt / 2 * k2[i];
      slope(at, inputs, k3);
      for (int i = 0; i < 3; ++i) at[i] = x[i] + dt * k3[i];
      slope(at, inputs, k4);
      for (int i = 0; i < 3; ++i) x[i] += dt / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
      if (sigma_ > 0) add_noise(state, dt);
      state[2] += 1;
    }
  }

  void slope(const double* x, std::span<const double> inputs, double* dxdt) const {
    model_.derivative(x, 0.0, 0.0, 0.0, dxdt);
    for (int i = 0; i < 3; ++i) dxdt[i] += inputs[static_cast<std::size_t>(i)];
  }

  void add_noise(State& state, double dt) const {
    const double scale = sigma_ * std::sqrt(dt / subject_.tau_ms);
    const auto step = static_cast<std::uint64_t>(state[2]);
    const std::uint64_t seed = get_seed(state.data());
    const RandomPair xy = normal_pair(seed, Stream::kNoise, step, 0, 0);
    const RandomPair z = normal_pair(seed, Stream::kNoise, step, 0, 1);
    state[3] += scale * xy.first;
    state[4] += scale * xy.second;
    state[5] += scale * z.first;
  }

  Lorenz63<double> model_;
  Subject subject_;
  double sigma_;
};

}  // namespace

std::unique_ptr<Process> make_process(const Subject& subject, const ThreadArena& arena,
                                      double noise_sigma) {
  if (subject.brain.model.name == "lorenz63") {
    return std::make_unique<Lorenz63Process>(subject, noise_sigma);
  }
  return std::make_unique<BrainProcess>(subject, arena, noise_sigma);
}

}  // namespace noesis
