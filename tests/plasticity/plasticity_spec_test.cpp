// Goes red when a parameter that a rule refuses is let in with the configuration, to be found in
// the run.

#include "physics/plasticity/plasticity_spec.hpp"

#include <gmock/gmock.h>

#include "physics/simulation.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;
using testing::HasSubstr;

struct Case {
  const char* rule;
  const char* setting;
  const char* refused;  ///< key below plasticity.<rule>
};

class PlasticitySpecTest : public testing::TestWithParam<Case> {
 protected:
  std::string key() const { return std::string("plasticity.") + GetParam().rule; }
  BrainSpec read(const std::string& setting) const {
    const std::vector<std::string> overrides = {
        std::string("plasticity.rules=[\"") + GetParam().rule + "\"]", setting};
    return parse_config<BrainSpec>("", "brain.toml", overrides);
  }
};

TEST_P(PlasticitySpecTest, IsRefusedWithTheConfiguration) {
  EXPECT_THAT(error_of([&] { read(key() + "." + GetParam().setting); }),
              HasSubstr(key() + "." + GetParam().refused + " is not allowed: got "));
  EXPECT_NO_THROW(read("plasticity.interval_ms=1"));
}

INSTANTIATE_TEST_SUITE_P(All, PlasticitySpecTest,
                         testing::Values(Case{"arousal", "high=0.1", "high"},
                                         Case{"decay", "spared_fraction=1", "spared_fraction"},
                                         Case{"decay", "interval_ms=0.01", "interval_ms"},
                                         Case{"hebbian", "decay=1", "decay"},
                                         Case{"intrinsic", "learning_rate=0.2", "learning_rate"},
                                         Case{"intrinsic", "mean=0", "mean"},
                                         Case{"intrinsic", "max_gain=1e7", "max_gain"},
                                         Case{"neurogenesis", "mean_weight=1e7", "mean_weight"},
                                         Case{"oja", "learning_rate=0", "learning_rate"},
                                         Case{"sleep", "upper=1", "upper"},
                                         Case{"sleep", "lower=0", "lower"},
                                         Case{"sleep", "upper=0.1", "lower"},
                                         Case{"structural", "least_calcium=1", "target_calcium"},
                                         Case{"structural", "weight=0", "weight"}));

TEST(BrainSpec, InitialStatesBeginBelowTheirEnd) {
  const std::vector<std::string> overrides = {"initial.low=0.5"};
  EXPECT_THAT(error_of([&] { parse_config<BrainSpec>("", "brain.toml", overrides); }),
              HasSubstr("initial.high is not allowed: got 0.2, allowed at least low"));
}

}  // namespace
}  // namespace noesis
