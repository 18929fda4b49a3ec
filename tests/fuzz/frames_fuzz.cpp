// Any bytes as a frame between a master and its workers: a header that is refused or is one, and a
// payload that is refused or reads back as it was written.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "distributed/commands.hpp"
#include "distributed/protocol.hpp"

namespace {

using namespace noesis;

template <class Command>
void read_back(std::span<const std::byte> payload) {
  const Command command = decode<Command>(payload);
  const Bytes again = encode(command);
  // Paddings of structures are not part of what was meant, but whatever was written reads back.
  ensure(again.size() == payload.size(), "a command that was read is written in as many bytes");
  decode<Command>(again);
}

// A peer may say that it met a bug of its own.
void read_error(std::span<const std::byte> payload) {
  try {
    throw_error(payload);
  } catch (const InternalError& error) {
    ensure(error_payload(error).size() <= payload.size(), "no more than what the peer said");
  }
}

void read_payload(unsigned kind, std::span<const std::byte> payload) {
  switch (kind % 12) {
    case 0:
      return read_back<InitCommand<float>>(payload);
    case 1:
      return read_back<NormalCommand>(payload);
    case 2:
      return read_back<NormalAnswer>(payload);
    case 3:
      return read_back<WireInputs<double>>(payload);
    case 4:
      return read_back<HistoryCommand<float>>(payload);
    case 5:
      return read_back<RulesMemory>(payload);
    case 6:
      return read_back<RulesCommand>(payload);
    case 7:
      return read_back<RulesAnswer>(payload);
    case 8:
      return read_back<AdaptiveCommand<double>>(payload);
    case 9:
      return read_back<AdaptiveQuery>(payload);
    case 10:
      return read_back<WorkerSnapshot<float>>(payload);
    default:
      return read_error(payload);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::span<const std::byte> all(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  constexpr std::uint64_t kMostBytes = 1 << 20;
  try {
    const FrameHeader header =
        read_header(all.first(std::min(all.size(), kHeaderBytes)), kMostBytes);
    ensure(header.length <= kMostBytes, "a header that is too long is refused");
    const auto payload = all.subspan(kHeaderBytes);
    try {
      check_payload(header, all.first(kHeaderBytes), payload);
      ensure(header.length == payload.size(), "a payload of another length is refused");
    } catch (const WireError&) {
    }
    // The frame that would have been right is taken as what it is.
    std::array<std::byte, kHeaderBytes> mended;
    write_header(header, payload, mended);
    check_payload(read_header(mended, kMostBytes), mended, payload);
  } catch (const WireError&) {
  }
  try {
    read_payload(data[0], all);
  } catch (const UserError&) {
  }
  return 0;
}
