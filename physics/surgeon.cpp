#include "physics/surgeon.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"

namespace noesis {
namespace {

/// Changes of the drive that are listed; of an array, at most an eighth.
constexpr std::int64_t kMostListed = 65'536;

}  // namespace

template <Real T>
Surgeon<T>::Surgeon(BatchShape batch, std::span<const double> bias)
    : shape_(batch), default_bias_(bias.begin(), bias.end()) {
  shape_.num_components = 1;
  ensure(static_cast<std::int64_t>(bias.size()) == batch.num_neurons, "one bias a neuron");
  for (State<T>* array : {&bias_, &current_, &drive_, &transmits_, &moves_, &level_, &gain_}) {
    *array = State<T>(shape_);
  }
  std::fill_n(transmits_.data(), transmits_.size(), T(1));
  std::fill_n(moves_.data(), moves_.size(), kFree<T>);
  std::fill_n(gain_.data(), gain_.size(), T(1));
  // Padded lanes get the bias too, so that they stay as finite as the rest.
  for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
    for (std::int64_t n = 0; n < shape_.plane_size(); ++n) {
      bias_.plane(tile, 0)[n] =
          static_cast<T>(default_bias_[static_cast<std::size_t>(n / shape_.tile_width)]);
    }
  }
  std::copy_n(bias_.data(), bias_.size(), drive_.data());
}

template <Real T>
void Surgeon<T>::check(std::int64_t env, std::int64_t neuron, double value) const {
  const bool is_there =
      env >= 0 && env < shape_.num_envs && neuron >= 0 && neuron < shape_.num_neurons;
  if (is_there && std::isfinite(static_cast<T>(value))) return;  // what this precision can hold
  refuse(env, neuron, value);
}

template <Real T>
void Surgeon<T>::refuse(std::int64_t env, std::int64_t neuron, double value) const {
  const auto error = [](const char* what, std::string got, std::string allowed) {
    return ConfigError({.what = what,
                        .where = "intervention",
                        .got = std::move(got),
                        .allowed = std::move(allowed),
                        .next = {}});
  };
  const auto below = [](std::int64_t count) { return "0 to " + std::to_string(count - 1); };
  if (env < 0 || env >= shape_.num_envs) {
    throw error("no such environment", std::to_string(env), below(shape_.num_envs));
  }
  if (neuron < 0 || neuron >= shape_.num_neurons) {
    throw error("no such neuron", std::to_string(neuron), below(shape_.num_neurons));
  }
  throw error("value is not finite", std::to_string(value), "a finite number");
}

template <Real T>
void Surgeon<T>::put_drive(std::int64_t at, T bias, T current) {
  if (bias_.data()[at] == bias && current_.data()[at] == current) return;
  bias_.data()[at] = bias;
  current_.data()[at] = current;
  drive_.data()[at] = bias + current;
  if (std::ssize(log_) >= std::min(kMostListed, drive_.size() / 8)) return count_change();
  ++version_;
  log_.push_back(at);
}

template <Real T>
std::optional<std::span<const std::int64_t>> Surgeon<T>::driven_since(
    std::uint64_t version) const noexcept {
  if (version < log_start_) return {};
  return std::span(log_).subspan(static_cast<std::size_t>(version - log_start_));
}

template <Real T>
void Surgeon<T>::set_transmits(std::int64_t env, std::int64_t neuron, bool transmits) {
  T& value = transmits_.at(env, 0, neuron);
  if (value == (transmits ? T(1) : T(0))) return;
  count_change();
  num_mute_ += (transmits ? 0 : 1) - (value == T(0) ? 1 : 0);
  value = transmits ? T(1) : T(0);
}

template <Real T>
void Surgeon<T>::set_moves(std::int64_t env, std::int64_t neuron, T moves, double level) {
  T& value = moves_.at(env, 0, neuron);
  if (value == moves && level_.at(env, 0, neuron) == static_cast<T>(level)) return;
  count_change();
  num_held_ += (moves < kFree<T> ? 1 : 0) - (value < kFree<T> ? 1 : 0);
  value = moves;
  level_.at(env, 0, neuron) = static_cast<T>(level);
}

template <Real T>
void Surgeon<T>::set_current(std::int64_t env, std::int64_t neuron, double amplitude) {
  check(env, neuron, amplitude);
  const std::int64_t at = drive_.index(env, 0, neuron);
  put_drive(at, bias_.data()[at], static_cast<T>(amplitude));
}

template <Real T>
void Surgeon<T>::set_currents(std::int64_t env, std::span<const std::int64_t> neurons,
                              std::span<const double> amplitudes) {
  ensure(neurons.size() == amplitudes.size(), "one current a neuron");
  for (std::size_t k = 0; k < neurons.size(); ++k) check(env, neurons[k], amplitudes[k]);
  const std::int64_t first = drive_.index(env, 0, 0);
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    const std::int64_t at = first + neurons[k] * shape_.tile_width;
    put_drive(at, bias_.data()[at], static_cast<T>(amplitudes[k]));
  }
}

template <Real T>
void Surgeon<T>::set_bias(std::int64_t env, std::int64_t neuron, double bias) {
  check(env, neuron, bias);
  const std::int64_t at = drive_.index(env, 0, neuron);
  put_drive(at, static_cast<T>(bias), current_.data()[at]);
}

template <Real T>
void Surgeon<T>::set_gain(std::int64_t env, std::int64_t neuron, double gain) {
  check(env, neuron, gain);
  require(gain >= 0, "negative gain", "intervention", gain, "at least 0");
  T& value = gain_.at(env, 0, neuron);
  const T next = static_cast<T>(gain);
  if (value == next) return;
  count_change();
  num_modulated_ += (next != T(1) ? 1 : 0) - (value != T(1) ? 1 : 0);
  value = next;
}

template <Real T>
void Surgeon<T>::silence(std::int64_t env, std::int64_t neuron, bool on) {
  check(env, neuron, 0);
  if (moves_.at(env, 0, neuron) == kLesioned<T>) return;
  set_transmits(env, neuron, !on);
}

template <Real T>
void Surgeon<T>::clamp(std::int64_t env, std::int64_t neuron, double level) {
  check(env, neuron, level);
  if (moves_.at(env, 0, neuron) == kLesioned<T>) return;
  set_moves(env, neuron, kClamped<T>, level);
}

template <Real T>
void Surgeon<T>::release(std::int64_t env, std::int64_t neuron) {
  check(env, neuron, 0);
  if (moves_.at(env, 0, neuron) == kClamped<T>) set_moves(env, neuron, kFree<T>, 0);
}

template <Real T>
void Surgeon<T>::lesion(std::int64_t env, std::int64_t neuron) {
  check(env, neuron, 0);
  set_moves(env, neuron, kLesioned<T>, 0);
  set_transmits(env, neuron, false);
}

template <Real T>
void Surgeon<T>::revive(std::int64_t env, std::int64_t neuron) {
  check(env, neuron, 0);
  set_moves(env, neuron, kFree<T>, 0);
  set_transmits(env, neuron, true);
}

template <Real T>
void Surgeon<T>::clear(std::int64_t env) {
  check(env, 0, 0);
  for (std::int64_t i = 0; i < shape_.num_neurons; ++i) {
    const std::int64_t at = drive_.index(env, 0, i);
    put_drive(at, bias_.data()[at], T(0));
    if (moves_.at(env, 0, i) == kLesioned<T>) continue;
    set_transmits(env, i, true);
    set_moves(env, i, kFree<T>, 0);
  }
}

template <Real T>
void Surgeon<T>::reset(std::int64_t env) {
  check(env, 0, 0);
  for (std::int64_t i = 0; i < shape_.num_neurons; ++i) {
    set_transmits(env, i, true);
    set_moves(env, i, kFree<T>, 0);
    put_drive(drive_.index(env, 0, i), static_cast<T>(default_bias_[static_cast<std::size_t>(i)]),
              T(0));
    set_gain(env, i, 1);
  }
  clear(env);
}

template <Real T>
void Surgeon<T>::append_inputs(std::int64_t env, std::vector<T>& values) const {
  for (const State<T>* array : {&bias_, &current_, &transmits_, &moves_, &level_, &gain_}) {
    for (std::int64_t i = 0; i < shape_.num_neurons; ++i) values.push_back(array->at(env, 0, i));
  }
}

template <Real T>
void Surgeon<T>::set_inputs(std::int64_t env, std::span<const T> values) {
  const auto n = static_cast<std::size_t>(shape_.num_neurons);
  ensure(values.size() == kNumArrays * n, "inputs of an environment of this size");
  for (std::size_t k = 0; k < n; ++k) {
    const auto i = static_cast<std::int64_t>(k);
    put_drive(drive_.index(env, 0, i), values[k], values[n + k]);
    set_transmits(env, i, values[2 * n + k] != T(0));
    set_moves(env, i, values[3 * n + k], static_cast<double>(values[4 * n + k]));
    set_gain(env, i, static_cast<double>(values[5 * n + k]));
  }
}

template <Real T>
void Surgeon<T>::pin(State<T>& x) const {
  if (num_held_ == 0) return;
  for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
    for (std::int64_t i = 0; i < shape_.num_neurons; ++i) {
      for (int c = 0; c < x.shape().num_components; ++c) {
        if (holds(env, c, i)) x.at(env, c, i) = level_.at(env, 0, i);
      }
    }
  }
}

template <Real T>
void Surgeon<T>::refresh() {
  count_change();
  num_mute_ = std::count(transmits_.data(), transmits_.data() + transmits_.size(), T(0));
  num_held_ = std::count_if(moves_.data(), moves_.data() + moves_.size(),
                            [](T moves) { return moves < kFree<T>; });
  num_modulated_ =
      std::count_if(gain_.data(), gain_.data() + gain_.size(), [](T gain) { return gain != T(1); });
  for (std::int64_t n = 0; n < drive_.size(); ++n) {
    drive_.data()[n] = bias_.data()[n] + current_.data()[n];
  }
}

template class Surgeon<float>;
template class Surgeon<double>;

}  // namespace noesis
