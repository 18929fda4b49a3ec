#include <gmock/gmock.h>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::error_of;

using test::read_bytes;
using test::TempFolder;
using test::write_bytes;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
void expect_round_trip(const TempFolder& folder, const std::vector<T>& values) {
  Hdf5File out = Hdf5File::create(folder / "a.h5");
  out.write("group/inner/x", std::span(values), {1, static_cast<std::int64_t>(values.size())});
  out.close();
  const Hdf5File in = Hdf5File::open(folder / "a.h5");
  EXPECT_EQ(in.read<T>("group/inner/x"), values);
  EXPECT_THAT(in.shape("group/inner/x"), ElementsAre(1, static_cast<std::int64_t>(values.size())));
}

TEST(Hdf5, EveryTypeRoundTrips) {
  const TempFolder folder;
  expect_round_trip<float>(folder, {1.5f, -0.0f, 1e-45f});
  expect_round_trip<double>(folder, {1.5, -0.0, 5e-324});
  expect_round_trip<std::int32_t>(folder, {-1, 2147483647});
  expect_round_trip<std::int64_t>(folder, {INT64_MIN, INT64_MAX});
  expect_round_trip<std::uint64_t>(folder, {0, UINT64_MAX});
  expect_round_trip<std::uint8_t>(folder, {0, 255});
  expect_round_trip<double>(folder, {});
}

TEST(Hdf5, IntegersThatDoNotFitAreRefusedNotClipped) {
  // Red when read() leaves the conversion to HDF5, which gives 2147483647.
  const TempFolder folder;
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.write("wide", std::vector<std::int64_t>{1, std::int64_t{1} << 40});
  file.write("negative", std::vector<std::int32_t>{-1});
  file.write("reals", std::vector<double>{1.5});
  EXPECT_THAT(error_of<ConfigError>([&] { file.read<std::int32_t>("wide"); }),
              AllOf(HasSubstr("a.h5: 'wide'[1]"), HasSubstr("got 1099511627776")));
  EXPECT_THAT(error_of<ConfigError>([&] { file.read<std::uint64_t>("negative"); }),
              HasSubstr("got -1, allowed 0"));
  EXPECT_THAT(error_of<ConfigError>([&] { file.read<std::int64_t>("reals"); }),
              HasSubstr("got floating-point numbers, allowed integers"));
  EXPECT_THAT(file.read<double>("negative"), ElementsAre(-1.0));
  EXPECT_THAT(file.read<std::int64_t>("negative"), ElementsAre(-1));
}

TEST(Hdf5, StringsAndAttributesRoundTrip) {
  const TempFolder folder;
  const std::vector<std::string> names = {"AVAL", "", "\xc3\xa9"};
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.write_strings("names", names);
  file.set_attribute("/", "format", "noesis");
  file.set_attribute("/", "format", "");  // replaces
  file.set_attribute("names", "step", std::uint64_t{1} << 63);
  file.set_attribute("names", "dt", 0.1);
  file.close();
  const Hdf5File in = Hdf5File::open(folder / "a.h5");
  EXPECT_EQ(in.read_strings("names"), names);
  EXPECT_EQ(in.string_attribute("/", "format"), "");
  EXPECT_EQ(in.attribute<std::uint64_t>("names", "step"), std::uint64_t{1} << 63);
  EXPECT_EQ(in.attribute<double>("names", "dt"), 0.1);
  EXPECT_TRUE(in.has_attribute("names", "dt"));
  EXPECT_FALSE(in.has_attribute("names", "nothing"));
  EXPECT_THROW(in.attribute<double>("names", "nothing"), ConfigError);
  EXPECT_THROW(in.attribute<std::int32_t>("names", "step"), ConfigError);
  EXPECT_THROW(in.attribute<std::int64_t>("names", "dt"), ConfigError);
  EXPECT_THROW(in.string_attribute("names", "dt"), ConfigError);
  EXPECT_THROW(in.read<double>("names"), ConfigError);
}

TEST(Hdf5, RowsAreAppendedAndReadInParts) {
  const TempFolder folder;
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.create_rows<float>("rates", {3}, 2);
  const std::vector<float> rows = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  file.append_rows("rates", std::span(rows).first(9));
  file.append_rows("rates", std::span(rows).last(3));
  file.append_rows("rates", std::span(rows).first(0));
  EXPECT_THAT(file.shape("rates"), ElementsAre(4, 3));
  EXPECT_EQ(file.read<float>("rates"), rows);
  EXPECT_THAT(file.read_rows<float>("rates", 1, 2), ElementsAre(3, 4, 5, 6, 7, 8));
  EXPECT_TRUE(file.read_rows<float>("rates", 4, 0).empty());
  EXPECT_THAT(error_of<ConfigError>([&] { file.read_rows<float>("rates", 3, 2); }),
              HasSubstr("got 2 from 3, allowed within 0 to 4"));
  EXPECT_THROW(file.append_rows("rates", std::span(rows).first(4)), InternalError);
  EXPECT_THROW(file.write("x", std::span(rows), {5, 5}), InternalError);
}

TEST(Hdf5, ListsAndFindsObjects) {
  const TempFolder folder;
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.write("b/c/d", std::vector<float>{1});
  file.create_group("a");
  EXPECT_THAT(file.names("/"), ElementsAre("a", "b"));
  EXPECT_THAT(file.names("b/c"), ElementsAre("d"));
  EXPECT_TRUE(file.contains("b/c/d") && file.contains("/b/c") && file.contains("/"));
  EXPECT_FALSE(file.contains("b/x/d") || file.contains("c") || file.contains("b/c/d/e"));
  EXPECT_THAT(error_of<ConfigError>([&] { file.read<float>("b/x"); }),
              HasSubstr("a.h5: 'b/x': there is no such dataset"));
  EXPECT_THAT(error_of<ConfigError>([&] { file.names("x"); }), HasSubstr("no such group"));
  EXPECT_THAT(error_of<RunError>([&] { file.write("b/c/d", std::vector<float>{1}); }),
              HasSubstr("cannot create the dataset: "));  // with HDF5's own reason
}

TEST(Hdf5, BadFilesGiveOneClearError) {
  const TempFolder folder;
  EXPECT_THAT(error_of<ConfigError>([&] { Hdf5File::open(folder / "none.h5"); }),
              HasSubstr("none.h5: there is no such file"));
  write_bytes(folder / "text.h5", "hello");
  testing::internal::CaptureStderr();
  EXPECT_THAT(error_of<ConfigError>([&] { Hdf5File::open(folder / "text.h5"); }),
              HasSubstr("cannot be read as an HDF5 file"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");  // red when HDF5 prints its stack
  EXPECT_THROW(Hdf5File::create("/nonexistent/a.h5"), RunError);
}

TEST(Hdf5, AnImpossibleSizeIsRefusedBeforeAllocation) {
  // Red (bad_alloc, or 8 TiB) without checked_count.
  const TempFolder folder;
  const std::vector<double> rows(12347, 1.0);
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.create_rows<double>("x", {}, 64);
  file.append_rows<double>("x", rows);
  file.close();
  std::string bytes = read_bytes(folder / "a.h5");
  const std::string length("\x3b\x30\0\0\0\0\0\0", 8), huge("\0\0\0\0\0\1\0\0", 8);
  ASSERT_NE(bytes.find(length), std::string::npos);
  bytes.replace(bytes.find(length), 8, huge);
  write_bytes(folder / "a.h5", bytes);
  EXPECT_THAT(error_of<ConfigError>([&] { Hdf5File::open(folder / "a.h5").read<double>("x"); }),
              HasSubstr("a.h5: 'x': an impossible size is claimed"));
}

TEST(Hdf5, TheSameContentGivesTheSameBytes) {
  const TempFolder folder;
  for (const char* name : {"a.h5", "b.h5"}) {
    Hdf5File file = Hdf5File::create(folder / name);
    file.write("g/x", std::vector<double>{1, 2});
    file.set_attribute("g", "version", std::int64_t{1});
    file.close();
    ::usleep(1'050'000);  // HDF5 would keep the second at which a dataset was made
  }
  EXPECT_EQ(read_bytes(folder / "a.h5"), read_bytes(folder / "b.h5"));
}

TEST(Hdf5, AFileCutAtAnyLengthIsRefused) {
  const TempFolder folder;
  Hdf5File file = Hdf5File::create(folder / "a.h5");
  file.write("x", std::vector<double>{1, 2, 3});
  file.close();
  const std::string good = read_bytes(folder / "a.h5");
  for (std::size_t length = 0; length < good.size(); length += 3) {
    write_bytes(folder / "b.h5", good.substr(0, length));
    EXPECT_THROW(Hdf5File::open(folder / "b.h5").read<double>("x"), ConfigError) << length;
  }
}

}  // namespace
}  // namespace noesis
