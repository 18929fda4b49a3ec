// The log of a server's clients, by a clock of its own.

#include "server/client_log.hpp"

#include <gtest/gtest.h>

namespace noesis {
namespace {

using namespace std::chrono_literals;

class Clients : public ::testing::Test {
 protected:
  std::string line() { return log_.line(status_, now_).value_or(""); }

  ServerClock::time_point now_{};
  ServerStatus status_;
  ClientLog log_{now_};
};

// Red when the first client is told of late, or who went is not told of.
TEST_F(Clients, ThatComeAndGoAreToldOf) {
  EXPECT_EQ(line(), "");
  status_.clients_came = status_.clients = status_.sessions = 1;
  EXPECT_EQ(line(), "");  // its environments are being made
  now_ += 1s;
  status_.envs = 4;
  EXPECT_EQ(line(), "1 client came, 0 went; now 1 client, 1 session, 4 environments");
  EXPECT_EQ(line(), "");
  now_ += 10s;
  EXPECT_EQ(line(), "");
  status_.clients_gone = status_.dropped = 1;
  status_.clients = status_.sessions = status_.envs = 0;
  EXPECT_EQ(line(), "");
  now_ += 1s;
  EXPECT_EQ(line(),
            "0 clients came, 1 went (1 session of lost ones closed); now 0 clients, 0 sessions, 0 "
            "environments");
  now_ += 60s;
  EXPECT_EQ(line(), "");  // nobody is there
}

// Red when a storm of clients fills a disk.
TEST_F(Clients, AreOneLineHoweverManyTheyAre) {
  std::int64_t lines = 0, told = 0;
  for (int turn = 0; turn < 1000; ++turn, now_ += 50ms) {
    ++status_.clients_came;
    ++status_.clients_gone;
    const std::string text = line();
    if (text.empty()) continue;
    ++lines;
    told += std::stoll(text);
  }
  EXPECT_EQ(lines, 10);  // 50 s
  EXPECT_EQ(told, 921);  // the others are in the next line
}

TEST_F(Clients, AreCountedOnceAMinuteWhileTheyAreThere) {
  status_.clients_came = status_.clients = status_.sessions = 1;
  line();
  now_ += 1s;
  EXPECT_NE(line(), "");
  now_ += 58s;
  EXPECT_EQ(line(), "");
  now_ += 1s;
  EXPECT_EQ(line(), status_text(status_));
  EXPECT_EQ(line(), "");
}

}  // namespace
}  // namespace noesis
