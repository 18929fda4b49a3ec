#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "runners/metrics_log.hpp"
#include "runners/tensorboard.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::read_bytes;
using test::TempFolder;
using test::write_bytes;
using testing::HasSubstr;

// RFC 3720, B.4, and the check value of the catalogue of parametrised CRCs. Red with the polynomial
// of CRC-32.
TEST(Tensorboard, ChecksumsAreCastagnolis) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string rising, falling;
  for (int k = 0; k < 32; ++k) {
    rising += static_cast<char>(k);
    falling += static_cast<char>(31 - k);
  }
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cu);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

// Bytes that TensorBoard's own writer gives for the same event, at wall time 1.5. Red when a field,
// its order or the mask of the checksum changes.
TEST(Tensorboard, WritesTheBytesOfItsOwnWriter) {
  const TempFolder folder;
  std::string path;
  {
    TensorboardWriter writer(folder.path(), {}, [] { return 1.5; });
    path = writer.path().string();
    writer.scalar("a/b", 300, 0.25);
  }
  EXPECT_THAT(path, HasSubstr("/events.out.tfevents.1.noesis."));
  const std::string version(
      "\x09\0\0\0\0\0\0\xf8\x3f\x1a\x0d"
      "brain.Event:2",
      24);
  const std::string scalar(
      "\x09\0\0\0\0\0\0\xf8\x3f\x10\xac\x02\x2a\x0c\x0a\x0a\x0a\x03"
      "a/b\x15\0\0\x80\x3e",
      26);
  EXPECT_EQ(read_bytes(path), tfrecord(version) + tfrecord(scalar));
}

TEST(Tensorboard, EachWriterHasAFileOfItsOwn) {
  const TempFolder folder;
  const auto clock = [] { return 7.0; };
  const TensorboardWriter first(folder.path(), {}, clock), second(folder.path(), {}, clock);
  EXPECT_NE(first.path(), second.path());
  EXPECT_THROW(TensorboardWriter(folder.path() / "missing"), RunError);
}

void log_steps(ScalarSink& sink, std::int64_t first, std::int64_t last) {
  for (std::int64_t step = first; step <= last; ++step) {
    sink.scalar("losses/a", step, 0.1 * static_cast<double>(step));
    sink.scalar("b", step, std::numeric_limits<double>::infinity());
    if (step % 2) sink.scalar("b", step, std::nan(""));
  }
}

TEST(MetricsLog, WritesALineAStepAndAnotherForANameThatComesAgain) {
  const TempFolder folder;
  {
    MetricsLog log(folder.path() / "metrics.jsonl");
    log_steps(log, 1, 2);
  }
  EXPECT_EQ(read_bytes(folder.path() / "metrics.jsonl"),
            "{\"step\":1,\"losses/a\":0.1,\"b\":\"Infinity\"}\n"
            "{\"step\":1,\"b\":\"NaN\"}\n"
            "{\"step\":2,\"losses/a\":0.2,\"b\":\"Infinity\"}\n");
}

// Cut at every byte after the state of step 4 was saved: what was logged later, whole or torn,
// goes. Red when the last, torn line is kept, or when the cut is one step off.
TEST(MetricsLog, AResumedLogIsThatOfAnUninterruptedRun) {
  const TempFolder folder;
  const auto file = folder.path() / "metrics.jsonl";
  const auto write_up_to = [&](std::int64_t last) {
    MetricsLog log(file);
    log_steps(log, 0, last);
    log.flush();
    return read_bytes(file);
  };
  const std::string whole = write_up_to(7);
  const std::size_t saved = write_up_to(4).size();
  for (std::size_t size = saved; size <= whole.size(); ++size) {
    write_bytes(file, whole.substr(0, size));
    {
      MetricsLog log(file, 4);
      log_steps(log, 5, 7);
    }
    ASSERT_EQ(read_bytes(file), whole) << size;
  }
}

TEST(MetricsLog, RefusesWhatIsNoLog) {
  const TempFolder folder;
  const auto file = folder.path() / "metrics.jsonl";
  for (const char* line : {"[1]\n", "{\"step\": \"x\"}\n", "not JSON\n", "{}\n"}) {
    const std::string text = "{\"step\": 1}\n" + std::string(line);
    write_bytes(file, text);
    try {
      MetricsLog log(file, 5);
      FAIL() << line;
    } catch (const RunError& error) {
      EXPECT_THAT(error.what(), HasSubstr("metrics.jsonl:2"));
    }
    EXPECT_EQ(read_bytes(file), text);
  }
  MetricsLog log(file);
  EXPECT_THROW(log.scalar("", 0, 1), ConfigError);
  EXPECT_THROW(log.scalar("step", 0, 1), ConfigError);
}

}  // namespace
}  // namespace noesis
