#include "agent/adjoint/trajectory.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "physics/integrator.hpp"

namespace noesis::adjoint {
namespace {

/// The methods of physics/fixed_stepper.cpp. Each stage but the first starts from the one before.
struct Tableau {
  std::vector<double> a;  ///< a_{r, r-1}
  std::vector<double> b;
};

Tableau tableau_of(const std::string& integrator) {
  if (integrator == "euler") return {{0}, {1}};
  if (integrator == "heun") return {{0, 1}, {0.5, 0.5}};
  if (integrator == "rk4") return {{0, 0.5, 0.5, 1}, {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}};
  throw ConfigError({.what = "no adjoint of that integrator",
                     .where = "integrator.name",
                     .got = "\"" + integrator + "\"",
                     .allowed = "\"euler\", \"heun\" or \"rk4\"",
                     .next = {}});
}

/// (num_envs x num_components x num_neurons) into tiles; lanes past the last environment follow it.
void pack(std::span<const double> values, State<double>& state) {
  const BatchShape& shape = state.shape();
  for (std::int64_t lane = 0; lane < shape.num_tiles() * shape.tile_width; ++lane) {
    const std::int64_t env = std::min(lane, shape.num_envs - 1);
    const double* from = values.data() + env * shape.num_components * shape.num_neurons;
    for (int c = 0; c < shape.num_components; ++c) {
      double* to = state.plane(lane / shape.tile_width, c) + lane % shape.tile_width;
      for (std::int64_t i = 0; i < shape.num_neurons; ++i) to[i * shape.tile_width] = *from++;
    }
  }
}

/// body(value of the state, value of the array) for each environment, component and neuron.
template <class Body>
void each_value(State<double>& state, const Body& body) {
  const BatchShape& shape = state.shape();
  std::int64_t at = 0;
  for (std::int64_t env = 0; env < shape.num_envs; ++env) {
    for (int c = 0; c < shape.num_components; ++c) {
      double* plane = state.plane(env / shape.tile_width, c) + env % shape.tile_width;
      for (std::int64_t i = 0; i < shape.num_neurons; ++i) {
        body(plane[i * shape.tile_width], static_cast<std::size_t>(at++));
      }
    }
  }
}

std::span<const double> sample_of(std::span<const double> values, std::int64_t sample,
                                  std::int64_t num_samples) {
  if (values.empty()) return {};
  const std::size_t size = values.size() / static_cast<std::size_t>(num_samples);
  return values.subspan(static_cast<std::size_t>(sample) * size, size);
}

}  // namespace

std::int64_t Checkpoints::num_values() const noexcept {
  std::int64_t count = 0;
  for (const State<double>& state : states) count += state.size();
  return count;
}

Trajectory::Trajectory(std::shared_ptr<const Structure> structure, ModelSpec model, Plan plan,
                       const ThreadArena& arena)
    : structure_(std::move(structure)),
      model_(std::move(model)),
      plan_(std::move(plan)),
      arena_(arena),
      num_components_(static_cast<std::int64_t>(component_names(model_).size())),
      num_stages_(static_cast<std::int64_t>(tableau_of(plan_.integrator).b.size())) {
  require(plan_.dt_ms > 0 && std::isfinite(plan_.dt_ms), "no such step", "dt_ms", plan_.dt_ms,
          "a positive number");
  require(plan_.num_samples >= 1, "no samples", "num_samples", plan_.num_samples, "at least 1");
  require(plan_.steps_per_sample >= 1, "no steps", "steps_per_sample", plan_.steps_per_sample,
          "at least 1");
  require(plan_.checkpoint_steps >= 0, "no such interval", "checkpoint_steps",
          plan_.checkpoint_steps, "at least 0");
}

/// A step's stages take num_stages (num_components + 3) values a neuron, a state num_components:
/// the sum of both is least where steps / L states are as large as L steps' stages.
std::int64_t Trajectory::checkpoint_interval() const {
  const std::int64_t steps = plan_.num_steps();
  if (plan_.checkpoint_steps > 0) return std::min(plan_.checkpoint_steps, steps);
  const auto ratio = static_cast<double>(num_components_) /
                     static_cast<double>(num_stages_ * (num_components_ + 3));
  return std::max<std::int64_t>(1, std::llround(std::sqrt(static_cast<double>(steps) * ratio)));
}

std::int64_t Trajectory::working_values(std::int64_t num_envs) const {
  const std::int64_t width = num_envs == 1 ? 1 : kTileWidth<double>;
  const std::int64_t lanes = (num_envs + width - 1) / width * width;
  const std::int64_t stages = checkpoint_interval() * num_stages_ + 1;
  const std::int64_t a_neuron =
      stages * (num_components_ + 3) + (5 + num_stages_) * num_components_;
  return lanes * num_neurons() * (a_neuron + 6) + 2 * structure_->connectome->num_synapses();
}

Checkpoints Trajectory::forward(const Inputs& inputs, std::span<double> samples) const {
  AdjointSystem system(*structure_, model_, inputs.num_envs, inputs.weights, arena_);
  const auto stepper = make_fixed_stepper<double>(plan_.integrator, arena_);
  State<double> x(system.shape());
  pack(inputs.initial, x);
  Checkpoints checkpoints;
  checkpoints.interval = checkpoint_interval();
  const std::size_t row = samples.size() / static_cast<std::size_t>(plan_.num_samples);
  if (inputs.current.empty()) system.set_drive(inputs.bias, {});
  for (std::int64_t step = 0; step < plan_.num_steps(); ++step) {
    const std::int64_t sample = step / plan_.steps_per_sample;
    if (!inputs.current.empty() && step % plan_.steps_per_sample == 0) {
      system.set_drive(inputs.bias, sample_of(inputs.current, sample, plan_.num_samples));
    }
    if (step % checkpoints.interval == 0) checkpoints.states.push_back(x);
    stepper->step(system, x, plan_.dt_ms);
    if ((step + 1) % plan_.steps_per_sample != 0) continue;
    double* out = samples.data() + static_cast<std::size_t>(sample) * row;
    each_value(x, [out](double value, std::size_t at) { out[at] = value; });
  }
  return checkpoints;
}

void Trajectory::backward(const Inputs& inputs, const Checkpoints& checkpoints,
                          std::span<const double> by_sample, const Gradients& gradients) const {
  const Tableau tableau = tableau_of(plan_.integrator);
  const double h = plan_.dt_ms;
  AdjointSystem system(*structure_, model_, inputs.num_envs, inputs.weights, arena_);
  const auto stepper = make_fixed_stepper<double>(plan_.integrator, arena_);
  const BatchShape shape = system.shape();
  BatchShape one = shape;
  one.num_components = 1;
  State<double> x(shape), lambda(shape), mu(shape), by_drive(one), by_bias(one);
  std::vector<State<double>> nu(static_cast<std::size_t>(num_stages_), State<double>(shape));
  std::vector<Stage> stages;
  const StageGradients stage_gradients{gradients.weights, &by_drive};

  const auto set_drive = [&](std::int64_t sample) {
    system.set_drive(inputs.bias, sample_of(inputs.current, sample, plan_.num_samples));
  };
  const auto back_step = [&](std::size_t first_stage) {
    for (std::int64_t r = num_stages_ - 1; r >= 0; --r) {
      const auto at = static_cast<std::size_t>(r);
      const double b = h * tableau.b[at];
      const bool last = r + 1 == num_stages_;
      const double a = last ? 0 : h * tableau.a[at + 1];
      const double* later = last ? lambda.data() : nu[at + 1].data();
      for (std::int64_t n = 0; n < mu.size(); ++n) {
        mu.data()[n] = b * lambda.data()[n] + a * later[n];
      }
      system.pull_back(stages[first_stage + at], mu, nu[at], stage_gradients);
    }
    for (const State<double>& part : nu) {
      for (std::int64_t n = 0; n < lambda.size(); ++n) lambda.data()[n] += part.data()[n];
    }
  };
  const auto end_sample = [&](std::int64_t sample) {
    if (!gradients.current.empty()) {
      const std::size_t size =
          gradients.current.size() / static_cast<std::size_t>(plan_.num_samples);
      double* out = gradients.current.data() + static_cast<std::size_t>(sample) * size;
      each_value(by_drive, [out](double value, std::size_t at) { out[at] += value; });
    }
    for (std::int64_t n = 0; n < by_bias.size(); ++n) by_bias.data()[n] += by_drive.data()[n];
    std::fill_n(by_drive.data(), by_drive.size(), 0.0);
  };

  if (inputs.current.empty()) set_drive(0);
  const std::int64_t steps = plan_.num_steps();
  const auto segments = static_cast<std::int64_t>(checkpoints.states.size());
  for (std::int64_t segment = segments - 1; segment >= 0; --segment) {
    const std::int64_t first = segment * checkpoints.interval;
    const std::int64_t last = std::min(steps, first + checkpoints.interval);
    std::copy_n(checkpoints.states[static_cast<std::size_t>(segment)].data(), x.size(), x.data());
    system.record(&stages);
    for (std::int64_t step = first; step < last; ++step) {
      if (!inputs.current.empty() && (step == first || step % plan_.steps_per_sample == 0)) {
        set_drive(step / plan_.steps_per_sample);
      }
      stepper->step(system, x, h);
    }
    system.record(nullptr);
    for (std::int64_t step = last - 1; step >= first; --step) {
      const std::int64_t sample = step / plan_.steps_per_sample;
      const bool ends_sample = (step + 1) % plan_.steps_per_sample == 0;
      if (ends_sample) {
        const double* slope = sample_of(by_sample, sample, plan_.num_samples).data();
        each_value(lambda, [slope](double& value, std::size_t at) { value += slope[at]; });
      }
      if (!inputs.current.empty() && (step == last - 1 || ends_sample)) set_drive(sample);
      back_step(static_cast<std::size_t>((step - first) * num_stages_));
      if (step % plan_.steps_per_sample == 0) end_sample(sample);
    }
  }
  if (!gradients.initial.empty()) {
    each_value(lambda, [&](double value, std::size_t at) { gradients.initial[at] += value; });
  }
  if (!gradients.bias.empty()) {
    const auto neurons = static_cast<std::size_t>(shape.num_neurons);
    each_value(by_bias,
               [&](double value, std::size_t at) { gradients.bias[at % neurons] += value; });
  }
}

}  // namespace noesis::adjoint
