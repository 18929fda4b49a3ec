#include "agent/wzma.hpp"

#include <cmath>

namespace noesis {
namespace {

constexpr double kSmallestNorm = 1e-12;
constexpr double kRidge = 1e-3;

/// Norm of each row; scaled by the largest entry, so that the squares cannot overflow.
torch::Tensor norm_of(const torch::Tensor& x) {
  const torch::Tensor scale = x.abs().amax(-1, true);
  const torch::Tensor safe = torch::where(scale > 0, scale, torch::ones_like(scale));
  return scale * (x / safe).norm(2, -1, true);
}

torch::Tensor unit(const torch::Tensor& x) {
  const torch::Tensor scale = x.abs().amax(-1, true);
  const torch::Tensor scaled = x / torch::where(scale > 0, scale, torch::ones_like(scale));
  return scaled / scaled.norm(2, -1, true).clamp_min(kSmallestNorm);
}

/// Columns (num_envs x size x r) clamped to [-c, c] and to the norm c.
torch::Tensor bounded(const torch::Tensor& slots, double c) {
  const torch::Tensor clamped = slots.clamp(-c, c);
  return clamped * (c / clamped.norm(2, 1, true).clamp_min(c));
}

}  // namespace

WzmaImpl::WzmaImpl(FastCacheConfig config, std::int64_t key_size, std::int64_t value_size)
    : config_(std::move(config)) {
  const std::int64_t trained = config_.banks - 1;
  const double scale =
      1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(1, config_.rank * key_size)));
  gate_weight = register_parameter("gate_weight", torch::zeros({config_.banks, key_size}));
  gate_bias = register_parameter("gate_bias", torch::zeros({config_.banks}));
  bank_u = register_parameter("bank_u", torch::zeros({trained, value_size, config_.rank}));
  bank_v = register_parameter("bank_v", torch::randn({trained, key_size, config_.rank}) * scale);
}

torch::Tensor WzmaImpl::read(const torch::Tensor& x, const torch::Tensor& u,
                             const torch::Tensor& v) {
  return torch::bmm(torch::bmm(x, v), u.transpose(1, 2));
}

torch::Tensor WzmaImpl::forward(const torch::Tensor& x, const torch::Tensor& u,
                                const torch::Tensor& v) {
  const torch::Tensor alpha = torch::softmax(torch::linear(x, gate_weight, gate_bias), -1);
  torch::Tensor y = alpha.narrow(2, 0, 1) * read(x, u, v);
  for (std::int64_t k = 1; k < config_.banks; ++k) {
    const torch::Tensor code = torch::matmul(x, bank_v[k - 1]);
    y = y + alpha.narrow(2, k, 1) * torch::matmul(code, bank_u[k - 1].t());
  }
  return y;
}

void WzmaImpl::decay(torch::Tensor& u, torch::Tensor& v, const torch::Tensor& mask) const {
  const torch::Tensor factor =
      torch::where(mask, config_.decay, 1.0).to(torch::kFloat32).view({-1, 1, 1});
  u = u * factor;
  v = v * factor;
}

void WzmaImpl::write(torch::Tensor& u, torch::Tensor& v, torch::Tensor& slot,
                     const torch::Tensor& pre, const torch::Tensor& post,
                     const torch::Tensor& learn) const {
  const torch::NoGradGuard no_grad;
  if (config_.rank == 0) return;
  const torch::Tensor pre_norm = norm_of(pre);
  const torch::Tensor post_norm = norm_of(post);
  const auto written = [](const torch::Tensor& norm) {
    return norm.isfinite() & (norm >= kSmallestNorm);
  };
  const torch::Tensor mask =
      (learn.unsqueeze(1) & written(pre_norm) & written(post_norm)).unsqueeze(2);  // (B x 1 x 1)
  const torch::Tensor key = unit(torch::where(mask, pre.unsqueeze(1), 0.0F));      // (B x 1 x key)
  const torch::Tensor was = read(key, u, v);
  decay(u, v, learn);
  // (B x 1 x r): 1 at the slot that is written.
  const torch::Tensor here =
      torch::one_hot(slot.to(torch::kInt64).squeeze(1), config_.rank).unsqueeze(1);
  const torch::Tensor at = here.to(torch::kFloat32);
  const double c = config_.slot_norm;
  torch::Tensor new_u;
  torch::Tensor new_v;
  if (config_.rule == "hebbian") {
    new_u = u + config_.rate * unit(post).unsqueeze(2) * at;
    new_v = v + config_.rate * key.transpose(1, 2) * at;
  } else {
    const torch::Tensor old_u = (u * at).sum(2, true);  // (B x size x 1)
    const torch::Tensor old_v = (v * at).sum(2, true);
    new_v = torch::where(here.to(torch::kBool), c * key.transpose(1, 2), v);
    const torch::Tensor vt = new_v.transpose(1, 2);
    const torch::Tensor gram =
        torch::bmm(vt, new_v) + kRidge * torch::eye(config_.rank, u.options());
    const torch::Tensor factor = std::get<0>(torch::linalg_cholesky_ex(gram));
    const torch::Tensor share =
        torch::cholesky_solve(torch::bmm(vt, old_v), factor);  // (B x r x 1)
    new_u = u * (1 - at) + torch::bmm(old_u, share.transpose(1, 2));
    // The error for a unit key with the bank as it is now: what the hand-over (and decay) changed.
    const torch::Tensor error = post / pre_norm.clamp_min(kSmallestNorm);
    const torch::Tensor lack = error + (was - read(key, new_u, new_v)).squeeze(1);
    new_u = new_u + (config_.rate / c * lack).clamp(-c, c).unsqueeze(2) * at;
  }
  u = torch::where(mask, bounded(new_u, c), u);
  v = torch::where(mask, bounded(new_v, c), v);
  slot = torch::where(mask.squeeze(2), torch::remainder(slot + 1, config_.rank), slot);
}

torch::Tensor WzmaImpl::fast_norm(const torch::Tensor& u, const torch::Tensor& v) const {
  if (config_.rank == 0) return torch::zeros({u.size(0)});
  const double bound = static_cast<double>(config_.rank) * config_.slot_norm * config_.slot_norm;
  return u.norm(2, {1, 2}) * v.norm(2, {1, 2}) / bound;
}

}  // namespace noesis
