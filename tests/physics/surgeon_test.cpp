// Each intervention is exactly the change of the equation that it is documented to be: trajectories
// are compared, bit for bit where the sums have the same order, with brains that were built that
// way.

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
using testing::uneven_brain;
using Values = std::vector<double>;

constexpr std::int64_t kNeurons = 20;
constexpr std::int32_t kPatient = 6;  // has synapses both ways and gap junctions
constexpr double kEnd = 4;            // of tau

struct Case {
  const char* model;
  const char* activation;
  const char* integrator;
};
// Of a logistic neuron at rest the output is 1/2, so that silence and lesion differ from x = 0.
class Surgery : public ::testing::TestWithParam<Case> {
 protected:
  BrainSpec spec() const {
    BrainSpec spec = testing::wilson_cowan_spec(1.5);
    spec.model.name = GetParam().model;
    spec.model.wilson_cowan.gap_coupling = 0.5;
    spec.model.rate = {
        .tau_ms = 1, .activation = GetParam().activation, .coupling = 2, .gap_coupling = 0.5};
    spec.integrator.name = GetParam().integrator;
    return spec;
  }
};
INSTANTIATE_TEST_SUITE_P(Models, Surgery,
                         ::testing::Values(Case{"wilson_cowan", "tanh", "rk4"},
                                           Case{"wilson_cowan", "tanh", "dopri5"},
                                           Case{"rate", "logistic", "rk4"},
                                           Case{"rate", "logistic", "dopri5"},
                                           Case{"rate", "tanh", "euler"}),
                         [](const auto& parameter) {
                           return std::string(parameter.param.model) + "_" +
                                  parameter.param.activation + "_" + parameter.param.integrator;
                         });

ConnectomePtr brain() { return uneven_brain(kNeurons, 6, 11); }

/// The brain with the edges that `keep` refuses removed, or their weights set to 0.
enum class Cut { kRemoved, kZeroWeight };
ConnectomePtr without(Cut cut, bool gaps, const std::function<bool(const Synapse&)>& refuses) {
  std::vector<Synapse> edges, junctions;
  for (Synapse edge : brain()->edges()) {
    if (refuses(edge) && cut == Cut::kRemoved) continue;
    if (refuses(edge)) edge.weight = 0;
    edges.push_back(edge);
  }
  for (Synapse edge : brain()->gap_edges()) {
    const bool refused = gaps && (edge.source == kPatient || edge.target == kPatient);
    if (refused && cut == Cut::kRemoved) continue;
    if (refused) edge.weight = 0;
    junctions.push_back(edge);
  }
  return std::make_shared<Connectome>(kNeurons, edges, junctions);
}
bool from_patient(const Synapse& edge) { return edge.source == kPatient; }
bool to_patient(const Synapse& edge) { return edge.target == kPatient; }

using Operation = std::function<void(Surgeon<double>&)>;
const Operation kNothing = [](Surgeon<double>&) {};

/// State at kEnd, with the operation at time 0 and the looks on the way that `look` wants.
Values run(const ConnectomePtr& subject, const BrainSpec& spec, const Operation& operate,
           const std::function<void(const State<double>&)>& look = {}) {
  const ThreadArena arena(1);
  Simulation<double> sim({subject}, spec, {5}, arena);
  operate(sim.surgeon());
  for (int k = 1; k <= 8; ++k) {
    sim.advance_to(kEnd * k / 8, kEnd);
    if (look) look(sim.state());
  }
  return column(sim.state(), 0);
}

double distance(const Values& a, const Values& b) {
  double norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) norm = std::max(norm, std::abs(a[i] - b[i]));
  return norm;
}

// Mutations: the current added twice, added up over calls, or kept out of one model.
TEST_P(Surgery, CurrentIsAChangedDrive) {
  BrainSpec driven = spec();
  driven.drive = {.mean = 1.25};
  const Values current = run(brain(), driven, [](Surgeon<double>& surgeon) {
    for (std::int64_t i = 0; i < kNeurons; ++i) surgeon.set_current(0, i, 7.0);
    for (std::int64_t i = 0; i < kNeurons; ++i) surgeon.set_current(0, i, 0.5);
  });
  const Values untouched = run(brain(), driven, kNothing);
  driven.drive.mean = 1.75;
  EXPECT_EQ(current, run(brain(), driven, kNothing));
  EXPECT_GT(distance(current, untouched), 1e-3);
  const Values one = run(brain(), spec(), [](auto& s) { s.set_current(0, kPatient, 0.25); });
  const Values bias =
      run(brain(), spec(), [](auto& s) { s.set_bias(0, kPatient, s.bias(0, kPatient) + 0.25); });
  EXPECT_EQ(one, bias);
}

// Mutations: muting the input in place of the output, leaving one side of a gap junction closed,
// freezing the silenced neuron.
TEST_P(Surgery, SilenceIsABrainWithoutItsSynapses) {
  const Values silenced = run(brain(), spec(), [](auto& s) { s.silence(0, kPatient); });
  EXPECT_EQ(silenced, run(without(Cut::kZeroWeight, true, from_patient), spec(), kNothing));
  EXPECT_LT(distance(silenced, run(without(Cut::kRemoved, true, from_patient), spec(), kNothing)),
            1e-12);
  EXPECT_GT(distance(silenced, run(brain(), spec(), kNothing)), 1e-3);
  const Values released = run(brain(), spec(), [](auto& s) {
    s.silence(0, kPatient);
    s.silence(0, kPatient, false);
  });
  EXPECT_EQ(released, run(brain(), spec(), kNothing));
}

// Mutations: no pin before the step, the level kept out of the output, moves applied to
// component 1.
TEST_P(Surgery, ClampHoldsExactlyItsLevel) {
  const double level = 0.3;
  Values before;
  run(
      brain(), spec(), [&](auto& s) { s.clamp(0, kPatient, level); },
      [&](const State<double>& x) {
        EXPECT_EQ(x.at(0, 0, kPatient), level);
        if (x.shape().num_components == 2) before.push_back(x.at(0, 1, kPatient));
      });
  for (std::size_t k = 1; k < before.size(); ++k)
    EXPECT_NE(before[k], before[k - 1]) << "I goes on";
}

// A neuron without inputs, at rest at the level: x' = -v + v = 0. The others cannot tell the two.
// Wilson-Cowan has no such neuron; TheEquationUnderAClamp covers it.
TEST_P(Surgery, TheOthersFeelTheClampedLevel) {
  if (spec().model.name != "rate") return;
  const double level = 0.3;
  const ConnectomePtr no_junctions =
      without(Cut::kRemoved, true, [](const Synapse&) { return false; });
  const Values clamped = run(no_junctions, spec(), [&](auto& s) { s.clamp(0, kPatient, level); });

  const ThreadArena arena(1);
  Simulation<double> sim({without(Cut::kRemoved, true, to_patient)}, spec(), {5}, arena);
  State<double> x = sim.state();
  x.at(0, 0, kPatient) = level;
  sim.set_state(x);
  sim.surgeon().set_bias(0, kPatient, level);
  sim.advance_to(kEnd, kEnd);
  EXPECT_EQ(column(sim.state(), 0), clamped);
  EXPECT_GT(distance(clamped, run(no_junctions, spec(), kNothing)), 1e-3);
}

// Right-hand sides at one state: untouched but for the component that is held. Mutations: holding I
// too, or not E, or a neighbour.
TEST_P(Surgery, TheEquationUnderAClamp) {
  const ThreadArena arena(1);
  Simulation<double> clamped({brain()}, spec(), {5}, arena), free({brain()}, spec(), {5}, arena);
  clamped.surgeon().clamp(0, kPatient, 0.3);
  State<double> x = free.state(), held(x.shape()), moving(x.shape());
  std::as_const(clamped).surgeon().pin(x);
  EXPECT_EQ(x.at(0, 0, kPatient), 0.3);
  clamped.system().derivative(x, held);
  free.system().derivative(x, moving);
  EXPECT_NE(moving.at(0, 0, kPatient), 0);
  moving.at(0, 0, kPatient) = 0;
  EXPECT_EQ(column(held, 0), column(moving, 0));
}

/// The brain with the patient cut out: ids above it move down by one.
std::int32_t moved(std::int32_t id) { return id > kPatient ? id - 1 : id; }
ConnectomePtr cut_out() {
  std::vector<Synapse> edges, junctions;
  for (const auto& [from, to] :
       {std::pair{brain()->edges(), &edges}, {brain()->gap_edges(), &junctions}}) {
    for (const Synapse& e : from) {
      if (e.source == kPatient || e.target == kPatient) continue;
      to->push_back({moved(e.source), moved(e.target), e.weight});
    }
  }
  return std::make_shared<Connectome>(kNeurons - 1, edges, junctions);
}

// Mutations: a lesion that still transmits output(0) (1/2 here), or that only clamps E.
TEST_P(Surgery, LesionIsABrainWithoutTheNeuron) {
  const Values lesioned = run(
      brain(), spec(), [](auto& s) { s.lesion(0, kPatient); },
      [](const State<double>& x) {
        for (int c = 0; c < x.shape().num_components; ++c) EXPECT_EQ(x.at(0, c, kPatient), 0);
      });

  const ThreadArena arena(1);
  Simulation<double> whole({brain()}, spec(), {5}, arena), cut({cut_out()}, spec(), {5}, arena);
  State<double> x = cut.state();
  for (std::int32_t i = 0; i < kNeurons; ++i) {
    if (i == kPatient) continue;
    cut.surgeon().set_bias(0, moved(i), whole.surgeon().bias(0, i));
    for (int c = 0; c < x.shape().num_components; ++c) {
      x.at(0, c, moved(i)) = whole.state().at(0, c, i);
    }
  }
  cut.set_state(x);
  cut.advance_to(kEnd, kEnd);
  Values expected = column(cut.state(), 0);
  for (int c = 0; c < x.shape().num_components; ++c) {
    expected.insert(expected.begin() + c * kNeurons + kPatient, 0.0);
  }
  EXPECT_LT(distance(lesioned, expected), 1e-12);
  EXPECT_GT(distance(lesioned, run(brain(), spec(), [](auto& s) { s.silence(0, kPatient); })),
            1e-2);
}

// In the midst of a run: a change acts from that time on, not before. Mutation (dopri5): going on
// with the step that was under way.
TEST_P(Surgery, AChangeActsFromThePresentTimeOn) {
  const ThreadArena arena(1);
  Simulation<double> sim({brain()}, spec(), {5}, arena), fresh({brain()}, spec(), {5}, arena);
  sim.advance_to(1.0, 1.0);
  const State<double> there = sim.state();
  sim.surgeon().set_current(0, kPatient, 0.5);
  EXPECT_EQ(column(sim.state(), 0), column(there, 0));
  sim.advance_to(2.0, 2.0);
  fresh.set_state(there);
  fresh.surgeon().set_current(0, kPatient, 0.5);
  fresh.advance_to(1.0, 1.0);
  // Autonomous, so only the remembered step size of dopri5 may differ.
  EXPECT_LT(distance(column(sim.state(), 0), column(fresh.state(), 0)),
            spec().integrator.adaptive() ? 1e-5 : 1e-15);
}

}  // namespace
}  // namespace noesis
