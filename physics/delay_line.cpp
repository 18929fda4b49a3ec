#include "physics/delay_line.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "core/error.hpp"
#include "data/memory.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kRowGrain = 256;

std::vector<std::uint16_t> steps_of(std::span<const float> delays_ms, double dt_ms) {
  std::vector<std::uint16_t> steps(delays_ms.size());
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const double rounded = std::round(delays_ms[k] / dt_ms);
    if (!(rounded >= 1 && rounded <= std::numeric_limits<std::uint16_t>::max())) {
      throw ConfigError({.what = "delay out of range of the integrator's steps",
                         .where = "delays_ms[" + std::to_string(k) + "]",
                         .got = std::to_string(delays_ms[k]) + " ms",
                         .allowed = "0.5 to 65535 steps of " + std::to_string(dt_ms) + " ms",
                         .next = "choose integrator.dt_ms to suit the delays"});
    }
    steps[k] = static_cast<std::uint16_t>(rounded);
  }
  return steps;
}

}  // namespace

template <Real T>
DelayLine<T>::DelayLine(const std::vector<ConnectomePtr>& connectomes, BatchShape shape,
                        double dt_ms, const ThreadArena& arena)
    : one_(shape), num_sources_(shape.num_neurons), arena_(arena) {
  for (const ConnectomePtr& connectome : connectomes) {
    const SynapseTable& table = connectome->synapses();
    ensure(table.delays_ms.size() == table.sources.size(), "every synapse has a delay");
    tables_.push_back({table.row_begin.data(), table.row_count.data(), table.sources.data(),
                       table.weights.data()});
    owned_steps_.push_back(steps_of(table.delays_ms, dt_ms));
    for (const std::uint16_t steps : owned_steps_.back()) {
      longest_ = std::max<std::int64_t>(longest_, steps);
    }
  }
  for (const auto& steps : owned_steps_) steps_.emplace_back(steps);
  allocate();
}

template <Real T>
DelayLine<T>::DelayLine(const SynapseView& table, std::span<const std::uint16_t> steps,
                        std::int64_t longest, BatchShape shape, std::int64_t num_sources,
                        const ThreadArena& arena)
    : one_(shape),
      num_sources_(num_sources),
      arena_(arena),
      tables_{table},
      steps_{steps},
      longest_(longest) {
  ensure(longest >= 1 && longest <= std::numeric_limits<std::uint16_t>::max() &&
             std::ranges::all_of(steps, [&](auto n) { return n >= 1 && n <= longest; }),
         "delays between one step and the longest");
  allocate();
}

template <Real T>
void DelayLine<T>::allocate() {
  one_.num_components = 1;
  num_slots_ = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(longest_ + 1)));
  const std::int64_t values = one_.num_tiles() * tile_size();
  require_memory(values * std::int64_t(sizeof(T)), "conduction delays",
                 std::to_string(longest_) + " steps of " + std::to_string(one_.num_envs) + " x " +
                     std::to_string(num_sources_) + " outputs");
  past_.resize(static_cast<std::size_t>(values));
  begin_ = end_ = between_ = State<T>(one_);
}

template <Real T>
T& DelayLine<T>::past(std::int64_t env, std::int64_t step, std::int64_t neuron) noexcept {
  const std::int64_t width = one_.tile_width;
  return newest(step, env / width)[neuron * width + env % width];
}

template <Real T>
void DelayLine<T>::sum(std::int64_t step, std::int64_t tile, T* input, std::int64_t first,
                       std::int64_t last) const {
  const std::size_t c = tables_.size() == 1 ? 0 : static_cast<std::size_t>(tile);
  const DelayView<T> view = {.synapses = tables_[c],
                             .steps = steps_[c].data(),
                             .past = past_.data() + tile * tile_size(),
                             .slot_mask = num_slots_ - 1,
                             .num_neurons = num_sources_};
  delayed_kernel<T>(one_.tile_width)(view, step, input, first, last);
}

template <Real T>
void DelayLine<T>::begin_step(std::int64_t step) {
  std::swap(begin_, end_);
  for (std::int64_t tile = 0; tile < one_.num_tiles(); ++tile) {
    arena_.parallel_for(one_.num_neurons, kRowGrain, [&](std::int64_t first, std::int64_t last) {
      sum(step + 1, tile, end_.plane(tile, 0), first, last);
    });
  }
  current_ = &begin_;
}

template <Real T>
void DelayLine<T>::set_fraction(double fraction) {
  if (fraction == 0 || fraction == 1) {
    current_ = fraction == 0 ? &begin_ : &end_;
    return;
  }
  const T part = static_cast<T>(fraction);
  for (std::int64_t n = 0; n < between_.size(); ++n) {
    const T from = begin_.data()[n];
    between_.data()[n] = math::fma(part, end_.data()[n] - from, from);
  }
  current_ = &between_;
}

template <Real T>
void DelayLine<T>::fill(std::int64_t env, std::int64_t step, std::span<const T> outputs) {
  for (std::int64_t ago = 1; ago <= longest_; ++ago) {
    for (std::int64_t i = 0; i < num_sources_; ++i) past(env, step - ago, i) = outputs[i];
  }
  const std::int64_t tile = env / one_.tile_width;
  AlignedVector<T> sums(static_cast<std::size_t>(one_.plane_size()));
  sum(step, tile, sums.data(), 0, one_.num_neurons);
  for (std::int64_t i = 0; i < one_.num_neurons; ++i) {
    end_.at(env, 0, i) = sums[i * one_.tile_width + env % one_.tile_width];
  }
}

template <Real T>
void DelayLine<T>::append_history(std::int64_t env, std::int64_t step,
                                  std::vector<T>& values) const {
  for (std::int64_t ago = longest_ - 1; ago >= 1; --ago) {
    for (std::int64_t i = 0; i < num_sources_; ++i) {
      values.push_back(past(env, step - ago, i));
    }
  }
  for (std::int64_t i = 0; i < one_.num_neurons; ++i) values.push_back(end_.at(env, 0, i));
}

template <Real T>
void DelayLine<T>::set_history(std::int64_t env, std::int64_t step, std::span<const T> values) {
  ensure(static_cast<std::int64_t>(values.size()) == history_size(), "a history of these delays");
  const T* value = values.data();
  for (std::int64_t ago = longest_ - 1; ago >= 1; --ago) {
    for (std::int64_t i = 0; i < num_sources_; ++i) past(env, step - ago, i) = *value++;
  }
  for (std::int64_t i = 0; i < one_.num_neurons; ++i) end_.at(env, 0, i) = *value++;
}

template class DelayLine<float>;
template class DelayLine<double>;

}  // namespace noesis
