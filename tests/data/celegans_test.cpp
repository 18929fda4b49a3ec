// The published tables, pinned: every figure comes from the sources named in
// data/celegans/PROVENANCE.md.
#include "data/celegans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/digest.hpp"
#include "core/error.hpp"

namespace noesis {
namespace {

std::int32_t id_of(const std::string& name) {
  const auto& neurons = celegans_data().neurons;
  const auto found = std::find_if(neurons.begin(), neurons.end(),
                                  [&](const CelegansNeuron& n) { return n.name == name; });
  EXPECT_NE(found, neurons.end()) << name;
  return static_cast<std::int32_t>(found - neurons.begin());
}

int chemical_count(const std::string& pre, const std::string& post) {
  for (const CelegansSynapse& s : celegans_data().chemical) {
    if (s.pre == id_of(pre) && s.post == id_of(post)) return s.count;
  }
  return 0;
}

int gap_count(const std::string& a, const std::string& b) {
  for (const CelegansGap& g : celegans_data().electrical) {
    if (g.a == id_of(a) && g.b == id_of(b)) return g.count;
  }
  return 0;
}

// Red when a byte of a table changes.
TEST(CelegansData, EmbeddedTablesAreThePublishedFiles) {
  const std::map<std::string, std::string> digests = {
      {"neurons", "b14114517330c091e26c1ebf3632fe8a"},
      {"positions", "5c0dbef54dfcd5abd81d32b4eb991267"},
      {"chemical", "de3dafa254e228c50583ff6c6c691b70"},
      {"electrical", "8a31a364f256cfa786b3beb7311cac07"}};
  for (const auto& [name, digest] : digests) {
    std::ifstream file(NOESIS_SOURCE_DIR "/data/celegans/" + name + ".csv", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(celegans_csv(name), text.str()) << name;
    EXPECT_EQ(digest_text(celegans_csv(name)), digest) << name;
  }
  EXPECT_THROW(celegans_csv("muscles"), ConfigError);
}

// Red when the parser drops the last row, or when autapses are filtered at reading.
TEST(CelegansData, CountsOfCookEtAl) {
  const CelegansData& data = celegans_data();
  ASSERT_EQ(data.neurons.size(), 302u);
  ASSERT_EQ(data.chemical.size(), 3638u);
  ASSERT_EQ(data.electrical.size(), 1080u);
  int autapses = 0, chemical_sum = 0, gap_sum = 0;
  std::set<std::pair<int, int>> joined;
  for (const CelegansSynapse& s : data.chemical) {
    autapses += s.pre == s.post;
    chemical_sum += s.count;
    if (s.pre != s.post) joined.insert({s.pre, s.post});
  }
  EXPECT_EQ(joined.size(), 3604u);
  for (const CelegansGap& g : data.electrical) {
    gap_sum += g.count;
    EXPECT_LT(g.a, g.b);
    joined.insert({g.a, g.b});
    joined.insert({g.b, g.a});
  }
  EXPECT_EQ(autapses, 34);
  EXPECT_EQ(chemical_sum, 20589);
  EXPECT_EQ(gap_sum, 4315);
  EXPECT_EQ(joined.size(), 5044u);
  EXPECT_EQ(std::count_if(data.neurons.begin(), data.neurons.end(),
                          [](const CelegansNeuron& n) { return n.pharyngeal; }),
            20);
}

// Red when two polarities are exchanged.
TEST(CelegansData, PolaritiesOfFenyvesEtAl) {
  std::map<Polarity, int> count;
  for (const CelegansSynapse& s : celegans_data().chemical) ++count[s.polarity];
  EXPECT_EQ(count[Polarity::kExcitatory], 1327);
  EXPECT_EQ(count[Polarity::kInhibitory], 425);
  EXPECT_EQ(count[Polarity::kComplex], 471);
  EXPECT_EQ(count[Polarity::kNone], 1415);
}

// Red when pre and post are exchanged: AVAL -> AVDL has another count.
TEST(CelegansData, WellKnownConnections) {
  EXPECT_EQ(chemical_count("AVDL", "AVAL"), 37);
  EXPECT_EQ(chemical_count("AVDR", "AVAL"), 41);
  EXPECT_EQ(chemical_count("ASEL", "AIYL"), 32);
  EXPECT_EQ(chemical_count("AIYL", "RIAL"), 51);
  EXPECT_EQ(chemical_count("AFDL", "AIYL"), 25);
  EXPECT_EQ(chemical_count("PVCL", "AVBL"), 7);
  EXPECT_NE(chemical_count("AVAL", "AVDL"), 37);
  EXPECT_EQ(gap_count("AVAL", "AVAR"), 18);
  EXPECT_EQ(gap_count("AVBL", "AVBR"), 17);
}

// The documented defects of the source: red when a later version of the tables mends them
// unnoticed.
TEST(CelegansData, KnownDefects) {
  for (const char* name : {"PLML", "PLMR", "CANL", "CANR"}) {
    const std::int32_t id = id_of(name);
    for (const CelegansSynapse& s : celegans_data().chemical) {
      EXPECT_TRUE(s.pre != id && s.post != id) << name;
    }
  }
}

TEST(CelegansData, NeuronFacts) {
  const auto& neurons = celegans_data().neurons;
  std::set<std::string> gaba;
  std::map<std::string, int> transmitters;
  for (const CelegansNeuron& n : neurons) {
    ++transmitters[n.transmitter];
    if (n.transmitter == "GABA") gaba.insert(n.name);
  }
  EXPECT_EQ(transmitters["GABA"], 33);
  EXPECT_EQ(transmitters["glutamate"], 78);
  for (const char* name : {"DD1", "VD13", "RMED", "AVL", "DVB", "RIS"}) {
    EXPECT_TRUE(gaba.contains(name)) << name;
  }
  EXPECT_EQ(neurons[id_of("ASEL")].type, "sensory");
  EXPECT_EQ(neurons[id_of("CANL")].type, "unknown");
  EXPECT_EQ(neurons[id_of("RIML")].cotransmitters, "tyramine");
  // The head is at small y, the left side at large x.
  EXPECT_LT(neurons[id_of("ASEL")].y, neurons[id_of("PVCL")].y);
  EXPECT_GT(neurons[id_of("ASEL")].x, neurons[id_of("ASER")].x);
}

// Red when parse_celegans accepts what it cannot resolve.
TEST(CelegansData, MalformedTablesAreRefused) {
  const std::string neurons =
      "name,type,pharyngeal,transmitter,cotransmitters\nA,motor,0,GABA,\nB,motor,0,GABA,\n";
  const std::string positions = "name,x,y,z\nA,0,0,0\nB,1,0,0\n";
  const std::string chemical = "pre,post,count,polarity\nA,B,3,+\n";
  const std::string electrical = "a,b,count\nA,B,1\n";
  EXPECT_EQ(parse_celegans(neurons, positions, chemical, electrical).chemical.size(), 1u);
  const auto error_of = [&](const std::string& n, const std::string& p, const std::string& c,
                            const std::string& e) -> std::string {
    try {
      parse_celegans(n, p, c, e);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(error_of(neurons, positions, "pre,post,count,polarity\nA,C,3,+\n", electrical)
                .find("chemical.csv:2: unknown neuron"),
            std::string::npos);
  EXPECT_NE(error_of(neurons, positions, "pre,post,count,polarity\nA,B,3,?\n", electrical)
                .find("chemical.csv:2: unknown polarity"),
            std::string::npos);
  EXPECT_NE(error_of(neurons, positions, "pre,post,count,polarity\nA,B,0,+\n", electrical)
                .find("chemical.csv:2: not an integer in range"),
            std::string::npos);
  EXPECT_NE(error_of(neurons, "name,x,y,z\nA,0,0,0\n", chemical, electrical)
                .find("positions.csv: neuron without a position: got no row for B"),
            std::string::npos);
  EXPECT_NE(error_of(neurons + "A,motor,0,GABA,\n", positions, chemical, electrical)
                .find("neurons.csv:4: neuron stands twice"),
            std::string::npos);
}

}  // namespace
}  // namespace noesis
