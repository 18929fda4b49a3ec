// Who may be operated, what lasts how long, and that held neurons get no noise.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "core/error.hpp"
#include "physics/simulation.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

using testing::column;
using testing::seeds_from;
using testing::uneven_brain;
using Values = std::vector<double>;

class SurgeonRules : public ::testing::Test {
 protected:
  static BrainSpec spec(double sigma = 0) {
    BrainSpec spec = testing::wilson_cowan_spec(1);
    spec.model.wilson_cowan.gap_coupling = 0.5;
    spec.noise.sigma = sigma;
    return spec;
  }
  /// x' at the initial state of `sim`: equal if and only if the equations are.
  static Values slope(Simulation<double>& sim, const State<double>& x, std::int64_t env = 0) {
    State<double> dxdt(x.shape());
    sim.system().derivative(x, dxdt);
    return column(dxdt, env);
  }
  Simulation<double> make(double sigma = 0, std::size_t num_envs = 1) const {
    return {{uneven_brain(20, 6, 11)}, spec(sigma), seeds_from(5, num_envs), arena_};
  }
  ThreadArena arena_{1};
};

void operate_on_all(Surgeon<double>& surgeon, std::int64_t env) {
  surgeon.set_current(env, 3, 0.5);
  surgeon.silence(env, 4);
  surgeon.clamp(env, 5, 0.4);
  surgeon.set_bias(env, 7, -1);
}

// Mutations: clear() leaving one kind of intervention, ending lesions, or ending biases; reset()
// leaving lesions or biases.
TEST_F(SurgeonRules, ClearEndsAllButLesionsAndResetEndsAll) {
  Simulation<double> operated = make(), lesioned = make(), untouched = make();
  const State<double> x = untouched.state();
  operate_on_all(operated.surgeon(), 0);
  operated.surgeon().lesion(0, 6);
  lesioned.surgeon().lesion(0, 6);
  lesioned.surgeon().set_bias(0, 7, -1);
  EXPECT_NE(slope(operated, x), slope(lesioned, x));
  operated.surgeon().clear(0);
  EXPECT_EQ(slope(operated, x), slope(lesioned, x));
  EXPECT_NE(slope(operated, x), slope(untouched, x));
  EXPECT_TRUE(operated.surgeon().holds_any());
  operated.surgeon().reset(0);
  EXPECT_EQ(slope(operated, x), slope(untouched, x));
  EXPECT_FALSE(operated.surgeon().holds_any());
}

// Mutation: silence(false), clamp or release reviving a lesioned neuron.
TEST_F(SurgeonRules, NothingButResetRevivesALesion) {
  Simulation<double> sim = make(), lesioned = make();
  const State<double> x = sim.state();
  for (Simulation<double>* one : {&sim, &lesioned}) one->surgeon().lesion(0, 6);
  sim.surgeon().silence(0, 6, false);
  EXPECT_EQ(slope(sim, x), slope(lesioned, x)) << "silence";
  sim.surgeon().clamp(0, 6, 0.5);
  EXPECT_EQ(slope(sim, x), slope(lesioned, x)) << "clamp";
  sim.surgeon().release(0, 6);
  EXPECT_EQ(slope(sim, x), slope(lesioned, x)) << "release";
  sim.advance_to(1.0);
  EXPECT_EQ(sim.state().at(0, 0, 6), 0);
  EXPECT_EQ(sim.state().at(0, 1, 6), 0);
}

// Mutation: counting a neuron twice, so that the kernels go on with masks, or stop too early.
TEST_F(SurgeonRules, RepeatedInterventionsEndWithOneRelease) {
  Simulation<double> sim = make(), untouched = make();
  const State<double> x = sim.state();
  Surgeon<double>& surgeon = sim.surgeon();
  for (int k = 0; k < 3; ++k) {
    surgeon.silence(0, 4);
    surgeon.clamp(0, 5, 0.1 * k);
  }
  surgeon.clamp(0, 8, 0.7);
  surgeon.release(0, 5);
  EXPECT_TRUE(surgeon.holds_any());
  EXPECT_EQ(slope(sim, x)[8], 0);
  surgeon.release(0, 8);
  surgeon.silence(0, 4, false);
  EXPECT_FALSE(surgeon.holds_any());
  EXPECT_EQ(surgeon.transmits(0), nullptr);
  EXPECT_EQ(slope(sim, x), slope(untouched, x));
}

// Mutation: interventions by tile instead of by environment.
TEST_F(SurgeonRules, OtherEnvironmentsAreUntouched) {
  Simulation<double> operated = make(0.01, 11), untouched = make(0.01, 11);
  operate_on_all(operated.surgeon(), 4);
  operated.surgeon().lesion(4, 6);
  operated.advance_to(2.0);
  untouched.advance_to(2.0);
  for (std::int64_t env = 0; env < 11; ++env) {
    if (env == 4) {
      EXPECT_NE(column(operated.state(), env), column(untouched.state(), env));
    } else {
      EXPECT_EQ(column(operated.state(), env), column(untouched.state(), env)) << env;
    }
  }
}

// Mutation: noise on held variables, or none on the I of a clamped neuron.
TEST_F(SurgeonRules, HeldNeuronsGetNoNoise) {
  const auto no_synapses = std::make_shared<Connectome>(20, std::vector<Synapse>{});
  Simulation<double> held({no_synapses}, spec(0.05), {5}, arena_);
  Simulation<double> noisy({no_synapses}, spec(0.05), {5}, arena_);
  Simulation<double> quiet({no_synapses}, spec(0), {5}, arena_);
  for (Simulation<double>* sim : {&held, &quiet}) {
    sim->surgeon().clamp(0, 5, 0.4);
    sim->surgeon().lesion(0, 6);
  }
  for (int step = 1; step <= 40; ++step) {
    for (Simulation<double>* sim : {&held, &noisy, &quiet}) sim->advance_to(0.05 * step);
    EXPECT_EQ(held.state().at(0, 0, 5), 0.4);
    EXPECT_EQ(held.state().at(0, 0, 6), 0);
    EXPECT_EQ(held.state().at(0, 1, 6), 0);
    EXPECT_NE(held.state().at(0, 1, 5), quiet.state().at(0, 1, 5));
  }
  for (std::int64_t i = 0; i < 20; ++i) {
    if (i == 5 || i == 6) continue;
    for (int c = 0; c < 2; ++c) EXPECT_EQ(held.state().at(0, c, i), noisy.state().at(0, c, i));
  }
}

// Mutations: a check left out, or made after the change.
TEST_F(SurgeonRules, ErrorsNameTheValueAndChangeNothing) {
  Simulation<double> sim = make(0, 3), untouched = make(0, 3);
  const State<double> x = sim.state();
  Surgeon<double>& s = sim.surgeon();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  using Call = std::function<void(std::int64_t env, std::int64_t neuron)>;
  const Call calls[] = {
      [&](auto e, auto n) { s.set_current(e, n, 1); }, [&](auto e, auto n) { s.set_bias(e, n, 1); },
      [&](auto e, auto n) { s.silence(e, n); },        [&](auto e, auto n) { s.clamp(e, n, 1); },
      [&](auto e, auto n) { s.release(e, n); },        [&](auto e, auto n) { s.lesion(e, n); }};
  for (const Call& call : calls) {
    for (const std::int64_t wrong : {-1, 20}) EXPECT_THROW(call(0, wrong), ConfigError);
    for (const std::int64_t wrong : {-1, 3}) EXPECT_THROW(call(wrong, 0), ConfigError);
  }
  EXPECT_THROW(s.clear(3), ConfigError);
  EXPECT_THROW(s.reset(-1), ConfigError);
  for (const double wrong : {nan, inf, -inf}) {
    EXPECT_THROW(s.set_current(1, 4, wrong), ConfigError);
    EXPECT_THROW(s.set_bias(1, 4, wrong), ConfigError);
    EXPECT_THROW(s.clamp(1, 4, wrong), ConfigError);
  }
  for (std::int64_t env = 0; env < 3; ++env) {
    EXPECT_EQ(slope(sim, x, env), slope(untouched, x, env));
  }
  try {
    s.clamp(0, 20, 1);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("no such neuron: got 20, allowed 0 to 19"));
  }
}

// A double that single precision does not hold would become infinite. Mutation: checking the
// double.
TEST_F(SurgeonRules, SinglePrecisionRefusesWhatItCannotHold) {
  Simulation<float> sim({uneven_brain(20, 6, 11)}, spec(), {5}, arena_);
  EXPECT_THROW(sim.surgeon().set_current(0, 0, 1e300), ConfigError);
  EXPECT_THROW(sim.surgeon().clamp(0, 0, -1e300), ConfigError);
  sim.surgeon().set_current(0, 0, 1e30);
}

}  // namespace
}  // namespace noesis
