#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "data/csv.hpp"
#include "physics/connectome_formats.hpp"

namespace noesis::formats {
namespace {

using Names = std::vector<std::string_view>;
const Names kPre = {"pre", "source", "pre_root_id", "bodyId_pre"};
const Names kPost = {"post", "target", "post_root_id", "bodyId_post"};
const Names kEndA = {"a", "pre", "source"};
const Names kEndB = {"b", "post", "target"};
const Names kWeight = {"weight", "count", "syn_count"};
const Names kDelay = {"delay_ms", "delay"};
const Names kId = {"id", "root_id", "bodyId"};

char separator_of(const std::filesystem::path& file) {
  return file.extension() == ".tsv" ? '\t' : ',';
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using IdMap = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

/// The neurons of a file, and how edges name them.
struct Neurons {
  std::int64_t count = 0;
  NeuronTable table;
  IdMap by_id, by_name;

  std::int32_t find(const CsvReader& csv, int column) const {
    const std::string_view text = csv.field(column);
    if (const auto found = by_id.find(text); found != by_id.end()) return found->second;
    if (const auto found = by_name.find(text); found != by_name.end()) return found->second;
    csv.fail(column, "unknown neuron", "an id or name of the neuron file");
  }
};

void add_key(IdMap& map, const CsvReader& csv, int column, std::int64_t id) {
  const std::string_view text = csv.field(column);
  if (text.empty()) csv.fail(column, "empty cell", "a text that names the neuron");
  if (!map.emplace(text, static_cast<std::int32_t>(id)).second) {
    csv.fail(column, "neuron stands twice", "each neuron once");
  }
}

Neurons load_neurons(const std::filesystem::path& file) {
  std::ifstream in = open_text(file);
  CsvReader csv(in, file.string(), separator_of(file));
  const auto find = [&](std::string_view name) { return csv.find_column(std::array{name}); };
  const int id = csv.find_column(kId), name = find("name"), sign = find("sign");
  if (id < 0 && name < 0) csv.column(Names{"id", "root_id", "bodyId", "name"});
  Neurons neurons;
  const std::array<std::pair<int, std::vector<std::string>*>, 3> texts = {
      {{find("type"), &neurons.table.type},
       {find("region"), &neurons.table.region},
       {find("transmitter"), &neurons.table.transmitter}}};
  const std::array<std::pair<int, std::vector<float>*>, 3> positions = {
      {{find("x"), &neurons.table.x},
       {find("y"), &neurons.table.y},
       {find("z"), &neurons.table.z}}};
  for (; csv.next(); ++neurons.count) {
    if (id >= 0) add_key(neurons.by_id, csv, id, neurons.count);
    if (name >= 0) {
      add_key(neurons.by_name, csv, name, neurons.count);
      neurons.table.name.emplace_back(csv.field(name));
    }
    if (sign >= 0) {
      const auto value = csv.field(sign).empty() ? 0 : csv.integer(sign, -1, 1);
      neurons.table.sign.push_back(static_cast<std::int8_t>(value));
    }
    for (const auto& [column, values] : texts) {
      if (column >= 0) values->emplace_back(csv.field(column));
    }
    for (const auto& [column, values] : positions) {
      if (column >= 0) values->push_back(to_float(csv.number(column), csv.where()));
    }
  }
  return neurons;
}

/// Without a column of weights every synapse weighs 1, which a misspelled one must not come to.
void require_no_misspelled_weight(const CsvReader& csv, const std::filesystem::path& file) {
  const std::vector<std::string> names(kWeight.begin(), kWeight.end());
  for (const std::string& column : csv.header()) {
    const std::string meant = nearest_name(column, names);
    if (meant.empty()) continue;
    throw ConfigError(
        {.what = "no column of weights, and one that looks like it",
         .where = file.string() + ":1",
         .got = "'" + column + "'",
         .allowed = join_names(names) + "; with no such column every synapse weighs 1",
         .next = "did you mean '" + meant + "'?"});
  }
}

std::int64_t count_lines(const std::filesystem::path& file) {
  std::ifstream in = open_text(file);
  std::vector<char> block(1 << 20);
  std::int64_t lines = 1;
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())), in.gcount() > 0) {
    lines += std::count(block.begin(), block.begin() + in.gcount(), '\n');
  }
  return lines;
}

struct Edges {
  std::vector<Synapse> list;
  std::vector<float> delays_ms;  // empty where the file has no such column
};

Edges load_edges(const std::filesystem::path& file, const std::optional<Neurons>& neurons,
                 std::int64_t num_neurons, const Names& pre_names, const Names& post_names) {
  const std::int64_t lines = count_lines(file);
  require_edge_memory(0, lines, file.string());
  std::ifstream in = open_text(file);
  CsvReader csv(in, file.string(), separator_of(file));
  const int pre = csv.column(pre_names), post = csv.column(post_names);
  const int weight = csv.find_column(kWeight), delay = csv.find_column(kDelay);
  if (weight < 0) require_no_misspelled_weight(csv, file);
  const auto id_of = [&](int column) {
    if (neurons) return neurons->find(csv, column);
    return static_cast<std::int32_t>(csv.integer(column, 0, num_neurons - 1,
                                                 "if neurons have names, give their file too: "
                                                 "neurons = \"FILE.csv\", --neurons FILE.csv"));
  };
  Edges edges;
  edges.list.reserve(static_cast<std::size_t>(lines));
  while (csv.next()) {
    const double value = weight < 0 ? 1.0 : csv.number(weight);
    if (!std::isfinite(static_cast<float>(value)))
      csv.fail(weight, "weight is too large", "a float");
    edges.list.push_back({id_of(pre), id_of(post), static_cast<float>(value)});
    if (delay >= 0) edges.delays_ms.push_back(to_float(csv.number(delay), csv.where()));
  }
  return edges;
}

/// Re-reads up to row k: slow, but only an error asks.
EdgeOrigin line_of(const std::filesystem::path& file) {
  return [file](std::int64_t k) {
    std::ifstream in = open_text(file);
    CsvReader csv(in, file.string(), separator_of(file));
    for (std::int64_t row = 0; row <= k; ++row) csv.next();
    return csv.where();
  };
}

/// In quotes where it must be.
std::string cell(const std::string& text, char separator) {
  const bool blank_end = !text.empty() && (text.front() == ' ' || text.back() == ' ' ||
                                           text.front() == '\t' || text.back() == '\t');
  if (!blank_end && text.find(separator) == text.npos && text.find('"') == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

void write_edges(const std::filesystem::path& file, std::span<const Synapse> edges, const char* pre,
                 const char* post, std::span<const float> delays_ms = {}) {
  const char tab = separator_of(file);
  std::string text = std::string(pre) + tab + post + tab + "weight";
  if (!delays_ms.empty()) text += tab + std::string("delay_ms");
  text += '\n';
  for (std::size_t k = 0; k < edges.size(); ++k) {
    text += std::to_string(edges[k].source) + tab + std::to_string(edges[k].target) + tab;
    text += number_text(edges[k].weight);
    if (!delays_ms.empty()) text += tab + number_text(delays_ms[k]);
    text += '\n';
  }
  write_file_atomically(file, text);
}

void write_neurons(const std::filesystem::path& file, std::int64_t count,
                   const NeuronTable& table) {
  const char tab = separator_of(file);
  std::string text = "id";
  std::vector<std::function<std::string(std::size_t)>> columns;
  const auto add = [&](const char* title, const auto& values, auto&& to_text) {
    if (values.empty()) return;
    text += tab + std::string(title);
    columns.emplace_back([&values, to_text](std::size_t i) { return to_text(values[i]); });
  };
  const auto quoted = [tab](const std::string& value) { return cell(value, tab); };
  add("name", table.name, quoted);
  add("type", table.type, quoted);
  add("sign", table.sign, [](std::int8_t sign) { return std::to_string(sign); });
  add("region", table.region, quoted);
  add("transmitter", table.transmitter, quoted);
  add("x", table.x, number_text);
  add("y", table.y, number_text);
  add("z", table.z, number_text);
  text += '\n';
  for (std::int64_t i = 0; i < count; ++i) {
    text += std::to_string(i);
    for (const auto& column : columns) text += tab + column(static_cast<std::size_t>(i));
    text += '\n';
  }
  write_file_atomically(file, text);
}

}  // namespace

Connectome load_csv(const std::filesystem::path& file, const ConnectomeFileOptions& options) {
  std::optional<Neurons> neurons;
  if (options.num_neurons < 0 || options.num_neurons > kMaxNeurons) {
    throw ConfigError({.what = "number of neurons out of range",
                       .where = "num_neurons",
                       .got = std::to_string(options.num_neurons),
                       .allowed = "0 to " + std::to_string(kMaxNeurons),
                       .next = ""});
  }
  const std::int64_t id_bound = options.num_neurons > 0 ? options.num_neurons : kMaxNeurons;
  if (!options.neurons.empty()) neurons = load_neurons(options.neurons);
  auto [synapses, delays] = load_edges(file, neurons, id_bound, kPre, kPost);
  std::vector<Synapse> gaps;
  if (!options.gap_junctions.empty()) {
    gaps = load_edges(options.gap_junctions, neurons, id_bound, kEndA, kEndB).list;
  }
  if (options.sum_duplicates) {
    if (!delays.empty()) {
      throw ConfigError({.what = "synapses with delays cannot be summed",
                         .where = file.string(),
                         .got = "sum_duplicates",
                         .allowed = "edges without a column of delays",
                         .next = ""});
    }
    sum_duplicates(synapses, file);
  }

  std::int64_t count = neurons ? neurons->count : options.num_neurons;
  if (!neurons && count == 0) {
    for (const auto* edges : {&synapses, &gaps}) {
      for (const Synapse& e : *edges) {
        count = std::max<std::int64_t>(count, std::max(e.source, e.target) + std::int64_t{1});
      }
    }
  }
  const auto num_edges = static_cast<std::int64_t>(synapses.size() + 2 * gaps.size());
  require_edge_memory(count, num_edges, file.string());
  return build(count, synapses, line_of(file), gaps, line_of(options.gap_junctions),
               neurons ? std::move(neurons->table) : NeuronTable{}, delays);
}

void save_csv(const Connectome& connectome, const std::filesystem::path& file,
              const ConnectomeFileOptions& options) {
  write_edges(file, connectome.edges(), "pre", "post", connectome.synapses().delays_ms);
  if (!options.neurons.empty()) {
    write_neurons(options.neurons, connectome.num_neurons(), connectome.neurons());
  }
  if (!options.gap_junctions.empty()) {
    write_edges(options.gap_junctions, connectome.gap_edges(), "a", "b");
  }
}

}  // namespace noesis::formats
