#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/error.hpp"
#include "physics/connectome_io.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

/// Some bytes of a good file replaced, removed or put in: what a damaged or foreign file looks
/// like.
std::string damaged(std::string text) {
  static const std::string bytes = "0123456789-+.eE,;\t \n\r\"%naif\xff";
  const int edits = *rc::gen::inRange(1, 6);
  for (int n = 0; n < edits && !text.empty(); ++n) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char byte = bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())];
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, *rc::gen::inRange<std::size_t>(1, 20));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

/// Loads, or says why not: any other exception, or a crash, fails the test.
void load_or_refuse(const std::filesystem::path& file, const ConnectomeFileOptions& options = {}) {
  try {
    const Connectome connectome = load_connectome(file, options);
    RC_ASSERT(connectome.num_neurons() > 0);
  } catch (const ConfigError&) {
  }
}

// Red when a number is used before it is checked, e.g. without the range of "row" in a .mtx file.
TEST(ConnectomeFilesProperty, DamagedFilesAreLoadedOrRefused) {
  const test::TempFolder folder;
  const std::string csv = "pre,post,weight\nA,B,1.5\nB,A,-2\n\"A\",A,3e-3\n";
  const std::string neurons = "id,name,sign,x,y,z\n7,A,1,0,0,0\n8,B,-1,1,2,3.5\n";
  const std::string gaps = "a,b,weight\nA,B,2\n";
  const std::string mtx =
      "%%MatrixMarket matrix coordinate real symmetric\n% note\n3 3 3\n1 1 2\n2 1 -1.5\n3 2 4e-3\n";
  EXPECT_TRUE(rc::check("damaged files", [&] {
    const ConnectomeFileOptions options{.neurons = folder / "n.csv",
                                        .gap_junctions = folder / "g.csv",
                                        .sum_duplicates = *rc::gen::arbitrary<bool>()};
    test::write_bytes(folder / "n.csv", *rc::gen::arbitrary<bool>() ? damaged(neurons) : neurons);
    test::write_bytes(folder / "g.csv", *rc::gen::arbitrary<bool>() ? damaged(gaps) : gaps);
    test::write_bytes(folder / "e.csv", damaged(csv));
    load_or_refuse(folder / "e.csv", options);
    test::write_bytes(folder / "m.mtx", damaged(mtx));
    load_or_refuse(folder / "m.mtx");
  }));
}

// Red when a format loses a bit of a weight, or the size.
TEST(ConnectomeFilesProperty, RoundTripsAreExact) {
  const test::TempFolder folder;
  EXPECT_TRUE(rc::check("save, load", [&] {
    const auto num_neurons = *rc::gen::inRange<std::int32_t>(1, 20);
    std::vector<Synapse> synapses;
    for (std::int32_t source = 0; source < num_neurons; ++source) {
      for (std::int32_t target = 0; target < num_neurons; ++target) {
        if (*rc::gen::inRange(0, 4) > 0) continue;
        synapses.push_back({source, target, *rc::gen::arbitrary<float>()});
      }
    }
    const Connectome saved(num_neurons, synapses);
    for (const char* name : {"e.csv", "e.tsv", "e.mtx", "e.npz"}) {
      save_connectome(saved, folder / name);
      const bool is_text = std::string(name).ends_with("sv");
      const auto loaded = load_connectome(
          folder / name, {.num_neurons = is_text ? std::int64_t{num_neurons} : std::int64_t{0}});
      RC_ASSERT(loaded.digest() == saved.digest());
    }
  }));
}

}  // namespace
}  // namespace noesis
