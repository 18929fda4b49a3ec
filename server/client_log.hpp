#pragma once
/// What a server tells of its clients where no terminal shows its status: lines for a log, of which
/// there are never many, however many clients there are.

#include <optional>
#include <string>

#include "server/statistics.hpp"

namespace noesis {

/// "3 clients  3 sessions  12 envs  950 steps/s ...".
std::string status_text(const ServerStatus& status);

/// Says who came and went, after a second, in which their environments are made, and at most once
/// in kBetween; and the status once a minute while clients are there. Not thread-safe; knows no
/// clock.
class ClientLog {
 public:
  static constexpr std::chrono::seconds kDelay{1};
  static constexpr std::chrono::seconds kBetween{5};
  static constexpr std::chrono::seconds kStatusEvery{60};

  explicit ClientLog(ServerClock::time_point now) : next_status_(now + kStatusEvery) {}
  /// A line, where one is due. To be asked often.
  std::optional<std::string> line(const ServerStatus& status, ServerClock::time_point now);

 private:
  std::optional<ServerClock::time_point> last_;     ///< line of who came and went
  std::optional<ServerClock::time_point> changed_;  ///< first since then
  ServerClock::time_point next_status_;
  ServerStatus told_;  ///< the status that they were counted in
};

}  // namespace noesis
