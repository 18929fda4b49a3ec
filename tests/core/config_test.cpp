#include "core/config.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/error.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Stimulus {
  double start_ms = 1;
  std::vector<double> amplitude = {1, 2.5};
  bool operator==(const Stimulus&) const = default;
  template <class V>
  void visit(V& v) {
    v("start_ms", start_ms, "when the current begins [ms]", at_least(0));
    v("amplitude", amplitude, "current at each site [pA]");
  }
};

struct Integrator {
  std::string name = "rk4";
  double dt_ms = 0.1;
  int substeps = 1;
  bool operator==(const Integrator&) const = default;
  template <class V>
  void visit(V& v) {
    v("name", name, "scheme", one_of({"euler", "heun", "rk4"}));
    v("dt_ms", dt_ms, "step [ms]", greater_than(0));
    v("substeps", substeps, "steps in a step", between(1, 100));
  }
};

struct Simulation {
  Integrator integrator;
  std::string convention = "a";
  double tau_ms = 10;
  bool record = true;
  std::int64_t seed = 0;
  std::vector<std::int64_t> sites;
  std::vector<std::string> labels = {"left", "right"};
  std::vector<Stimulus> stimulus = {Stimulus{}};
  bool operator==(const Simulation&) const = default;
  template <class V>
  void visit(V& v) {
    v.section("integrator", integrator);
    v("convention", convention, "whose constants are used", one_of({"a", "b"}));
    if (v.reading() && convention == "b") tau_ms = 8;
    v("tau_ms", tau_ms, "time constant [ms]", greater_than(0));
    v("record", record, "keep the rates");
    v("seed", seed, "seed of all random numbers", at_least(0));
    v("sites", sites, "electrodes", at_least(0));
    v("labels", labels, "names");
    v.list("stimulus", stimulus, "currents that are applied");
  }
};

struct NeedsPath {
  double gain = std::numeric_limits<double>::quiet_NaN();
  template <class V>
  void visit(V& v) {
    v("gain", gain, "coupling");
  }
};

Simulation parse(const std::string& text, std::vector<std::string> overrides = {}) {
  return parse_config<Simulation>(text, "sim.toml", overrides);
}

std::string parse_error(const std::string& text, std::vector<std::string> overrides = {}) {
  return error_of([&] { parse(text, overrides); });
}

TEST(Config, EmptyTextGivesTheDefaults) { EXPECT_EQ(parse(""), Simulation{}); }

TEST(Config, ReadsEveryType) {
  // Red when any convert() drops its value.
  const auto config = parse(R"(
    seed = 9007199254740993
    tau_ms = 3            # an integer for a number
    record = false
    sites = [1, 2]
    labels = []
    [integrator]
    name = "heun"
    dt_ms = 1e-3
    substeps = 7
    [[stimulus]]
    start_ms = 2.5
    [[stimulus]]
    amplitude = [1, 0.5]
  )");
  EXPECT_EQ(config.seed, 9007199254740993);
  EXPECT_EQ(config.tau_ms, 3.0);
  EXPECT_FALSE(config.record);
  EXPECT_EQ(config.sites, (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(config.labels.empty());
  EXPECT_EQ(config.integrator, (Integrator{"heun", 1e-3, 7}));
  ASSERT_EQ(config.stimulus.size(), 2u);
  EXPECT_EQ(config.stimulus[0], (Stimulus{2.5, {1, 2.5}}));
  EXPECT_EQ(config.stimulus[1], (Stimulus{1, {1, 0.5}}));
}

TEST(Config, AnEarlierKeyMayChangeLaterDefaults) {
  EXPECT_EQ(parse("convention = \"b\"").tau_ms, 8);
  EXPECT_EQ(parse("convention = \"b\"\ntau_ms = 9").tau_ms, 9);
  // Red when the writer says that it is reading.
  EXPECT_THAT(config_to_toml(parse("convention = \"b\"\ntau_ms = 9")), HasSubstr("tau_ms = 9.0\n"));
}

TEST(Config, OverridesWinAndTakeBareWords) {
  const auto config = parse("tau_ms = 3\n[[stimulus]]\nstart_ms = 1",
                            {"tau_ms=4", "integrator.name=euler", "labels=[\"x=y\"]",
                             "stimulus.0.start_ms=5", "stimulus.1.amplitude=[7]"});
  EXPECT_EQ(config.tau_ms, 4);
  EXPECT_EQ(config.integrator.name, "euler");
  EXPECT_EQ(config.labels, std::vector<std::string>{"x=y"});
  ASSERT_EQ(config.stimulus.size(), 2u);
  EXPECT_EQ(config.stimulus[0].start_ms, 5);
  EXPECT_EQ(config.stimulus[1].amplitude, std::vector<double>{7});
  EXPECT_EQ(parse("", {"stimulus.0.start_ms=5"}).stimulus[0].start_ms, 5);
}

TEST(Config, UnknownKeysNameLineNearestAndValidKeys) {
  EXPECT_EQ(parse_error("\n[integrator]\nd_tms = 1"),
            "sim.toml:3: unknown key 'integrator.d_tms': allowed name, dt_ms, substeps; "
            "did you mean 'dt_ms'?");
  EXPECT_THAT(parse_error("[integratr]\nname = \"rk4\""),
              AllOf(StartsWith("sim.toml:1: "), HasSubstr("did you mean 'integrator'?")));
  EXPECT_THAT(
      parse_error("[[stimulus]]\n[[stimulus]]\nstart = 1"),
      AllOf(StartsWith("sim.toml:3: unknown key 'stimulus.1.start'"), Not(HasSubstr("labels"))));
  EXPECT_THAT(parse_error("zzzzzzzzzz = 1"), Not(HasSubstr("did you mean")));
}

TEST(Config, WrongTypesNameLineValueAndType) {
  EXPECT_EQ(parse_error("seed = \"x\""),
            "sim.toml:1: seed has the wrong type: got 'x' (string), allowed integer");
  EXPECT_THAT(parse_error("seed = 1.5"), HasSubstr("got 1.5 (floating-point), allowed integer"));
  EXPECT_THAT(parse_error("record = 1"), HasSubstr("allowed true or false"));
  EXPECT_THAT(parse_error("labels = [1]"), HasSubstr("allowed list of strings"));
  EXPECT_THAT(parse_error("sites = 3"), HasSubstr("allowed list of integers"));
  EXPECT_THAT(parse_error("integrator = 3"), HasSubstr("allowed a table"));
  EXPECT_THAT(parse_error("stimulus = [1]"), HasSubstr("allowed a list of tables"));
  EXPECT_THAT(parse_error("[seed]\na = 1"), HasSubstr("got a table, allowed integer"));
  EXPECT_THAT(parse_error("[integrator]\nsubsteps = 4294967297"),
              HasSubstr("does not fit 32 bits"));
}

TEST(Config, ConstraintsHoldAtTheirEdges) {
  EXPECT_EQ(parse_error("\ntau_ms = 0"),
            "sim.toml:2: tau_ms is not allowed: got 0.0, allowed greater than 0");
  EXPECT_EQ(parse("seed = 0").seed, 0);
  EXPECT_THAT(parse_error("seed = -1"), HasSubstr("got -1, allowed at least 0"));
  EXPECT_EQ(parse("[integrator]\nsubsteps = 100").integrator.substeps, 100);
  EXPECT_THAT(parse_error("[integrator]\nsubsteps = 101"), HasSubstr("allowed 1 to 100"));
  EXPECT_THAT(parse_error("sites = [3, -2]"), HasSubstr("sites[1] is not allowed: got -2"));
  EXPECT_THAT(parse_error("[integrator]\nname = \"rk5\""),
              HasSubstr("got \"rk5\", allowed one of: euler, heun, rk4"));
  EXPECT_THAT(parse_error("tau_ms = nan"), HasSubstr("got nan"));
  EXPECT_THAT(parse_error("tau_ms = inf"), HasSubstr("got inf"));
  EXPECT_THAT(
      parse_error("[[stimulus]]\namplitude = [0, -inf]"),
      HasSubstr("stimulus.0.amplitude[1] is not allowed: got -inf, allowed a finite number"));
}

struct Band {
  double low = 1, high = 2, share = 0.5;
  template <class V>
  void visit(V& v) {
    v("low", low, "lower end", at_least(0));
    v("high", high, "upper end", between(0, 10).without_high());
    v.require(low < high, "high", high, "greater than low");
    v("share", share, "part", between(0, 1).without_low().without_high());
  }
};

struct Filter {
  Band band;
  template <class V>
  void visit(V& v) {
    v.section("band", band);
  }
};

TEST(Config, EndsMayBeLeftOutAndKeysMayDependOnEachOther) {
  const auto error = [](const std::string& text, std::vector<std::string> overrides = {}) {
    return error_of([&] { parse_config<Filter>(text, "f.toml", overrides); });
  };
  EXPECT_EQ(parse_config<Filter>("band = {low = 3, high = 9.5}", "f.toml").band.high, 9.5);
  EXPECT_THAT(error("[band]\nhigh = 10"),
              HasSubstr("got 10.0, allowed at least 0 and less than 10"));
  EXPECT_THAT(error("[band]\nshare = 0"), HasSubstr("greater than 0 and less than 1"));
  EXPECT_THAT(error("[band]\nshare = 1"), HasSubstr("got 1.0"));
  EXPECT_EQ(between(0, 1).without_low().text(), "greater than 0 and at most 1");
  EXPECT_EQ(error("[band]\nlow = 1\nhigh = 1"),
            "f.toml:3: band.high is not allowed: got 1.0, allowed greater than low");
  EXPECT_THAT(error("", {"band.high=0.5"}),
              StartsWith("--set band.high: band.high is not allowed"));
  EXPECT_THAT(error("", {"band.low=4"}), HasSubstr("band.high is not allowed: got 2.0"));
  const Filter wrong{.band = {.low = 5}};  // what only writes does not mind
  EXPECT_THAT(config_to_toml(wrong), HasSubstr("low = 5.0"));
}

TEST(Config, OverrideErrorsNameTheOverride) {
  EXPECT_THAT(parse_error("tau_ms = 1", {"tau_ms=-4"}), StartsWith("--set tau_ms: "));
  EXPECT_THAT(parse_error("", {"integrator.dtms=1"}),
              AllOf(StartsWith("--set integrator.dtms: unknown key"), HasSubstr("dt_ms")));
  EXPECT_THAT(parse_error("", {"integratr.dt_ms=1"}), StartsWith("--set integratr.dt_ms: unknown"));
  EXPECT_THAT(parse_error("", {"stimulus=[{start_ms=-1}]"}), StartsWith("--set stimulus: "));
  EXPECT_THAT(parse_error("", {"seed"}), HasSubstr("allowed key=value"));
  EXPECT_THAT(parse_error("", {"a..b=1"}), HasSubstr("allowed key=value"));
  EXPECT_THAT(parse_error("", {"=1"}), HasSubstr("allowed key=value"));
  EXPECT_THAT(parse_error("seed = 1", {"seed.a=1"}), StartsWith("--set seed.a: "));
  EXPECT_THAT(parse_error("", {"stimulus.3.start_ms=1"}), HasSubstr("got '3', allowed 0 to 0"));
  EXPECT_THAT(parse_error("", {"stimulus.x.start_ms=1"}), StartsWith("--set stimulus.x.start_ms"));
  EXPECT_THAT(parse_error("", {"seed=[1"}), HasSubstr("got '[1' (string), allowed integer"));
  EXPECT_THAT(parse_error("", {"seed=1\nrecord=2"}), HasSubstr("(string), allowed integer"));
}

TEST(Config, SyntaxErrorsNameLineAndColumn) {
  EXPECT_THAT(parse_error("seed = 1\ntau_ms = = 2"), StartsWith("sim.toml:2:10: not valid TOML"));
  EXPECT_THAT(parse_error("seed = 1\nseed = 2"), StartsWith("sim.toml:2:"));
}

TEST(Config, MissingFilesAndFoldersAreClear) {
  EXPECT_EQ(error_of([] { load_config<Simulation>("/nonexistent/a.toml"); }),
            "/nonexistent/a.toml: there is no such configuration file; check the path");
  EXPECT_THAT(error_of([] { load_config<Simulation>("/tmp"); }), HasSubstr("a folder was given"));
}

TEST(Config, ReadsAFile) {
  const auto file = std::filesystem::temp_directory_path() / "noesis_config_test.toml";
  std::ofstream(file) << "seed = 12\n";
  EXPECT_EQ(load_config<Simulation>(file).seed, 12);
  const std::vector<std::string> overrides = {"seed=13"};
  EXPECT_EQ(load_config<Simulation>(file, overrides).seed, 13);
  std::ofstream(file) << "sed = 12\n";
  EXPECT_THAT(error_of([&] { load_config<Simulation>(file); }), StartsWith(file.string() + ":1: "));
  std::filesystem::remove(file);
}

TEST(Config, ADefaultThatBreaksItsConstraintMakesTheKeyRequired) {
  EXPECT_EQ(error_of([] { parse_config<NeedsPath>("", "x.toml"); }),
            "x.toml: the key gain is missing: coupling; give it in the file or by --set gain=...");
  // A misspelt key explains the missing one.
  EXPECT_THAT(error_of([] { parse_config<NeedsPath>("gian = 1", "x.toml"); }),
              HasSubstr("did you mean 'gain'?"));
  EXPECT_EQ(parse_config<NeedsPath>("gain = 2", "x.toml").gain, 2);
  EXPECT_EQ(describe_config<NeedsPath>()[0].default_value, "required");
}

TEST(Config, DescribesEveryKey) {
  const auto keys = describe_config<Simulation>();
  ASSERT_EQ(keys.size(), 12u);
  EXPECT_EQ(keys[1].key, "integrator.dt_ms");
  EXPECT_EQ(keys[1].type, "number");
  EXPECT_EQ(keys[1].default_value, "0.1");
  EXPECT_EQ(keys[1].doc, "step [ms]");
  EXPECT_EQ(keys[1].constraint, "greater than 0");
  EXPECT_EQ(keys[9].type, "list of tables");
  EXPECT_EQ(keys[10].key, "stimulus[].start_ms");
}

TEST(Config, DigestFollowsValuesOnly) {
  EXPECT_EQ(config_digest(parse("seed = 1\ntau_ms = 2")),
            config_digest(parse("tau_ms = 2\nseed = 1")));
  EXPECT_NE(config_digest(parse("seed = 1")), config_digest(parse("seed = 2")));
  EXPECT_EQ(config_digest(Simulation{}).size(), 32u);
}

TEST(Config, EmptyListsStayEmpty) {
  // Red when the writer leaves out `stimulus = []`: the default has one item.
  Simulation config;
  config.stimulus.clear();
  EXPECT_EQ(parse(config_to_toml(config)), config);
}

double finite_double() {
  const double value = std::bit_cast<double>(*rc::gen::arbitrary<std::uint64_t>());
  return std::isfinite(value) ? value
                              : *rc::gen::element(0.0, -0.0, 5e-324, 1.7976931348623157e308);
}

TEST(ConfigProperty, WhatIsWrittenReadsBackBitForBit) {
  // Red with fixed precision ("%.16g") in the writer, or without escapes in strings.
  EXPECT_TRUE(rc::check([] {
    Simulation config;
    config.seed = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
    config.tau_ms = std::max(std::fabs(finite_double()), 5e-324);
    config.record = *rc::gen::arbitrary<bool>();
    config.labels = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)));
    config.sites =
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 1 << 30));
    config.integrator.name = *rc::gen::element<std::string>("euler", "heun");
    config.stimulus.resize(*rc::gen::inRange<std::size_t>(0, 4));
    for (Stimulus& stimulus : config.stimulus) {
      stimulus.start_ms = std::fabs(finite_double());
      stimulus.amplitude = {finite_double(), finite_double()};
    }
    const std::string text = config_to_toml(config);
    const Simulation back = parse_config<Simulation>(text, "x.toml");
    RC_ASSERT(back == config);
    RC_ASSERT(config_to_toml(back) == text);  // tells -0.0 from 0.0
  }));
}

TEST(ConfigProperty, NoTextCrashesTheReader) {
  EXPECT_TRUE(rc::check([](const std::string& noise) {
    std::string text = config_to_toml(Simulation{});
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.insert(at, noise);
    try {
      parse(text);
    } catch (const ConfigError& error) {
      RC_ASSERT(std::string(error.what()).starts_with("sim.toml"));
    }
    try {
      parse("", {noise});
    } catch (const ConfigError& error) {
      RC_ASSERT(std::string(error.what()).starts_with("--set"));
    }
  }));
}

}  // namespace
}  // namespace noesis
