#include "env/tasks/chaos_meter.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/math.hpp"
#include "core/rng.hpp"
#include "env/tasks/brain_bytes.hpp"

namespace noesis {

ChaosMeter::ChaosMeter(const Subject& subject, std::int64_t num_envs, double interval,
                       std::int64_t length, const ThreadArena& arena,
                       const BackendFactory<double>& make_backend)
    : num_units_(subject.connectome->num_neurons()),
      interval_(interval),
      length_(length),
      twins_({subject.connectome}, subject.brain,
             std::vector<std::uint64_t>(static_cast<std::size_t>(num_envs)), arena, make_backend),
      growth_(static_cast<std::size_t>(num_envs)),
      seeds_(static_cast<std::size_t>(num_envs)) {
  if (subject.connectome->has_delays()) {
    throw ConfigError({.what = "the chaos of a brain with delays is not measured",
                       .where = "connectome",
                       .got = "synapses with delays",
                       .allowed = "synapses without",
                       .next = {}});
  }
  for (Growth& growth : growth_) growth.values.resize(static_cast<std::size_t>(length));
}

/// Puts a twin at kDistance from its brain: where it is, on a ray through both, or with a ratio of
/// 0 in a direction that follows from seed and interval.
void ChaosMeter::bring_back(const Simulation<double>& brains, std::int64_t env, double ratio,
                            State<double>& x) const {
  const auto e = static_cast<std::size_t>(env);
  const State<double>& own = brains.state();
  for (int c = 0; c < x.shape().num_components; ++c) {
    for (std::int64_t i = 0; i < num_units_; ++i) {
      double apart = (x.at(env, c, i) - own.at(env, c, i)) / ratio;
      if (ratio == 0) {
        const auto word =
            philox(seeds_[e], Stream::kTask, static_cast<std::uint64_t>(growth_[e].count),
                   static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(2 + c));
        apart = word[0] % 2 == 0 ? kDistance : -kDistance;
      }
      x.at(env, c, i) = own.at(env, c, i) + apart;
    }
  }
}

void ChaosMeter::reset(const Simulation<double>& brains, std::int64_t env, std::uint64_t seed) {
  const auto e = static_cast<std::size_t>(env);
  growth_[e].count = 0;
  seeds_[e] = seed;
  twins_.reset(env, seed);
  State<double> x = twins_.state();
  bring_back(brains, env, 0, x);
  twins_.set_state(x);
}

void ChaosMeter::follow(const Simulation<double>& brains) {
  std::vector<double> inputs;
  for (std::int64_t env = 0; env < std::ssize(growth_); ++env) {
    inputs.clear();
    brains.surgeon().append_inputs(env, inputs);
    twins_.surgeon().set_inputs(env, inputs);
  }
  twins_.advance_to(brains.time_ms());
}

void ChaosMeter::measure(const Simulation<double>& brains) {
  State<double> x = twins_.state();
  const State<double>& own = brains.state();
  const int components = x.shape().num_components;
  for (std::int64_t env = 0; env < std::ssize(growth_); ++env) {
    double squares = 0;
    for (int c = 0; c < components; ++c) {
      for (std::int64_t i = 0; i < num_units_; ++i) {
        const double apart = x.at(env, c, i) - own.at(env, c, i);
        squares += apart * apart;
      }
    }
    const double distance = std::sqrt(squares / static_cast<double>(components * num_units_));
    const double ratio = distance / kDistance;
    const bool vanished = !(ratio > kFloor);
    Growth& growth = growth_[static_cast<std::size_t>(env)];
    growth.values[static_cast<std::size_t>(growth.count % length_)] =
        math::log(vanished ? kFloor : ratio);
    ++growth.count;
    bring_back(brains, env, vanished ? 0 : ratio, x);
  }
  twins_.set_state(x);
}

double ChaosMeter::exponent(std::int64_t env) const {
  const Growth& growth = growth_[static_cast<std::size_t>(env)];
  const std::int64_t count = std::min(growth.count, length_);
  double sum = 0;
  for (std::int64_t k = 0; k < count; ++k) sum += growth.values[static_cast<std::size_t>(k)];
  return count == 0 ? 0 : sum / (static_cast<double>(count) * interval_);
}

void ChaosMeter::save(std::int64_t env, ByteWriter& out) const {
  const auto e = static_cast<std::size_t>(env);
  out.put(growth_[e].count);
  out.put(growth_[e].values);
  out.put(seeds_[e]);
  save_brain(twins_.snapshot(env), out);
}

void ChaosMeter::load(std::int64_t env, ByteReader& in) {
  const auto e = static_cast<std::size_t>(env);
  Growth growth;
  in.get(growth.count);
  in.get(growth.values);
  const auto seed = in.get<std::uint64_t>();
  if (growth.count < 0 || growth.values.size() != growth_[e].values.size()) {
    ByteReader::fail("a window of another length");
  }
  twins_.restore(env, load_brain(in, twins_.shape()));
  growth_[e] = std::move(growth);
  seeds_[e] = seed;
}

}  // namespace noesis
