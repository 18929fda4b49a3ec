#include "runners/jobs/jobs.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

/// Jobs that count how often each was run.
struct CountedJobs {
  std::vector<std::atomic<int>> runs;
  std::vector<Job> jobs;

  explicit CountedJobs(int count) : runs(static_cast<std::size_t>(count)) {
    for (int k = 0; k < count; ++k) {
      const auto index = static_cast<std::size_t>(k);
      jobs.push_back({"job-" + std::to_string(k), 1.0 + k % 3, [this, index] {
                        ++runs[index];
                        return JobResult{{{"square", index * index}}, {{"kind", "none"}}};
                      }});
    }
  }
};

// Breaks when results are returned in the order of completion, or by cost.
TEST(Jobs, ResultsComeInTheirOrder) {
  const test::TempFolder folder;
  CountedJobs counted(20);
  const auto results = run_jobs(counted.jobs, folder.path(), 3, "test");
  ASSERT_TRUE(results);
  for (std::size_t k = 0; k < 20; ++k) EXPECT_EQ((*results)[k].at("square"), k * k);
  for (const auto& runs : counted.runs) EXPECT_EQ(runs, 1);
}

// Breaks when a job with a result is run again, or one without is not.
TEST(Jobs, AResultOnDiskIsNotMadeAgain) {
  const test::TempFolder folder;
  CountedJobs first(5);
  ASSERT_TRUE(run_jobs(first.jobs, folder.path(), 1, "test"));
  std::filesystem::remove(folder.path() / "job-3.json");
  CountedJobs second(5);
  const auto results = run_jobs(second.jobs, folder.path(), 1, "test");
  ASSERT_TRUE(results);
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_EQ(second.runs[k], k == 3 ? 1 : 0);
    EXPECT_EQ((*results)[k].at("square"), k * k);
  }
}

TEST(Jobs, AnInterruptionKeepsWhatIsDone) {
  const test::TempFolder folder;
  const InterruptScope scope;
  CountedJobs counted(4);
  counted.jobs[2].work = []() -> std::optional<JobResult> {
    std::raise(SIGINT);
    return JobResult{{{"square", 4}}, nullptr};
  };
  for (Job& job : counted.jobs) job.cost_s = 1;
  EXPECT_FALSE(run_jobs(counted.jobs, folder.path(), 1, "test"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "job-2.json"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "job-3.json"));
}

TEST(Jobs, AFailureComesThroughAfterOthersWereKept) {
  const test::TempFolder folder;
  CountedJobs counted(3);
  counted.jobs[1].work = []() -> std::optional<JobResult> {
    throw RunError({.what = "broke", .where = {}, .got = {}, .allowed = {}, .next = {}});
  };
  for (Job& job : counted.jobs) job.cost_s = 1;
  EXPECT_THROW(run_jobs(counted.jobs, folder.path(), 1, "test"), RunError);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "job-0.json"));
}

TEST(Jobs, ADamagedResultIsNamed) {
  const test::TempFolder folder;
  std::ofstream(folder.path() / "job-1.json") << "{\"square\": ";
  CountedJobs counted(2);
  try {
    run_jobs(counted.jobs, folder.path(), 1, "test");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("job-1.json"), std::string::npos);
  }
}

}  // namespace
}  // namespace noesis
