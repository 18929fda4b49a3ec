/// Accuracy of the elementary functions against long double, and the same bits in loops as in
/// single calls. Bounds are those stated in core/math.hpp.

#include "core/math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

namespace noesis {
namespace {

constexpr int kSamples = 300'000;

/// Distance of `value` from `exact` in units of the last place of T at `exact`.
template <class T>
double ulps(T value, long double exact) {
  const T size = std::max(std::fabs(static_cast<T>(exact)), std::numeric_limits<T>::min());
  const long double ulp = std::nextafter(size, std::numeric_limits<T>::infinity()) - size;
  return static_cast<double>(std::fabs(static_cast<long double>(value) - exact) / ulp);
}

template <class T>
struct Worst {
  double error = 0;
  T at = 0;
};

/// Largest error over uniform samples of [low, high].
template <class T, class F, class Exact>
Worst<T> worst_ulps(F f, Exact exact, double low, double high) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(low, high);
  Worst<T> worst;
  for (int i = 0; i < kSamples; ++i) {
    const T x = static_cast<T>(uniform(random));
    const double error = ulps(f(x), exact(static_cast<long double>(x)));
    if (!(error <= worst.error)) worst = {error, x};
  }
  return worst;
}

#define EXPECT_ULPS(worst, bound)              \
  do {                                         \
    const auto found = (worst);                \
    EXPECT_LE(found.error, bound) << found.at; \
  } while (false)

long double exact_exp(long double x) { return std::exp(x); }
long double exact_sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }
long double exact_tanh(long double x) { return std::tanh(x); }
long double exact_log(long double x) { return std::log(x); }

template <class T>
class Math : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Math, Types);

// Red when the smallest coefficient is left out, or ln 2 comes in one part.
TYPED_TEST(Math, ExpIsWithin1Ulp) {
  using T = TypeParam;
  const auto f = [](T x) { return math::exp(x); };
  const bool is_float = sizeof(T) == 4;
  EXPECT_ULPS(worst_ulps<T>(f, exact_exp, is_float ? -87 : -708, is_float ? 88.72 : 709.78), 1);
  EXPECT_ULPS(worst_ulps<T>(f, exact_exp, -1, 1), 1);
  EXPECT_ULPS(worst_ulps<T>(f, exact_exp, -1e-5, 1e-5), 1);
}

TYPED_TEST(Math, SigmoidIsWithin2AndAHalfUlps) {
  using T = TypeParam;
  const auto f = [](T x) { return math::sigmoid(x); };
  EXPECT_ULPS(worst_ulps<T>(f, exact_sigmoid, sizeof(T) == 4 ? -86 : -700, 40), 2.5);
  EXPECT_ULPS(worst_ulps<T>(f, exact_sigmoid, -3, 3), 2.5);
}

// Red when em1 is taken from exp near 0, or is p * z with p rounded.
TYPED_TEST(Math, TanhIsWithin2AndAHalfUlps) {
  using T = TypeParam;
  const auto f = [](T x) { return math::tanh(x); };
  EXPECT_ULPS(worst_ulps<T>(f, exact_tanh, -25, 25), 2.5);
  EXPECT_ULPS(worst_ulps<T>(f, exact_tanh, -1, 1), 2.5);
  EXPECT_ULPS(worst_ulps<T>(f, exact_tanh, 0.34, 0.36), 2.5);  // where two formulas meet
  EXPECT_ULPS(worst_ulps<T>(f, exact_tanh, -1e-3, 1e-3), 2.5);
  EXPECT_ULPS(worst_ulps<T>(f, exact_tanh, -1e-30, 1e-30), 2.5);
}

TEST(MathDouble, LogIsWithin2Ulps) {
  const auto f = [](double x) { return math::log(x); };
  EXPECT_ULPS(worst_ulps<double>(f, exact_log, 0x1p-53, 1), 2);
  EXPECT_ULPS(worst_ulps<double>(f, exact_log, 0.5, 2), 2);
  EXPECT_ULPS(worst_ulps<double>(f, exact_log, 0.999, 1.001), 2);
  EXPECT_ULPS(worst_ulps<double>(f, exact_log, 1, 1e300), 2);
  for (const double x : {std::numeric_limits<double>::min(), std::numeric_limits<double>::max(),
                         0x1p-53, 1 - 0x1p-53, std::sqrt(0.5), std::sqrt(2.0)}) {
    EXPECT_LE(ulps(math::log(x), exact_log(x)), 2) << x;
  }
  EXPECT_EQ(math::log(1.0), 0.0);
}

TEST(MathDouble, TurnsAreWithin4e16) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(0, 1);
  const long double tau = 2 * std::numbers::pi_v<long double>;
  std::vector<double> turns = {0,   0x1p-53, 0.125, 0.25,  0.375,
                               0.5, 0.625,   0.75,  0.875, 1 - 0x1p-53};
  for (int i = 0; i < kSamples; ++i) turns.push_back(uniform(random));
  for (const double u : turns) {
    const long double c = std::cos(tau * u), s = std::sin(tau * u);
    ASSERT_LE(std::fabs(static_cast<double>(math::cos_turns(u) - c)), 4e-16) << u;
    ASSERT_LE(std::fabs(static_cast<double>(math::sin_turns(u) - s)), 4e-16) << u;
  }
  EXPECT_EQ(math::cos_turns(0.0), 1.0);
  EXPECT_EQ(math::cos_turns(0.5), -1.0);
  EXPECT_EQ(math::sin_turns(0.25), 1.0);
  EXPECT_EQ(math::sin_turns(0.75), -1.0);
}

TYPED_TEST(Math, EdgesAreRight) {
  using T = TypeParam;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kMax = std::numeric_limits<T>::max();
  constexpr T kTiny = std::numeric_limits<T>::denorm_min();
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  const T top = std::log(kMax);  // the last finite result, or next to it
  const T bottom = sizeof(T) == 4 ? T(-87) : T(-708);
  const T above = std::nextafter(top, kInf);
  EXPECT_EQ(math::exp(T(0)), 1);
  EXPECT_EQ(math::exp(T(-0.0)), 1);
  EXPECT_EQ(math::exp(kTiny), 1);
  EXPECT_EQ(math::exp(kInf), kInf);
  EXPECT_EQ(math::exp(kMax), kInf);
  EXPECT_EQ(math::exp(std::nextafter(above, kInf)), kInf);
  EXPECT_TRUE(std::isfinite(math::exp(std::nextafter(top, T(0)))));
  EXPECT_EQ(math::exp(-kInf), 0);
  EXPECT_EQ(math::exp(-kMax), 0);
  EXPECT_EQ(math::exp(std::nextafter(bottom, -kInf)), 0);
  EXPECT_LE(ulps(math::exp(bottom), exact_exp(bottom)), 1);
  EXPECT_TRUE(std::isnan(math::exp(kNan)));

  EXPECT_EQ(math::sigmoid(T(0)), T(0.5));
  EXPECT_EQ(math::sigmoid(kInf), 1);
  EXPECT_EQ(math::sigmoid(kMax), 1);
  EXPECT_EQ(math::sigmoid(-kInf), 0);
  EXPECT_EQ(math::sigmoid(-kMax), 0);
  EXPECT_TRUE(std::isnan(math::sigmoid(kNan)));

  EXPECT_EQ(math::tanh(T(0)), 0);
  EXPECT_FALSE(std::signbit(math::tanh(T(0))));
  EXPECT_TRUE(std::signbit(math::tanh(T(-0.0))));
  EXPECT_EQ(math::tanh(kTiny), kTiny);
  EXPECT_EQ(math::tanh(-kTiny), -kTiny);
  EXPECT_EQ(math::tanh(kInf), 1);
  EXPECT_EQ(math::tanh(-kMax), -1);
  EXPECT_TRUE(std::isnan(math::tanh(kNan)));
}

TYPED_TEST(Math, TanhIsOddAndBoundedAndSigmoidIsBounded) {
  using T = TypeParam;
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-30, 30);
  for (int i = 0; i < kSamples; ++i) {
    const T x = static_cast<T>(uniform(random));
    ASSERT_EQ(math::tanh(-x), -math::tanh(x)) << x;
    ASSERT_LE(std::fabs(math::tanh(x)), 1) << x;
    ASSERT_GE(math::sigmoid(x), 0) << x;
    ASSERT_LE(math::sigmoid(x), 1) << x;
  }
}

// One call, never inlined into a loop, and so never vectorised.
template <class T, class F>
[[gnu::noinline]] T single(T x, F f) {
  return f(x);
}

#if defined(__x86_64__)
template <class T, class F>
[[gnu::noinline, gnu::target("avx2,fma")]] void loop_avx2(const T* x, T* y, int n, F) {
  for (int i = 0; i < n; ++i) y[i] = F::call(x[i]);
}
template <class T, class F>
[[gnu::noinline, gnu::target("avx512f,avx512dq,avx512vl,fma")]] void loop_avx512(const T* x, T* y,
                                                                                 int n, F) {
  for (int i = 0; i < n; ++i) y[i] = F::call(x[i]);
}
#endif
template <class T, class F>
[[gnu::noinline]] void loop_plain(const T* x, T* y, int n, F) {
  for (int i = 0; i < n; ++i) y[i] = F::call(x[i]);
}

#define NOESIS_FUNCTION(Name, expression)   \
  struct Name {                             \
    template <class T>                      \
    NOESIS_HOST_DEVICE static T call(T x) { \
      return expression;                    \
    }                                       \
    template <class T>                      \
    T operator()(T x) const {               \
      return call(x);                       \
    }                                       \
  }
NOESIS_FUNCTION(Exp, math::exp(x));
NOESIS_FUNCTION(Sigmoid, math::sigmoid(x));
NOESIS_FUNCTION(Tanh, math::tanh(x));
NOESIS_FUNCTION(Log, math::log(x));
NOESIS_FUNCTION(CosTurns, math::cos_turns(x));
NOESIS_FUNCTION(SinTurns, math::sin_turns(x));

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0 || (std::isnan(a) && std::isnan(b));
}

/// Red when the compiler may contract a*b+c into a fused multiply-add in one of the builds.
template <class T, class F>
void expect_loops_give_single_bits(std::vector<T> inputs, F f) {
  inputs.resize(inputs.size() / 2 * 2 + 1);  // an odd count leaves a scalar tail
  const int n = static_cast<int>(inputs.size());
  const auto check = [&](auto loop, const char* name) {
    std::vector<T> outputs(inputs.size());
    loop(inputs.data(), outputs.data(), n, f);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_TRUE(same_bits(outputs[i], single(inputs[i], f)))
          << name << " at " << inputs[i] << ": " << outputs[i];
    }
  };
  check(loop_plain<T, F>, "plain");
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    check(loop_avx2<T, F>, "avx2");
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    check(loop_avx512<T, F>, "avx512");
  }
#endif
}

template <class T>
std::vector<T> samples(double low, double high, std::vector<T> edges) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> uniform(low, high);
  for (int i = 0; i < 100'000; ++i) edges.push_back(static_cast<T>(uniform(random)));
  return edges;
}

TYPED_TEST(Math, LoopsGiveTheBitsOfSingleCalls) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const std::vector<T> inputs =
      samples<T>(-100, 100,
                 {T(0), T(-0.0), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                  Limits::denorm_min(), Limits::max(), Limits::lowest(), T(0.35), T(-87), T(88.7)});
  expect_loops_give_single_bits(inputs, Exp{});
  expect_loops_give_single_bits(inputs, Sigmoid{});
  expect_loops_give_single_bits(inputs, Tanh{});
  expect_loops_give_single_bits(samples<T>(-0.5, 0.5, {}), Tanh{});
}

TEST(MathDouble, LoopsGiveTheBitsOfSingleCalls) {
  const std::vector<double> turns = samples<double>(0, 1, {0, 0.25, 0.5, 0.75, 1 - 0x1p-53});
  expect_loops_give_single_bits(turns, CosTurns{});
  expect_loops_give_single_bits(turns, SinTurns{});
  expect_loops_give_single_bits(samples<double>(0x1p-53, 1, {1e-300, 1e300}), Log{});
}

}  // namespace
}  // namespace noesis
