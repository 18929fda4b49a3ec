#include "distributed/worker_brain.hpp"

#include "distributed/worker_part.hpp"

namespace noesis {

WorkerBrain::WorkerBrain(Communicator& communicator, const ThreadArena& arena,
                         const RowDevices* devices)
    : communicator_(communicator), arena_(arena), devices_(devices) {}
WorkerBrain::~WorkerBrain() = default;

Bytes WorkerBrain::handle(WireType type, std::span<const std::byte> payload) {
  if (type == WireType::kInit || type == WireType::kSpawn || type == WireType::kSleep) {
    if (payload.empty()) throw WireError("a command without its payload", name_of(type));
    part_ = nullptr;
    const auto begin = [&]<class T>(T) {
      auto part = std::make_unique<WorkerPart<T>>(decode<InitCommand<T>>(payload.subspan(1)),
                                                  communicator_, arena_, devices_);
      WireWriter answer;
      answer.put(part->digest());
      part_ = std::move(part);
      return answer.take();
    };
    const auto value_bytes = static_cast<std::size_t>(payload.front());
    if (value_bytes == sizeof(float)) return begin(float{});
    if (value_bytes == sizeof(double)) return begin(double{});
    throw WireError("an unknown precision", std::to_string(value_bytes) + " bytes", "4 or 8");
  }
  if (part_ == nullptr) throw WireError("a command before CMD_INIT", name_of(type));
  return part_->handle(type, payload);
}

std::int64_t WorkerBrain::num_steps() const noexcept {
  return part_ != nullptr ? part_->num_steps() : 0;
}

}  // namespace noesis
