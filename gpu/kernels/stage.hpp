#pragma once
/// One stage of an explicit method, fused: the synaptic input of a row by a sparse product, the
/// model's derivative, and what the method makes of it, without a round trip through memory.
///
/// With k = f(y), the methods of physics/integrator.hpp sum in this order, which is that of
/// Boost.Odeint, so that the bits are the CPU's:
///
///   kRungeKutta   sum = sum + b k (it begins as x);  y' = x + a k;  in the last stage x' = sum,
///                 to which the noise is added
///   kPredictor    stochastic Heun: y' = x + (h k + noise), sum = k
///   kCorrector    x' = x + (h / 2 (sum + k) + noise)
///   kSlope        y' = k, and nothing else (adaptive.hpp goes on from there)

#include "gpu/kernels/stage_sums.hpp"

namespace noesis::NOESIS_GPU {

/// `kHasGaps` says that there may be gap junctions: without them all stays in fewer registers.
template <class Model, int kWidth, bool kHasGaps>
struct Stage : StageSums<Model, kWidth> {
  using Base = StageSums<Model, kWidth>;
  using typename Base::Own;
  using typename Base::RowTeam;
  using typename Base::Sums;
  using typename Base::T;
  using Layout = typename Base::Layout;
  // Measured: as many as leave each thread the registers that it needs.
  static constexpr int kMinBlocks = kWidth == 1 ? 1 : (sizeof(T) == 4 && !kHasGaps ? 9 : 8);
  static constexpr int kComponents = Model::kNumComponents;

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const std::int64_t num_envs = this->num_envs_from(tile);
    const DeviceRow row = this->view.synapses.of(tile).rows[place];
    // Asked for before the sum, so that it is there after it.
    typename RowTeam::template Slot<Own> own;
    team.each([&](int t) {
      if (Base::owns(t, num_envs)) own[t] = this->read_own(row.neuron, tile, Layout::env(t));
    });
    Sums input, strength, gap;
    this->template sum_inputs<kHasGaps>(team, row, tile, input, strength, gap);
    team.each([&](int t) {
      if (!Base::owns(t, num_envs)) return;
      finish(row.neuron, tile, Layout::env(t), own[t], input[t], strength[t], gap[t]);
    });
  }

 private:
  /// The derivative of one neuron in one environment, and the next state.
  NOESIS_DEVICE void finish(std::int64_t neuron, std::int64_t tile, int env, const Own& own,
                            T input, T strength, T gap) const {
    const StageView<T>& v = this->view;
    const std::int64_t plane = this->plane();
    const std::int64_t one = tile * plane + neuron * kWidth + env;
    const std::int64_t all = tile * kComponents * plane + neuron * kWidth + env;
    T slope[kComponents];
    this->apply_gain(one, input, strength);
    evaluate(this->model, own.y, input, strength, gap, own.drive, slope);
    const T moves = this->moves_at(one);
    T next[kComponents];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      const bool held = Base::is_held(moves, c);
      const T k = held ? T(0) : slope[c];
      const std::int64_t at = all + c * plane;
      const T increment = v.noise == nullptr || held ? T(0) : v.noise[at];
      if (v.kind == StageKind::kSlope) {
        next[c] = k;
      } else if (v.kind == StageKind::kPredictor) {
        write_once(v.sum + at, k);
        next[c] = own.x[c] + math::fma(v.a, k, increment);
      } else if (v.kind == StageKind::kCorrector) {
        next[c] = own.x[c] + math::fma(v.b, own.sum[c] + k, increment);
      } else {
        const T sum = own.sum[c] + v.b * k;
        if (!v.is_last) {
          write_once(v.sum + at, sum);
          next[c] = own.x[c] + v.a * k;
        } else {
          next[c] = v.noise != nullptr ? sum + increment : sum;
        }
      }
    }
    this->write_next(one, all, next);
  }
};

}  // namespace noesis::NOESIS_GPU
