#include "agent/hybrid_agent.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "agent/arousal.hpp"
#include "agent/local_bias.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr double kStartSd = 0.01;         // of the plastic bank
constexpr double kPredictionScale = 0.1;  // of the prediction head: at first little changes
constexpr double kPolicyScale = 0.01;     // of the policy head at the start
constexpr double kErrorRidge = 1e-3;      // relative to the mean diagonal

void fill_uniform(torch::Tensor& tensor, double bound, RandomSequence& random) {
  float* data = tensor.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k) {
    data[k] = static_cast<float>(bound * (2 * random.uniform() - 1));
  }
}

torch::Tensor normal(torch::IntArrayRef sizes, double sd, RandomSequence& random) {
  torch::Tensor tensor = torch::empty(sizes);
  float* data = tensor.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < tensor.numel(); ++k) {
    data[k] = static_cast<float>(sd * random.normal());
  }
  return tensor;
}

std::span<float> row_of(torch::Tensor& tensor, std::int64_t row) {
  const std::int64_t size = tensor.size(1);
  return {tensor.mutable_data_ptr<float>() + row * size, static_cast<std::size_t>(size)};
}

}  // namespace

HybridAgentImpl::HybridAgentImpl(AgentConfig config, AgentShape shape, std::uint64_t seed)
    : config_(std::move(config)), shape_(shape), meta_(config_.meta) {
  require(shape.observation_size > 0, "an agent must observe something", "observation_size",
          shape.observation_size, "at least 1");
  require(shape.prediction_size >= 0 && shape.prediction_size <= shape.observation_size,
          "what is predicted must be part of the observation", "prediction_size",
          shape.prediction_size, "0 to observation_size");
  require(shape.prediction_size > 0 || !(config_.use_fast_cache || config_.use_arousal),
          "fast cache and arousal live on prediction errors", "prediction_size",
          shape.prediction_size, "at least 1");
  require(shape.action_size >= 0, "a negative number of actions", "action_size", shape.action_size,
          "at least 0");
  require(config_.arousal.low <= config_.arousal.high, "the lowest gain is above the highest",
          "arousal.low", static_cast<std::int64_t>(config_.arousal.low), "at most arousal.high");
  const std::int64_t hidden = config_.hidden_size;
  const std::int64_t encoded =
      config_.encoder_size > 0 ? config_.encoder_size : shape.observation_size;
  if (config_.encoder_size > 0) {
    encoder = register_module("encoder", torch::nn::Linear(shape.observation_size, encoded));
  }
  if (config_.use_gru) {
    gru = register_module(
        "gru", torch::nn::GRU(torch::nn::GRUOptions(encoded, config_.gru_size).batch_first(true)));
  }
  hidden_1 = register_module("hidden_1", torch::nn::Linear(key_size(), hidden));
  hidden_2 = register_module("hidden_2", torch::nn::Linear(hidden, hidden));
  if (config_.use_fast_cache) {
    cache = register_module("cache", Wzma(config_.fast_cache, key_size(), hidden));
  }
  if (shape.action_size > 0) {
    policy_head = register_module("policy_head", torch::nn::Linear(hidden, shape.action_size));
    value_head = register_module("value_head", torch::nn::Linear(hidden, 1));
    log_std = register_parameter("log_std", torch::zeros({shape.action_size}));
  }
  if (shape.prediction_size > 0) {
    prediction_head =
        register_module("prediction_head", torch::nn::Linear(hidden, shape.prediction_size));
  }
  prediction_scale_ = register_buffer("prediction_scale", torch::ones({shape.prediction_size}));
  initialise(seed);
}

void HybridAgentImpl::set_prediction_scale(const std::vector<double>& scale) {
  ensure(static_cast<std::int64_t>(scale.size()) == shape_.prediction_size,
         "a prediction scale of another size");
  for (std::size_t k = 0; k < scale.size(); ++k) {
    prediction_scale_.mutable_data_ptr<float>()[k] = static_cast<float>(scale[k]);
  }
  error_map_version_ = -1;
}

void HybridAgentImpl::initialise(std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  RandomSequence random(seed, Stream::kAgent, 0);
  const auto fill = [&](torch::nn::Linear& layer, double scale) {
    if (layer.is_empty()) return;
    const double bound = scale / std::sqrt(static_cast<double>(layer->weight.size(1)));
    fill_uniform(layer->weight, bound, random);
    fill_uniform(layer->bias, bound, random);
  };
  fill(encoder, 1);
  fill(hidden_1, 1);
  fill(hidden_2, 1);
  fill(policy_head, kPolicyScale);
  fill(value_head, 1);
  fill(prediction_head, kPredictionScale);
  if (config_.use_gru) {
    const double bound = 1 / std::sqrt(static_cast<double>(config_.gru_size));
    for (torch::Tensor& parameter : gru->parameters()) fill_uniform(parameter, bound, random);
    // Gates: reset, update, new.
    gru->named_parameters()["bias_ih_l0"]
        .narrow(0, config_.gru_size, config_.gru_size)
        .add_(config_.gru_memory);
  }
  start_u_ = torch::zeros({0, 0});
  start_v_ = torch::zeros({0, 0});
  if (config_.use_fast_cache) {
    const std::int64_t rank = config_.fast_cache.rank;
    fill_uniform(cache->bank_v, 1 / std::sqrt(static_cast<double>(key_size())), random);
    start_u_ = register_buffer("start_u", normal({config_.hidden_size, rank}, kStartSd, random));
    start_v_ = register_buffer("start_v", normal({key_size(), rank}, kStartSd, random));
  }
}

std::int64_t HybridAgentImpl::key_size() const noexcept {
  return (config_.encoder_size > 0 ? config_.encoder_size : shape_.observation_size) +
         (config_.use_gru ? config_.gru_size : 0);
}

bool HybridAgentImpl::has_fast_parts() const noexcept {
  return config_.use_fast_cache || config_.use_arousal || config_.use_local_bias;
}

AgentState HybridAgentImpl::initial_state(std::int64_t num_envs) const {
  const auto zeros = [&](bool present, std::int64_t size) {
    return torch::zeros({num_envs, present ? size : 0});
  };
  const bool learns = config_.use_fast_cache;
  const bool surprised = learns || config_.use_arousal;
  AgentState state{
      .hidden = zeros(config_.use_gru, config_.gru_size),
      .cache_u = start_u_.detach().unsqueeze(0).repeat({num_envs, 1, 1}),
      .cache_v = start_v_.detach().unsqueeze(0).repeat({num_envs, 1, 1}),
      .slot = zeros(learns, 1),
      .rates = zeros(config_.use_local_bias, 2 * config_.hidden_size),
      .biases = zeros(config_.use_local_bias, 2 * config_.hidden_size),
      .arousal = zeros(config_.use_arousal, kArousalSize),
      .meta = zeros(surprised, kMetaSize),
      .key = zeros(learns, key_size()),
      .post = zeros(learns, config_.hidden_size),
      .prediction = zeros(surprised, shape_.prediction_size),
      .pending = zeros(surprised, 1),
  };
  if (config_.use_arousal) {
    for (std::int64_t env = 0; env < num_envs; ++env) start_arousal(row_of(state.arousal, env));
  }
  return state;
}

float HybridAgentImpl::policy_entropy() const {
  if (shape_.action_size == 0) return 0;
  constexpr float kHalfLogTwoPiE = 1.41893853F;
  return log_std.detach().sum().item<float>() +
         kHalfLogTwoPiE * static_cast<float>(shape_.action_size);
}

/// The smallest change of c that corrects an error of the prediction: P^T (P P^T + ridge)^-1, as
/// rows. Made anew when P has changed.
const torch::Tensor& HybridAgentImpl::error_map() {
  const torch::Tensor weight = prediction_head->weight.detach() * prediction_scale_.unsqueeze(1);
  const auto version = static_cast<std::int64_t>(prediction_head->weight._version());
  if (version != error_map_version_) {
    const torch::Tensor gram = torch::mm(weight, weight.t());
    const torch::Tensor ridge = kErrorRidge * gram.diagonal().mean().clamp_min(1e-12);
    const torch::Tensor damped = gram + ridge * torch::eye(gram.size(0));
    error_map_ = torch::cholesky_solve(weight, std::get<0>(torch::linalg_cholesky_ex(damped)));
    error_map_version_ = version;
  }
  return error_map_;
}

std::vector<float> HybridAgentImpl::absorb(const torch::Tensor& observation, AgentState& state) {
  if (state.pending.numel() == 0) return {};
  const torch::NoGradGuard no_grad;
  const std::int64_t num_envs = observation.size(0);
  const torch::Tensor error = observation.narrow(1, 0, shape_.prediction_size) - state.prediction;
  const torch::Tensor squared = error.square().mean(1).contiguous();
  torch::Tensor full;
  if (config_.use_fast_cache) full = cache->fast_norm(state.cache_u, state.cache_v).contiguous();
  torch::Tensor meta = state.meta.clone();
  torch::Tensor learn = torch::zeros({num_envs}, torch::kBool);
  torch::Tensor decay = torch::zeros({num_envs}, torch::kBool);
  torch::Tensor reset = torch::zeros({num_envs}, torch::kBool);
  std::vector<float> surprise(static_cast<std::size_t>(num_envs), 0.0F);
  const float entropy = policy_entropy();
  const torch::Tensor pending = state.pending.contiguous();
  bool any_learn = false;
  bool any_other = false;
  for (std::int64_t env = 0; env < num_envs; ++env) {
    if (pending.const_data_ptr<float>()[env] == 0) continue;
    MetaRecord record = meta_.decide(squared.const_data_ptr<float>()[env],
                                     full.defined() ? full.const_data_ptr<float>()[env] : 0.0F,
                                     entropy, row_of(meta, env));
    record.env = env;
    surprise[static_cast<std::size_t>(env)] = record.telemetry.surprise;
    learn.mutable_data_ptr<bool>()[env] = record.decision == Decision::kLearn;
    decay.mutable_data_ptr<bool>()[env] = record.decision == Decision::kDecay;
    reset.mutable_data_ptr<bool>()[env] = record.decision == Decision::kReset;
    any_learn |= record.decision == Decision::kLearn;
    any_other |= record.decision == Decision::kDecay || record.decision == Decision::kReset;
    if (meta_log_) meta_log_(record);
  }
  state.meta = meta;
  if (config_.use_fast_cache) {
    if (any_other) {
      cache->decay(state.cache_u, state.cache_v, decay);
      const torch::Tensor fresh = reset.view({-1, 1, 1});
      state.cache_u = torch::where(fresh, start_u_, state.cache_u);
      state.cache_v = torch::where(fresh, start_v_, state.cache_v);
      state.slot = torch::where(reset.view({-1, 1}), 0.0F, state.slot);
    }
    if (any_learn) {
      const torch::Tensor post =
          config_.fast_cache.rule == "delta" ? torch::mm(error, error_map()) : state.post;
      cache->write(state.cache_u, state.cache_v, state.slot, state.key, post, learn);
    }
  }
  state.pending = torch::zeros_like(state.pending);
  return surprise;
}

torch::Tensor HybridAgentImpl::activate(const torch::Tensor& net) const {
  return config_.activation == "silu" ? torch::silu(net) : torch::tanh(net);
}

torch::Tensor HybridAgentImpl::encode(const torch::Tensor& observations) {
  return config_.encoder_size > 0 ? activate(encoder(observations)) : observations;
}

HybridAgentImpl::Core HybridAgentImpl::core(const torch::Tensor& x, const AgentState& state) {
  const auto layer = [&](torch::nn::Linear& linear, const torch::Tensor& input, int index) {
    torch::Tensor net = linear(input);
    if (config_.use_arousal) net = net * state.arousal.narrow(1, 2, 1).unsqueeze(1);
    if (config_.use_local_bias) {
      net = net +
            state.biases.narrow(1, index * config_.hidden_size, config_.hidden_size).unsqueeze(1);
    }
    return activate(net);
  };
  Core result;
  result.first = layer(hidden_1, x, 0);
  result.second = layer(hidden_2, result.first, 1);
  result.output = config_.use_fast_cache
                      ? result.second + cache->forward(x, state.cache_u, state.cache_v)
                      : result.second;
  return result;
}

AgentOutput HybridAgentImpl::heads(const torch::Tensor& observations, const torch::Tensor& c) {
  AgentOutput output;
  if (shape_.action_size > 0) {
    output.action_mean = policy_head(c);
    output.value = value_head(c).squeeze(-1);
  }
  if (shape_.prediction_size > 0) {
    output.prediction =
        observations.narrow(-1, 0, shape_.prediction_size) + prediction_scale_ * prediction_head(c);
  }
  return output;
}

void HybridAgentImpl::adapt(const Core& core, const std::vector<float>& surprise,
                            AgentState& state) const {
  if (!config_.use_arousal && !config_.use_local_bias) return;
  const torch::NoGradGuard no_grad;
  torch::Tensor activity =
      torch::cat({core.first.detach(), core.second.detach()}, -1).squeeze(1).contiguous();
  const std::int64_t num_envs = activity.size(0);
  if (config_.use_arousal) {
    torch::Tensor arousal = state.arousal.clone();
    const torch::Tensor mean = activity.abs().mean(1).contiguous();
    for (std::int64_t env = 0; env < num_envs; ++env) {
      const float felt = surprise.empty() ? 0.0F : surprise[static_cast<std::size_t>(env)];
      advance_arousal(config_.arousal, felt, mean.const_data_ptr<float>()[env],
                      row_of(arousal, env));
    }
    state.arousal = arousal;
  }
  if (config_.use_local_bias) {
    torch::Tensor rates = state.rates.clone();
    torch::Tensor biases = state.biases.clone();
    for (std::int64_t env = 0; env < num_envs; ++env) {
      advance_local_bias<float>(config_.local_bias, row_of(activity, env), row_of(rates, env),
                                row_of(biases, env));
    }
    state.rates = rates;
    state.biases = biases;
  }
}

AgentOutput HybridAgentImpl::forward(const torch::Tensor& observation, AgentState& state,
                                     const std::vector<float>& surprise) {
  const torch::Tensor observed = observation.unsqueeze(1);
  const torch::Tensor e = encode(observed);
  const torch::Tensor x = config_.use_gru ? torch::cat({e, state.hidden.unsqueeze(1)}, -1) : e;
  const Core answer = core(x, state);
  AgentOutput output = heads(observed, answer.output);
  if (output.action_mean.defined()) {
    output.action_mean = output.action_mean.squeeze(1);
    output.value = output.value.squeeze(1);
  }
  if (output.prediction.defined()) output.prediction = output.prediction.squeeze(1);
  if (config_.use_gru) {
    state.hidden = std::get<1>(gru(e, state.hidden.unsqueeze(0))).squeeze(0);
  }
  if (config_.use_fast_cache) {
    state.key = x.detach().squeeze(1);
    state.post = answer.second.detach().squeeze(1);
  }
  if (state.pending.numel() > 0) {
    state.prediction = output.prediction.detach();
    state.pending = torch::ones_like(state.pending);
  }
  adapt(answer, surprise, state);
  return output;
}

AgentOutput HybridAgentImpl::step(const torch::Tensor& observation, AgentState& state) {
  const std::vector<float> surprise = absorb(observation, state);
  return forward(observation, state, surprise);
}

AgentOutput HybridAgentImpl::frozen_segment(const torch::Tensor& observations, AgentState& state) {
  const torch::Tensor e = encode(observations);
  torch::Tensor x = e;
  if (config_.use_gru) {
    const auto [outputs, last] = gru(e, state.hidden.unsqueeze(0));
    const std::int64_t times = observations.size(1);
    const torch::Tensor before =
        torch::cat({state.hidden.unsqueeze(1), outputs.narrow(1, 0, times - 1)}, 1);
    x = torch::cat({e, before}, -1);
    state.hidden = last.squeeze(0);
  }
  return heads(observations, core(x, state).output);
}

AgentOutput HybridAgentImpl::sequence(const torch::Tensor& observations,
                                      const torch::Tensor& resets, AgentState& state,
                                      Plasticity plasticity) {
  const std::int64_t times = observations.size(1);
  const bool stepwise = plasticity == Plasticity::kActive && has_fast_parts();
  // Times before which some environment starts afresh.
  std::vector<std::int64_t> cuts;
  AgentState fresh;
  if (resets.defined()) {
    const torch::Tensor any = resets.any(0).contiguous();
    for (std::int64_t t = 0; t < times; ++t) {
      if (any.const_data_ptr<bool>()[t]) cuts.push_back(t);
    }
    fresh = initial_state(1);
  }
  const auto reset_before = [&](std::int64_t t) {
    if (std::binary_search(cuts.begin(), cuts.end(), t)) state.reset(resets.select(1, t), fresh);
  };
  std::vector<AgentOutput> parts;
  if (stepwise) {
    for (std::int64_t t = 0; t < times; ++t) {
      reset_before(t);
      AgentOutput part = step(observations.select(1, t), state);
      if (part.action_mean.defined()) {
        part.action_mean = part.action_mean.unsqueeze(1);
        part.value = part.value.unsqueeze(1);
      }
      if (part.prediction.defined()) part.prediction = part.prediction.unsqueeze(1);
      parts.push_back(part);
    }
  } else {
    for (std::int64_t t = 0; t < times;) {
      reset_before(t);
      const auto next = std::upper_bound(cuts.begin(), cuts.end(), t);
      const std::int64_t end = next == cuts.end() ? times : *next;
      parts.push_back(frozen_segment(observations.narrow(1, t, end - t), state));
      t = end;
    }
  }
  if (parts.size() == 1) return parts[0];
  std::vector<torch::Tensor> actions, values, predictions;
  for (const AgentOutput& part : parts) {
    actions.push_back(part.action_mean);
    values.push_back(part.value);
    predictions.push_back(part.prediction);
  }
  AgentOutput output;
  if (shape_.action_size > 0) {
    output.action_mean = torch::cat(actions, 1);
    output.value = torch::cat(values, 1);
  }
  if (shape_.prediction_size > 0) output.prediction = torch::cat(predictions, 1);
  return output;
}

}  // namespace noesis
