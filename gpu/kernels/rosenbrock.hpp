#pragma once
/// One of the two stages of ROS2 (physics/rosenbrock_stepper.hpp), fused: sums, the derivative,
/// with each neuron's own Jacobian in the first stage, the solution of the neuron's linear system,
/// and the next state.
///
///   first:  k1 = (1 - gamma h J)^-1 f(x);             x + h k1
///   second: k2 = (1 - gamma h J)^-1 (f(y) - 2 k1);    x + (h (3/2 k1 + 1/2 k2) + noise)

#include "gpu/kernels/stage_sums.hpp"
#include "physics/rosenbrock_solve.hpp"

namespace noesis::NOESIS_GPU {

template <class Model, int kWidth>
struct Rosenbrock : StageSums<Model, kWidth> {
  using Base = StageSums<Model, kWidth>;
  using typename Base::RowTeam;
  using typename Base::Sums;
  using typename Base::T;
  using Layout = typename Base::Layout;
  static constexpr int kComponents = Model::kNumComponents;
  static constexpr int kSquare = kComponents * kComponents;

  T* jacobian = nullptr;  // [tile][row * C + column][neuron][lane], of the first stage

  NOESIS_DEVICE void operator()(const RowTeam& team, std::int64_t place, std::int64_t tile) const {
    const std::int64_t num_envs = this->num_envs_from(tile);
    const DeviceRow row = this->view.synapses.of(tile).rows[place];
    Sums input, strength, gap, loss;
    this->template sum_inputs<true>(team, row, tile, input, strength, gap);
    if (this->view.is_first) this->sum_gap_losses(team, row.neuron, tile, loss);
    team.each([&](int t) {
      if (!Base::owns(t, num_envs)) return;
      const int env = Layout::env(t);
      const auto own = this->read_own(row.neuron, tile, env);
      if (this->view.is_first) {
        first(row.neuron, tile, env, own, input[t], strength[t], gap[t], loss[t]);
      } else {
        second(row.neuron, tile, env, own, input[t], strength[t], gap[t]);
      }
    });
  }

 private:
  using Own = typename Base::Own;

  NOESIS_DEVICE void first(std::int64_t neuron, std::int64_t tile, int env, const Own& own, T input,
                           T strength, T gap, T loss) const {
    const StageView<T>& v = this->view;
    const std::int64_t plane = this->plane();
    const std::int64_t one = tile * plane + neuron * kWidth + env;
    const std::int64_t all = tile * kComponents * plane + neuron * kWidth + env;
    const std::int64_t squares = tile * kSquare * plane + neuron * kWidth + env;
    this->apply_gain(one, input, strength);
    const T moves = this->moves_at(one);
    T slope[kComponents], own_jacobian[kSquare];
    NOESIS_UNROLL
    for (int direction = 0; direction < kComponents; ++direction) {
      Dual<T> x[kComponents], dxdt[kComponents];
      NOESIS_UNROLL
      for (int c = 0; c < kComponents; ++c) {
        x[c] = Dual<T>(own.y[c], c == direction ? T(1) : T(0));
      }
      evaluate(this->model, x, Dual<T>(input), Dual<T>(strength),
               Dual<T>(gap, direction == 0 ? -loss : T(0)), Dual<T>(own.drive), dxdt);
      NOESIS_UNROLL
      for (int c = 0; c < kComponents; ++c) {
        const bool held = Base::is_held(moves, c);
        slope[c] = held ? T(0) : dxdt[c].value;
        own_jacobian[c * kComponents + direction] = held ? T(0) : dxdt[c].slope;
      }
    }
    NOESIS_UNROLL
    for (int k = 0; k < kSquare; ++k) jacobian[squares + k * plane] = own_jacobian[k];
    solve_neuron<kComponents>(static_cast<T>(kRosenbrockGamma) * v.a, own_jacobian, slope);
    T next[kComponents];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      v.sum[all + c * plane] = slope[c];
      next[c] = own.y[c] + v.a * slope[c];
    }
    this->write_next(one, all, next);
  }

  NOESIS_DEVICE void second(std::int64_t neuron, std::int64_t tile, int env, const Own& own,
                            T input, T strength, T gap) const {
    const StageView<T>& v = this->view;
    const std::int64_t plane = this->plane();
    const std::int64_t one = tile * plane + neuron * kWidth + env;
    const std::int64_t all = tile * kComponents * plane + neuron * kWidth + env;
    const std::int64_t squares = tile * kSquare * plane + neuron * kWidth + env;
    this->apply_gain(one, input, strength);
    const T moves = this->moves_at(one);
    T slope[kComponents], own_jacobian[kSquare];
    evaluate(this->model, own.y, input, strength, gap, own.drive, slope);
    NOESIS_UNROLL
    for (int k = 0; k < kSquare; ++k) own_jacobian[k] = jacobian[squares + k * plane];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      slope[c] = (Base::is_held(moves, c) ? T(0) : slope[c]) + T(-2) * own.sum[c];
    }
    solve_neuron<kComponents>(static_cast<T>(kRosenbrockGamma) * v.a, own_jacobian, slope);
    T next[kComponents];
    NOESIS_UNROLL
    for (int c = 0; c < kComponents; ++c) {
      const T drift = v.a * (T(1.5) * own.sum[c] + T(0.5) * slope[c]);
      const bool held = Base::is_held(moves, c);
      const T increment = v.noise == nullptr || held ? T(0) : v.noise[all + c * plane];
      next[c] = own.x[c] + (v.noise == nullptr ? drift : drift + increment);
    }
    this->write_next(one, all, next);
  }
};

}  // namespace noesis::NOESIS_GPU
