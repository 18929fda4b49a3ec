#pragma once
/// The wire format of the environment server: bytes to messages and back, and nothing else.
/// docs/protocol.md is its description for writers of clients; the two are tested on the same
/// bytes.
///
/// A message is one or two frames. The first is the head: "NOES", version (1 byte), type (1 byte),
/// flags (2 bytes, 0), then a MessagePack map. The second holds the arrays that the map's key
/// "arrays" lists as [name, dtype, shape, offset], little-endian and row-major, each at a multiple
/// of 8 bytes.

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "env/value.hpp"
#include "server/field.hpp"

namespace noesis {

static_assert(std::endian::native == std::endian::little, "arrays cross the wire as they are");

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kHeaderSize = 8;              ///< [bytes]
inline constexpr std::size_t kMostHeadBytes = 1 << 20;     ///< of the first frame
inline constexpr std::size_t kMostMessageBytes = 1 << 26;  ///< of each frame
inline constexpr std::size_t kMostArrays = 256;
inline constexpr std::size_t kMostDimensions = 8;

enum class MessageType : std::uint8_t {
  kHello = 1,
  kCatalogue = 2,
  kMake = 3,
  kResume = 4,
  kReset = 5,
  kStep = 6,
  kStepMany = 7,
  kRender = 8,
  kGetState = 9,
  kSetState = 10,
  kClose = 11,
  kStats = 12,
  kPing = 13,
  kAlive = 0xfe,  ///< from the server, unasked: it wants to know whether the client is there
  kError = 0xff,
};
/// The answer to a request has its type and this bit.
inline constexpr std::uint8_t kReplyBit = 0x80;
inline MessageType reply_to(MessageType request) {
  return static_cast<MessageType>(static_cast<std::uint8_t>(request) | kReplyBit);
}

/// What is wrong, for programs.
enum class ErrorCode {
  kMalformed,       ///< not a message of this protocol
  kVersion,         ///< a version that the server does not speak
  kUnknownType,     ///< no such request
  kUnknownSession,  ///< not a session of this connection
  kSequence,        ///< a sequence number that is neither the next nor a recent one
  kBusy,            ///< more requests in flight than the window
  kConfig,          ///< the caller's mistake (ConfigError)
  kRun,             ///< a run that failed (RunError)
  kMemory,          ///< no memory for it
  kCapacity,        ///< no room for another session now
  kDraining,        ///< the server shuts down
  kInternal,        ///< a defect of the server
};
std::string_view error_code_name(ErrorCode code);

/// A message that cannot be served.
class ProtocolError : public UserError {
 public:
  ProtocolError(ErrorCode code, std::string where, std::string got, std::string allowed = {},
                std::string next = {});
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// The bytes of a message; `data` is empty when it has no arrays. Shared between what keeps an
/// answer for a client that asks again and the socket that sends it.
struct Frames {
  std::string head, data;
  bool operator==(const Frames&) const = default;
};
using FramesPtr = std::shared_ptr<const Frames>;

/// An array of a message; the bytes are the message's.
struct ArrayView {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::span<const char> bytes;
};

/// A message that was received. Its fields are looked up by key; every getter @throws ProtocolError
/// (MALFORMED) for a wrong type, and where there is no default for a missing key.
class Message {
 public:
  MessageType type() const noexcept { return type_; }
  const FieldMap& fields() const noexcept { return fields_; }
  const std::vector<ArrayView>& arrays() const noexcept { return arrays_; }
  std::size_t bytes() const noexcept { return bytes_; }

  std::uint64_t uint_at(std::string_view key) const;
  std::uint64_t uint_at(std::string_view key, std::uint64_t otherwise) const;
  std::string text_at(std::string_view key, std::string_view otherwise) const;
  std::string bytes_at(std::string_view key) const;
  const FieldList& list_at(std::string_view key) const;  ///< empty where there is none
  /// The array of that name, of this dtype and shape (a length of -1 may be any).
  /// @throws ProtocolError (MALFORMED) for another or none.
  const ArrayView& array_at(std::string_view name, DType dtype, const Shape& shape) const;
  const ArrayView* find_array(std::string_view name) const;
  /// @throws ProtocolError (MALFORMED) when there is a key, or an array, of another name.
  void allow_only(std::span<const std::string_view> keys,
                  std::span<const std::string_view> arrays) const;

 private:
  friend Message decode(std::string_view head, std::string_view data);
  MessageType type_{};
  FieldMap fields_;
  std::vector<ArrayView> arrays_;
  std::unique_ptr<char[]> data_;
  std::size_t bytes_ = 0;
};

/// Copies what it needs of the frames. Nothing is allocated on a claim that the frames do not bear
/// out. @throws ProtocolError (MALFORMED, VERSION).
Message decode(std::string_view head, std::string_view data);
/// The type and the key "id" as far as they can be read, for the answer to a message that cannot
/// be: 0 where they cannot.
std::uint64_t request_id_of(std::string_view head) noexcept;

/// Puts a message together: fields, then arrays, then finish().
class MessageWriter {
 public:
  explicit MessageWriter(MessageType type) : type_(type) {}
  void field(std::string key, Field value) {
    fields_.emplace_back(std::move(key), std::move(value));
  }
  template <ArrayElement T>
  void array(std::string name, const Shape& shape, std::span<const T> values) {
    array_bytes(std::move(name), Array(std::vector<T>{}).dtype(), shape,
                {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  /// Asks for memory for arrays of so many bytes at once.
  void reserve(std::size_t bytes) { data_.reserve(data_.size() + bytes); }
  FramesPtr finish();

 private:
  void array_bytes(std::string name, DType dtype, const Shape& shape, std::span<const char> bytes);
  MessageType type_;
  FieldMap fields_;
  FieldList arrays_;
  std::string data_;
};

std::size_t dtype_bytes(DType dtype);

/// An ERROR for the request `id`.
MessageWriter error_message(std::uint64_t id, ErrorCode code, const ErrorParts& parts,
                            std::string message);

}  // namespace noesis
