/// Phase 1 as jobs: what is run, and what the records say together.

#include "runners/loop/phase1_jobs.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "runners/loop/phase1.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

DiscoverySpec small() {
  DiscoverySpec spec;
  spec.subject = "reference-14";
  spec.policies = {"passive", "random", "twin"};
  spec.estimators = {"correlation", "model_form"};
  spec.budget = 40;
  spec.num_seeds = 2;
  return spec;
}

std::vector<Json> records_of(const std::vector<Job>& jobs) {
  std::vector<Json> records;
  for (const Job& job : jobs) records.push_back(job.work()->record);
  return records;
}

// Two policies with two estimators and the twin with its own, over two seeds; a plot a setting.
TEST(Phase1Jobs, EveryPolicyWithEveryEstimator) {
  const std::vector<Job> jobs = phase1_jobs(small(), 3, 0);
  ASSERT_EQ(jobs.size(), 10u);
  EXPECT_EQ(jobs.front().id, "phase1-3-reference-14-passive-correlation-0");
  EXPECT_EQ(jobs.back().id, "phase1-3-reference-14-twin-twin-1");
  const JobResult first = *jobs[0].work(), second = *jobs[1].work();
  EXPECT_EQ(first.plot.at("scores").size(), 14u);
  EXPECT_TRUE(second.plot.is_null());
  EXPECT_NE(first.record, second.record);  // another seed
  EXPECT_EQ(first.record, jobs[0].work()->record);
}

// Means over seeds in their setting's row, and random against passive for each estimator. Goes red
// when records are given to another setting, or the difference is the other way round.
TEST(Phase1Jobs, RecordsBecomeRows) {
  const DiscoverySpec spec = small();
  const DiscoveryRows result = phase1_rows(spec, records_of(phase1_jobs(spec, 0, 0)));
  ASSERT_EQ(result.rows.size(), 5u);
  const auto mean = [&](const char* policy, const char* estimator) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      sum += run_phase1({.subject = spec.subject,
                         .policy = policy,
                         .estimator = estimator,
                         .budget = 40,
                         .seed = seed})
                 .chemical.auprc;
    }
    return sum / 2;
  };
  EXPECT_EQ(result.rows[3].at("policy"), "random");
  EXPECT_EQ(result.rows[3].at("estimator"), "model_form");
  EXPECT_NEAR(result.rows[3].at("auprc").at(0).get<double>(), mean("random", "model_form"), 1e-12);
  EXPECT_EQ(result.rows[3].at("knows_equations"), true);
  EXPECT_EQ(result.rows[4].at("policy"), "twin");
  EXPECT_EQ(result.rows[4].at("interventions").at(0), 20);
  ASSERT_EQ(result.paired.size(), 2u);
  EXPECT_EQ(result.paired[0].at("policy"), "random");
  EXPECT_EQ(result.paired[0].at("against"), "passive");
  EXPECT_NEAR(result.paired[0].at("difference").at(0).get<double>(),
              mean("random", "correlation") - mean("passive", "correlation"), 1e-12);
}

// All pairs are edges: no AUROC, which stays null through a record and back.
TEST(Phase1Jobs, AFigureWithoutMeaningIsNull) {
  DiscoverySpec spec = small();
  spec.subject = "reference-5";
  spec.policies = {"passive"};
  spec.estimators = {"correlation"};
  const DiscoveryRows result = phase1_rows(spec, records_of(phase1_jobs(spec, 0, 0)));
  EXPECT_TRUE(result.rows[0].at("auroc").is_null());
  EXPECT_EQ(result.rows[0].at("auprc").at(0), 1);
}

// Before anything is run. Goes red when names are first looked up by a job.
TEST(Phase1Jobs, RefuseUnknownNames) {
  DiscoverySpec spec = small();
  spec.policies = {"activ"};
  EXPECT_THROW(phase1_jobs(spec, 0, 0), ConfigError);
  spec = small();
  spec.estimators = {"grangr"};
  EXPECT_THROW(phase1_jobs(spec, 0, 0), ConfigError);
  spec = small();
  spec.subject = "reference-1";
  EXPECT_THROW(phase1_jobs(spec, 0, 0), ConfigError);
  EXPECT_THROW(run_phase1({.policy = "passive", .estimator = "twin", .budget = 10}), ConfigError);
  EXPECT_THROW(run_phase1({.subject = "lorenz63"}), ConfigError);
}

}  // namespace
}  // namespace noesis
