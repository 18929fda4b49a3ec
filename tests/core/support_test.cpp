#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <numeric>
#include <thread>

#include "core/aligned.hpp"
#include "core/atomic_file.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/huge_pages.hpp"
#include "core/interrupt.hpp"
#include "core/names.hpp"
#include "core/progress.hpp"
#include "core/registry.hpp"
#include "core/threads.hpp"
#include "core/version.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::read_bytes;
using test::TempFolder;
using test::write_bytes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Error, FormatsTheGivenParts) {
  EXPECT_EQ(format_error({.what = "w", .where = "a:1", .got = "g", .allowed = "x", .next = "do"}),
            "a:1: w: got g, allowed x; do");
  EXPECT_EQ(format_error({.what = "w", .where = {}, .got = {}, .allowed = "x", .next = {}}),
            "w: allowed x");
  EXPECT_EQ(
      ConfigError({.what = "w", .where = {}, .got = {}, .allowed = {}, .next = {}}).exit_code(), 2);
  EXPECT_EQ(RunError({.what = "w", .where = {}, .got = {}, .allowed = {}, .next = {}}).exit_code(),
            1);
}

TEST(Names, EditDistanceCountsEdits) {
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("dt_ms", "d_tms"), 1);  // red without swaps of neighbours
}

TEST(NamesProperty, EditDistanceIsSymmetricAndBounded) {
  EXPECT_TRUE(rc::check([](const std::string& a, const std::string& b) {
    const int distance = edit_distance(a, b);
    RC_ASSERT(distance == edit_distance(b, a));
    RC_ASSERT(distance <= static_cast<int>(std::max(a.size(), b.size())));
    RC_ASSERT((distance == 0) == (a == b));
  }));
}

TEST(Names, NearestIsNearOrNone) {
  const std::vector<std::string> names = {"euler", "heun", "rk4"};
  EXPECT_EQ(nearest_name("hun", names), "heun");
  EXPECT_EQ(nearest_name("eulre", names), "euler");
  EXPECT_EQ(nearest_name("dopri5", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("xy", std::vector<std::string>{"ab"}), "");
}

TEST(Registry, RefusesDuplicatesAndListsNames) {
  Registry<int> registry("integrator");
  registry.add("rk4", 4);
  registry.add("heun", 2);
  EXPECT_EQ(registry.get("rk4"), 4);
  EXPECT_TRUE(registry.contains("heun"));
  EXPECT_THAT(registry.names(), ElementsAre("heun", "rk4"));
  EXPECT_THROW(registry.add("rk4", 5), InternalError);
  EXPECT_EQ(registry.get("rk4"), 4);
  try {
    registry.get("rk5");
    FAIL() << "an unknown name was found";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "unknown integrator: got 'rk5', allowed heun, rk4; did you mean 'rk4'?");
  }
}

TEST(Digest, MatchesTheReferenceAndTheWayItIsFed) {
  // XXH3_128bits of nothing, from the xxHash specification.
  EXPECT_EQ(digest_text(""), "99aa06d3014798d86001c324468d497f");
  const TempFolder folder;
  const std::string text(3'000'000, 'x');
  Digest digest;
  digest.update(text.substr(0, 1));
  digest.update(text.substr(1));
  write_bytes(folder / "a", text);
  EXPECT_EQ(digest.hex(), digest_text(text));
  EXPECT_EQ(digest_file(folder / "a").hex, digest_text(text));
  EXPECT_EQ(digest_file(folder / "a").size, text.size());
  EXPECT_NE(digest_text("a"), digest_text("b"));
  EXPECT_THROW(digest_file(folder / "none"), RunError);
}

TEST(AtomicFile, AppearsWholeOrNotAtAll) {
  const TempFolder folder;
  write_file_atomically(folder / "a", "one");
  {
    const AtomicFile file(folder / "a");
    write_bytes(file.temporary(), "tw");
    EXPECT_EQ(read_bytes(folder / "a"), "one");
  }
  EXPECT_EQ(read_bytes(folder / "a"), "one");
  EXPECT_EQ(folder.count(), 1);  // red when the temporary stays
  write_file_atomically(folder / "a", "two");
  EXPECT_EQ(read_bytes(folder / "a"), "two");
}

TEST(AtomicFile, ErrorsNameTheFile) {
  const TempFolder folder;
  const auto error_of = [](const std::filesystem::path& file) -> std::string {
    try {
      write_file_atomically(file, "x");
    } catch (const RunError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of("/nonexistent/a"),
            "/nonexistent/a: cannot write a file here: No such file or directory");
  EXPECT_THAT(error_of(folder.path()), HasSubstr("Is a directory"));
  write_bytes(folder / "file", "x");
  EXPECT_THAT(error_of(folder / "file/a"), HasSubstr("Not a directory"));
}

TEST(Progress, TextHasRateAndTimeLeft) {
  EXPECT_EQ(progress_text("train", "steps", 4, 10, 2), "train  40%  4/10 steps  2/s  3 s left");
  EXPECT_EQ(progress_text("a", "envs", 1000, 0, 4), "a  1000 envs  250/s");
  EXPECT_THAT(progress_text("a", "s", 1, 4000, 1), HasSubstr("1 h 6 min left"));
  EXPECT_THAT(progress_text("a", "s", 5, 4, 1), HasSubstr("100%"));
}

class ProgressTest : public testing::Test {
 protected:
  /// What is shown for work of `seconds` in a hundred parts.
  std::string shown(double seconds, bool terminal) {
    const TempFolder folder;
    std::FILE* file = std::fopen((folder / "out").c_str(), "w");
    double now = 100;
    {
      Progress progress("work", 100, "steps",
                        {.stream = file,
                         .is_terminal = [&] { return terminal; },
                         .now_s = [&] { return now; },
                         .note = [&] { return note; }});
      for (int i = 0; i < 100; ++i) {
        now += seconds / 100;
        progress.advance();
      }
    }
    std::fclose(file);
    return read_bytes(folder / "out");
  }
  std::string note = "and more";
};

TEST_F(ProgressTest, ShortWorkShowsNothing) {
  EXPECT_EQ(shown(1.9, true), "");
  EXPECT_EQ(shown(1.9, false), "");
}

TEST_F(ProgressTest, ABarOnATerminalAndFewLinesElsewhere) {
  const std::string bar = shown(20, true);
  EXPECT_THAT(bar, StartsWith("\r\033[K[##------------------] work  10%"));
  EXPECT_TRUE(bar.ends_with("0 s left  and more\n"));
  note.clear();
  EXPECT_TRUE(shown(20, true).ends_with("0 s left\n"));
  const std::string lines = shown(25, false);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);  // at 2, 12 and 22 s
  EXPECT_EQ(lines.find('\r'), std::string::npos);
}

TEST(Interrupt, TheFirstSignalAsksAndTheScopeRestores) {
  EXPECT_FALSE(interrupt_requested());
  {
    const InterruptScope scope;
    EXPECT_FALSE(interrupt_requested());
    ::raise(SIGTERM);
    EXPECT_TRUE(interrupt_requested());
    const InterruptScope inner;  // red when an inner scope forgets the request
    EXPECT_TRUE(interrupt_requested());
  }
  const InterruptScope again;
  EXPECT_FALSE(interrupt_requested());
}

TEST(Interrupt, TheSecondSignalKillsAndAnEndedScopeCatchesNone) {
  const auto died_of = [](auto body) {
    const pid_t child = ::fork();
    if (child == 0) {
      body();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  };
  EXPECT_EQ(died_of([] {
              const InterruptScope scope;
              ::raise(SIGINT);
            }),
            0);
  EXPECT_EQ(died_of([] {
              const InterruptScope scope;
              ::raise(SIGINT);
              ::raise(SIGINT);
            }),
            SIGINT);
  EXPECT_EQ(died_of([] {
              { const InterruptScope scope; }
              ::raise(SIGTERM);
            }),
            SIGTERM);
}

TEST(ThreadArena, EveryIndexIsVisitedOnce) {
  for (const int threads : {1, 2, 4}) {
    const ThreadArena arena(threads);
    std::vector<int> visits(1000, 0);
    arena.parallel_for(1000, 10, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) ++visits[static_cast<std::size_t>(i)];
    });
    EXPECT_EQ(visits, std::vector<int>(1000, 1));
  }
  EXPECT_THROW(ThreadArena(-1), ConfigError);
  EXPECT_GE(ThreadArena(0).num_threads(), 1);
}

TEST(Version, IsTheProjects) { EXPECT_EQ(version(), NOESIS_VERSION); }

// Mutations: the small alignment for large arrays, another alignment in deallocate (a sanitizer
// says so).
TEST(AlignedVector, LargeArraysStartOnHugePages) {
  AlignedVector<float> small(3, 1.0f), large(5 * kHugePage / sizeof(float), 2.0f);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small.data()) % kCacheLine, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data()) % kHugePage, 0u);
  large.insert(large.end(), small.begin(), small.end());
  EXPECT_EQ(large.front(), 2.0f);
  EXPECT_EQ(large.back(), 1.0f);
}

// Mutation: a range that is not cut to whole huge pages (the neighbours' or an error).
TEST(HugePages, KeepWhatIsWritten) {
  std::vector<std::int32_t> large(5 * kHugePage / sizeof(std::int32_t)), small(3, 7), none;
  std::iota(large.begin(), large.end(), 0);
  use_huge_pages(large, small, none);
  for (std::size_t k = 0; k < large.size(); ++k) {
    ASSERT_EQ(large[k], static_cast<std::int32_t>(k));
  }
  EXPECT_EQ(small, std::vector<std::int32_t>(3, 7));
}

}  // namespace
}  // namespace noesis
