#include "data/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "core/error.hpp"
#include "data/memory.hpp"
#include "tests/core/error_of.hpp"

namespace noesis {
namespace {

using test::error_of;

using testing::HasSubstr;

std::vector<std::vector<std::string>> read_all(const std::string& text, char separator = ',') {
  std::istringstream in(text);
  CsvReader csv(in, "t.csv", separator);
  std::vector<std::vector<std::string>> rows;
  while (csv.next()) {
    rows.emplace_back();
    for (std::size_t c = 0; c < csv.header().size(); ++c) {
      rows.back().emplace_back(csv.field(static_cast<int>(c)));
    }
  }
  return rows;
}

using Rows = std::vector<std::vector<std::string>>;

// Red without any one of: byte-order mark, CRLF, blank lines, trimming, quotes, empty last field.
TEST(Csv, ReadsTheFormsThatFilesComeIn) {
  EXPECT_EQ(read_all("\xEF\xBB\xBF"
                     "a,b\r\n1,2\r\n\r\n 3 ,\t4\r\n"),
            (Rows{{"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(read_all("a,b\n\"x,\"\"y\"\"\",\nlast,row"), (Rows{{"x,\"y\"", ""}, {"last", "row"}}));
  EXPECT_EQ(read_all("a\n\"\"\n"), (Rows{{""}}));
  EXPECT_EQ(read_all("a\tb\tc\n\t\t\n\t\"x\"\t\n", '\t'), (Rows{{"", "", ""}, {"", "x", ""}}));
}

TEST(Csv, FindsColumnsByAnyOfTheirNames) {
  std::istringstream in("ID,Post,pre\n1,2,3\n");
  const CsvReader csv(in, "t.csv");
  EXPECT_EQ(csv.find_column(std::array<std::string_view, 2>{"target", "post"}), 1);
  EXPECT_EQ(csv.find_column(std::array<std::string_view, 1>{"weight"}), -1);
  EXPECT_THAT(error_of([&] {
                csv.column(std::array<std::string_view, 2>{"weight", "count"});
              }),
              HasSubstr("t.csv:1: column is missing: got columns ID, Post, pre, "
                        "allowed one named weight, count"));
}

// Red when a check is dropped: each text must be refused with its line.
TEST(Csv, RefusesMalformedText) {
  EXPECT_THAT(error_of([] { read_all(""); }), HasSubstr("t.csv: no header row"));
  EXPECT_THAT(error_of([] { read_all("a,A\n"); }), HasSubstr("t.csv:1: column name stands twice"));
  EXPECT_THAT(error_of([] { read_all("a,b\n1,2\n\n3\n"); }),
              HasSubstr("t.csv:4: wrong number of fields in a row: got 1, allowed 2"));
  EXPECT_THAT(error_of([] { read_all("a,b\n1,2,3\n"); }), HasSubstr("t.csv:2: wrong number"));
  EXPECT_THAT(error_of([] { read_all("a\n\"open\n"); }), HasSubstr("t.csv:2: bad quotes"));
  EXPECT_THAT(error_of([] { read_all("a\n\"x\"y\n"); }), HasSubstr("text after the closing quote"));
}

TEST(Csv, NumbersAreWholeFiniteAndInRange) {
  std::istringstream in("a,b\n12,-1.5e2\n12x,1.5.\n99999999999999999999,inf\n7,1e999\n");
  CsvReader csv(in, "t.csv");
  ASSERT_TRUE(csv.next());
  EXPECT_EQ(csv.integer(0, 0, 12), 12);
  EXPECT_EQ(csv.number(1), -150);
  EXPECT_THAT(
      error_of([&] { csv.integer(0, 0, 11); }),
      HasSubstr("t.csv:2: not an integer in range in column 'a': got '12', allowed 0 to 11"));
  for (int row = 0; row < 3; ++row) {
    ASSERT_TRUE(csv.next());
    EXPECT_THAT(error_of([&] { csv.number(1); }), HasSubstr("not a finite number"));
    if (row < 2) {
      EXPECT_THROW(csv.integer(0, 0, 100), ConfigError);
    }
  }
}

// Red when the comparison is turned round, or an overflow counts as little.
TEST(Memory, WhatDoesNotFitIsRefused) {
  EXPECT_GT(available_memory_bytes(), 1 << 20);
  EXPECT_NO_THROW(require_memory(1, "file", "a byte"));
  EXPECT_THAT(error_of([] { require_memory(std::int64_t{1} << 60, "file", "it all"); }),
              HasSubstr("file: not enough memory for it all"));
  EXPECT_THROW(require_memory(-1, "file", "an overflow"), ConfigError);
}

}  // namespace
}  // namespace noesis
