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

const char* name_of(MessageType type) noexcept {
  switch (type) {
    case MessageType::kHello:
      return "HELLO";
    case MessageType::kWelcome:
      return "WELCOME";
    case MessageType::kRefuse:
      return "REFUSE";
    case MessageType::kHeartbeat:
      return "HEARTBEAT";
    case MessageType::kReset:
      return "RESET";
    case MessageType::kConnect:
      return "CMD_CONNECT";
    case MessageType::kInit:
      return "CMD_INIT";
    case MessageType::kSpawn:
      return "CMD_SPAWN";
    case MessageType::kSleep:
      return "CMD_SLEEP";
    case MessageType::kInputs:
      return "CMD_INPUTS";
    case MessageType::kState:
      return "CMD_STATE";
    case MessageType::kHistory:
      return "CMD_HISTORY";
    case MessageType::kWeights:
      return "CMD_WEIGHTS";
    case MessageType::kPutRules:
      return "CMD_PUT_RULES";
    case MessageType::kNormal:
      return "CMD_NORMAL";
    case MessageType::kRules:
      return "CMD_RULES";
    case MessageType::kAdaptive:
      return "CMD_ADAPTIVE";
    case MessageType::kFetchState:
      return "CMD_FETCH_STATE";
    case MessageType::kFetchHistory:
      return "CMD_FETCH_HISTORY";
    case MessageType::kFetchRules:
      return "CMD_FETCH_RULES";
    case MessageType::kFetchBiases:
      return "CMD_FETCH_BIASES";
    case MessageType::kFetchOutputs:
      return "CMD_FETCH_OUTPUTS";
    case MessageType::kFetchAdaptive:
      return "CMD_FETCH_ADAPTIVE";
    case MessageType::kSnapshot:
      return "CMD_SNAPSHOT";
    case MessageType::kRestore:
      return "CMD_RESTORE";
    case MessageType::kStop:
      return "CMD_STOP";
    case MessageType::kDone:
      return "DONE";
    case MessageType::kFailed:
      return "FAILED";
    case MessageType::kRates:
      return "RATES";
    case MessageType::kError:
      return "ERROR_NORM";
  }
  return nullptr;
}

bool is_logged(MessageType type) noexcept {
  return type >= MessageType::kInit && type <= MessageType::kAdaptive;
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
    throw ProtocolError("a header of another length", std::to_string(bytes.size()) + " bytes",
                        std::to_string(kHeaderBytes));
  }
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    throw ProtocolError("not a message of noesis", "another beginning", "NOED");
  }
  const auto version = get<std::uint16_t>(bytes, 4);
  if (version != kProtocolVersion) {
    throw ProtocolError("another version of the protocol", std::to_string(version),
                        std::to_string(kProtocolVersion));
  }
  FrameHeader header;
  header.type = static_cast<MessageType>(get<std::uint16_t>(bytes, 6));
  header.sender = get<std::int32_t>(bytes, 8);
  header.epoch = get<std::uint32_t>(bytes, 12);
  header.step = get<std::uint64_t>(bytes, 16);
  header.length = get<std::uint64_t>(bytes, 24);
  header.checksum = get<std::uint64_t>(bytes, kChecksumAt);
  if (name_of(header.type) == nullptr) {
    throw ProtocolError("an unknown type of message",
                        std::to_string(static_cast<int>(header.type)));
  }
  if (header.length > most_bytes) {
    throw ProtocolError("a message that is too long", std::to_string(header.length) + " bytes",
                        "at most " + std::to_string(most_bytes));
  }
  return header;
}

void check_payload(const FrameHeader& header, std::span<const std::byte> header_bytes,
                   std::span<const std::byte> payload) {
  if (payload.size() != header.length) {
    throw ProtocolError("a payload of another length", std::to_string(payload.size()) + " bytes",
                        std::to_string(header.length));
  }
  if (checksum_of(header_bytes.data(), payload) != header.checksum) {
    throw ProtocolError("a message with a wrong checksum", name_of(header.type));
  }
}

Bytes error_payload(const std::exception& error) {
  ByteWriter writer;
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
  ByteReader reader(payload);
  const auto code = reader.get<std::int32_t>();
  ErrorParts parts;
  for (std::string* part : {&parts.what, &parts.where, &parts.got, &parts.allowed, &parts.next}) {
    *part = reader.get_text();
  }
  reader.end();
  if (code == 2) throw ConfigError(parts);
  if (code == 1) throw RunError(parts);
  throw InternalError(parts.what);
}

}  // namespace noesis
