#include "server/field.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <msgpack.hpp>

#include "server/protocol.hpp"

namespace noesis {
namespace {

/// msgpack's packer writes whole doubles as integers; a double stays one here, so that a key has
/// the same type in every message.
class Packer : public msgpack::packer<msgpack::sbuffer> {
 public:
  explicit Packer(msgpack::sbuffer& buffer) : packer(buffer), buffer_(buffer) {}
  void pack_float64(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    std::array<char, 9> bytes = {static_cast<char>(0xcb)};
    for (std::size_t i = 0; i < 8; ++i) bytes[i + 1] = static_cast<char>(bits >> (56 - 8 * i));
    buffer_.write(bytes.data(), bytes.size());
  }

 private:
  msgpack::sbuffer& buffer_;
};

void pack_field(Packer& packer, const Field& field);

void pack_map(Packer& packer, const FieldMap& map) {
  packer.pack_map(static_cast<std::uint32_t>(map.size()));
  for (const auto& [key, value] : map) {
    packer.pack(key);
    pack_field(packer, value);
  }
}

struct PackVisitor {
  Packer& packer;
  void operator()(std::monostate) const { packer.pack_nil(); }
  void operator()(double value) const { packer.pack_float64(value); }
  void operator()(const FieldBytes& value) const {
    const auto size = static_cast<std::uint32_t>(value.bytes.size());
    packer.pack_bin(size);
    packer.pack_bin_body(value.bytes.data(), size);
  }
  void operator()(const FieldList& list) const {
    packer.pack_array(static_cast<std::uint32_t>(list.size()));
    for (const Field& item : list) pack_field(packer, item);
  }
  void operator()(const FieldMap& map) const { pack_map(packer, map); }
  template <class Plain>
  void operator()(const Plain& value) const {
    packer.pack(value);
  }
};

void pack_field(Packer& packer, const Field& field) { field.visit(PackVisitor{packer}); }

/// Builds the value from the events of msgpack's parser; returning false stops it.
class Builder : public msgpack::null_visitor {
 public:
  bool visit_nil() { return add({}); }
  bool visit_boolean(bool value) { return add(value); }
  bool visit_positive_integer(std::uint64_t value) { return add(value); }
  bool visit_negative_integer(std::int64_t value) { return add(value); }
  bool visit_float32(float value) { return add(double{value}); }
  bool visit_float64(double value) { return add(value); }
  bool visit_str(const char* text, std::uint32_t size) { return add(std::string(text, size)); }
  bool visit_bin(const char* bytes, std::uint32_t size) {
    return add(FieldBytes{std::string(bytes, size)});
  }
  bool visit_ext(const char*, std::uint32_t) { return refuse("an extension type"); }

  bool start_array(std::uint32_t) { return open(false); }
  bool end_array() { return close(); }
  bool start_map(std::uint32_t) { return open(true); }
  bool end_map_key() { return levels_.back().key_read || refuse("a key that is no text"); }
  bool end_map() { return close(); }

  void parse_error(std::size_t, std::size_t) { refuse("bytes that are no MessagePack"); }
  void insufficient_bytes(std::size_t, std::size_t) { refuse("it ends too early"); }

  const char* why() const { return why_; }
  Field take() { return std::move(result_); }

 private:
  struct Level {
    bool is_map;
    FieldList list;
    FieldMap map;
    bool key_read = false;  ///< the last entry of `map` has a key and no value yet
  };

  bool refuse(const char* why) {
    if (why_ == nullptr) why_ = why;
    return false;
  }
  bool open(bool is_map) {
    if (!levels_.empty() && levels_.back().is_map && !levels_.back().key_read) {
      return refuse("a key that is no text");
    }
    if (static_cast<int>(levels_.size()) == kMostDepth) return refuse("lists in too many lists");
    levels_.push_back({.is_map = is_map, .list = {}, .map = {}});
    return true;
  }
  bool close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    return level.is_map ? add(std::move(level.map)) : add(std::move(level.list));
  }
  bool add(Field value) {
    if (++items_ > kMostItems) return refuse("too many values");
    if (levels_.empty()) {
      result_ = std::move(value);
      return true;
    }
    Level& level = levels_.back();
    if (!level.is_map) {
      level.list.push_back(std::move(value));
    } else if (level.key_read) {
      level.map.back().second = std::move(value);
      level.key_read = false;
    } else {
      const auto* key = value.get_if<std::string>();
      if (key == nullptr) return refuse("a key that is no text");
      if (find_field(level.map, *key) != nullptr) return refuse("a key twice");
      if (level.map.size() == kMostKeys) return refuse("too many keys");
      level.map.emplace_back(*key, Field());
      level.key_read = true;
    }
    return true;
  }

  static constexpr std::size_t kMostKeys = 256;  // they are searched one by one
  std::vector<Level> levels_;
  Field result_;
  std::size_t items_ = 0;
  const char* why_ = nullptr;
};

}  // namespace

const Field* find_field(const FieldMap& map, std::string_view key) {
  const auto found =
      std::find_if(map.begin(), map.end(), [&](const auto& entry) { return entry.first == key; });
  return found == map.end() ? nullptr : &found->second;
}

std::string pack(const FieldMap& map) {
  msgpack::sbuffer buffer;
  Packer packer(buffer);
  pack_map(packer, map);
  return {buffer.data(), buffer.size()};
}

FieldMap unpack(std::string_view bytes) {
  Builder builder;
  std::size_t end = 0;
  const bool complete = msgpack::parse(bytes.data(), bytes.size(), end, builder);
  const char* why = builder.why();
  if (why == nullptr && !complete) why = "bytes that are no MessagePack";
  if (why == nullptr && end != bytes.size()) why = "bytes are left over";
  Field field = builder.take();
  const auto* map = field.get_if<FieldMap>();
  if (why == nullptr && map == nullptr) why = "it is no map";
  if (why != nullptr) throw ProtocolError(ErrorCode::kMalformed, "head", why, "a MessagePack map");
  return *map;
}

}  // namespace noesis
