#pragma once
/// Boost.Odeint on batches: a state algebra over tiles, and a time that differs by environment.
///
/// Odeint's steppers only ever combine states linearly, x = sum_k a_k x_k, through an algebra and
/// operations that the caller supplies, and they treat time as an opaque type. So an adaptive
/// stepper gives every environment of a batch its own step size by taking EnvTimes for its time;
/// the tableau stays Odeint's. Sums are taken left to right, element by element, as Odeint does
/// itself.

#include <array>
#include <boost/numeric/odeint/util/is_resizeable.hpp>
#include <boost/numeric/odeint/util/resize.hpp>
#include <boost/numeric/odeint/util/same_size.hpp>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "core/threads.hpp"
#include "physics/state.hpp"

namespace noesis {

/// One time, or step size, for each environment of a batch.
class EnvTimes {
 public:
  EnvTimes() = default;
  explicit EnvTimes(std::int64_t num_envs, double value = 0)
      : values_(static_cast<std::size_t>(num_envs), value) {}

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(values_.size()); }
  double& operator[](std::int64_t env) { return values_[static_cast<std::size_t>(env)]; }
  double operator[](std::int64_t env) const { return values_[static_cast<std::size_t>(env)]; }

  template <Real F>
  friend EnvTimes operator*(EnvTimes a, F factor) {
    for (double& value : a.values_) value *= static_cast<double>(factor);
    return a;
  }
  friend EnvTimes operator+(EnvTimes a, const EnvTimes& b) {
    for (std::size_t i = 0; i < a.values_.size(); ++i) a.values_[i] += b.values_[i];
    return a;
  }

 private:
  std::vector<double> values_;
};

/// The factor of a term in one environment.
inline double factor_at(double factor, std::int64_t) { return factor; }
inline double factor_at(const EnvTimes& factor, std::int64_t env) {
  // Padded lanes follow the last environment.
  return factor[env < factor.size() ? env : factor.size() - 1];
}

/// x = sum_k factor_k x_k.
template <class... Factors>
class ScaleSum {
 public:
  ScaleSum(const Factors&... factors) : factors_(factors...) {}  // NOLINT: Odeint converts

  static constexpr std::size_t kTerms = sizeof...(Factors);

  template <Real T, int kWidth>
  void fill(T (&out)[kTerms][kWidth], std::int64_t first_env) const {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      for (int e = 0; e < kWidth; ++e) {
        ((out[I][e] = static_cast<T>(factor_at(std::get<I>(factors_), first_env + e))), ...);
      }
    }(std::make_index_sequence<kTerms>{});
  }

 private:
  std::tuple<Factors...> factors_;
};

struct TileOperations {
  template <class F1, class F2 = F1>
  using scale_sum2 = ScaleSum<F1, F2>;
  template <class F1, class F2 = F1, class F3 = F2>
  using scale_sum3 = ScaleSum<F1, F2, F3>;
  template <class F1, class F2 = F1, class F3 = F2, class F4 = F3>
  using scale_sum4 = ScaleSum<F1, F2, F3, F4>;
  template <class F1, class F2 = F1, class F3 = F2, class F4 = F3, class F5 = F4>
  using scale_sum5 = ScaleSum<F1, F2, F3, F4, F5>;
  template <class F1, class F2 = F1, class F3 = F2, class F4 = F3, class F5 = F4, class F6 = F5>
  using scale_sum6 = ScaleSum<F1, F2, F3, F4, F5, F6>;
};

class TileAlgebra {
 public:
  explicit TileAlgebra(const ThreadArena* arena = nullptr) : arena_(arena) {}

  template <class Out, class A, class B, class Op>
  void for_each3(Out& out, const A& a, const B& b, const Op& op) const {
    combine(out, op, a, b);
  }
  template <class Out, class A, class B, class C, class Op>
  void for_each4(Out& out, const A& a, const B& b, const C& c, const Op& op) const {
    combine(out, op, a, b, c);
  }
  template <class Out, class A, class B, class C, class D, class Op>
  void for_each5(Out& out, const A& a, const B& b, const C& c, const D& d, const Op& op) const {
    combine(out, op, a, b, c, d);
  }
  template <class Out, class A, class B, class C, class D, class E, class Op>
  void for_each6(Out& out, const A& a, const B& b, const C& c, const D& d, const E& e,
                 const Op& op) const {
    combine(out, op, a, b, c, d, e);
  }
  template <class Out, class A, class B, class C, class D, class E, class F, class Op>
  void for_each7(Out& out, const A& a, const B& b, const C& c, const D& d, const E& e, const F& f,
                 const Op& op) const {
    combine(out, op, a, b, c, d, e, f);
  }

 private:
  template <Real T, class Op, class... In>
  void combine(State<T>& out, const Op& op, const In&... in) const {
    if (out.shape().tile_width == 1) {
      combine_tiles<1, T>(out, op, in...);
    } else {
      combine_tiles<kTileWidth<T>, T>(out, op, in...);
    }
  }

  template <int kWidth, Real T, class Op, class... In>
  void combine_tiles(State<T>& out, const Op& op, const In&... in) const {
    static_assert(Op::kTerms == sizeof...(In));
    constexpr std::int64_t kGrain = 32768 / kWidth;  // rows
    const BatchShape& shape = out.shape();
    const std::int64_t rows = shape.num_components * shape.num_neurons;
    const auto body = [&](std::int64_t first, std::int64_t last) {
      while (first < last) {
        const std::int64_t tile = first / rows;
        const std::int64_t end = last < (tile + 1) * rows ? last : (tile + 1) * rows;
        T factors[Op::kTerms][kWidth];
        op.template fill<T, kWidth>(factors, tile * kWidth);
        const std::array<const T*, sizeof...(In)> inputs = {in.data()...};
        sum_rows<kWidth>(out.data(), inputs, factors, first * kWidth, end * kWidth,
                         std::make_index_sequence<sizeof...(In)>{});
        first = end;
      }
    };
    if (arena_ == nullptr) {
      body(0, shape.num_tiles() * rows);
    } else {
      arena_->parallel_for(shape.num_tiles() * rows, kGrain, body);
    }
  }

  template <int kWidth, Real T, std::size_t kTerms, std::size_t... I>
  static void sum_rows(T* out, const std::array<const T*, kTerms>& in,
                       const T (&factors)[kTerms][kWidth], std::int64_t first, std::int64_t last,
                       std::index_sequence<I...>) {
    // An output may be one of the inputs (x += dt k), element for element, so no order is violated.
#pragma GCC ivdep
    for (std::int64_t n = first; n < last; n += kWidth) {
      for (int e = 0; e < kWidth; ++e) out[n + e] = (... + (factors[I][e] * in[I][n + e]));
    }
  }

  const ThreadArena* arena_;
};

}  // namespace noesis

namespace boost::numeric::odeint {

template <class T>
struct is_resizeable<noesis::State<T>> : boost::true_type {};

template <class T>
struct same_size_impl<noesis::State<T>, noesis::State<T>> {
  static bool same_size(const noesis::State<T>& a, const noesis::State<T>& b) {
    return a.shape() == b.shape();
  }
};

template <class T>
struct resize_impl<noesis::State<T>, noesis::State<T>> {
  static void resize(noesis::State<T>& a, const noesis::State<T>& b) {
    a = noesis::State<T>(b.shape());
  }
};

}  // namespace boost::numeric::odeint
