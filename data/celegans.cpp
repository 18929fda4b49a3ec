#include "data/celegans.hpp"

#include <array>
#include <sstream>
#include <unordered_map>

#include "core/error.hpp"
#include "data/csv.hpp"

namespace noesis {

// Defined in the source that the build makes of data/celegans/*.csv.
namespace embedded {
extern const std::string_view kCelegansNeurons;
extern const std::string_view kCelegansPositions;
extern const std::string_view kCelegansChemical;
extern const std::string_view kCelegansElectrical;
}  // namespace embedded

namespace {

constexpr std::int64_t kMaxCount = 1'000'000;

using Ids = std::unordered_map<std::string, std::int32_t>;

int named(const CsvReader& csv, std::string_view name) {
  return csv.column(std::array<std::string_view, 1>{name});
}

std::int32_t neuron_of(const CsvReader& csv, int column, const Ids& ids) {
  const auto found = ids.find(std::string(csv.field(column)));
  if (found == ids.end()) csv.fail(column, "unknown neuron", "a name of neurons.csv");
  return found->second;
}

Polarity polarity_of(const CsvReader& csv, int column) {
  const std::string_view text = csv.field(column);
  if (text == "+") return Polarity::kExcitatory;
  if (text == "-") return Polarity::kInhibitory;
  if (text == "complex") return Polarity::kComplex;
  if (text == "none") return Polarity::kNone;
  csv.fail(column, "unknown polarity", "+, -, complex or none");
}

std::int32_t count_of(const CsvReader& csv, int column) {
  return static_cast<std::int32_t>(csv.integer(column, 1, kMaxCount));
}

void parse_neurons(std::string_view text, CelegansData& data, Ids& ids) {
  std::istringstream in{std::string(text)};
  CsvReader csv(in, "neurons.csv");
  const int name = named(csv, "name"), type = named(csv, "type");
  const int pharyngeal = named(csv, "pharyngeal"), transmitter = named(csv, "transmitter");
  const int cotransmitters = named(csv, "cotransmitters");
  while (csv.next()) {
    CelegansNeuron neuron;
    neuron.name = csv.field(name);
    neuron.type = csv.field(type);
    neuron.pharyngeal = csv.integer(pharyngeal, 0, 1) == 1;
    neuron.transmitter = csv.field(transmitter);
    neuron.cotransmitters = csv.field(cotransmitters);
    if (!ids.emplace(neuron.name, static_cast<std::int32_t>(data.neurons.size())).second) {
      csv.fail(name, "neuron stands twice", "each name once");
    }
    data.neurons.push_back(std::move(neuron));
  }
}

void parse_positions(std::string_view text, CelegansData& data, const Ids& ids) {
  std::istringstream in{std::string(text)};
  CsvReader csv(in, "positions.csv");
  const int name = named(csv, "name");
  const int x = named(csv, "x"), y = named(csv, "y"), z = named(csv, "z");
  std::vector<bool> placed(data.neurons.size());
  while (csv.next()) {
    const std::int32_t id = neuron_of(csv, name, ids);
    if (placed[id]) csv.fail(name, "neuron stands twice", "each name once");
    placed[id] = true;
    data.neurons[id].x = static_cast<float>(csv.number(x));
    data.neurons[id].y = static_cast<float>(csv.number(y));
    data.neurons[id].z = static_cast<float>(csv.number(z));
  }
  for (std::size_t id = 0; id < placed.size(); ++id) {
    if (placed[id]) continue;
    throw ConfigError({.what = "neuron without a position",
                       .where = "positions.csv",
                       .got = "no row for " + data.neurons[id].name,
                       .allowed = "a row for every neuron",
                       .next = ""});
  }
}

void parse_chemical(std::string_view text, CelegansData& data, const Ids& ids) {
  std::istringstream in{std::string(text)};
  CsvReader csv(in, "chemical.csv");
  const int pre = named(csv, "pre"), post = named(csv, "post");
  const int count = named(csv, "count"), polarity = named(csv, "polarity");
  while (csv.next()) {
    data.chemical.push_back({neuron_of(csv, pre, ids), neuron_of(csv, post, ids),
                             count_of(csv, count), polarity_of(csv, polarity)});
  }
}

void parse_electrical(std::string_view text, CelegansData& data, const Ids& ids) {
  std::istringstream in{std::string(text)};
  CsvReader csv(in, "electrical.csv");
  const int a = named(csv, "a"), b = named(csv, "b"), count = named(csv, "count");
  while (csv.next()) {
    data.electrical.push_back(
        {neuron_of(csv, a, ids), neuron_of(csv, b, ids), count_of(csv, count)});
  }
}

}  // namespace

CelegansData parse_celegans(std::string_view neurons, std::string_view positions,
                            std::string_view chemical, std::string_view electrical) {
  CelegansData data;
  Ids ids;
  parse_neurons(neurons, data, ids);
  parse_positions(positions, data, ids);
  parse_chemical(chemical, data, ids);
  parse_electrical(electrical, data, ids);
  return data;
}

const CelegansData& celegans_data() {
  static const CelegansData data =
      parse_celegans(embedded::kCelegansNeurons, embedded::kCelegansPositions,
                     embedded::kCelegansChemical, embedded::kCelegansElectrical);
  return data;
}

std::string_view celegans_csv(std::string_view name) {
  if (name == "neurons") return embedded::kCelegansNeurons;
  if (name == "positions") return embedded::kCelegansPositions;
  if (name == "chemical") return embedded::kCelegansChemical;
  if (name == "electrical") return embedded::kCelegansElectrical;
  throw ConfigError({.what = "no such C. elegans table",
                     .where = "",
                     .got = "'" + std::string(name) + "'",
                     .allowed = "neurons, positions, chemical or electrical",
                     .next = ""});
}

}  // namespace noesis
