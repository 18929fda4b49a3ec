#pragma once
/// What a message's head is made of: the values of MessagePack that the protocol uses.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace noesis {

class Field;
using FieldList = std::vector<Field>;
using FieldMap = std::vector<std::pair<std::string, Field>>;  ///< in the order of the wire
struct FieldBytes {
  std::string bytes;
  bool operator==(const FieldBytes&) const = default;
};

/// Nil, boolean, integer, number, text, bytes, list or map. A whole number that is not negative is
/// std::uint64_t, a negative one std::int64_t.
class Field {
 public:
  Field() = default;
  Field(bool value) : kind_(value) {}
  Field(std::uint64_t value) : kind_(value) {}
  Field(std::int64_t value) {
    if (value < 0) {
      kind_ = value;
    } else {
      kind_ = static_cast<std::uint64_t>(value);
    }
  }
  Field(double value) : kind_(value) {}
  Field(std::string value) : kind_(std::move(value)) {}
  Field(std::string_view value) : kind_(std::string(value)) {}
  Field(const char* value) : kind_(std::string(value)) {}
  Field(FieldBytes value) : kind_(std::move(value)) {}
  Field(FieldList value) : kind_(std::move(value)) {}
  Field(FieldMap value) : kind_(std::move(value)) {}

  template <class T>
  const T* get_if() const noexcept {
    return std::get_if<T>(&kind_);
  }
  bool is_nil() const noexcept { return std::holds_alternative<std::monostate>(kind_); }
  template <class Visitor>
  decltype(auto) visit(const Visitor& visitor) const {
    return std::visit(visitor, kind_);
  }
  bool operator==(const Field&) const = default;

 private:
  std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string, FieldBytes,
               FieldList, FieldMap>
      kind_;
};

/// Null where there is none.
const Field* find_field(const FieldMap& map, std::string_view key);

/// As MessagePack.
std::string pack(const FieldMap& map);

/// The map that `bytes` are, at most kMostDepth deep and with at most kMostItems in all. Takes
/// memory in proportion to the bytes that there are, whatever lengths they claim.
/// @throws ProtocolError (MALFORMED).
inline constexpr int kMostDepth = 6;
inline constexpr std::size_t kMostItems = 1 << 18;
FieldMap unpack(std::string_view bytes);

}  // namespace noesis
