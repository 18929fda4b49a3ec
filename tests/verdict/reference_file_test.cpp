/// References written and read.

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "core/threads.hpp"
#include "physics/verdict/evidence.hpp"
#include "physics/verdict/verdict.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

VerdictReference small_reference() {
  const ThreadArena arena(1);
  const Subject subject = make_subject("reference-6", 1);
  const auto process = make_process(subject, arena);
  return measure_reference(subject, *process,
                           {.seed = 3,
                            .num_samples = 2000,
                            .num_states = 20,
                            .num_forks = 10,
                            .num_resamples = 20,
                            .fork = {.align = 1, .duration = 5}});
}

// Goes red when a member is left out of the file: the verdict on the same evidence is compared in
// every digit, and the second file with the first.
TEST(ReferenceFile, RoundTrip) {
  const test::TempFolder folder;
  const VerdictReference written = small_reference();
  write_reference(written, folder.path() / "a.h5");
  const VerdictReference read = read_reference(folder.path() / "a.h5");

  EXPECT_EQ(read.subject, written.subject);
  EXPECT_EQ(read.seed, written.seed);
  EXPECT_EQ(read.low, written.low);
  EXPECT_EQ(read.recording, written.recording);
  EXPECT_EQ(read.root_spectra, written.root_spectra);
  EXPECT_EQ(read.delay_counts, written.delay_counts);
  EXPECT_EQ(read.projections, written.projections);
  EXPECT_EQ(read.null_d_h, written.null_d_h);
  EXPECT_EQ(read.band_exponent, written.band_exponent);
  EXPECT_EQ(read.band_tolerance, written.band_tolerance);
  EXPECT_EQ(read.family, written.family);
  EXPECT_EQ(read.families, written.families);
  EXPECT_EQ(read.touch_responses, written.touch_responses);
  ASSERT_EQ(read.touch.touches.size(), written.touch.touches.size());
  for (std::size_t k = 0; k < read.touch.touches.size(); ++k) {
    EXPECT_EQ(read.touch.touches[k].site, written.touch.touches[k].site);
    EXPECT_EQ(read.touch.touches[k].amplitude, written.touch.touches[k].amplitude);
    EXPECT_EQ(read.touch.touches[k].units, written.touch.touches[k].units);
  }

  const ThreadArena arena(1);
  const auto process = make_process(make_subject("reference-6", 1), arena);
  const Evidence from_file = collect_evidence(*process, read, {.seed = 9});
  const Verdict a = judge(written, collect_evidence(*process, written, {.seed = 9}));
  const Verdict b = judge(read, from_file);
  ASSERT_EQ(a.criteria.size(), b.criteria.size());
  for (std::size_t k = 0; k < a.criteria.size(); ++k) {
    EXPECT_EQ(a.criteria[k].value, b.criteria[k].value) << a.criteria[k].name;
    EXPECT_EQ(a.criteria[k].high, b.criteria[k].high) << a.criteria[k].name;
    EXPECT_EQ(a.criteria[k].outcome, b.criteria[k].outcome) << a.criteria[k].name;
  }
}

TEST(ReferenceFile, WithoutAnExponent) {
  const test::TempFolder folder;
  VerdictReference reference = small_reference();
  reference.exponent.reset();
  write_reference(reference, folder.path() / "a.h5");
  EXPECT_FALSE(read_reference(folder.path() / "a.h5").exponent);
}

// Goes red when shapes are believed: reading past the end of arrays would follow.
TEST(ReferenceFile, InconsistentFilesAreRefused) {
  const test::TempFolder folder;
  const VerdictReference good = small_reference();
  const auto refused = [&](const auto& damage) {
    VerdictReference bad = good;
    damage(bad);
    write_reference(bad, folder.path() / "bad.h5");
    EXPECT_THROW(read_reference(folder.path() / "bad.h5"), ConfigError);
  };
  refused([](VerdictReference& r) { r.num_units = 7; });
  refused([](VerdictReference& r) { r.num_runs = std::int64_t{1} << 62; });
  refused([](VerdictReference& r) { r.num_samples = -1; });
  refused([](VerdictReference& r) { r.num_axes = std::int64_t{1} << 62; });
  refused([](VerdictReference& r) { r.touch.lag_samples = std::int64_t{1} << 62; });
  refused([](VerdictReference& r) { r.recording.pop_back(); });
  refused([](VerdictReference& r) { r.delay_counts.push_back(1); });
  refused([](VerdictReference& r) { r.root_spectra.pop_back(); });
  refused([](VerdictReference& r) { r.projections.pop_back(); });
  refused([](VerdictReference& r) { r.touch_responses.pop_back(); });
  refused([](VerdictReference& r) { r.touch.touches[0].site = 6; });
  refused([](VerdictReference& r) { r.family = static_cast<SpectralFamily>(9); });
  refused([](VerdictReference& r) { r.interval = 0; });
}

// Counts index tables. Goes red when those of a file are believed.
TEST(ReferenceFile, NegativeCountsAreRefused) {
  const test::TempFolder folder;
  VerdictReference bad = small_reference();
  bad.delay_counts[5] = -3;
  write_reference(bad, folder.path() / "bad.h5");
  EXPECT_THROW(read_reference(folder.path() / "bad.h5"), ConfigError);
}

TEST(ReferenceFile, OtherFilesAreRefused) {
  const test::TempFolder folder;
  EXPECT_THROW(read_reference(folder.path() / "none.h5"), ConfigError);
  Hdf5File::create(folder.path() / "other.h5").close();
  EXPECT_THROW(read_reference(folder.path() / "other.h5"), ConfigError);
}

}  // namespace
}  // namespace noesis
