#include "agent/agent_state.hpp"

#include <string>

#include "core/error.hpp"

namespace noesis {

std::array<torch::Tensor*, AgentState::kNumParts> AgentState::parts() {
  return {&hidden,  &cache_u, &cache_v, &slot, &rates,      &biases,
          &arousal, &meta,    &key,     &post, &prediction, &pending};
}

std::array<const torch::Tensor*, AgentState::kNumParts> AgentState::parts() const {
  return {&hidden,  &cache_u, &cache_v, &slot, &rates,      &biases,
          &arousal, &meta,    &key,     &post, &prediction, &pending};
}

AgentState AgentState::clone() const {
  AgentState copy = *this;
  for (torch::Tensor* part : copy.parts()) *part = part->detach().clone();
  return copy;
}

void AgentState::detach() {
  for (torch::Tensor* part : parts()) *part = part->detach();
}

AgentState AgentState::select(const torch::Tensor& rows) const {
  AgentState chosen = *this;
  for (torch::Tensor* part : chosen.parts()) *part = part->detach().index_select(0, rows);
  return chosen;
}

void AgentState::reset(const torch::Tensor& mask, const AgentState& fresh) {
  const auto from = fresh.parts();
  const auto to = parts();
  for (std::size_t p = 0; p < kNumParts; ++p) {
    if (to[p]->numel() == 0) continue;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(to[p]->dim()), 1);
    shape[0] = mask.size(0);
    *to[p] = torch::where(mask.view(shape), *from[p], *to[p]);
  }
}

AgentState AgentState::repeat(std::int64_t count) const {
  AgentState many = *this;
  for (torch::Tensor* part : many.parts()) {
    *part = part->detach().repeat_interleave(count, 0);
  }
  return many;
}

std::int64_t AgentState::packed_size() const {
  std::int64_t size = 0;
  for (const torch::Tensor* part : parts()) size += part->numel() / num_envs();
  return size;
}

std::vector<double> AgentState::pack(std::int64_t env) const {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(packed_size()));
  for (const torch::Tensor* part : parts()) {
    const torch::Tensor row = (*part)[env].detach().contiguous();
    const float* data = row.const_data_ptr<float>();
    values.insert(values.end(), data, data + row.numel());
  }
  return values;
}

void AgentState::unpack(std::int64_t env, std::span<const double> values) {
  if (static_cast<std::int64_t>(values.size()) != packed_size()) {
    throw ConfigError({.what = "a snapshot of another agent",
                       .where = "agent state",
                       .got = std::to_string(values.size()) + " values",
                       .allowed = std::to_string(packed_size()) + " values",
                       .next = "restore it into an agent of the same configuration"});
  }
  const torch::NoGradGuard no_grad;
  std::size_t at = 0;
  for (torch::Tensor* part : parts()) {
    torch::Tensor row = torch::empty((*part)[env].sizes(), torch::kFloat32);
    float* data = row.mutable_data_ptr<float>();
    for (std::int64_t k = 0; k < row.numel(); ++k) data[k] = static_cast<float>(values[at++]);
    (*part)[env].copy_(row);
  }
}

}  // namespace noesis
