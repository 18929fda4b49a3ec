#include "server/protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "server/session.hpp"
#include "tests/core/error_of.hpp"
#include "tests/server/requests.hpp"

namespace noesis {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;

/// The block of docs/protocol.md with messages in bytes.
ordered_json golden() {
  std::ifstream file(NOESIS_SOURCE_DIR "/docs/protocol.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str(), start = "```json\n";
  const auto begin = all.find(start) + start.size();
  return ordered_json::parse(all.substr(begin, all.find("\n```", begin) - begin));
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

Field field_of(const ordered_json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object()) return FieldBytes{from_hex(json.at("bytes"))};
  FieldList list;
  for (const auto& item : json) list.push_back(field_of(item));
  return list;
}

template <class T>
void write_array(MessageWriter& writer, const ordered_json& array) {
  const auto values = array.at("values").get<std::vector<T>>();
  writer.array<T>(array.at("name"), array.at("shape").get<Shape>(), values);
}

FramesPtr written(const ordered_json& message) {
  MessageWriter writer(static_cast<MessageType>(message.at("type").get<int>()));
  for (const auto& [key, value] : message.at("fields").items()) writer.field(key, field_of(value));
  for (const auto& array : message.at("arrays")) {
    if (array.at("dtype") == "float32") write_array<float>(writer, array);
    if (array.at("dtype") == "float64") write_array<double>(writer, array);
    if (array.at("dtype") == "uint8") write_array<std::uint8_t>(writer, array);
  }
  return writer.finish();
}

// Broken by any change of the wire format: the document and other languages' clients have these
// bytes.
TEST(Protocol, HasTheBytesOfTheDocument) {
  const ordered_json messages = golden();
  ASSERT_GE(messages.size(), 9u);
  for (const auto& message : messages) {
    SCOPED_TRACE(message.at("name").get<std::string>());
    const FramesPtr frames = written(message);
    const Frames wanted{from_hex(message.at("head")), from_hex(message.at("data"))};
    EXPECT_TRUE(*frames == wanted);
    const Message read = decode(wanted.head, wanted.data);
    EXPECT_EQ(static_cast<int>(read.type()), message.at("type").get<int>());
    for (const auto& [key, value] : message.at("fields").items()) {
      const Field* field = find_field(read.fields(), key);
      ASSERT_NE(field, nullptr) << key;
      EXPECT_TRUE(*field == field_of(value)) << key;
    }
    ASSERT_EQ(read.arrays().size(), message.at("arrays").size());
    for (std::size_t i = 0; i < read.arrays().size(); ++i) {
      const auto& array = message.at("arrays")[i];
      EXPECT_EQ(read.arrays()[i].name, array.at("name"));
      EXPECT_EQ(dtype_name(read.arrays()[i].dtype), array.at("dtype"));
      EXPECT_EQ(read.arrays()[i].shape, array.at("shape").get<Shape>());
    }
  }
}

std::string head_of(std::string_view map, char version = 1, char type = 13, char flags = 0) {
  return std::string("NOES") + version + type + flags + '\0' + std::string(map);
}

std::string refusal_of(std::string_view head, std::string_view data = {}) {
  return test::error_of<ProtocolError>([&] { decode(head, data); });
}

// Each case is broken by leaving out the check that its refusal names.
TEST(Protocol, RefusesWhatIsNoMessage) {
  EXPECT_THAT(refusal_of(""), HasSubstr("NOES"));
  EXPECT_THAT(refusal_of("NOES\x01"), HasSubstr("NOES"));
  EXPECT_THAT(refusal_of("HTTP/1.1 200 OK"), HasSubstr("NOES"));
  EXPECT_THAT(refusal_of(head_of("\x80", 2)), HasSubstr("version 2"));
  EXPECT_THAT(refusal_of(head_of("\x80", 1, 13, 4)), HasSubstr("flags"));
  EXPECT_THAT(refusal_of(head_of("")), HasSubstr("MessagePack"));
  EXPECT_THAT(refusal_of(head_of("\xc1")), HasSubstr("MessagePack"));
  EXPECT_THAT(refusal_of(head_of("\x93\x01\x02\x03")), HasSubstr("no map"));
  EXPECT_THAT(refusal_of(head_of("\x80\x80")), HasSubstr("left over"));
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x")), HasSubstr("too early"));
  EXPECT_THAT(refusal_of(head_of("\x81\x01\x02")), HasSubstr("no text"));
  EXPECT_THAT(refusal_of(head_of("\x81\x80\x02")), HasSubstr("no text"));
  EXPECT_THAT(refusal_of(head_of("\x82\xa1x\x01\xa1x\x01")), HasSubstr("twice"));
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x\xd4\x01\x02")), HasSubstr("extension"));
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x" + std::string(1000, '\x91'))),
              HasSubstr("too many lists"));
  EXPECT_THAT(refusal_of(std::string(kMostHeadBytes + 1, 'x').replace(0, 8, head_of(""))),
              HasSubstr("too many bytes"));
}

// Broken by reserving what a length claims: 2^32 - 1 values of dozens of bytes.
TEST(Protocol, AllocatesNothingOnAClaim) {
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x\xdd\xff\xff\xff\xff")), HasSubstr("too early"));
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x\xdf\xff\xff\xff\xff")), HasSubstr("too early"));
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x\xc6\xff\xff\xff\xff")), HasSubstr("too early"));
  EXPECT_THAT(refusal_of(head_of("\x81\xa1x\xdb\xff\xff\xff\xff")), HasSubstr("too early"));
  std::string many = "\x81\xa1x\xdd" + std::string("\0\x0f\xff\xf0", 4);
  many.append(std::size_t{1} << 19, '\xc0');
  EXPECT_THAT(refusal_of(head_of(many)), HasSubstr("too many values"));
}

std::string array_refusal(FieldList row, std::size_t data_bytes) {
  const FieldMap map = {{"id", std::uint64_t{1}}, {"arrays", FieldList{std::move(row)}}};
  return refusal_of(head_of(pack(map)), std::string(data_bytes, '\0'));
}

TEST(Protocol, RefusesArraysThatTheirFrameDoesNotHold) {
  using U = std::uint64_t;
  const FieldList two = {U{2}};
  EXPECT_EQ(array_refusal({"a", "float32", two, U{8}}, 16), "no error");
  EXPECT_THAT(array_refusal({"a", "float32", two, U{16}}, 16), HasSubstr("more bytes"));
  EXPECT_THAT(array_refusal({"a", "float32", two, U{8}}, 15), HasSubstr("more bytes"));
  EXPECT_THAT(array_refusal({"a", "float32", two, ~U{7}}, 16), HasSubstr("more bytes"));
  EXPECT_THAT(array_refusal({"a", "float32", two, U{4}}, 16), HasSubstr("multiple of 8"));
  EXPECT_THAT(array_refusal({"a", "float16", two, U{0}}, 16), HasSubstr("dtype"));
  EXPECT_THAT(array_refusal({"a", "float32", FieldList{std::int64_t{-1}}, U{0}}, 16),
              HasSubstr("length"));
  EXPECT_THAT(array_refusal({"a", "float32", FieldList{~U{0}}, U{0}}, 16), HasSubstr("length"));
  EXPECT_THAT(array_refusal({"a", "float32", FieldList(8, U{1 << 26}), U{0}}, 16),
              HasSubstr("more bytes"));
  EXPECT_THAT(array_refusal({"a", "float32", FieldList(9, U{1}), U{0}}, 16),
              HasSubstr("dimensions"));
  EXPECT_THAT(array_refusal({"a", "float32", two}, 16), HasSubstr("form"));
  EXPECT_THAT(array_refusal({"a", U{1}, two, U{0}}, 16), HasSubstr("form"));
  EXPECT_THAT(refusal_of(head_of(pack({{"arrays", FieldList(257, FieldList{})}}))),
              HasSubstr("256"));
  EXPECT_THAT(refusal_of(head_of("\x80"), "12345678"), HasSubstr("second frame"));
}

TEST(Protocol, FindsTheNumberOfARequestThatCannotBeServed) {
  EXPECT_EQ(request_id_of(head_of(pack({{"id", std::uint64_t{9}}}), 7)), 9u);
  EXPECT_EQ(request_id_of(head_of(pack({{"id", "nine"}}))), 0u);
  EXPECT_EQ(request_id_of(head_of("\xc1")), 0u);
  EXPECT_EQ(request_id_of("NOES"), 0u);
}

// Broken by showing a peer's bytes as they are.
TEST(Protocol, ShowsForeignTextCutAndWithoutControls) {
  const Message message = testing::parse(testing::numbered(
      [] {
        MessageWriter writer(MessageType::kPing);
        writer.field("\x1b[2J" + std::string(500, 'x'), std::uint64_t{1});
        return writer;
      }(),
      1));
  const std::string text = test::error_of<ProtocolError>([&] { message.allow_only({}, {}); });
  EXPECT_THAT(text, HasSubstr("'?[2Jxxx"));
  EXPECT_LT(text.size(), 200u);
}

}  // namespace
}  // namespace noesis
