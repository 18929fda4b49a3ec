// HDF5: our own format, and SONATA edges (Dai et al., PLoS Comput Biol 16:e1007696, 2020; format
// guide of the Allen Institute and the Blue Brain Project).

#include <algorithm>
#include <numeric>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "physics/connectome_formats.hpp"

namespace noesis::formats {
namespace {

constexpr const char* kFormat = "noesis-connectome";
constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kRowsAtATime = 1 << 20;

[[noreturn]] void fail(std::string where, std::string what, std::string got, std::string allowed,
                       std::string next = "") {
  throw ConfigError({.what = std::move(what),
                     .where = std::move(where),
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = std::move(next)});
}

std::int64_t length(const Hdf5File& file, const std::string& dataset) {
  const Hdf5Shape shape = file.shape(dataset);
  if (shape.size() == 1) return shape[0];
  fail(file.where(dataset), "array of the wrong shape",
       std::to_string(shape.size()) + " dimensions", "1 dimension");
}

std::string element(const Hdf5File& file, const std::string& dataset, std::int64_t k) {
  return file.where(dataset) + "[" + std::to_string(k) + "]";
}

/// body(first, values) for a dataset of numbers, in pieces.
template <class T, class Body>
void in_pieces(const Hdf5File& file, const std::string& dataset, std::int64_t count,
               const Body& body) {
  if (const std::int64_t have = length(file, dataset); have != count) {
    fail(file.where(dataset), "array of the wrong length", std::to_string(have),
         std::to_string(count));
  }
  for (std::int64_t first = 0; first < count; first += kRowsAtATime) {
    body(first, file.read_rows<T>(dataset, first, std::min(kRowsAtATime, count - first)));
  }
}

std::vector<Synapse> read_edges(const Hdf5File& file, const std::string& sources,
                                const std::string& targets, const std::string& weights,
                                std::int64_t count) {
  std::vector<Synapse> edges(static_cast<std::size_t>(count), Synapse{0, 0, 1});
  const auto read_ids = [&](const std::string& dataset, std::int32_t Synapse::*member) {
    in_pieces<std::int64_t>(file, dataset, count, [&](std::int64_t first, const auto& ids) {
      for (std::size_t k = 0; k < ids.size(); ++k) {
        if (ids[k] < 0 || ids[k] >= kMaxNeurons) {
          fail(element(file, dataset, first + static_cast<std::int64_t>(k)),
               "neuron id out of range", std::to_string(ids[k]),
               "0 to " + std::to_string(kMaxNeurons - 1));
        }
        edges[static_cast<std::size_t>(first) + k].*member = static_cast<std::int32_t>(ids[k]);
      }
    });
  };
  read_ids(sources, &Synapse::source);
  read_ids(targets, &Synapse::target);
  if (weights.empty()) return edges;
  in_pieces<double>(file, weights, count, [&](std::int64_t first, const auto& values) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      edges[static_cast<std::size_t>(first) + k].weight =
          to_float(values[k], element(file, weights, first + static_cast<std::int64_t>(k)));
    }
  });
  return edges;
}

void write_neuron_table(Hdf5File& file, const NeuronTable& neurons) {
  const auto strings = [&](const char* name, const std::vector<std::string>& values) {
    if (!values.empty()) file.write_strings(std::string("neurons/") + name, values);
  };
  strings("name", neurons.name);
  strings("type", neurons.type);
  strings("region", neurons.region);
  strings("transmitter", neurons.transmitter);
  if (!neurons.sign.empty()) {
    file.write("neurons/sign", std::vector<std::int32_t>(neurons.sign.begin(), neurons.sign.end()));
  }
  for (const auto& [name, values] :
       {std::pair{"x", &neurons.x}, {"y", &neurons.y}, {"z", &neurons.z}}) {
    if (!values->empty()) file.write(std::string("neurons/") + name, *values);
  }
}

NeuronTable read_neuron_table(const Hdf5File& file) {
  NeuronTable neurons;
  const auto has = [&](const char* name) { return file.contains(std::string("neurons/") + name); };
  for (const auto& [name, values] : {std::pair{"name", &neurons.name},
                                     {"type", &neurons.type},
                                     {"region", &neurons.region},
                                     {"transmitter", &neurons.transmitter}}) {
    if (has(name)) *values = file.read_strings(std::string("neurons/") + name);
  }
  for (const auto& [name, values] :
       {std::pair{"x", &neurons.x}, {"y", &neurons.y}, {"z", &neurons.z}}) {
    if (has(name)) *values = file.read<float>(std::string("neurons/") + name);
  }
  if (has("sign")) {
    for (const std::int32_t sign : file.read<std::int32_t>("neurons/sign")) {
      if (sign < -1 || sign > 1) {
        fail(file.where("neurons/sign"), "neuron sign out of range", std::to_string(sign),
             "-1, 0 or 1");
      }
      neurons.sign.push_back(static_cast<std::int8_t>(sign));
    }
  }
  return neurons;
}

Connectome load_own(const Hdf5File& file) {
  const auto version = file.attribute<std::int64_t>("/", "version");
  if (version != kVersion) {
    fail(file.path().string(), "connectome file of another version", std::to_string(version),
         std::to_string(kVersion), "write it again with this version of noesis");
  }
  const std::int64_t num_neurons = length(file, "row_count");
  require_table_memory(num_neurons, length(file, "sources"), file.contains("delays_ms"),
                       file.path().string());
  SynapseTable table;
  table.row_count = file.read<std::int32_t>("row_count");
  table.sources = file.read<std::int32_t>("sources");
  table.weights = file.read<float>("weights");
  if (file.contains("delays_ms")) table.delays_ms = file.read<float>("delays_ms");
  table.row_begin.resize(table.row_count.size());
  std::exclusive_scan(table.row_count.begin(), table.row_count.end(), table.row_begin.begin(),
                      std::int64_t{0});
  std::vector<Synapse> gaps;
  if (file.contains("gap_junctions/source")) {
    const std::int64_t count = length(file, "gap_junctions/source");
    require_edge_memory(num_neurons, count, file.path().string());
    gaps = read_edges(file, "gap_junctions/source", "gap_junctions/target", "gap_junctions/weight",
                      count);
  }
  try {
    return Connectome(std::move(table), gaps, read_neuron_table(file));
  } catch (const ConfigError& error) {
    ErrorParts parts = error.parts();
    parts.where = file.where(parts.where);
    throw ConfigError(parts);
  }
}

/// The only name in a group.
std::string only_name(const Hdf5File& file, const std::string& group, const char* what) {
  const std::vector<std::string> names = file.names(group);
  if (names.size() == 1) return names[0];
  fail(file.where(group), std::string("exactly one ") + what + " is read",
       std::to_string(names.size()), "1", "split the file");
}

/// The properties of edge k must stand at place k of the one group of properties.
std::string property_group(const Hdf5File& file, const std::string& population,
                           std::int64_t count) {
  std::vector<std::string> groups;
  for (const std::string& name : file.names(population)) {
    if (!name.empty() &&
        std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      groups.push_back(name);
    }
  }
  if (groups.empty()) return "";
  if (groups.size() > 1) {
    fail(file.where(population), "one group of edge properties is read",
         std::to_string(groups.size()), "at most 1", "split the file");
  }
  const std::string index = population + "/edge_group_index";
  if (file.contains(index)) {
    in_pieces<std::int64_t>(file, index, count, [&](std::int64_t first, const auto& places) {
      for (std::size_t k = 0; k < places.size(); ++k) {
        const std::int64_t edge = first + static_cast<std::int64_t>(k);
        if (places[k] != edge) {
          fail(element(file, index, edge), "edge properties in another order",
               std::to_string(places[k]), std::to_string(edge));
        }
      }
    });
  }
  return population + "/" + groups[0];
}

Connectome load_sonata(const Hdf5File& file, const ConnectomeFileOptions& options) {
  const std::string population = "edges/" + only_name(file, "edges", "edge population");
  const std::string sources = population + "/source_node_id";
  const std::string targets = population + "/target_node_id";
  const std::int64_t count = length(file, sources);
  require_edge_memory(options.num_neurons, count, file.path().string());
  const std::string group = property_group(file, population, count);
  const auto property = [&](const char* name) {
    const std::string dataset = group + "/" + name;
    return !group.empty() && file.contains(dataset) ? dataset : std::string();
  };
  std::vector<Synapse> edges = read_edges(file, sources, targets, property("syn_weight"), count);
  std::vector<float> delays;
  if (const std::string delay = property("delay"); !delay.empty()) {
    delays = file.read<float>(delay);
  }
  if (options.sum_duplicates) {
    if (!delays.empty()) {
      fail(file.path().string(), "synapses with delays cannot be summed", "sum_duplicates",
           "edges without delays");
    }
    sum_duplicates(edges, file.path());
  }
  std::int64_t num_neurons = options.num_neurons;
  if (num_neurons == 0) {
    for (const Synapse& edge : edges) {
      num_neurons =
          std::max<std::int64_t>(num_neurons, std::max(edge.source, edge.target) + std::int64_t{1});
    }
  }
  require_edge_memory(num_neurons, count, file.path().string());
  return build(
      num_neurons, edges, [&](std::int64_t k) { return element(file, sources, k); }, {}, {}, {},
      delays);
}

}  // namespace

Connectome load_hdf5(const std::filesystem::path& path, const ConnectomeFileOptions& options) {
  const Hdf5File file = Hdf5File::open(path);
  if (file.has_attribute("/", "format") && file.string_attribute("/", "format") == kFormat) {
    require_no_options(path, options);
    return load_own(file);
  }
  if (file.contains("edges")) {
    if (!options.neurons.empty() || !options.gap_junctions.empty()) {
      fail(path.string(), "options for .csv and .tsv with a SONATA file",
           "neurons or gap_junctions", "num_neurons and sum_duplicates");
    }
    return load_sonata(file, options);
  }
  fail(path.string(), "not a connectome in HDF5", "neither of the two",
       "a file that noesis wrote, or SONATA edges (a group `edges`)");
}

void save_hdf5(const Connectome& connectome, const std::filesystem::path& path) {
  AtomicFile target(path);
  Hdf5File file = Hdf5File::create(target.temporary());
  file.set_attribute("/", "format", std::string(kFormat));
  file.set_attribute("/", "version", kVersion);
  const SynapseTable& table = connectome.synapses();
  file.write("row_count", table.row_count);
  file.write("sources", table.sources);
  file.write("weights", table.weights);
  if (connectome.has_delays()) file.write("delays_ms", table.delays_ms);
  const std::vector<Synapse> gaps = connectome.gap_edges();
  if (!gaps.empty()) {
    std::vector<std::int32_t> sources, targets;
    std::vector<float> weights;
    for (const Synapse& gap : gaps) {
      sources.push_back(gap.source);
      targets.push_back(gap.target);
      weights.push_back(gap.weight);
    }
    file.write("gap_junctions/source", sources);
    file.write("gap_junctions/target", targets);
    file.write("gap_junctions/weight", weights);
  }
  write_neuron_table(file, connectome.neurons());
  file.close();
  target.commit();
}

}  // namespace noesis::formats
