#include "agent/free_run.hpp"

#include <algorithm>
#include <cmath>

#include "agent/arousal.hpp"
#include "agent/local_bias.hpp"
#include "core/math.hpp"
#include "core/wide.hpp"

namespace noesis {
namespace {

/// Parts of AgentState in the order of pack().
enum Part : std::size_t { kHidden, kCacheU, kCacheV, kSlot, kRates, kBiases, kArousal };

/// y[s] = b + W x[s] for n rows; the order of each sum is that of the inputs.
NOESIS_WIDE void dense_rows(const double* weight, const double* bias, std::size_t inputs,
                            std::size_t outputs, const double* x, double* y, std::size_t n) {
  for (std::size_t s = 0; s < n; ++s) {
    for (std::size_t o = 0; o < outputs; ++o) y[s * outputs + o] = bias[o];
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    const double* row = weight + i * outputs;
    for (std::size_t s = 0; s < n; ++s) {
      const double value = x[s * inputs + i];
      double* out = y + s * outputs;
      for (std::size_t o = 0; o < outputs; ++o) out[o] += row[o] * value;
    }
  }
}

void dense(const DenseLayer& layer, const std::vector<double>& x, std::vector<double>& y,
           std::size_t n) {
  dense_rows(layer.weight.data(), layer.bias.data(), static_cast<std::size_t>(layer.inputs),
             static_cast<std::size_t>(layer.outputs), x.data(), y.data(), n);
}

NOESIS_WIDE void tanh_all(double* x, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) x[k] = math::tanh(x[k]);
}

NOESIS_WIDE void silu_all(double* x, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) x[k] *= math::sigmoid(x[k]);
}

/// h <- (1 - z) n + z h with r, z, n from the gates of input and state (Cho et al. 2014).
NOESIS_WIDE void gru_update(const double* input, const double* hidden, double* h,
                            std::size_t size) {
  for (std::size_t k = 0; k < size; ++k) {
    const double reset = math::sigmoid(input[k] + hidden[k]);
    const double update = math::sigmoid(input[size + k] + hidden[size + k]);
    const double fresh = math::tanh(input[2 * size + k] + reset * hidden[2 * size + k]);
    h[k] = (1 - update) * fresh + update * h[k];
  }
}

}  // namespace

FreeRun::FreeRun(FreeRunWeights weights) : weights_(std::move(weights)) {
  const auto rows = [](std::int64_t size) {
    return std::vector<double>(kBlock * static_cast<std::size_t>(size));
  };
  const AgentConfig& config = weights_.config;
  const std::int64_t hidden = config.hidden_size;
  const bool encodes = config.encoder_size > 0;
  code_ = rows(encodes ? config.encoder_size : weights_.observation_size);
  key_ = rows(weights_.hidden_1.inputs);
  first_ = rows(hidden);
  second_ = rows(hidden);
  output_ = rows(hidden);
  delta_ = rows(std::max(weights_.prediction_size, weights_.observation_size));
  gates_input_ = rows(weights_.gru_input.outputs);
  gates_hidden_ = rows(weights_.gru_input.outputs);
  alpha_ = rows(config.fast_cache.banks);
  rank_ = rows(std::max<std::int64_t>(1, config.fast_cache.rank));
  value_ = rows(hidden);
  hidden_ = rows(config.use_gru ? config.gru_size : 0);
}

/// output += sum_k alpha_k y_k.
void FreeRun::cache_read(std::size_t n, std::span<const std::span<double>> states) {
  const auto banks = static_cast<std::size_t>(weights_.config.fast_cache.banks);
  const auto rank = static_cast<std::size_t>(weights_.config.fast_cache.rank);
  const auto hidden = static_cast<std::size_t>(weights_.config.hidden_size);
  const auto keys = static_cast<std::size_t>(weights_.hidden_1.inputs);
  dense(weights_.gate, key_, alpha_, n);
  for (std::size_t s = 0; s < n; ++s) {
    double* alpha = alpha_.data() + s * banks;
    const double highest = *std::max_element(alpha, alpha + banks);
    double sum = 0;
    for (std::size_t k = 0; k < banks; ++k) sum += alpha[k] = math::exp(alpha[k] - highest);
    for (std::size_t k = 0; k < banks; ++k) alpha[k] /= sum;
  }
  for (std::size_t s = 0; s < n; ++s) {
    const double* u = states[s].data() + weights_.offsets[kCacheU];  // (hidden x rank)
    const double* v = states[s].data() + weights_.offsets[kCacheV];  // (keys x rank)
    double* code = rank_.data() + s * rank;
    std::fill(code, code + rank, 0.0);
    for (std::size_t i = 0; i < keys; ++i) {
      for (std::size_t k = 0; k < rank; ++k) code[k] += key_[s * keys + i] * v[i * rank + k];
    }
    for (std::size_t o = 0; o < hidden; ++o) {
      double value = 0;
      for (std::size_t k = 0; k < rank; ++k) value += code[k] * u[o * rank + k];
      output_[s * hidden + o] += alpha_[s * banks] * value;
    }
  }
  for (std::size_t b = 1; b < banks && rank > 0; ++b) {
    dense(weights_.bank_v[b - 1], key_, rank_, n);
    dense(weights_.bank_u[b - 1], rank_, value_, n);
    for (std::size_t s = 0; s < n; ++s) {
      for (std::size_t o = 0; o < hidden; ++o) {
        output_[s * hidden + o] += alpha_[s * banks + b] * value_[s * hidden + o];
      }
    }
  }
}

void FreeRun::step(std::span<const std::span<const double>> observations,
                   std::span<const std::span<double>> states,
                   std::span<const std::span<double>> predictions) {
  const std::size_t n = states.size();
  const AgentConfig& config = weights_.config;
  const auto hidden = static_cast<std::size_t>(config.hidden_size);
  const auto gru = config.use_gru ? static_cast<std::size_t>(config.gru_size) : std::size_t{0};
  const auto heard = static_cast<std::size_t>(weights_.observation_size);
  const auto predicted = static_cast<std::size_t>(weights_.prediction_size);
  const std::size_t keys = static_cast<std::size_t>(weights_.hidden_1.inputs);
  const std::size_t coded = keys - gru;
  const auto activate = [&](std::vector<double>& values) {
    config.activation == "silu" ? silu_all(values.data(), n * hidden)
                                : tanh_all(values.data(), n * hidden);
  };

  if (config.encoder_size > 0) {
    for (std::size_t s = 0; s < n; ++s) {
      std::copy(observations[s].begin(), observations[s].end(), delta_.data() + s * heard);
    }
    dense(weights_.encoder, delta_, code_, n);
    config.activation == "silu" ? silu_all(code_.data(), n * coded)
                                : tanh_all(code_.data(), n * coded);
  } else {
    for (std::size_t s = 0; s < n; ++s) {
      std::copy(observations[s].begin(), observations[s].end(), code_.data() + s * coded);
    }
  }
  for (std::size_t s = 0; s < n; ++s) {
    std::copy_n(code_.data() + s * coded, coded, key_.data() + s * keys);
    std::copy_n(states[s].data() + weights_.offsets[kHidden], gru, key_.data() + s * keys + coded);
  }

  const auto modulate = [&](std::vector<double>& net, std::size_t layer) {
    for (std::size_t s = 0; s < n; ++s) {
      const double* state = states[s].data();
      const double gain = config.use_arousal ? state[weights_.offsets[kArousal] + 2] : 1.0;
      const double* bias = state + weights_.offsets[kBiases] + layer * hidden;
      for (std::size_t o = 0; o < hidden; ++o) {
        double value = net[s * hidden + o] * gain;
        if (config.use_local_bias) value += bias[o];
        net[s * hidden + o] = value;
      }
    }
  };
  dense(weights_.hidden_1, key_, first_, n);
  modulate(first_, 0);
  activate(first_);
  dense(weights_.hidden_2, first_, second_, n);
  modulate(second_, 1);
  activate(second_);
  std::copy_n(second_.data(), n * hidden, output_.data());
  if (config.use_fast_cache) cache_read(n, states);
  dense(weights_.prediction_head, output_, delta_, n);
  for (std::size_t s = 0; s < n; ++s) {
    for (std::size_t k = 0; k < predicted; ++k) {
      predictions[s][k] =
          observations[s][k] + weights_.prediction_scale[k] * delta_[s * predicted + k];
    }
  }

  if (gru > 0) {
    for (std::size_t s = 0; s < n; ++s) {
      std::copy_n(states[s].data() + weights_.offsets[kHidden], gru, hidden_.data() + s * gru);
    }
    dense(weights_.gru_input, code_, gates_input_, n);
    dense(weights_.gru_hidden, hidden_, gates_hidden_, n);
    for (std::size_t s = 0; s < n; ++s) {
      gru_update(gates_input_.data() + s * 3 * gru, gates_hidden_.data() + s * 3 * gru,
                 states[s].data() + weights_.offsets[kHidden], gru);
    }
  }
  for (std::size_t s = 0; s < n; ++s) {
    const auto part = [&](Part which, std::size_t at, std::size_t size) {
      return states[s].subspan(weights_.offsets[which] + at, size);
    };
    const std::span<const double> first(first_.data() + s * hidden, hidden);
    const std::span<const double> second(second_.data() + s * hidden, hidden);
    if (config.use_arousal) {
      double activity = 0;
      for (const double y : first) activity += std::abs(y);
      for (const double y : second) activity += std::abs(y);
      advance_arousal<double>(config.arousal, 0, activity / static_cast<double>(2 * hidden),
                              part(kArousal, 0, static_cast<std::size_t>(kArousalSize)));
    }
    if (config.use_local_bias) {
      advance_local_bias<double>(config.local_bias, first, part(kRates, 0, hidden),
                                 part(kBiases, 0, hidden));
      advance_local_bias<double>(config.local_bias, second, part(kRates, hidden, hidden),
                                 part(kBiases, hidden, hidden));
    }
  }
}

}  // namespace noesis
