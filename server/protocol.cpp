#include "server/protocol.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace noesis {
namespace {

constexpr std::string_view kMagic = "NOES";
constexpr std::size_t kAlignment = 8;  ///< of arrays in their frame [bytes]

[[noreturn]] void malformed(std::string where, std::string got, std::string allowed = {}) {
  throw ProtocolError(ErrorCode::kMalformed, std::move(where), std::move(got), std::move(allowed));
}

/// Text of a peer, cut and made safe to show.
std::string shown(std::string_view text) {
  std::string safe = "'";
  for (const char c : text.substr(0, 60)) safe += c < 0x20 || c == 0x7f ? '?' : c;
  return safe + (text.size() > 60 ? "...'" : "'");
}

std::optional<DType> dtype_of(std::string_view name) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt64, DType::kUint8}) {
    if (dtype_name(dtype) == name) return dtype;
  }
  return std::nullopt;
}

/// Bytes of an array, or nothing when they cannot be counted.
std::optional<std::size_t> bytes_of(DType dtype, const Shape& shape) {
  std::size_t bytes = dtype_bytes(dtype);
  for (const std::int64_t length : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(length), &bytes)) return {};
  }
  return bytes;
}

/// One row of the table "arrays".
ArrayView view_of(const Field& field, std::string_view data) {
  const auto* row = field.get_if<FieldList>();
  if (row == nullptr || row->size() != 4)
    malformed("arrays", "a row of another form", "[name, dtype, shape, offset]");
  const auto* name = (*row)[0].get_if<std::string>();
  const auto* dtype = (*row)[1].get_if<std::string>();
  const auto* lengths = (*row)[2].get_if<FieldList>();
  const auto* offset = (*row)[3].get_if<std::uint64_t>();
  if (name == nullptr || dtype == nullptr || lengths == nullptr || offset == nullptr) {
    malformed("arrays", "a row of another form", "[name, dtype, shape, offset]");
  }
  ArrayView view{.name = *name, .dtype = {}, .shape = {}, .bytes = {}};
  const std::string where = "arrays " + shown(*name);
  const auto known = dtype_of(*dtype);
  if (!known) malformed(where, "dtype " + shown(*dtype), "float32, float64, int64, uint8");
  view.dtype = *known;
  if (lengths->size() > kMostDimensions) malformed(where, "too many dimensions");
  for (const Field& length : *lengths) {
    const auto* value = length.get_if<std::uint64_t>();
    if (value == nullptr || *value > kMostMessageBytes) malformed(where, "a length that cannot be");
    view.shape.push_back(static_cast<std::int64_t>(*value));
  }
  const auto bytes = bytes_of(view.dtype, view.shape);
  if (*offset % kAlignment != 0)
    malformed(where, "offset " + std::to_string(*offset), "a multiple of 8");
  if (!bytes || *offset > data.size() || *bytes > data.size() - *offset) {
    malformed(where, "more bytes than its frame has");
  }
  view.bytes = std::span(data).subspan(*offset, *bytes);
  return view;
}

}  // namespace

std::string_view error_code_name(ErrorCode code) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "MALFORMED", "VERSION", "UNKNOWN_TYPE", "UNKNOWN_SESSION", "SEQUENCE", "BUSY",
      "CONFIG",    "RUN",     "MEMORY",       "CAPACITY",        "DRAINING", "INTERNAL"};
  return kNames[static_cast<std::size_t>(code)];
}

ProtocolError::ProtocolError(ErrorCode code, std::string where, std::string got,
                             std::string allowed, std::string next)
    : UserError({.what = "a message that cannot be served",
                 .where = std::move(where),
                 .got = std::move(got),
                 .allowed = std::move(allowed),
                 .next = std::move(next)}),
      code_(code) {}

std::size_t dtype_bytes(DType dtype) {
  static constexpr std::array<std::size_t, 4> kBytes = {4, 8, 8, 1};
  return kBytes[static_cast<std::size_t>(dtype)];
}

// --- receiving -----------------------------------------------------------------------------------

Message decode(std::string_view head, std::string_view data) {
  if (head.size() < kHeaderSize || head.substr(0, 4) != kMagic) {
    malformed("head", "bytes that do not begin with NOES", "a message of this protocol");
  }
  if (static_cast<std::uint8_t>(head[4]) != kProtocolVersion) {
    throw ProtocolError(ErrorCode::kVersion, "head",
                        "version " + std::to_string(static_cast<std::uint8_t>(head[4])),
                        std::to_string(kProtocolVersion));
  }
  if (head[6] != 0 || head[7] != 0) malformed("head", "flags", "0");
  if (head.size() > kMostHeadBytes) malformed("head", "too many bytes", "1 MiB");
  if (data.size() > kMostMessageBytes) malformed("data", "too many bytes", "64 MiB");
  Message message;
  message.type_ = static_cast<MessageType>(head[5]);
  message.bytes_ = head.size() + data.size();
  message.fields_ = unpack(head.substr(kHeaderSize));
  const FieldList& table = message.list_at("arrays");
  if (table.size() > kMostArrays) malformed("arrays", "too many", std::to_string(kMostArrays));
  if (table.empty() && !data.empty()) malformed("data", "a second frame", "none without arrays");
  if (!data.empty()) {
    message.data_ = std::make_unique_for_overwrite<char[]>(data.size());
    std::memcpy(message.data_.get(), data.data(), data.size());
  }
  for (const Field& row : table) {
    message.arrays_.push_back(view_of(row, {message.data_.get(), data.size()}));
  }
  return message;
}

std::uint64_t request_id_of(std::string_view head) noexcept {
  try {
    if (head.size() < kHeaderSize || head.size() > kMostHeadBytes) return 0;
    const FieldMap fields = unpack(head.substr(kHeaderSize));
    const Field* id = find_field(fields, "id");
    const auto* value = id != nullptr ? id->get_if<std::uint64_t>() : nullptr;
    return value != nullptr ? *value : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

std::uint64_t Message::uint_at(std::string_view key) const {
  const Field* field = find_field(fields_, key);
  const auto* value = field != nullptr ? field->get_if<std::uint64_t>() : nullptr;
  if (value == nullptr)
    malformed(std::string(key), field != nullptr ? "another type" : "nothing", "a whole number");
  return *value;
}

std::uint64_t Message::uint_at(std::string_view key, std::uint64_t otherwise) const {
  const Field* field = find_field(fields_, key);
  return field == nullptr || field->is_nil() ? otherwise : uint_at(key);
}

std::string Message::text_at(std::string_view key, std::string_view otherwise) const {
  const Field* field = find_field(fields_, key);
  if (field == nullptr || field->is_nil()) return std::string(otherwise);
  const auto* value = field->get_if<std::string>();
  if (value == nullptr) malformed(std::string(key), "another type", "a text");
  return *value;
}

std::string Message::bytes_at(std::string_view key) const {
  const Field* field = find_field(fields_, key);
  const auto* value = field != nullptr ? field->get_if<FieldBytes>() : nullptr;
  if (value == nullptr)
    malformed(std::string(key), field != nullptr ? "another type" : "nothing", "bytes");
  return value->bytes;
}

const FieldList& Message::list_at(std::string_view key) const {
  static const FieldList kEmpty;
  const Field* field = find_field(fields_, key);
  if (field == nullptr || field->is_nil()) return kEmpty;
  const auto* value = field->get_if<FieldList>();
  if (value == nullptr) malformed(std::string(key), "another type", "a list");
  return *value;
}

const ArrayView* Message::find_array(std::string_view name) const {
  const auto found = std::find_if(arrays_.begin(), arrays_.end(),
                                  [&](const ArrayView& array) { return array.name == name; });
  return found == arrays_.end() ? nullptr : &*found;
}

const ArrayView& Message::array_at(std::string_view name, DType dtype, const Shape& shape) const {
  const ArrayView* array = find_array(name);
  const std::string allowed = std::string(dtype_name(dtype)) + " " + shape_text(shape);
  if (array == nullptr) malformed(std::string(name), "no array of that name", allowed);
  const bool fits =
      array->dtype == dtype && array->shape.size() == shape.size() &&
      std::equal(shape.begin(), shape.end(), array->shape.begin(),
                 [](std::int64_t wanted, std::int64_t got) { return wanted < 0 || wanted == got; });
  if (!fits) {
    malformed(std::string(name),
              std::string(dtype_name(array->dtype)) + " " + shape_text(array->shape), allowed);
  }
  return *array;
}

void Message::allow_only(std::span<const std::string_view> keys,
                         std::span<const std::string_view> arrays) const {
  for (const auto& [key, value] : fields_) {
    if (key == "id" || key == "arrays" || std::ranges::find(keys, key) != keys.end()) continue;
    std::string allowed = "id";
    for (const std::string_view one : keys) allowed.append(", ").append(one);
    malformed("key", shown(key), allowed);
  }
  for (const ArrayView& array : arrays_) {
    if (std::ranges::find(arrays, array.name) == arrays.end())
      malformed("arrays", shown(array.name));
  }
}

// --- sending -------------------------------------------------------------------------------------

void MessageWriter::array_bytes(std::string name, DType dtype, const Shape& shape,
                                std::span<const char> bytes) {
  ensure(bytes_of(dtype, shape) == bytes.size(),
         "an array of a message has the bytes of its shape");
  const std::size_t offset = (data_.size() + kAlignment - 1) / kAlignment * kAlignment;
  ensure(offset + bytes.size() <= kMostMessageBytes, "the arrays of a message fit in it");
  data_.append(offset - data_.size(), '\0');
  data_.append(bytes.data(), bytes.size());
  arrays_.emplace_back(FieldList{std::move(name), dtype_name(dtype),
                                 FieldList(shape.begin(), shape.end()),
                                 static_cast<std::uint64_t>(offset)});
}

FramesPtr MessageWriter::finish() {
  // An array without elements takes no bytes, but a message with a table has its second frame.
  if (!arrays_.empty() && data_.empty()) data_.resize(kAlignment);
  if (!arrays_.empty()) field("arrays", std::move(arrays_));
  std::string head(kMagic);
  head += static_cast<char>(kProtocolVersion);
  head += static_cast<char>(type_);
  head.append(2, '\0');
  head += pack(fields_);
  return std::make_shared<const Frames>(Frames{std::move(head), std::move(data_)});
}

MessageWriter error_message(std::uint64_t id, ErrorCode code, const ErrorParts& parts,
                            std::string message) {
  MessageWriter writer(MessageType::kError);
  writer.field("id", id);
  writer.field("code", error_code_name(code));
  writer.field("message", std::move(message));
  for (const auto& [key, part] :
       {std::pair("what", &parts.what), std::pair("where", &parts.where),
        std::pair("got", &parts.got), std::pair("allowed", &parts.allowed),
        std::pair("next", &parts.next)}) {
    if (!part->empty()) writer.field(key, *part);
  }
  return writer;
}

}  // namespace noesis
