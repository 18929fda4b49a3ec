#include "distributed/protocol.hpp"

#include <xxhash.h>

#include <array>

namespace noesis {
namespace {

constexpr std::array<char, 4> kMagic = {'N', 'O', 'E', 'D'};
constexpr std::size_t kChecksumAt = 32;

std::uint64_t checksum_of(const std::byte* header, std::span<const std::byte> payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(header, kChecksumAt));
}

template <class T>
void put(std::span<std::byte, kHeaderBytes> bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class T>
T get(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

const char* name_of(WireType type) noexcept {
  switch (type) {
    case WireType::kHello:
      return "HELLO";
    case WireType::kWelcome:
      return "WELCOME";
    case WireType::kRefuse:
      return "REFUSE";
    case WireType::kHeartbeat:
      return "HEARTBEAT";
    case WireType::kReset:
      return "RESET";
    case WireType::kConnect:
      return "CMD_CONNECT";
    case WireType::kInit:
      return "CMD_INIT";
    case WireType::kSpawn:
      return "CMD_SPAWN";
    case WireType::kSleep:
      return "CMD_SLEEP";
    case WireType::kInputs:
      return "CMD_INPUTS";
    case WireType::kState:
      return "CMD_STATE";
    case WireType::kHistory:
      return "CMD_HISTORY";
    case WireType::kWeights:
      return "CMD_WEIGHTS";
    case WireType::kPutRules:
      return "CMD_PUT_RULES";
    case WireType::kNormal:
      return "CMD_NORMAL";
    case WireType::kRules:
      return "CMD_RULES";
    case WireType::kAdaptive:
      return "CMD_ADAPTIVE";
    case WireType::kFetchState:
      return "CMD_FETCH_STATE";
    case WireType::kFetchHistory:
      return "CMD_FETCH_HISTORY";
    case WireType::kFetchRules:
      return "CMD_FETCH_RULES";
    case WireType::kFetchBiases:
      return "CMD_FETCH_BIASES";
    case WireType::kFetchOutputs:
      return "CMD_FETCH_OUTPUTS";
    case WireType::kFetchAdaptive:
      return "CMD_FETCH_ADAPTIVE";
    case WireType::kSnapshot:
      return "CMD_SNAPSHOT";
    case WireType::kRestore:
      return "CMD_RESTORE";
    case WireType::kStop:
      return "CMD_STOP";
    case WireType::kDone:
      return "DONE";
    case WireType::kFailed:
      return "FAILED";
    case WireType::kRates:
      return "RATES";
    case WireType::kError:
      return "ERROR_NORM";
  }
  return nullptr;
}

bool is_logged(WireType type) noexcept {
  return type >= WireType::kInit && type <= WireType::kAdaptive;
}

void write_header(const FrameHeader& header, std::span<const std::byte> payload,
                  std::span<std::byte, kHeaderBytes> bytes) {
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  put(bytes, 4, kProtocolVersion);
  put(bytes, 6, static_cast<std::uint16_t>(header.type));
  put(bytes, 8, header.sender);
  put(bytes, 12, header.epoch);
  put(bytes, 16, header.step);
  put(bytes, 24, static_cast<std::uint64_t>(payload.size()));
  put(bytes, kChecksumAt, checksum_of(bytes.data(), payload));
}

FrameHeader read_header(std::span<const std::byte> bytes, std::uint64_t most_bytes) {
  if (bytes.size() != kHeaderBytes) {
    throw WireError("a header of another length", std::to_string(bytes.size()) + " bytes",
                    std::to_string(kHeaderBytes));
  }
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    throw WireError("not a message of noesis", "another beginning", "NOED");
  }
  const auto version = get<std::uint16_t>(bytes, 4);
  if (version != kProtocolVersion) {
    throw WireError("another version of the protocol", std::to_string(version),
                    std::to_string(kProtocolVersion));
  }
  FrameHeader header;
  header.type = static_cast<WireType>(get<std::uint16_t>(bytes, 6));
  header.sender = get<std::int32_t>(bytes, 8);
  header.epoch = get<std::uint32_t>(bytes, 12);
  header.step = get<std::uint64_t>(bytes, 16);
  header.length = get<std::uint64_t>(bytes, 24);
  header.checksum = get<std::uint64_t>(bytes, kChecksumAt);
  if (name_of(header.type) == nullptr) {
    throw WireError("an unknown type of message", std::to_string(static_cast<int>(header.type)));
  }
  if (header.length > most_bytes) {
    throw WireError("a message that is too long", std::to_string(header.length) + " bytes",
                    "at most " + std::to_string(most_bytes));
  }
  return header;
}

void check_payload(const FrameHeader& header, std::span<const std::byte> header_bytes,
                   std::span<const std::byte> payload) {
  if (payload.size() != header.length) {
    throw WireError("a payload of another length", std::to_string(payload.size()) + " bytes",
                    std::to_string(header.length));
  }
  if (checksum_of(header_bytes.data(), payload) != header.checksum) {
    throw WireError("a message with a wrong checksum", name_of(header.type));
  }
}

Bytes error_payload(const std::exception& error) {
  WireWriter writer;
  const auto* const user = dynamic_cast<const UserError*>(&error);
  writer.put(static_cast<std::int32_t>(user != nullptr ? user->exit_code() : 0));
  const ErrorParts parts =
      user != nullptr ? user->parts() : ErrorParts{error.what(), {}, {}, {}, {}};
  for (const std::string* part :
       {&parts.what, &parts.where, &parts.got, &parts.allowed, &parts.next}) {
    writer.put(std::string_view(*part).substr(0, 4096));
  }
  return writer.take();
}

void throw_error(std::span<const std::byte> payload) {
  WireReader reader(payload);
  const auto code = reader.get<std::int32_t>();
  ErrorParts parts;
  for (std::string* part : {&parts.what, &parts.where, &parts.got, &parts.allowed, &parts.next}) {
    *part = reader.get_text();
  }
  reader.end();
  if (code == 2) throw ConfigError(parts);
  if (code == 1) throw RunError(parts);
  if (code == 0) throw InternalError(parts.what);
  throw WireError("an unknown kind of error", std::to_string(code), "0, 1, 2");
}

}  // namespace noesis
