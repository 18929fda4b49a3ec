#include "core/npy.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <bit>
#include <cstdlib>
#include <cstring>

#include "core/error.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::read_bytes;
using test::TempFolder;
using test::write_bytes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A version 1.0 file with this dictionary, as NumPy lays it out.
std::string npy_file(const std::string& dictionary, const std::string& data) {
  const std::string header = dictionary + "\n";
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 255);
  file += static_cast<char>(header.size() >> 8);
  return file + header + data;
}

std::string error_of(const std::string& file_bytes) {
  const TempFolder folder;
  write_bytes(folder / "a.npy", file_bytes);
  try {
    read_npy(folder / "a.npy");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Npy, ReadsWhatNumPyWrites) {
  const std::string data("\x01\x00\x00\x00\xfe\xff\xff\xff", 8);
  const TempFolder folder;
  write_bytes(folder / "a.npy",
              npy_file("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }", data));
  const NpyArray array = read_npy(folder / "a.npy");
  EXPECT_THAT(array.shape, ElementsAre(1, 2));
  EXPECT_THAT(array.numbers<std::int32_t>("a"), ElementsAre(1, -2));
  EXPECT_THAT(array.numbers<double>("a"), ElementsAre(1.0, -2.0));
}

TEST(Npy, RefusesDamagedHeaders) {
  const std::string good = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}";
  const std::string data(8, '\0');
  ASSERT_EQ(error_of(npy_file(good, data)), "no error");
  EXPECT_THAT(error_of(""), HasSubstr("no .npy array"));
  EXPECT_THAT(error_of("\x93NUMPX\x01"), HasSubstr("no .npy array"));
  EXPECT_THAT(error_of(npy_file(good, data).substr(0, 30)), HasSubstr("ends inside"));
  EXPECT_THAT(error_of(npy_file(good, data.substr(1))), HasSubstr("the file may be cut off"));
  EXPECT_THAT(error_of(npy_file(good, data + "x")), HasSubstr("disagree"));
  const auto header = [&](const std::string& from, const std::string& to) {
    std::string changed = good;
    changed.replace(changed.find(from), from.size(), to);
    return error_of(npy_file(changed, data));
  };
  EXPECT_THAT(header("<f8", ">f8"), HasSubstr("got '>f8'"));
  EXPECT_THAT(header("<f8", "|O"), HasSubstr("cannot be read"));
  EXPECT_THAT(header("<f8", "<f2"), HasSubstr("cannot be read"));
  EXPECT_THAT(header("<f8", "<f8x"), HasSubstr("cannot be read"));
  EXPECT_THAT(header("<f8", "<S-4"), HasSubstr("cannot be read"));
  EXPECT_THAT(header("'<f8'", "[('a', '<f8')]"), HasSubstr("records"));
  EXPECT_THAT(header("(1,)", "(-1,)"), HasSubstr("not made of lengths"));
  EXPECT_THAT(header("(1,)", "(99999999999999999999,)"), HasSubstr("not made of lengths"));
  EXPECT_THAT(header("(1,)", "(4294967296, 4294967296)"), HasSubstr("too large for any file"));
  EXPECT_THAT(header("(1,)", "(1000000000000,)"), HasSubstr("disagree"));  // and no allocation
  EXPECT_THAT(header("(1,)", "(1 2)"), HasSubstr("')' is missing"));
  EXPECT_THAT(header("'shape'", "'shap'"), HasSubstr("unexpected key 'shap'"));
  EXPECT_THAT(header(", 'shape': (1,)", ""), HasSubstr("is missing"));
  EXPECT_THAT(header("}", "} import os"), HasSubstr("text after"));
  EXPECT_THAT(header("False, 'shape': (1,)", "True, 'shape': (1, 1)"), HasSubstr("Fortran order"));
  EXPECT_THAT(header("False", "Maybe"), HasSubstr("neither True nor False"));
  std::string version = npy_file(good, data);
  version[6] = 9;
  EXPECT_THAT(error_of(version), HasSubstr("got 9.0"));
}

TEST(Npy, ConversionsKeepTheValueOrRefuse) {
  const std::vector<std::int64_t> wide = {1, std::int64_t{1} << 40};
  const NpyArray array = npy_array(wide);
  EXPECT_THAT(array.numbers<std::int64_t>("f: w"), ElementsAre(1, std::int64_t{1} << 40));
  try {
    array.numbers<std::int32_t>("f: w");
    FAIL() << "2^40 went into 32 bits";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), StartsWith("f: w[1]: the number is too large: got 1099511627776"));
  }
  EXPECT_THROW(npy_array(std::vector<double>{1}).numbers<std::int64_t>("f"), ConfigError);
  EXPECT_THROW(npy_array(std::vector<double>{1}).strings("f"), ConfigError);
  EXPECT_THROW(npy_array(std::span(wide), {3}), InternalError);
}

TEST(Npy, StringsRoundTripAndMustBeUtf8) {
  const std::vector<std::string> names = {"AVAL", "", "\xc3\xa9\xe2\x82\xac\xf0\x9f\xa7\xa0"};
  const NpyArray array = npy_strings(names);
  EXPECT_EQ(array.dtype(), "<U4");
  EXPECT_EQ(array.strings("f"), names);
  // Cut, overlong, surrogate and stray bytes.
  for (const char* bad : {"\xc3", "\xc0\x80", "\xed\xa0\x80", "\x80", "\xff", "\xf5\x80\x80\x80"}) {
    const std::vector<std::string> one = {bad};
    EXPECT_THROW(npy_strings(one), ConfigError) << bad;
  }
}

TEST(Npz, RoundTripsAndIsTheSameBytes) {
  const TempFolder folder;
  const std::vector<double> rates = {0.5, -1, 2, 3, 4, 5};
  const std::vector<std::string> names = {"a", "bc"};
  const NpzArrays arrays = {{"rates", npy_array(std::span(rates), {2, 3})},
                            {"names", npy_strings(names)},
                            {"none", npy_array(std::vector<float>{})}};
  write_npz(folder / "a.npz", arrays);
  write_npz(folder / "b.npz", arrays);
  EXPECT_EQ(read_bytes(folder / "a.npz"), read_bytes(folder / "b.npz"));
  // Time and date of the first entry: red when the clock gets in.
  EXPECT_EQ(read_bytes(folder / "a.npz").substr(10, 4), std::string("\0\0\x21\0", 4));
  EXPECT_EQ(folder.count(), 2);  // red when the temporary is left behind
  const NpzReader file(folder / "a.npz");
  EXPECT_THAT(file.names(), ElementsAre("rates", "names", "none"));
  EXPECT_THAT(file.read("rates").shape, ElementsAre(2, 3));
  EXPECT_EQ(file.read("rates").numbers<double>("r"), rates);
  EXPECT_EQ(file.read("names").strings("n"), names);
  EXPECT_TRUE(file.read("none").numbers<float>("n").empty());
  try {
    file.read("rate");
    FAIL() << "an array that is not there was read";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no array 'rate': allowed rates, names, none; "
                                        "did you mean 'rates'?"));
  }
}

TEST(Npz, AFlippedByteIsSeen) {
  // Red without the read past the end, which makes libzip compare the sum.
  const TempFolder folder;
  const std::vector<double> values(100, 1.0);
  write_npz(folder / "a.npz", {{"x", npy_array(values)}});
  std::string bytes = read_bytes(folder / "a.npz");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_bytes(folder / "a.npz", bytes);
  EXPECT_THROW(NpzReader(folder / "a.npz").read("x"), ConfigError);
  write_bytes(folder / "a.npz", bytes.substr(0, bytes.size() - 30));
  EXPECT_THROW(NpzReader(folder / "a.npz"), ConfigError);
  EXPECT_THROW(NpzReader(folder / "none.npz"), ConfigError);
}

TEST(Npz, WriteErrorsNameTheFile) {
  try {
    write_npz("/nonexistent/a.npz", {});
    FAIL() << "wrote into a folder that is not there";
  } catch (const RunError& error) {
    EXPECT_THAT(error.what(), StartsWith("/nonexistent/a.npz: "));
  }
}

TEST(NpyProperty, EveryArrayReadsBackBitForBit) {
  const TempFolder folder;
  EXPECT_TRUE(rc::check([&](const std::vector<std::uint64_t>& words) {
    std::vector<double> values(words.size());
    if (!words.empty()) std::memcpy(values.data(), words.data(), 8 * words.size());
    write_npy(folder / "a.npy", npy_array(values));
    const auto back = read_npy(folder / "a.npy").numbers<double>("a");
    RC_ASSERT(back.size() == values.size());
    RC_ASSERT(std::equal(back.begin(), back.end(), words.begin(), [](double x, std::uint64_t word) {
      return std::bit_cast<std::uint64_t>(x) == word;
    }));
  }));
}

TEST(NpyProperty, NoBytesCrashTheReader) {
  const TempFolder folder;
  const std::vector<double> values(20, 1.0);
  write_npz(folder / "a.npz", {{"x", npy_array(values)}});
  write_npy(folder / "a.npy", npy_array(values));
  const std::string npz = read_bytes(folder / "a.npz"), npy = read_bytes(folder / "a.npy");
  EXPECT_TRUE(rc::check([&](std::uint32_t position, char byte, bool cut) {
    const auto damage = [&](std::string bytes) {
      bytes[position % bytes.size()] = byte;
      return cut ? bytes.substr(0, position % bytes.size()) : bytes;
    };
    write_bytes(folder / "b.npz", damage(npz));
    write_bytes(folder / "b.npy", damage(npy));
    try {
      NpzReader(folder / "b.npz").read("x");
    } catch (const ConfigError&) {
    }
    try {
      read_npy(folder / "b.npy");
    } catch (const ConfigError&) {
    }
  }));
}

TEST(Npz, NumPyReadsWhatWeWriteAndWeReadNumPy) {
  std::string python = std::string(NOESIS_SOURCE_DIR) + "/.venv/bin/python";
  if (!std::filesystem::exists(python)) python = "python3";
  if (std::system((python + " -c 'import numpy' 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "python3 with numpy is not installed";
  }
  const TempFolder folder;
  const std::vector<float> values = {0.5f, -1.0f};
  const std::vector<std::string> names = {"AVAL", "\xc3\xa9"};
  write_npz(folder / "ours.npz", {{"x", npy_array(values)}, {"names", npy_strings(names)}});
  const std::string script =
      "import numpy as n, sys; f = sys.argv[1]; a = n.load(f + '/ours.npz'); "
      "assert a['x'].dtype == n.float32 and list(a['x']) == [0.5, -1], a['x']; "
      "assert list(a['names']) == ['AVAL', chr(233)], a['names']; "
      "n.savez_compressed(f + '/theirs.npz', data=n.arange(1000.0), format=b'csr', "
      "indptr=n.array([0, 2], n.int32), shape=n.array([3, 4]), flag=n.array([True, False]))";
  ASSERT_EQ(std::system((python + " -c \"" + script + "\" " + folder.path().string()).c_str()), 0);
  const NpzReader theirs(folder / "theirs.npz");
  EXPECT_EQ(theirs.read("data").numbers<double>("d")[999], 999.0);
  EXPECT_THAT(theirs.read("format").strings("f"), ElementsAre("csr"));
  EXPECT_TRUE(theirs.read("format").shape.empty());
  EXPECT_THAT(theirs.read("indptr").numbers<std::int64_t>("i"), ElementsAre(0, 2));
  EXPECT_THAT(theirs.read("shape").numbers<std::int32_t>("s"), ElementsAre(3, 4));
  EXPECT_THAT(theirs.read("flag").numbers<std::int32_t>("f"), ElementsAre(1, 0));
}

}  // namespace
}  // namespace noesis
