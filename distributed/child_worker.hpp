#pragma once
/// Workers that a master starts on its own machine.

#include <string>
#include <utility>
#include <vector>

namespace noesis {

struct ChildCommand {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< besides this one's
};

/// A process that ends with this object, and with this process however that ends. Movable.
class ChildWorker {
 public:
  ChildWorker() = default;
  /// Runs words[0] with the others. @throws RunError where the system has no more
  /// processes.
  explicit ChildWorker(const ChildCommand& command);
  /// Kills it where it still runs.
  ~ChildWorker();
  ChildWorker(ChildWorker&& other) noexcept;
  ChildWorker& operator=(ChildWorker&& other) noexcept;

  /// False once it has ended; `how` says how.
  bool runs();
  const std::string& how() const noexcept { return how_; }
  int process() const noexcept { return process_; }
  /// Waits for its end for at most so long, then kills it.
  void finish(int milliseconds);
  void kill();

 private:
  int process_ = -1;
  std::string how_;
};

}  // namespace noesis
