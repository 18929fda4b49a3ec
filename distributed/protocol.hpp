#pragma once
/// The messages between a master and its workers, and among workers.
///
/// A frame is a header of 40 bytes and a payload. The header:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0  | 4 | "NOED" |
/// | 4  | 2 | version of the protocol |
/// | 6  | 2 | type, a WireType |
/// | 8  | 4 | sender: rank of the worker, or kMaster |
/// | 12 | 4 | epoch: grows whenever the group is made anew, so that what is late is recognised |
/// | 16 | 8 | step: counts commands, or exchanges of an epoch |
/// | 24 | 8 | length of the payload [bytes] |
/// | 32 | 8 | XXH3-64 of the payload, seeded by XXH3-64 of the 32 bytes before |
///
/// A frame that is cut off, of another version, type, length or checksum is refused before anything
/// of its payload is looked at.

#include <cstdint>
#include <span>
#include <string>

#include "distributed/wire.hpp"

namespace noesis {

inline constexpr std::uint16_t kProtocolVersion = 1;
inline constexpr std::int32_t kMaster = -1;
inline constexpr std::size_t kHeaderBytes = 40;

enum class WireType : std::uint16_t {
  // Greeting: a worker's, and the answers to it.
  kHello = 1,
  kWelcome = 2,
  kRefuse = 3,
  kHeartbeat = 4,
  kReset = 5,  ///< give up what is being done, and answer
  // Commands of the master, each of which every worker answers.
  kConnect = 16,     ///< whom the workers find where
  kInit = 17,        ///< specification, rows and state
  kSpawn = 18,       ///< other rows, after births
  kSleep = 19,       ///< other rows, after pruning
  kInputs = 20,      ///< interventions
  kState = 21,       ///< another state
  kHistory = 22,     ///< another past
  kWeights = 23,     ///< other weights of the same rows
  kPutRules = 24,    ///< what homeostasis remembers
  kNormal = 25,      ///< steps
  kRules = 26,       ///< a run of the rules of plasticity
  kAdaptive = 27,    ///< what an adaptive integrator is told
  kFetchState = 32,  ///< these change nothing
  kFetchHistory = 33,
  kFetchRules = 34,
  kFetchBiases = 35,
  kFetchOutputs = 36,
  kFetchAdaptive = 37,
  kSnapshot = 38,
  kRestore = 39,  ///< all that a snapshot said
  kStop = 40,
  // Answers.
  kDone = 64,
  kFailed = 65,  ///< with the parts of an error
  // Among workers.
  kRates = 80,
  kError = 81,  ///< of a step, for its norm
};

/// "CMD_NORMAL", ... for messages to people.
const char* name_of(WireType type) noexcept;
/// Whether a replay needs it.
bool is_logged(WireType type) noexcept;

struct FrameHeader {
  WireType type{};
  std::int32_t sender = kMaster;
  std::uint32_t epoch = 0;
  std::uint64_t step = 0;
  std::uint64_t length = 0;
  std::uint64_t checksum = 0;
};

/// The header of a frame with that payload, as bytes.
void write_header(const FrameHeader& header, std::span<const std::byte> payload,
                  std::span<std::byte, kHeaderBytes> bytes);
/// Reads and checks a header by itself. @throws WireError for another magic, version or type,
/// or a length above `most_bytes`.
FrameHeader read_header(std::span<const std::byte> bytes, std::uint64_t most_bytes);
/// @throws WireError where the payload is not the one that the header was made for.
void check_payload(const FrameHeader& header, std::span<const std::byte> header_bytes,
                   std::span<const std::byte> payload);

/// An error as a payload, and as it was: ConfigError, WireError as RunError, RunError, or else
/// InternalError. @throws WireError for a payload that is no error.
Bytes error_payload(const std::exception& error);
[[noreturn]] void throw_error(std::span<const std::byte> payload);

}  // namespace noesis
