// Training of an emulator: predict the next code from what is heard, then from own predictions.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "agent/emulator_parts.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

double largest_input(const Tape& tape) {
  double largest = 0;
  for (const double u : tape.inputs) largest = std::max(largest, std::abs(u));
  return largest > 0 ? largest : 1;
}

AgentConfig checked(const AgentConfig& config) {
  if (config.encoder_size == 0) return config;
  throw ConfigError({.what = "an emulator's encoder is its linear code",
                     .where = "agent.encoder_size",
                     .got = std::to_string(config.encoder_size),
                     .allowed = "0",
                     .next = "set `bottleneck` instead"});
}

class Training {
 public:
  Training(AgentEmulator::Parts& parts, std::uint64_t seed, ScalarSink* sink)
      : parts_(parts),
        sink_(sink),
        z_(parts.codes(*parts.tape, 0, parts.tape->num_samples())),
        u_(parts.inputs(*parts.tape, 0, parts.tape->num_samples())),
        random_(seed, Stream::kAgent, 1),
        optimizer_(parts.agent->parameters(),
                   torch::optim::AdamWOptions(1e-3).weight_decay(parts.config.weight_decay)) {
    scale_increments();
    bound_codes();
  }

  void run() {
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    TrainingReport& report = parts_.report;
    for (const torch::Tensor& parameter : parts_.agent->parameters()) {
      report.parameters += parameter.numel();
    }
    for (const EmulatorPhase& phase : parts_.config.phases) {
      double sum = 0;
      std::int64_t counted = 0;
      for (std::int64_t k = 0; k < phase.updates && !report.out_of_time; ++k) {
        const double loss = update(phase, k);
        if (k >= phase.updates - std::max<std::int64_t>(1, phase.updates / 10)) {
          sum += loss;
          ++counted;
        }
        ++report.updates;
        const double budget = parts_.config.time_budget_s;
        report.out_of_time = budget > 0 && elapsed() > budget;
      }
      if (counted > 0) report.last_loss = sum / static_cast<double>(counted);
    }
    report.seconds = elapsed();
  }

 private:
  void scale_increments() {
    const torch::Tensor increments =
        z_.narrow(0, 1, z_.size(0) - 1) - z_.narrow(0, 0, z_.size(0) - 1);
    unit_ = torch::ones({z_.size(1)});
    if (!parts_.config.scale_increments) return;
    const torch::Tensor sd = increments.square().mean(0).sqrt();
    unit_ = torch::where(sd > 1e-6, sd, unit_);
    const torch::Tensor wide = unit_.to(torch::kFloat64).contiguous();
    parts_.agent->set_prediction_scale(
        {wide.const_data_ptr<double>(), wide.const_data_ptr<double>() + wide.numel()});
  }

  void bound_codes() {
    if (parts_.config.clip == 0) return;
    const torch::Tensor largest =
        (std::get<0>(z_.abs().max(0)) * parts_.config.clip).to(torch::kFloat64).contiguous();
    parts_.bounds.assign(largest.const_data_ptr<double>(),
                         largest.const_data_ptr<double>() + largest.numel());
  }

  torch::Tensor noise(torch::IntArrayRef sizes, double sd) {
    torch::Tensor values = torch::empty(sizes);
    float* data = values.mutable_data_ptr<float>();
    for (std::int64_t k = 0; k < values.numel(); ++k) {
      data[k] = static_cast<float>(sd * random_.normal());
    }
    return values;
  }

  /// Pieces of tape, (batch x length x size): codes and inputs.
  std::pair<torch::Tensor, torch::Tensor> pieces(std::int64_t batch, std::int64_t length) {
    torch::Tensor rows = torch::empty({batch, length}, torch::kInt64);
    const auto places = static_cast<std::uint64_t>(z_.size(0) - length + 1);
    for (std::int64_t b = 0; b < batch; ++b) {
      const auto first = static_cast<std::int64_t>(random_.below(places));
      for (std::int64_t t = 0; t < length; ++t) {
        rows.mutable_data_ptr<std::int64_t>()[b * length + t] = first + t;
      }
    }
    const torch::Tensor flat = rows.view({-1});
    return {z_.index_select(0, flat).view({batch, length, -1}),
            u_.index_select(0, flat).view({batch, length, u_.size(1)})};
  }

  /// Predictions of the samples after the washout, (batch x sequence x size).
  torch::Tensor predict(const EmulatorPhase& phase, const torch::Tensor& z,
                        const torch::Tensor& u) {
    const std::int64_t washout = parts_.config.washout;
    const std::int64_t steps = washout + phase.sequence;
    torch::Tensor heard_z = z.narrow(1, 0, steps);
    if (phase.noise > 0) heard_z = heard_z + noise(heard_z.sizes(), phase.noise);
    const torch::Tensor next_u = u.narrow(1, 1, steps);
    const torch::Tensor heard = torch::cat({heard_z, next_u}, 2);
    AgentState state = parts_.agent->initial_state(phase.batch);
    const Plasticity plasticity = phase.plastic ? Plasticity::kActive : Plasticity::kFrozen;
    if (phase.teacher_forcing == 1) {
      return parts_.agent->sequence(heard, {}, state, plasticity)
          .prediction.narrow(1, washout, phase.sequence);
    }
    if (washout > 0) {
      parts_.agent->sequence(heard.narrow(1, 0, washout), {}, state, plasticity);
    }
    std::vector<torch::Tensor> predictions;
    torch::Tensor own = heard_z.select(1, washout);
    for (std::int64_t t = washout; t < steps; ++t) {
      const torch::Tensor from = phase.teacher_forcing == 0 ? own
                                                            : torch::lerp(own, heard_z.select(1, t),
                                                                          phase.teacher_forcing);
      own = parts_.agent->forward(torch::cat({from, next_u.select(1, t)}, 1), state).prediction;
      predictions.push_back(own);
    }
    return torch::stack(predictions, 1);
  }

  double update(const EmulatorPhase& phase, std::int64_t k) {
    const double part =
        phase.updates > 1 ? static_cast<double>(k) / static_cast<double>(phase.updates - 1) : 0;
    const double lr = phase.lr_from * std::pow(phase.lr_to / phase.lr_from, part);
    static_cast<torch::optim::AdamWOptions&>(optimizer_.param_groups()[0].options()).lr(lr);
    const std::int64_t washout = parts_.config.washout;
    const auto [z, u] = pieces(phase.batch, washout + phase.sequence + 1);
    const torch::Tensor predicted = predict(phase, z, u);
    const torch::Tensor truth = z.narrow(1, washout + 1, phase.sequence);
    const torch::Tensor loss = ((predicted - truth) / unit_).square().mean();
    const double value = loss.item<double>();
    const std::int64_t number = parts_.report.updates;
    if (!std::isfinite(value)) {
      throw RunError({.what = "the loss is not finite any more",
                      .where = "training of an emulator, update " + std::to_string(number),
                      .got = std::to_string(value),
                      .allowed = {},
                      .next = "lower the learning rate, or train more on shorter sequences first"});
    }
    if (interrupt_requested()) {
      throw RunError({.what = "interrupted",
                      .where = "training of an emulator, update " + std::to_string(number),
                      .got = {},
                      .allowed = {},
                      .next = {}});
    }
    optimizer_.zero_grad();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parts_.agent->parameters(), parts_.config.grad_clip);
    optimizer_.step();
    if (sink_ != nullptr) {
      sink_->scalar("emulator/loss", number, value);
      sink_->scalar("emulator/learning_rate", number, lr);
    }
    return value;
  }

  AgentEmulator::Parts& parts_;
  ScalarSink* sink_;
  torch::Tensor z_, u_;  ///< the whole tape
  torch::Tensor unit_;   ///< of errors, (size)
  RandomSequence random_;
  torch::optim::AdamW optimizer_;
};

}  // namespace

AgentEmulator::Parts::Parts(std::shared_ptr<const Tape> of, double between,
                            const EmulatorConfig& how, std::uint64_t seed)
    : tape(std::move(of)),
      interval(between),
      config(how),
      code(*tape, how.bottleneck),
      input_unit(how.input_unit > 0 ? how.input_unit : largest_input(*tape)),
      agent(checked(how.agent),
            AgentShape{.observation_size = code.size() + tape->num_sites,
                       .action_size = 0,
                       .prediction_size = code.size()},
            seed) {}

std::unique_ptr<AgentEmulator> train_emulator(std::shared_ptr<const Tape> tape, double interval,
                                              const EmulatorConfig& config, std::uint64_t seed,
                                              ScalarSink* sink) {
  use_one_torch_thread();
  std::int64_t longest = config.start_washout;
  for (const EmulatorPhase& phase : config.phases) {
    longest = std::max(longest, config.washout + phase.sequence + 1);
  }
  if (tape->num_samples() < longest || tape->num_samples() < 2) {
    throw ConfigError({.what = "the tape is too short to train on",
                       .where = "emulator",
                       .got = std::to_string(tape->num_samples()) + " samples",
                       .allowed = "at least " + std::to_string(std::max<std::int64_t>(2, longest)),
                       .next = "record more, or shorten `washout`, `start_washout` or `sequence`"});
  }
  for (std::size_t k = 0; k < tape->observations.size(); ++k) {
    if (std::isfinite(tape->observations[k])) continue;
    throw ConfigError(
        {.what = "the tape is not finite",
         .where = "sample " + std::to_string(static_cast<std::int64_t>(k) / tape->num_units),
         .got = std::to_string(tape->observations[k]),
         .allowed = "finite observations",
         .next = {}});
  }
  auto parts = std::make_unique<AgentEmulator::Parts>(std::move(tape), interval, config, seed);
  Training(*parts, seed, sink).run();
  parts->make_free_run();
  return std::make_unique<AgentEmulator>(std::move(parts));
}

}  // namespace noesis
