#include "runners/child_process.hpp"

#include <gtest/gtest.h>

namespace noesis {
namespace {

TEST(ChildProcess, GivesExitCodesSignalsAndErrors) {
  const ChildResult failed = run_child({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.errors, "err\n");
  EXPECT_EQ(run_child({"sh", "-c", "kill -9 $$"}).exit_code, 128 + 9);
  EXPECT_EQ(run_child({"/no/such/program"}).exit_code, 127);
}

// Red when a shell sees the words, or the environment is not replaced.
TEST(ChildProcess, HandsWordsAndVariablesOnAsTheyAre) {
  const ChildResult result =
      run_child({"sh", "-c", "printf '%s|%s|%s' \"$1\" \"$PROBE\" \"$HOME\" >&2", "sh", "a b;$x"},
                {{"PROBE", "c d"}, {"HOME", "/nowhere"}});
  EXPECT_EQ(result.errors, "a b;$x|c d|/nowhere");
}

TEST(ChildProcess, KeepsTheEndOfManyErrors) {
  const ChildResult result =
      run_child({"sh", "-c", "i=0; while [ $i -lt 30000 ]; do echo line $i >&2; i=$((i+1)); done"});
  EXPECT_EQ(result.errors.size(), std::size_t{1} << 16);
  EXPECT_TRUE(result.errors.ends_with("line 29999\n"));
}

}  // namespace
}  // namespace noesis
