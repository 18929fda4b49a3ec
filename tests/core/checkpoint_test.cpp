#include "core/checkpoint.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/wait.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/version.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::read_bytes;
using test::TempFolder;
using test::write_bytes;
using testing::AllOf;
using testing::HasSubstr;

void save(const std::filesystem::path& folder, const std::string& content) {
  CheckpointWriter writer(folder, "simulation", 3);
  write_bytes(writer.part("brain.h5"), content);
  write_bytes(writer.part("agent.pt"), content + content);
  writer.commit();
}

std::string load(const std::filesystem::path& folder) {
  const CheckpointReader reader(folder, "simulation", 3);
  return read_bytes(reader.part("brain.h5"));
}

std::string load_error(const std::filesystem::path& folder, const std::string& kind = "simulation",
                       int schema = 3, int oldest = -1) {
  try {
    CheckpointReader(folder, kind, schema, oldest);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Checkpoint, SavesLoadsAndReplaces) {
  const TempFolder folder;
  save(folder / "new/last", "one");
  EXPECT_EQ(load(folder / "new/last"), "one");
  save(folder / "new/last/", "two");
  EXPECT_EQ(load(folder / "new/last/"), "two");
  // Red when the old checkpoint or a temporary stays behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "new"), {}), 1);
  const CheckpointReader reader(folder / "new/last", "simulation", 3);
  EXPECT_EQ(reader.program_version(), version());
  EXPECT_TRUE(reader.contains("agent.pt"));
  EXPECT_THROW(reader.part("other.h5"), ConfigError);
}

TEST(Checkpoint, WithoutCommitNothingChanges) {
  const TempFolder folder;
  save(folder / "last", "one");
  {
    CheckpointWriter writer(folder / "last", "simulation", 3);
    write_bytes(writer.part("brain.h5"), "two");
  }
  EXPECT_EQ(load(folder / "last"), "one");
  EXPECT_EQ(folder.count(), 1);
}

TEST(Checkpoint, DamageIsFoundBeforeAnythingIsUsed) {
  const TempFolder folder;
  const auto damaged = [&](auto damage) {
    std::filesystem::remove_all(folder / "last");
    save(folder / "last", "content");
    damage(folder / "last");
    return load_error(folder / "last");
  };
  using Path = std::filesystem::path;
  EXPECT_THAT(damaged([](const Path& p) { write_bytes(p / "agent.pt", "conten"); }),
              AllOf(HasSubstr("agent.pt: "), HasSubstr("got 6 bytes, allowed 14 bytes")));
  EXPECT_THAT(damaged([](const Path& p) { write_bytes(p / "brain.h5", "cOntent"); }),
              HasSubstr("brain.h5: a part of the checkpoint is damaged"));
  EXPECT_THAT(damaged([](const Path& p) { std::filesystem::remove(p / "brain.h5"); }),
              HasSubstr("brain.h5: a part of the checkpoint is missing"));
  EXPECT_THAT(damaged([](const Path& p) { std::filesystem::remove(p / "manifest.json"); }),
              HasSubstr("manifest.json: the manifest of the checkpoint cannot be read"));
  EXPECT_THAT(damaged([](const Path& p) { write_bytes(p / "manifest.json", "{}"); }),
              HasSubstr("no manifest of a noesis checkpoint"));
  EXPECT_THAT(damaged([](const Path& p) { write_bytes(p / "manifest.json", "\xff{"); }),
              HasSubstr("no manifest of a noesis checkpoint"));
  EXPECT_THAT(load_error(folder / "none"), HasSubstr("none: there is no such checkpoint"));
}

TEST(Checkpoint, ForeignAndOtherSchemasAreRefusedWithTheReason) {
  const TempFolder folder;
  save(folder / "last", "content");
  EXPECT_THAT(load_error(folder / "last", "agent"),
              HasSubstr("of another kind: got 'simulation', allowed 'agent'"));
  EXPECT_THAT(load_error(folder / "last", "simulation", 2),
              AllOf(HasSubstr("a newer schema: got 3"), HasSubstr("or a later one")));
  EXPECT_THAT(load_error(folder / "last", "simulation", 4), HasSubstr("an older schema: got 3"));
  EXPECT_EQ(load_error(folder / "last", "simulation", 4, 3), "no error");
  EXPECT_EQ(CheckpointReader(folder / "last", "simulation", 4, 3).schema_version(), 3);
  EXPECT_THAT(load_error(folder / "last", "simulation", 9, 4), HasSubstr("allowed 4 to 9"));
}

TEST(Checkpoint, PartsCannotPointOutsideTheFolder) {
  const TempFolder folder;
  save(folder / "last", "content");
  const auto file = folder / "last/manifest.json";
  auto manifest = nlohmann::json::parse(read_bytes(file));
  manifest["parts"][0]["name"] = "../secret";
  manifest.erase("digest");
  manifest["digest"] = digest_text(manifest.dump());
  write_bytes(file, manifest.dump());
  EXPECT_THAT(load_error(folder / "last"), HasSubstr("a part is described wrongly"));
  CheckpointWriter writer(folder / "last", "simulation", 3);
  EXPECT_THROW(writer.part("../x"), InternalError);
  EXPECT_THROW(writer.part("manifest.json"), InternalError);
}

TEST(Checkpoint, NeverReplacesWhatIsNoCheckpoint) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "work");
  write_bytes(folder / "work/thesis.tex", "years");
  EXPECT_THROW(CheckpointWriter(folder / "work", "simulation", 3), RunError);
  write_bytes(folder / "file", "x");
  EXPECT_THROW(CheckpointWriter(folder / "file", "simulation", 3), RunError);
  EXPECT_THROW(CheckpointWriter(folder / "file/last", "simulation", 3), RunError);
  EXPECT_EQ(folder.count(), 2);
}

TEST(Checkpoint, ACrashBetweenTwoRenamesLeavesTheOldOne) {
  // Where folders cannot be exchanged in one step, the old one waits aside for a moment.
  const TempFolder folder;
  save(folder / "last", "old");
  std::filesystem::rename(folder / "last", folder / ".last.old");
  EXPECT_EQ(load(folder / "last"), "old");
  save(folder / "last", "new");
  EXPECT_EQ(load(folder / "last"), "new");
  EXPECT_EQ(folder.count(), 1);
}

TEST(Checkpoint, KilledAtAnyMomentTheOldOrTheNewOneIsThere) {
  // Red when the manifest or the swap is written in place.
  const TempFolder folder;
  save(folder / "last", std::string(20000, 'a'));
  for (int round = 0; round < 40; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (char c = 'b';; c = c == 'z' ? 'a' : static_cast<char>(c + 1)) {
        save(folder / "last", std::string(20000, c));
      }
    }
    ::usleep(static_cast<useconds_t>(500 + 397 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string content = load(folder / "last");
    ASSERT_EQ(content, std::string(20000, content[0]));
  }
}

TEST(CheckpointProperty, AnyFlippedByteIsFound) {
  const TempFolder folder;
  EXPECT_TRUE(rc::check([&](std::uint32_t position, std::uint8_t flip) {
    std::filesystem::remove_all(folder / "last");
    save(folder / "last", "some content of a brain");
    const char* names[] = {"brain.h5", "agent.pt", "manifest.json"};
    const auto file = folder / "last" / names[position % 3];
    std::string bytes = read_bytes(file);
    char& byte = bytes[(position / 3) % bytes.size()];
    RC_PRE(flip != 0 && !std::isspace(static_cast<unsigned char>(byte)));  // layout of the JSON
    byte = static_cast<char>(byte ^ flip);
    write_bytes(file, bytes);
    RC_ASSERT(load_error(folder / "last") != "no error");
  }));
}

}  // namespace
}  // namespace noesis
