// Training of an emulator: predict the next code from what is heard, then from own predictions.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "agent/emulator_parts.hpp"
#include "agent/soap.hpp"
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

/// Every other unit of the first hidden layer starts from a row of the graph, at the norm it had.
void start_from_graph(AgentEmulator::Parts& parts, std::span<const double> graph) {
  const torch::NoGradGuard no_grad;
  const std::int64_t units = parts.code.num_units(), size = parts.code.size();
  ensure(std::ssize(graph) == units * units, "a graph of another size");
  torch::Tensor weight = parts.agent->hidden_1->weight;
  std::vector<double> row(static_cast<std::size_t>(size));
  for (std::int64_t k = 0; 2 * k < weight.size(0); ++k) {
    parts.code.project(
        graph.subspan(static_cast<std::size_t>(k % units * units), static_cast<std::size_t>(units)),
        row);
    torch::Tensor to = weight[2 * k].narrow(0, 0, size);
    const torch::Tensor from = torch::tensor(row, torch::kFloat64).to(torch::kFloat32);
    const double norm = from.norm().item<double>();
    if (norm > 0) to.copy_(from * (to.norm().item<double>() / norm));
  }
}

class Training {
 public:
  Training(AgentEmulator::Parts& parts, std::uint64_t seed, ScalarSink* sink)
      : parts_(parts),
        sink_(sink),
        z_(parts.codes(*parts.tape, 0, parts.tape->num_samples())),
        u_(parts.inputs(*parts.tape, 0, parts.tape->num_samples())),
        random_(seed, Stream::kAgent, 1),
        parameters_(parts.agent->parameters()),
        soap_(parameters_, SoapOptions{.weight_decay = parts.config.weight_decay}),
        adam_(parameters_,
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
    for (const torch::Tensor& parameter : parameters_) {
      report.parameters += parameter.numel();
    }
    for (const EmulatorPhase& phase : parts_.config.phases) {
      double sum = 0;
      std::int64_t counted = 0;
      place_ = -1;
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
    const torch::Tensor low = std::get<0>(z_.min(0));
    const torch::Tensor high = std::get<0>(z_.max(0));
    const torch::Tensor margin = (high - low) * parts_.config.clip;
    const auto values = [](const torch::Tensor& tensor) {
      const torch::Tensor wide = tensor.to(torch::kFloat64).contiguous();
      return std::vector<double>(wide.const_data_ptr<double>(),
                                 wide.const_data_ptr<double>() + wide.numel());
    };
    parts_.lowest = values(low - margin);
    parts_.highest = values(high + margin);
  }

  torch::Tensor noise(torch::IntArrayRef sizes, double sd) {
    torch::Tensor values = torch::empty(sizes);
    float* data = values.mutable_data_ptr<float>();
    for (std::int64_t k = 0; k < values.numel(); ++k) {
      data[k] = static_cast<float>(sd * random_.normal());
    }
    return values;
  }

  struct Piece {
    torch::Tensor z, u;        ///< (batch x length x size)
    AgentState state;          ///< before it
    std::int64_t skipped = 0;  ///< samples whose errors do not count
  };

  Piece piece(const EmulatorPhase& phase) {
    const std::int64_t length = phase.heard + phase.free + 1;
    const std::int64_t skipped = std::min(parts_.config.washout, phase.heard - 1);
    const auto any = [&](std::int64_t places) {
      return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(places)));
    };
    std::vector<std::int64_t> starts;
    Piece piece;
    if (phase.carried) {
      const std::int64_t stream = z_.size(0) / phase.batch;
      const bool goes_on = place_ >= 0 && place_ + length <= stream;
      if (!goes_on) place_ = any(std::min(phase.heard, stream - length + 1));
      piece.skipped = goes_on ? 0 : skipped;
      piece.state = goes_on ? carried_ : parts_.agent->initial_state(phase.batch);
      for (std::int64_t b = 0; b < phase.batch; ++b) starts.push_back(b * stream + place_);
      place_ += phase.heard;
    } else {
      piece.skipped = skipped;
      piece.state = parts_.agent->initial_state(phase.batch);
      for (std::int64_t b = 0; b < phase.batch; ++b) starts.push_back(any(z_.size(0) - length + 1));
    }
    const torch::Tensor rows =
        (torch::tensor(starts, torch::kInt64).unsqueeze(1) + torch::arange(length)).view({-1});
    piece.z = z_.index_select(0, rows).view({phase.batch, length, -1});
    piece.u = u_.index_select(0, rows).view({phase.batch, length, u_.size(1)});
    return piece;
  }

  torch::Tensor loss_of(const EmulatorPhase& phase) {
    auto [z, u, state, skipped] = piece(phase);
    torch::Tensor heard = z.narrow(1, 0, phase.heard + 1);
    if (phase.noise > 0) heard = heard + unit_ * noise(heard.sizes(), phase.noise);
    const torch::Tensor next =
        parts_.agent
            ->sequence(
                torch::cat({heard.narrow(1, 0, phase.heard), u.narrow(1, 1, phase.heard)}, 2), {},
                state, phase.plastic ? Plasticity::kActive : Plasticity::kFrozen)
            .prediction;
    if (phase.carried) {
      carried_ = state;
      carried_.detach();
    }
    const std::int64_t counted = phase.heard - skipped;
    const torch::Tensor miss =
        (next.narrow(1, skipped, counted) - z.narrow(1, skipped + 1, counted)) / unit_;
    torch::Tensor loss = phase.weight_heard * miss.square().mean();
    if (phase.free == 0) return loss;
    std::vector<torch::Tensor> predictions;
    torch::Tensor own = heard.select(1, phase.heard);
    for (std::int64_t t = phase.heard; t < phase.heard + phase.free; ++t) {
      own = parts_.agent->forward(torch::cat({own, u.select(1, t + 1)}, 1), state).prediction;
      predictions.push_back(own);
      if (phase.teacher_forcing > 0) {
        own = torch::lerp(own, z.select(1, t + 1), phase.teacher_forcing);
      }
    }
    torch::Tensor error =
        (torch::stack(predictions, 1) - z.narrow(1, phase.heard + 1, phase.free)).square();
    if (phase.robust) error = 2 * ((1 + error).sqrt() - 1);
    return loss + phase.weight_free * error.mean();
  }

  double update(const EmulatorPhase& phase, std::int64_t k) {
    const double part =
        phase.updates > 1 ? static_cast<double>(k) / static_cast<double>(phase.updates - 1) : 0;
    const double lr = phase.lr_from * std::pow(phase.lr_to / phase.lr_from, part);
    const torch::Tensor loss = loss_of(phase);
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
    soap_.zero_grad();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(parameters_, parts_.config.grad_clip);
    if (parts_.config.optimizer == "soap") {
      soap_.step(lr);
    } else {
      static_cast<torch::optim::AdamWOptions&>(adam_.param_groups()[0].options()).lr(lr);
      adam_.step();
    }
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
  std::vector<torch::Tensor> parameters_;
  Soap soap_;
  torch::optim::AdamW adam_;
  std::int64_t place_ = -1;  ///< in every stream; -1: nowhere yet
  AgentState carried_;
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
                                              ScalarSink* sink, std::span<const double> graph) {
  use_one_torch_thread();
  std::int64_t longest = config.start_washout;
  for (const EmulatorPhase& phase : config.phases) {
    longest = std::max(longest, (phase.heard + phase.free + 1) * (phase.carried ? phase.batch : 1));
  }
  if (tape->num_samples() < longest || tape->num_samples() < 2) {
    throw ConfigError({.what = "the tape is too short to train on",
                       .where = "emulator",
                       .got = std::to_string(tape->num_samples()) + " samples",
                       .allowed = "at least " + std::to_string(std::max<std::int64_t>(2, longest)),
                       .next = "record more, or shorten `start_washout`, `heard` or `free`"});
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
  if (!graph.empty()) start_from_graph(*parts, graph);
  Training(*parts, seed, sink).run();
  parts->make_free_run();
  return std::make_unique<AgentEmulator>(std::move(parts));
}

}  // namespace noesis
