#include "physics/connectome_io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/npy.hpp"
#include "physics/celegans_connectome.hpp"
#include "physics/generators.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::TempFolder;
using test::write_bytes;
using testing::HasSubstr;

const std::filesystem::path kSource = NOESIS_SOURCE_DIR;

/// The message of load_connectome, without the path of the folder.
class Files : public testing::Test {
 protected:
  std::string error_of(const std::string& name, const std::string& text,
                       const ConnectomeFileOptions& options = {}) {
    write_bytes(folder_ / name, text);
    return error_of_file(name, options);
  }
  std::string error_of_file(const std::string& name, const ConnectomeFileOptions& options = {}) {
    try {
      load_connectome(folder_ / name, options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }
  Connectome load(const std::string& name, const std::string& text,
                  const ConnectomeFileOptions& options = {}) {
    write_bytes(folder_ / name, text);
    return load_connectome(folder_ / name, options);
  }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    write_bytes(folder_ / name, text);
    return folder_ / name;
  }

  TempFolder folder_;
};
using CsvFiles = Files;
using MatrixMarketFiles = Files;
using ScipyFiles = Files;

// Red when the first matching column is taken by position, or a missing weight is not 1.
TEST_F(CsvFiles, ReadsColumnsByName) {
  const Connectome c = load("a.csv", "note,post,weight,pre\nx,1,2.5,0\n\ny,0,-1e-3,2\n");
  EXPECT_EQ(c.num_neurons(), 3);
  EXPECT_EQ(c.weight(0, 1), 2.5f);
  EXPECT_EQ(c.weight(2, 0), -1e-3f);
  const Connectome t = load("b.tsv", "source\ttarget\n0\t4\n", {.num_neurons = 6});
  EXPECT_EQ(t.num_neurons(), 6);
  EXPECT_EQ(t.weight(0, 4), 1.0f);
}

// Red when ids of the neuron file are taken for positions: 720... must not be 2^60 neurons.
TEST_F(CsvFiles, ReadsLabelledNeurons) {
  const auto neurons = write("n.csv",
                             "root_id,name,type,sign,x,y,z\n720575940600000001,A,motor,-1,1,2,3.5\n"
                             "720575940600000002,\"B, the second\",sensory,,0,0,0\n");
  const auto gaps = write("g.csv", "a,b,weight\nA,720575940600000002,0.5\n");
  const Connectome c =
      load("e.csv", "pre_root_id,post_root_id,syn_count\n720575940600000002,A,12\n",
           {.neurons = neurons, .gap_junctions = gaps});
  EXPECT_EQ(c.num_neurons(), 2);
  EXPECT_EQ(c.weight(1, 0), 12.0f);
  EXPECT_EQ(c.gap_weight(0, 1), 0.5f);
  EXPECT_EQ(c.neuron_id("B, the second"), 1);
  EXPECT_EQ(c.neurons().sign, (std::vector<std::int8_t>{-1, 0}));
  EXPECT_EQ(c.neurons().z, (std::vector<float>{3.5f, 0}));
  EXPECT_TRUE(c.neurons().region.empty());
}

// Red when the published files are not read as they stand.
TEST_F(CsvFiles, ReadsTheWorm) {
  const auto data = kSource / "data" / "celegans";
  const Connectome file =
      load_connectome(data / "chemical.csv",
                      {.neurons = data / "neurons.csv", .gap_junctions = data / "electrical.csv"});
  const Connectome built =
      celegans_connectome({.signs = "all_positive", .weights = "count", .autapses = true});
  EXPECT_EQ(file.digest(), built.digest());
  EXPECT_EQ(file.neurons().name, built.neurons().name);
}

// Red when sums are lost, or made without being asked for.
TEST_F(CsvFiles, AddsDuplicatesOnRequest) {
  const std::string text = "pre,post,weight\n0,1,2\n1,0,5\n0,1,3\n";
  EXPECT_EQ(load("d.csv", text, {.sum_duplicates = true}).weight(0, 1), 5.0f);
  EXPECT_THAT(error_of("d.csv", text),
              HasSubstr("d.csv:4: duplicate edge 0 -> 1: got the same pair as"));
  EXPECT_THAT(error_of("d.csv", text), HasSubstr("d.csv:2, allowed each pair once"));
}

// Each class of malformed file: red when its check is dropped.
TEST_F(CsvFiles, RefusesMalformedFiles) {
  EXPECT_THAT(error_of("a.csv", ""), HasSubstr("a.csv: no header row"));
  EXPECT_THAT(
      error_of("a.csv", "pre,weight\n0,1\n"),
      HasSubstr("a.csv:1: column is missing: got columns pre, weight, allowed one named post"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n0,1\n\n0\n"), HasSubstr("a.csv:4: wrong number"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n0,x\n"), HasSubstr("a.csv:2: not an integer in range"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n-1,0\n"), HasSubstr("got '-1', allowed 0 to"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n720575940600000001,0\n"),
              HasSubstr("not an integer in range"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n0,3\n", {.num_neurons = 3}),
              HasSubstr("allowed 0 to 2"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n0,0\n", {.num_neurons = -3}), HasSubstr("num_neurons"));
  EXPECT_THAT(error_of("a.csv", "pre,post,weight\n0,1,nan\n"),
              HasSubstr("a.csv:2: not a finite number"));
  EXPECT_THAT(error_of("a.csv", "pre,post,weight\n0,1,1e39\n"),
              HasSubstr("a.csv:2: weight is too large"));
  EXPECT_THAT(error_of("a.csv", "pre,post,weight\n0,1,3e38\n0,1,3e38\n", {.sum_duplicates = true}),
              HasSubstr("not a finite 32-bit number"));
  EXPECT_THAT(error_of("a.csv", "pre,post\n"), HasSubstr("number of neurons out of range: got 0"));
  EXPECT_THAT(error_of_file("missing.csv"),
              HasSubstr("missing.csv: cannot read the file: got no such"));
  std::filesystem::create_directory(folder_ / "folder.csv");
  EXPECT_THAT(error_of_file("folder.csv"), HasSubstr("got a folder"));
  EXPECT_THAT(error_of("a.txt", "0 1\n"),
              HasSubstr("got '.txt', allowed .h5, .csv, .tsv, .mtx or .npz"));
}

TEST_F(CsvFiles, RefusesMalformedNeuronsAndGaps) {
  const auto with = [&](const std::string& neurons, const std::string& gaps) {
    return error_of("e.csv", "pre,post\nA,B\n",
                    {.neurons = write("n.csv", neurons), .gap_junctions = write("g.csv", gaps)});
  };
  const std::string neurons = "name\nA\nB\n", gaps = "a,b\nA,B\n";
  EXPECT_EQ(with(neurons, gaps), "no error");
  EXPECT_THAT(with("type\nmotor\n", gaps), HasSubstr("n.csv:1: column is missing"));
  EXPECT_THAT(with("name\nA\nA\n", gaps), HasSubstr("n.csv:3: neuron stands twice"));
  EXPECT_THAT(with("name,type\nA,x\n,y\n", gaps), HasSubstr("n.csv:3: empty cell"));
  EXPECT_THAT(with("name,sign\nA,2\nB,0\n", gaps), HasSubstr("n.csv:2: not an integer in range"));
  EXPECT_THAT(with("name,x\nA,1\nB,far\n", gaps), HasSubstr("n.csv:3: not a finite number"));
  EXPECT_THAT(with("name\nA\n", gaps),
              HasSubstr("e.csv:2: unknown neuron in column 'post': got 'B'"));
  EXPECT_THAT(with(neurons, "a,b\nA,B\nB,A\n"), HasSubstr("g.csv:3: duplicate edge"));
  EXPECT_THAT(with(neurons, "a,b\n\nA,A\n"), HasSubstr("g.csv:3: gap junction with itself"));
  EXPECT_THAT(with(neurons, "a,b,weight\nA,B,-1\n"), HasSubstr("g.csv:2: negative gap weight"));
}

const std::string kBanner = "%%MatrixMarket matrix coordinate ";

// Red when rows are taken for sources.
TEST_F(MatrixMarketFiles, RowsAreTargets) {
  const Connectome c = load("m.mtx", kBanner + "real general\n% note\n3 3 2\n1 3 2.5\n\n2 2 -1\n");
  EXPECT_EQ(c.num_neurons(), 3);
  EXPECT_EQ(c.weight(2, 0), 2.5f);
  EXPECT_EQ(c.weight(1, 1), -1.0f);
  EXPECT_EQ(load("p.mtx", kBanner + "pattern general\r\n2 2 1\r\n2 1\r\n").weight(0, 1), 1.0f);
  const Connectome s = load("s.mtx", kBanner + "INTEGER Symmetric\n3 3 2\n2 1 4\n3 3 5\n");
  EXPECT_EQ(s.weight(0, 1), 4.0f);
  EXPECT_EQ(s.weight(1, 0), 4.0f);
  EXPECT_EQ(s.num_synapses(), 3);
}

TEST_F(MatrixMarketFiles, RefusesMalformedFiles) {
  const std::string general = kBanner + "real general\n";
  EXPECT_THAT(error_of("m.mtx", ""), HasSubstr("m.mtx:0: no MatrixMarket header"));
  EXPECT_THAT(error_of("m.mtx", "1 1 0\n"), HasSubstr("m.mtx:1: no MatrixMarket header"));
  EXPECT_THAT(error_of("m.mtx", "%%MatrixMarket matrix array real general\n1 1\n0\n"),
              HasSubstr("m.mtx:1: kind of matrix that cannot be a connectome: got 'array'"));
  EXPECT_THAT(error_of("m.mtx", kBanner + "complex general\n1 1 0\n"), HasSubstr("got 'complex'"));
  EXPECT_THAT(error_of("m.mtx", kBanner + "real skew-symmetric\n1 1 0\n"),
              HasSubstr("got 'skew-symmetric', allowed general or symmetric"));
  EXPECT_THAT(error_of("m.mtx", general), HasSubstr("no size line"));
  EXPECT_THAT(error_of("m.mtx", general + "2 3 0\n"), HasSubstr("square matrix is not an integer"));
  EXPECT_THAT(error_of("m.mtx", general + "0 0 0\n"), HasSubstr("number of rows"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 999999999999\n1 1 1\n"),
              HasSubstr("m.mtx:2: number of entries in a file of this length"));
  EXPECT_THAT(error_of("m.mtx", general + "2147483647 2147483647 0\n"),
              HasSubstr("not enough memory"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 1\n3 1 1\n"), HasSubstr("m.mtx:3: row is not"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 1\n1 0 1\n"), HasSubstr("column is not"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 1\n1 1 1x\n"),
              HasSubstr("not a finite number: got '1x'"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 1\n1 1 1e40\n"), HasSubstr("32-bit number"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 1\n1 1\n"), HasSubstr("wrong number of words"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 2\n1 1 1\n"), HasSubstr("fewer entries"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 1\n1 1 1\n2 2 1\n"),
              HasSubstr("m.mtx:4: more entries"));
  EXPECT_THAT(error_of("m.mtx", general + "2 2 2\n1 2 1\n% note\n1 2 1\n"),
              HasSubstr("m.mtx:5: duplicate edge 1 -> 0"));
  EXPECT_THAT(error_of("m.mtx", kBanner + "real symmetric\n2 2 1\n1 2 1\n"),
              HasSubstr("above the diagonal"));
  EXPECT_THAT(error_of("m.mtx", kBanner + "real symmetric\n2 2 3\n2 1 1\n1 1 1\n2 1 1\n"),
              HasSubstr("m.mtx:5: duplicate edge"));
  EXPECT_THAT(error_of("m.mtx", general + "1 1 0\n", {.num_neurons = 2}),
              HasSubstr("options for edge lists with a whole connectome"));
}

// Files of SciPy 1.x, made by scipy.sparse.save_npz from the matrix
//   [[0, 1.5, 0, -2], [0, 0, 0, 0], [0.1, 0, 0, 0], [0, -0.25, 0, 7]].
// Red when csc is read as csr, or rows as sources.
TEST_F(ScipyFiles, ReadsWhatScipyWrites) {
  for (const char* format : {"csr", "csc", "coo"}) {
    const Connectome c =
        load_connectome(kSource / "tests/physics/data" / ("scipy_" + std::string(format) + ".npz"));
    EXPECT_EQ(c.num_neurons(), 4) << format;
    EXPECT_EQ(c.num_synapses(), 5) << format;
    EXPECT_EQ(c.weight(1, 0), 1.5f) << format;
    EXPECT_EQ(c.weight(3, 0), -2.0f) << format;
    EXPECT_EQ(c.weight(0, 2), 0.1f) << format;
    EXPECT_EQ(c.weight(1, 3), -0.25f) << format;
    EXPECT_EQ(c.weight(3, 3), 7.0f) << format;
  }
}

/// The arrays of a small good matrix, to be spoiled one at a time.
struct ScipyArrays {
  std::string format = "csr";
  std::vector<std::int64_t> shape = {3, 3};
  std::vector<std::int64_t> indptr = {0, 1, 1, 3};
  std::vector<std::int32_t> indices = {2, 0, 1};
  std::vector<double> data = {1, 2, 3};
};

TEST_F(ScipyFiles, RefusesMalformedFiles) {
  const auto with = [&](auto spoil) {
    ScipyArrays a;
    spoil(a);
    write_npz(folder_ / "s.npz", {{"format", npy_strings(std::vector<std::string>{a.format})},
                                  {"shape", npy_array(a.shape)},
                                  {"indptr", npy_array(a.indptr)},
                                  {"indices", npy_array(a.indices)},
                                  {"data", npy_array(a.data)}});
    return error_of_file("s.npz");
  };
  using A = ScipyArrays;
  EXPECT_EQ(with([](A&) {}), "no error");
  EXPECT_THAT(with([](A& a) { a.format = "bsr"; }), HasSubstr("'bsr', allowed csr, csc or coo"));
  EXPECT_THAT(with([](A& a) { a.format = "coo"; }), HasSubstr("row"));
  EXPECT_THAT(with([](A& a) { a.shape = {3, 4}; }), HasSubstr("got 3 x 4, allowed a square"));
  EXPECT_THAT(with([](A& a) { a.shape = {3}; }), HasSubstr("array of the wrong shape"));
  EXPECT_THAT(with([](A& a) { a.shape = {0, 0}; }), HasSubstr("not the shape of a connectome"));
  EXPECT_THAT(with([](A& a) {
                a.shape = {4, 4};
              }),
              HasSubstr("'indptr': array of the wrong shape"));
  EXPECT_THAT(with([](A& a) { a.indptr = {0, 2, 1, 3}; }), HasSubstr("'indptr'[2]: row pointer"));
  EXPECT_THAT(with([](A& a) { a.indptr = {1, 1, 1, 3}; }), HasSubstr("'indptr'[0]: row pointer"));
  EXPECT_THAT(with([](A& a) { a.indptr = {0, 1, 1, 2}; }), HasSubstr("'indptr'[3]: row pointer"));
  EXPECT_THAT(with([](A& a) { a.indptr = {0, 9, 9, 9}; }), HasSubstr("'indptr'[1]: row pointer"));
  EXPECT_THAT(with([](A& a) {
                a.indices = {2, 0};
              }),
              HasSubstr("'indices': array of the wrong shape"));
  EXPECT_THAT(with([](A& a) {
                a.indices = {2, 0, 3};
              }),
              HasSubstr("'indices'[2]: index out of range"));
  EXPECT_THAT(with([](A& a) { a.indices = {-1, 0, 1}; }), HasSubstr("'indices'[0]: index out of"));
  EXPECT_THAT(with([](A& a) {
                a.indices = {2, 1, 1};
              }),
              HasSubstr("'data'[2]: duplicate edge 1 -> 2"));
  EXPECT_THAT(with([](A& a) { a.data[1] = 1e300; }), HasSubstr("'data'[1]: weight is not finite"));
  write("t.npz", "PK not a zip");
  EXPECT_NE(error_of_file("t.npz"), "no error");
}

/// A connectome with what is hard to keep: weights of any size, quotes, isolated last neurons.
Connectome awkward() {
  NeuronTable table;
  table.name = {"A", "say \"B\"", "C, D", " E "};
  table.type = {"motor", "", "", ""};
  table.sign = {1, -1, 0, 0};
  table.x = {0.1f, -1e-20f, 3e38f, 0};
  const float tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<Synapse> synapses = {{0, 1, 0.1f}, {2, 2, -3.4e38f}, {1, 0, tiny}, {0, 2, 0}};
  const std::vector<Synapse> gaps = {{0, 2, 1.0f / 3.0f}};
  return Connectome(4, synapses, gaps, table);
}

// Red when a weight loses a bit, or a name its quotes.
TEST_F(Files, CsvRoundTripKeepsAll) {
  for (const std::string ending : {".csv", ".tsv"}) {
    const ConnectomeFileOptions options{.neurons = folder_ / ("n" + ending),
                                        .gap_junctions = folder_ / ("g" + ending)};
    const Connectome saved = awkward();
    save_connectome(saved, folder_ / ("e" + ending), options);
    const Connectome loaded = load_connectome(folder_ / ("e" + ending), options);
    EXPECT_EQ(loaded.digest(), saved.digest());
    EXPECT_EQ(loaded.neurons().name, saved.neurons().name);
    EXPECT_EQ(loaded.neurons().type, saved.neurons().type);
    EXPECT_EQ(loaded.neurons().sign, saved.neurons().sign);
    EXPECT_EQ(loaded.neurons().x, saved.neurons().x);
  }
}

TEST_F(Files, MatrixRoundTripKeepsSynapses) {
  const Connectome saved = awkward();
  const Connectome bare(4, saved.edges());
  const Connectome random = random_connectome({.num_neurons = 120, .density = 0.1}, 3);
  for (const char* name : {"m.mtx", "m.npz"}) {
    save_connectome(saved, folder_ / name);
    EXPECT_EQ(load_connectome(folder_ / name).digest(), bare.digest()) << name;
    save_connectome(random, folder_ / name);
    EXPECT_EQ(load_connectome(folder_ / name).digest(), random.digest()) << name;
  }
  EXPECT_THROW(save_connectome(saved, folder_ / "m.txt"), ConfigError);
  EXPECT_THROW(save_connectome(saved, folder_ / "m.mtx", {.neurons = folder_ / "n.csv"}),
               ConfigError);
  EXPECT_THROW(save_connectome(saved, folder_ / "no" / "m.mtx"), RunError);
}

}  // namespace
}  // namespace noesis
