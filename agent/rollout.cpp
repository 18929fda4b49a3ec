#include "agent/rollout.hpp"

#include <cmath>
#include <numbers>
#include <string>

#include "agent/gae.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr std::uint32_t kActionSlot = 2;

RunError not_finite(const char* what, std::int64_t update, std::int64_t step, double got) {
  return RunError({.what = std::string(what) + " is not finite",
                   .where = "update " + std::to_string(update) + ", step " + std::to_string(step),
                   .got = std::to_string(got),
                   .allowed = {},
                   .next = "the last checkpoint is from before"});
}

std::span<float> row(torch::Tensor& matrix, std::int64_t index) {
  const std::int64_t size = matrix.size(1);
  return {matrix.mutable_data_ptr<float>() + index * size, static_cast<std::size_t>(size)};
}

}  // namespace

torch::Tensor log_density(const torch::Tensor& actions, const torch::Tensor& mean,
                          const torch::Tensor& log_std) {
  constexpr double kHalfLogTwoPi = 0.9189385332046727;
  const torch::Tensor z = (actions - mean) * torch::exp(-log_std);
  return (-0.5 * z.square() - log_std - kHalfLogTwoPi).sum(-1);
}

Collector::Collector(HybridAgent agent, VectorEnv& env, const PpoConfig& config, std::uint64_t seed)
    : state(agent->initial_state(env.num_envs())),
      fresh(torch::ones({env.num_envs()}, torch::kBool)),
      observed(static_cast<std::size_t>(env.observation_size())),
      discounted(1),
      so_far(static_cast<std::size_t>(env.num_envs()), 0.0),
      agent_(std::move(agent)),
      env_(env),
      config_(config),
      seed_(seed) {
  ensure(env.autoreset() == Autoreset::kSameStep, "rollouts need environments that reset at once");
}

void Collector::start() {
  env_.reset(kFirstTrainingSeed + (seed_ << 20));
  fresh.fill_(true);
}

torch::Tensor Collector::observation(std::span<const float> rows, std::int64_t update,
                                     std::int64_t step) {
  torch::Tensor values = torch::empty({env_.num_envs(), env_.observation_size()});
  std::copy(rows.begin(), rows.end(), values.mutable_data_ptr<float>());
  for (const float x : rows) {
    if (!std::isfinite(x)) throw not_finite("an observation", update, step, x);
  }
  if (config_.normalise_observations) {
    for (std::int64_t e = 0; e < env_.num_envs(); ++e) observed.normalise(row(values, e));
  }
  return values;
}

Rollout Collector::collect(std::int64_t update) {
  const torch::NoGradGuard no_grad;
  const std::int64_t num_envs = env_.num_envs();
  const std::int64_t steps = config_.rollout_length;
  const std::int64_t predicted = agent_->shape().prediction_size;
  const std::int64_t action_size = env_.action_size();
  Rollout rollout;
  rollout.start = state.clone();
  rollout.rewards = torch::zeros({num_envs, steps});
  rollout.values = torch::zeros({num_envs, steps});
  rollout.ended = torch::zeros({num_envs, steps}, torch::kUInt8);
  rollout.resets = torch::zeros({num_envs, steps}, torch::kBool);
  std::vector<torch::Tensor> observations, nexts, actions, log_probs;
  const AgentState newborn = agent_->initial_state(1);
  const torch::Tensor sd = agent_->log_std.exp();
  // The scale is that of earlier rollouts: within one, equal observations stay equal.
  std::vector<float> seen;
  torch::Tensor current = observation(env_.observations(), update, 0);
  for (std::int64_t t = 0; t < steps; ++t) {
    rollout.resets.select(1, t).copy_(fresh);
    if (fresh.any().item<bool>()) state.reset(fresh, newborn);
    seen.insert(seen.end(), env_.observations().begin(), env_.observations().end());
    const AgentOutput output = agent_->step(current, state);
    torch::Tensor action = torch::empty({num_envs, action_size});
    const auto step_id = static_cast<std::uint64_t>(update * steps + t);
    for (std::int64_t e = 0; e < num_envs; ++e) {
      const std::span<float> noise = row(action, e);
      for (std::size_t a = 0; a < noise.size(); ++a) {
        const auto id = static_cast<std::uint32_t>(e * action_size + static_cast<std::int64_t>(a));
        noise[a] =
            static_cast<float>(normal_pair(seed_, Stream::kAgent, step_id, id, kActionSlot).first);
      }
    }
    action = output.action_mean + sd * action;
    observations.push_back(current);
    actions.push_back(action);
    log_probs.push_back(log_density(action, output.action_mean, agent_->log_std));
    rollout.values.select(1, t).copy_(output.value);
    for (std::int64_t k = 0; k < action.numel(); ++k) {
      const float x = action.const_data_ptr<float>()[k];
      if (!std::isfinite(x)) throw not_finite("an action", update, t, x);
    }
    env_.step({action.const_data_ptr<float>(), static_cast<std::size_t>(action.numel())});

    current = observation(env_.observations(), update, t);
    torch::Tensor next = current.clone();
    torch::Tensor final_value;
    bool any_final = false;
    for (const std::uint8_t f : env_.has_final()) any_final |= f != 0;
    if (any_final) {
      // Rows without a final observation hold older ones; they are not looked at.
      const torch::Tensor final_rows = observation(env_.final_observations(), update, t);
      const auto has_final = torch::from_blob(const_cast<std::uint8_t*>(env_.has_final().data()),
                                              {num_envs}, torch::kUInt8)
                                 .to(torch::kBool);
      next = torch::where(has_final.unsqueeze(1), final_rows, next);
      AgentState after = state.clone();
      final_value = agent_->forward(next, after).value.contiguous();
    }
    nexts.push_back(next.narrow(1, 0, predicted));
    for (std::int64_t e = 0; e < num_envs; ++e) {
      const auto k = static_cast<std::size_t>(e);
      const double got = env_.rewards()[k];
      if (!std::isfinite(got)) throw not_finite("a reward", update, t, got);
      so_far[k] = so_far[k] * config_.gamma + got;
      const float ret = static_cast<float>(so_far[k]);
      if (config_.normalise_rewards) discounted.add({&ret, 1});
      const bool over = env_.terminated()[k] != 0 || env_.truncated()[k] != 0;
      double reward = config_.normalise_rewards ? got / discounted.sd(0) : got;
      if (env_.truncated()[k] != 0 && env_.terminated()[k] == 0) {
        reward += config_.gamma * static_cast<double>(final_value.const_data_ptr<float>()[e]);
      }
      rollout.rewards.mutable_data_ptr<float>()[e * steps + t] = static_cast<float>(reward);
      rollout.ended.mutable_data_ptr<std::uint8_t>()[e * steps + t] = over ? 1 : 0;
      fresh.mutable_data_ptr<bool>()[e] = over;
      if (over) {
        so_far[k] = 0;
        rollout.episode_returns.push_back(env_.episode_returns()[k]);
        rollout.episode_lengths.push_back(static_cast<double>(env_.episode_lengths()[k]));
      }
    }
  }
  // The value of what comes after the last step; an ended episode does not use it.
  AgentState after = state.clone();
  const torch::Tensor last = agent_->step(current, after).value.contiguous();
  rollout.observations = torch::stack(observations, 1);
  rollout.next = torch::stack(nexts, 1);
  rollout.actions = torch::stack(actions, 1);
  rollout.log_probs = torch::stack(log_probs, 1);
  rollout.advantages = torch::zeros({num_envs, steps});
  const auto count = static_cast<std::size_t>(steps);
  for (std::int64_t e = 0; e < num_envs; ++e) {
    const auto at = [&](const torch::Tensor& x) {
      return std::span<const float>(x.const_data_ptr<float>() + e * steps, count);
    };
    estimate_advantages(at(rollout.rewards), at(rollout.values),
                        {rollout.ended.const_data_ptr<std::uint8_t>() + e * steps, count},
                        last.const_data_ptr<float>()[e], static_cast<float>(config_.gamma),
                        static_cast<float>(config_.gae_lambda), row(rollout.advantages, e));
  }
  rollout.returns = rollout.advantages + rollout.values;
  const auto size = static_cast<std::size_t>(env_.observation_size());
  if (config_.normalise_observations) {
    for (std::size_t k = 0; k < seen.size(); k += size) {
      observed.add(std::span(seen).subspan(k, size));
    }
  }
  return rollout;
}

}  // namespace noesis
