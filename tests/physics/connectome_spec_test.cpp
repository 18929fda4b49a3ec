/// Connectomes of users' files: whose signs synapses have, how weights are scaled, subjects of
/// them.

#include "physics/connectome_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "physics/connectome_io.hpp"
#include "physics/subject.hpp"
#include "tests/core/error_of.hpp"
#include "tests/core/temp_folder.hpp"

namespace noesis {
namespace {

using test::error_of;
using test::write_bytes;
using testing::AllOf;
using testing::HasSubstr;

class FileConnectome : public testing::Test {
 protected:
  ConnectomeSpec spec_of(const std::string& edges, const std::string& neurons) {
    write_bytes(folder_ / "edges.csv", edges);
    write_bytes(folder_ / "neurons.csv", neurons);
    ConnectomeSpec spec;
    spec.source = "file";
    spec.file.path = (folder_ / "edges.csv").string();
    spec.file.neurons = (folder_ / "neurons.csv").string();
    return spec;
  }

  test::TempFolder folder_;
};

constexpr const char* kCounts = "pre,post,syn_count\na,b,3\nb,a,4\nc,a,2\n";
constexpr const char* kNeurons = "name,sign\na,1\nb,-1\nc,0\n";

// Goes red when counts of inhibitory neurons are taken for excitation without a word.
TEST_F(FileConnectome, PositiveWeightsOfInhibitoryNeuronsAreAsked) {
  ConnectomeSpec spec = spec_of(kCounts, kNeurons);
  EXPECT_THAT(error_of<ConfigError>([&] { make_connectome(spec); }),
              AllOf(HasSubstr("connectome.signs"), HasSubstr("1 neurons of sign -1"),
                    HasSubstr("presynaptic")));
  spec.file.signs = "weights";
  EXPECT_EQ(make_connectome(spec)->weight(1, 0), 4);
  spec.file.signs = "presynaptic";
  const ConnectomePtr signed_ones = make_connectome(spec);
  EXPECT_EQ(signed_ones->weight(0, 1), 3);
  EXPECT_EQ(signed_ones->weight(1, 0), -4);
  EXPECT_EQ(signed_ones->weight(2, 0), 2);  // sign 0: the weight's
  EXPECT_EQ(signed_ones->neurons().name, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(FileConnectome, SignsOfTheWeightsStand) {
  ConnectomeSpec spec = spec_of("pre,post,weight\na,b,3\nb,a,-4\n", "name,sign\na,-1\nb,-1\n");
  EXPECT_EQ(make_connectome(spec)->weight(0, 1), 3);
  spec.file.signs = "presynaptic";
  EXPECT_EQ(make_connectome(spec)->weight(0, 1), -3);
  spec = spec_of("pre,post,weight\na,b,3\n", "name\na\nb\n");
  spec.file.signs = "presynaptic";
  EXPECT_THAT(error_of<ConfigError>([&] { make_connectome(spec); }), HasSubstr("no signs"));
}

// By hand: row a has log 5 and log 3, row b log 4 alone.
TEST_F(FileConnectome, CountsAreScaledAsTheWormsAre) {
  ConnectomeSpec spec = spec_of(kCounts, kNeurons);
  spec.file.signs = "presynaptic";
  spec.file.weights = "log1p_l2";
  write_bytes(folder_ / "gaps.csv", "a,b,weight\na,b,1\nb,c,7\n");
  spec.file.gap_junctions = (folder_ / "gaps.csv").string();
  const ConnectomePtr scaled = make_connectome(spec);
  const double norm = std::hypot(std::log(5), std::log(3));
  EXPECT_FLOAT_EQ(scaled->weight(1, 0), static_cast<float>(-std::log(5) / norm));
  EXPECT_FLOAT_EQ(scaled->weight(2, 0), static_cast<float>(std::log(3) / norm));
  EXPECT_FLOAT_EQ(scaled->weight(0, 1), 1);
  // Three rows whose sums are 1 in the mean.
  const double row_sums = 2 * (std::log(2) + std::log(8));
  EXPECT_FLOAT_EQ(scaled->gap_weight(1, 2), static_cast<float>(std::log(8) * 3 / row_sums));
}

// Goes red when a misspelled column of weights makes every weight 1.
TEST_F(FileConnectome, AMisspelledColumnOfWeightsIsRefused) {
  EXPECT_THAT(error_of<ConfigError>(
                  [&] { make_connectome(spec_of("pre,post,wieght\na,b,-3\n", "name\na\nb\n")); }),
              AllOf(HasSubstr("edges.csv:1"), HasSubstr("did you mean 'weight'")));
  EXPECT_EQ(make_connectome(spec_of("pre,post,neuropil\na,b,LO\n", "name\na\nb\n"))->weight(0, 1),
            1);
}

TEST_F(FileConnectome, NamesWithoutANeuronFileAreExplained) {
  ConnectomeSpec spec = spec_of(kCounts, kNeurons);
  spec.file.neurons.clear();
  EXPECT_THAT(error_of<ConfigError>([&] { make_connectome(spec); }), HasSubstr("--neurons"));
}

// A file is a subject like any other, in every condition that a worm can have.
TEST_F(FileConnectome, IsASubject) {
  ConnectomeSpec spec = spec_of(kCounts, kNeurons);
  spec.file.signs = "presynaptic";
  const std::string path = (folder_ / "mine.h5").string();
  save_connectome(*make_connectome(spec), path);
  EXPECT_TRUE(names_file(path));
  EXPECT_FALSE(names_file("reference-20"));
  const Subject mine = make_subject(path, 1);
  EXPECT_EQ(mine.num_units, 3);
  EXPECT_EQ(mine.connectome->weight(1, 0), -4);
  EXPECT_EQ(mine.brain.model.wilson_cowan.coupling, 1);
  EXPECT_EQ(make_subject(path, 1, Condition::kSeized).connectome->weight(1, 0), 4);
  EXPECT_EQ(make_subject(path, 1, Condition::kStranger).connectome->num_synapses(), 3);
  EXPECT_EQ(make_subject(path, 1, Condition::kLimitCycle).brain.model.wilson_cowan.coupling, 0);
  EXPECT_THAT(error_of<ConfigError>([&] { make_subject((folder_ / "none.h5").string(), 1); }),
              HasSubstr("none.h5"));
}

}  // namespace
}  // namespace noesis
