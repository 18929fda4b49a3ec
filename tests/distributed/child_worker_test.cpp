/// Processes that a master starts.

#include "distributed/child_worker.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

// Goes red when a worker inherits the recording that its master writes, with the lock that HDF5 has
// on it: nobody could open the recording again, and a run that had replaced a worker was lost at
// its end.
TEST(ChildWorkers, HaveNoFilesOfTheirMaster) {
  const test::TempFolder folder;
  const std::string recording = (folder / "recording").string(), seen = (folder / "seen").string();
  const int descriptor = ::open(recording.c_str(), O_CREAT | O_RDWR, 0600);
  ASSERT_GE(descriptor, 3);
  ChildWorker child({{"/bin/sh", "-c", "ls -l /proc/$$/fd > " + seen}});
  child.finish(10'000);
  ::close(descriptor);
  std::ifstream file(seen);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("-> " + seen), std::string::npos) << "the child ran";
  EXPECT_EQ(text.find(recording), std::string::npos) << text;
}

}  // namespace
}  // namespace noesis
