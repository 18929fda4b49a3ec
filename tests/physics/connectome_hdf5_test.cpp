// Connectomes in HDF5: our own format and SONATA edges.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/hdf5_file.hpp"
#include "physics/celegans_connectome.hpp"
#include "physics/connectome_io.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::error_of;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// Mutations: gap junctions once too often, a column of the neuron table or the delays left out.
TEST(ConnectomeHdf5, KeepsEverything) {
  const test::TempFolder folder;
  const Connectome worm = celegans_connectome();
  save_connectome(worm, folder / "worm.h5");
  const Connectome loaded = load_connectome(folder / "worm.h5");
  EXPECT_EQ(loaded.digest(), worm.digest());
  EXPECT_EQ(loaded.num_gap_junctions(), worm.num_gap_junctions());
  EXPECT_EQ(loaded.neurons().name, worm.neurons().name);
  EXPECT_EQ(loaded.neurons().type, worm.neurons().type);
  EXPECT_EQ(loaded.neurons().sign, worm.neurons().sign);
  EXPECT_EQ(loaded.neurons().transmitter, worm.neurons().transmitter);
  EXPECT_EQ(loaded.neurons().x, worm.neurons().x);
}

TEST(ConnectomeHdf5, DelaysInTextAndHdf5ButNotInMatrices) {
  const test::TempFolder folder;
  const std::vector<Synapse> edges = {{2, 0, 0.5f}, {0, 1, -1.5f}, {1, 0, 2.0f}};
  const std::vector<float> delays = {1.25f, 3.0f, 0.1f};
  const Connectome brain(3, edges, {}, {}, delays);
  for (const char* name : {"brain.h5", "brain.csv", "brain.tsv"}) {
    save_connectome(brain, folder / name);
    const Connectome loaded = load_connectome(folder / name);
    EXPECT_EQ(loaded.digest(), brain.digest()) << name;
    EXPECT_EQ(loaded.synapses().delays_ms, (std::vector<float>{0.1f, 1.25f, 3.0f})) << name;
  }
  for (const char* name : {"brain.npz", "brain.mtx"}) {
    EXPECT_THAT(error_of([&] { save_connectome(brain, folder / name); }),
                HasSubstr("does not hold delays"));
  }
}

struct SonataParts {
  std::vector<std::int64_t> sources = {3, 0, 1}, targets = {0, 1, 0};
  std::vector<double> weights = {0.5, -1, 2}, delays = {};
  std::vector<std::int64_t> places = {0, 1, 2};
};

fs::path write_sonata(const fs::path& path, const SonataParts& parts) {
  Hdf5File file = Hdf5File::create(path);
  const std::string population = "edges/cortex_to_cortex/";
  file.write(population + "source_node_id", parts.sources);
  file.write(population + "target_node_id", parts.targets);
  file.write(population + "edge_group_index", parts.places);
  if (!parts.weights.empty()) file.write(population + "0/syn_weight", parts.weights);
  if (!parts.delays.empty()) file.write(population + "0/delay", parts.delays);
  file.close();
  return path;
}

TEST(Sonata, ReadsEdges) {
  const test::TempFolder folder;
  const Connectome brain = load_connectome(write_sonata(folder / "edges.h5", {}));
  EXPECT_EQ(brain.num_neurons(), 4);
  EXPECT_EQ(brain.weight(3, 0), 0.5f);
  EXPECT_EQ(brain.weight(0, 1), -1.0f);
  EXPECT_EQ(brain.weight(1, 0), 2.0f);
  EXPECT_FALSE(brain.has_delays());
  const Connectome delayed =
      load_connectome(write_sonata(folder / "delayed.h5", {.weights = {}, .delays = {1, 2, 3}}),
                      {.num_neurons = 10});
  EXPECT_EQ(delayed.num_neurons(), 10);
  EXPECT_EQ(delayed.weight(3, 0), 1.0f);
  EXPECT_EQ(delayed.synapses().delays_ms, (std::vector<float>{3, 1, 2}));
}

TEST(Sonata, ErrorsNameTheElement) {
  const test::TempFolder folder;
  const auto error = [&](const SonataParts& parts, const ConnectomeFileOptions& options = {}) {
    return error_of([&] { load_connectome(write_sonata(folder / "edges.h5", parts), options); });
  };
  EXPECT_THAT(error({.sources = {3, -1, 1}}), HasSubstr("source_node_id'[1]"));
  EXPECT_THAT(error({.sources = {3, 0, 1LL << 40}}), HasSubstr("source_node_id'[2]"));
  EXPECT_THAT(error({.sources = {3, 0}}), HasSubstr("wrong length"));
  EXPECT_THAT(error({.weights = {1, 1e300, 1}}), HasSubstr("syn_weight'[1]"));
  EXPECT_THAT(error({.weights = {1, 1}}), HasSubstr("wrong length"));
  EXPECT_THAT(error({.delays = {1, -2, 3}}), HasSubstr("source_node_id'[1]"));
  EXPECT_THAT(error({.places = {0, 2, 1}}), HasSubstr("edge_group_index'[1]"));
  EXPECT_THAT(error({}, {.num_neurons = 2}), HasSubstr("out of range"));
  const SonataParts twice = {.sources = {3, 0, 3}, .targets = {0, 1, 0}};
  EXPECT_THAT(error(twice), HasSubstr("duplicate"));
  EXPECT_EQ(load_connectome(write_sonata(folder / "edges.h5", twice), {.sum_duplicates = true})
                .weight(3, 0),
            2.5f);
}

TEST(ConnectomeHdf5, RefusesWhatIsNone) {
  const test::TempFolder folder;
  {
    Hdf5File file = Hdf5File::create(folder / "other.h5");
    file.write("numbers", std::vector<double>{1});
    file.close();
  }
  EXPECT_THAT(error_of([&] { load_connectome(folder / "other.h5"); }),
              HasSubstr("not a connectome"));
  const auto forged = [&](std::vector<std::int32_t> counts, std::vector<std::int32_t> sources) {
    Hdf5File file = Hdf5File::create(folder / "forged.h5");
    file.set_attribute("/", "format", std::string("noesis-connectome"));
    file.set_attribute("/", "version", std::int64_t{1});
    file.write("row_count", counts);
    file.write("sources", sources);
    file.write("weights", std::vector<float>(sources.size(), 1.0f));
    file.close();
    return error_of([&] { load_connectome(folder / "forged.h5"); });
  };
  EXPECT_EQ(forged({1, 1}, {1, 0}), "no error");
  EXPECT_THAT(forged({2, 1}, {1, 0}), HasSubstr("malformed"));
  EXPECT_THAT(forged({-1, 3}, {1, 0}), HasSubstr("malformed"));
  EXPECT_THAT(forged({2, 0}, {1, 0}), HasSubstr("ascend"));
  EXPECT_THAT(forged({2, 0}, {0, 7}), HasSubstr("out of range"));
}

}  // namespace
}  // namespace noesis
