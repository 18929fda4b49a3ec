#include "agent/emulator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "agent/emulator_parts.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

void require_range(const Tape& tape, const AgentEmulator& emulator, std::int64_t first,
                   std::int64_t count) {
  if (tape.num_units != emulator.num_units() || tape.num_sites != emulator.num_sites()) {
    throw ConfigError({.what = "a tape of another subject",
                       .where = "emulator",
                       .got = std::to_string(tape.num_units) + " units and " +
                              std::to_string(tape.num_sites) + " sites",
                       .allowed = std::to_string(emulator.num_units()) + " units and " +
                                  std::to_string(emulator.num_sites()) + " sites",
                       .next = {}});
  }
  if (first < 0 || count < 1 || count > tape.num_samples() - first) {
    throw ConfigError({.what = "samples that are not on the tape",
                       .where = "emulator",
                       .got = std::to_string(count) + " from " + std::to_string(first),
                       .allowed = "1 or more of " + std::to_string(tape.num_samples()),
                       .next = {}});
  }
}

DenseLayer dense_layer(const torch::Tensor& weight, const torch::Tensor& bias) {
  DenseLayer layer{.inputs = weight.size(1), .outputs = weight.size(0), .weight = {}, .bias = {}};
  const torch::Tensor by_input = weight.detach().t().contiguous().to(torch::kFloat64);
  const torch::Tensor added = bias.detach().contiguous().to(torch::kFloat64);
  layer.weight.assign(by_input.const_data_ptr<double>(),
                      by_input.const_data_ptr<double>() + by_input.numel());
  layer.bias.assign(added.const_data_ptr<double>(), added.const_data_ptr<double>() + added.numel());
  return layer;
}

DenseLayer dense_layer(const torch::nn::Linear& linear) {
  return dense_layer(linear->weight, linear->bias);
}

/// x -> W^T x without bias, from a tensor (inputs x outputs).
DenseLayer projection(const torch::Tensor& matrix) {
  return dense_layer(matrix.t(), torch::zeros({matrix.size(1)}));
}

FreeRunWeights free_run_weights(HybridAgentImpl& agent) {
  FreeRunWeights weights;
  weights.config = agent.config();
  weights.observation_size = agent.shape().observation_size;
  weights.prediction_size = agent.shape().prediction_size;
  if (!agent.encoder.is_empty()) weights.encoder = dense_layer(agent.encoder);
  weights.hidden_1 = dense_layer(agent.hidden_1);
  weights.hidden_2 = dense_layer(agent.hidden_2);
  weights.prediction_head = dense_layer(agent.prediction_head);
  if (weights.config.use_gru) {
    const auto named = agent.gru->named_parameters();
    weights.gru_input = dense_layer(named["weight_ih_l0"], named["bias_ih_l0"]);
    weights.gru_hidden = dense_layer(named["weight_hh_l0"], named["bias_hh_l0"]);
  }
  if (weights.config.use_fast_cache) {
    weights.gate = dense_layer(agent.cache->gate_weight, agent.cache->gate_bias);
    for (std::int64_t k = 0; k + 1 < weights.config.fast_cache.banks; ++k) {
      weights.bank_v.push_back(projection(agent.cache->bank_v[k]));
      weights.bank_u.push_back(projection(agent.cache->bank_u[k].t()));
    }
  }
  const torch::Tensor scale = agent.prediction_scale().to(torch::kFloat64).contiguous();
  weights.prediction_scale.assign(scale.const_data_ptr<double>(),
                                  scale.const_data_ptr<double>() + scale.numel());
  const AgentState state = agent.initial_state(1);
  std::size_t at = 0;
  for (std::size_t p = 0; p < AgentState::kNumParts; ++p) {
    weights.offsets[p] = at;
    at += static_cast<std::size_t>(state.parts()[p]->numel());
  }
  weights.offsets[AgentState::kNumParts] = at;
  return weights;
}

torch::Tensor to_tensor(const std::vector<double>& values, std::int64_t rows) {
  return torch::tensor(values, torch::kFloat64).view({rows, -1}).to(torch::kFloat32);
}

}  // namespace

torch::Tensor AgentEmulator::Parts::codes(const Tape& from, std::int64_t first,
                                          std::int64_t count) const {
  const auto size = static_cast<std::size_t>(code.size());
  std::vector<double> values(static_cast<std::size_t>(count) * size);
  for (std::int64_t t = 0; t < count; ++t) {
    code.encode(from.observation(first + t),
                std::span(values).subspan(static_cast<std::size_t>(t) * size, size));
  }
  return to_tensor(values, count);
}

torch::Tensor AgentEmulator::Parts::inputs(const Tape& from, std::int64_t first,
                                           std::int64_t count) const {
  if (from.num_sites == 0) return torch::zeros({count, 0});
  const auto begin = from.inputs.begin() + first * from.num_sites;
  const std::vector<double> values(begin, begin + count * from.num_sites);
  return (to_tensor(values, count) / input_unit).to(torch::kFloat32);
}

void AgentEmulator::Parts::make_free_run() {
  free_run.emplace(free_run_weights(*agent));
  state_size = agent->initial_state(1).packed_size() + code.size();
}

AgentEmulator::AgentEmulator(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AgentEmulator::AgentEmulator(AgentEmulator&&) noexcept = default;
AgentEmulator::~AgentEmulator() = default;

std::int64_t AgentEmulator::num_units() const { return parts_->tape->num_units; }
std::int64_t AgentEmulator::num_sites() const { return parts_->tape->num_sites; }
double AgentEmulator::interval() const { return parts_->interval; }
const TrainingReport& AgentEmulator::report() const { return parts_->report; }
void AgentEmulator::set_meta_log(MetaLog log) { parts_->agent->set_meta_log(std::move(log)); }

std::int64_t AgentEmulator::state_size() const { return parts_->state_size; }

Process::State AgentEmulator::start(std::uint64_t seed) {
  const std::int64_t heard = std::min(parts_->config.start_washout, parts_->tape->num_samples());
  RandomSequence random(seed, Stream::kAgent, 2);
  const auto places = static_cast<std::uint64_t>(parts_->tape->num_samples() - heard + 1);
  return listen(*parts_->tape, static_cast<std::int64_t>(random.below(places)), heard);
}

Process::State AgentEmulator::listen(const Tape& tape, std::int64_t first, std::int64_t count) {
  require_range(tape, *this, first, count);
  use_one_torch_thread();
  const torch::NoGradGuard no_grad;
  HybridAgent& agent = parts_->agent;
  AgentState state = agent->initial_state(1);
  const torch::Tensor z = parts_->codes(tape, first, count);
  const torch::Tensor u = parts_->inputs(tape, first, count);
  if (count > 1) {
    const torch::Tensor heard =
        torch::cat({z.narrow(0, 0, count - 1), u.narrow(0, 1, count - 1)}, 1);
    agent->sequence(heard.unsqueeze(0), {}, state, Plasticity::kActive);
  }
  agent->absorb(torch::cat({z.narrow(0, count - 1, 1), torch::zeros({1, u.size(1)})}, 1), state);
  State packed = state.pack(0);
  std::vector<double> last(static_cast<std::size_t>(parts_->code.size()));
  parts_->code.encode(tape.observation(first + count - 1), last);
  packed.insert(packed.end(), last.begin(), last.end());
  return packed;
}

std::vector<double> AgentEmulator::predict_next(const Tape& tape, std::int64_t first,
                                                std::int64_t washout, std::int64_t count) {
  require_range(tape, *this, first, washout);
  require_range(tape, *this, first, washout + count);
  use_one_torch_thread();
  const torch::NoGradGuard no_grad;
  AgentState state = parts_->agent->initial_state(1);
  const std::int64_t steps = washout + count - 1;
  const torch::Tensor heard =
      torch::cat({parts_->codes(tape, first, steps), parts_->inputs(tape, first + 1, steps)}, 1);
  const torch::Tensor predicted =
      parts_->agent->sequence(heard.unsqueeze(0), {}, state, Plasticity::kActive)
          .prediction[0]
          .narrow(0, washout - 1, count)
          .to(torch::kFloat64)
          .contiguous();
  const auto size = static_cast<std::size_t>(parts_->code.size());
  const auto units = static_cast<std::size_t>(num_units());
  std::vector<double> observations(static_cast<std::size_t>(count) * units);
  for (std::size_t t = 0; t < static_cast<std::size_t>(count); ++t) {
    parts_->code.decode({predicted.const_data_ptr<double>() + t * size, size},
                        std::span(observations).subspan(t * units, units));
  }
  return observations;
}

void AgentEmulator::step(std::span<State> states, std::span<const double> inputs,
                         std::span<double> observations) {
  const auto size = static_cast<std::size_t>(parts_->code.size());
  const auto sites = static_cast<std::size_t>(num_sites());
  const auto units = static_cast<std::size_t>(num_units());
  const std::size_t heard = size + sites;
  const auto expected = static_cast<std::ptrdiff_t>(parts_->state_size);
  std::vector<double> hearing(FreeRun::kBlock * heard);
  std::vector<double> next(FreeRun::kBlock * size);
  std::vector<std::span<const double>> hear;
  std::vector<std::span<double>> agents;
  std::vector<std::span<double>> predictions;
  for (std::size_t begin = 0; begin < states.size(); begin += FreeRun::kBlock) {
    const std::size_t n = std::min(FreeRun::kBlock, states.size() - begin);
    hear.clear();
    agents.clear();
    predictions.clear();
    for (std::size_t s = 0; s < n; ++s) {
      State& state = states[begin + s];
      ensure(std::ssize(state) == expected, "a state of another emulator");
      const std::span<double> row = std::span(hearing).subspan(s * heard, heard);
      std::copy(state.end() - static_cast<std::ptrdiff_t>(size), state.end(), row.begin());
      for (std::size_t k = 0; k < sites; ++k) {
        row[size + k] = inputs[(begin + s) * sites + k] / parts_->input_unit;
      }
      hear.emplace_back(row);
      agents.emplace_back(std::span(state).first(state.size() - size));
      predictions.push_back(std::span(next).subspan(s * size, size));
    }
    parts_->free_run->step(hear, agents, predictions);
    for (std::size_t s = 0; s < n; ++s) {
      const std::span<double> z = predictions[s];
      if (!parts_->lowest.empty()) {
        for (std::size_t k = 0; k < size; ++k) {
          z[k] = std::clamp(z[k], parts_->lowest[k], parts_->highest[k]);
        }
      }
      std::copy(z.begin(), z.end(), states[begin + s].end() - static_cast<std::ptrdiff_t>(size));
      const std::span<double> observed = observations.subspan((begin + s) * units, units);
      parts_->code.decode(z, observed);
      const bool finite =
          std::all_of(observed.begin(), observed.end(), [](double x) { return std::isfinite(x); });
      if (!finite) {
        std::fill(observed.begin(), observed.end(), std::numeric_limits<double>::quiet_NaN());
      }
    }
  }
}

}  // namespace noesis
