#include "distributed/row_messages.hpp"

#include <algorithm>

#include "core/digest.hpp"

namespace noesis {

std::span<const std::int32_t> own_ids(const WorkerPlan& worker) {
  return {worker.ids.data(), static_cast<std::size_t>(worker.num_own)};
}

void check_answer_size(std::size_t got, std::size_t allowed) {
  if (got == allowed) return;
  throw WireError("an answer of another length", std::to_string(got), std::to_string(allowed));
}

// --- rows ----------------------------------------------------------------------------------------

WireRows wire_rows(const SynapseView& table, std::span<const std::int32_t> ids) {
  WireRows rows;
  std::size_t total = 0;
  for (const std::int32_t id : ids) {
    rows.counts.push_back(table.row_count[id]);
    total += static_cast<std::size_t>(table.row_count[id]);
  }
  rows.sources.reserve(total);
  for (const std::int32_t id : ids) {
    const std::int32_t* const row = table.sources + table.row_begin[id];
    rows.sources.insert(rows.sources.end(), row, row + table.row_count[id]);
  }
  rows.weights = own_weights(table, ids);
  return rows;
}

template <Real T>
void add_delays(const DelayLine<T>& line, const SynapseTable& table,
                std::span<const std::int32_t> ids, WireRows& rows) {
  const auto steps = line.num_steps(0);
  for (const std::int32_t id : ids) {
    const auto row = steps.subspan(static_cast<std::size_t>(table.row_begin[id]),
                                   static_cast<std::size_t>(table.row_count[id]));
    rows.steps.insert(rows.steps.end(), row.begin(), row.end());
  }
}

std::vector<float> own_weights(const SynapseView& table, std::span<const std::int32_t> ids) {
  std::size_t total = 0;
  for (const std::int32_t id : ids) total += static_cast<std::size_t>(table.row_count[id]);
  std::vector<float> weights;
  weights.reserve(total);
  for (const std::int32_t id : ids) {
    const float* const row = table.weights + table.row_begin[id];
    weights.insert(weights.end(), row, row + table.row_count[id]);
  }
  return weights;
}

void put_weights(std::span<const float> weights, const SynapseView& table,
                 std::span<const std::int32_t> ids, float* all) {
  std::size_t at = 0;
  for (const std::int32_t id : ids) at += static_cast<std::size_t>(table.row_count[id]);
  check_answer_size(weights.size(), at);
  at = 0;
  for (const std::int32_t id : ids) {
    std::copy_n(weights.data() + at, table.row_count[id], all + table.row_begin[id]);
    at += static_cast<std::size_t>(table.row_count[id]);
  }
}

std::string structure_digest(const SynapseView& table, std::int64_t num_neurons) {
  Digest digest;
  const auto rows = static_cast<std::size_t>(num_neurons);
  digest.update(table.row_count, rows * sizeof *table.row_count);
  for (std::size_t i = 0; i < rows; ++i) {
    digest.update(table.sources + table.row_begin[i],
                  static_cast<std::size_t>(table.row_count[i]) * sizeof *table.sources);
  }
  return digest.hex();
}

// --- states and pasts ----------------------------------------------------------------------------

namespace {

template <Real T>
std::size_t plane_size(const State<T>& x, std::span<const std::int32_t> ids) {
  return ids.size() * static_cast<std::size_t>(x.shape().tile_width);
}
template <Real T>
std::size_t num_values(const State<T>& x, std::span<const std::int32_t> ids) {
  return plane_size(x, ids) * static_cast<std::size_t>(x.shape().num_tiles()) *
         static_cast<std::size_t>(x.shape().num_components);
}

}  // namespace

template <Real T>
std::vector<T> own_values(const State<T>& x, std::span<const std::int32_t> ids) {
  std::vector<T> values(num_values(x, ids));
  T* to = values.data();
  for (std::int64_t tile = 0; tile < x.shape().num_tiles(); ++tile) {
    for (int c = 0; c < x.shape().num_components; ++c, to += plane_size(x, ids)) {
      gather_rows(x.plane(tile, c), ids, x.shape().tile_width, to);
    }
  }
  return values;
}

template <Real T>
void put_values(std::span<const T> values, std::span<const std::int32_t> ids, State<T>& x) {
  check_answer_size(values.size(), num_values(x, ids));
  const T* from = values.data();
  for (std::int64_t tile = 0; tile < x.shape().num_tiles(); ++tile) {
    for (int c = 0; c < x.shape().num_components; ++c, from += plane_size(x, ids)) {
      scatter_rows(from, ids, x.shape().tile_width, x.plane(tile, c));
    }
  }
}

template <Real T>
std::vector<T> own_history(std::span<const T> history, const WorkerPlan& worker,
                           const DelayLine<T>& line, const BatchShape& shape) {
  std::vector<T> values;
  if (history.empty()) return values;
  for (std::int64_t env = 0; env < shape.num_envs; ++env) {
    const T* past = history.data() + env * line.history_size();
    for (std::int64_t ago = line.longest() - 1; ago >= 1; --ago, past += shape.num_neurons) {
      for (const std::int32_t id : worker.ids) values.push_back(past[id]);
    }
    for (const std::int32_t id : own_ids(worker)) values.push_back(past[id]);
  }
  return values;
}

template <Real T>
std::vector<T> merge_history(std::span<const HistoryCommand<T>> parts,
                             std::span<const WorkerPlan> workers, const DelayLine<T>& line,
                             const BatchShape& shape) {
  const std::int64_t size = line.history_size(), depth = line.longest() - 1;
  std::vector<T> all(static_cast<std::size_t>(size * shape.num_envs));
  for (std::size_t rank = 0; rank < parts.size(); ++rank) {
    const WorkerPlan& worker = workers[rank];
    check_answer_size(
        parts[rank].values.size(),
        static_cast<std::size_t>(shape.num_envs * (depth * worker.num_local() + worker.num_own)));
    const T* from = parts[rank].values.data();
    for (std::int64_t env = 0; env < shape.num_envs; ++env) {
      T* past = all.data() + env * size;
      for (std::int64_t k = 0; k < depth; ++k) {
        scatter_rows(from, own_ids(worker), 1, past);
        past += shape.num_neurons;
        from += worker.num_local();
      }
      scatter_rows(from, own_ids(worker), 1, past);
      from += worker.num_own;
    }
  }
  return all;
}

template void add_delays(const DelayLine<float>&, const SynapseTable&,
                         std::span<const std::int32_t>, WireRows&);
template std::vector<float> own_values(const State<float>&, std::span<const std::int32_t>);
template void put_values(std::span<const float>, std::span<const std::int32_t>, State<float>&);
template std::vector<float> own_history(std::span<const float>, const WorkerPlan&,
                                        const DelayLine<float>&, const BatchShape&);
template std::vector<float> merge_history(std::span<const HistoryCommand<float>>,
                                          std::span<const WorkerPlan>, const DelayLine<float>&,
                                          const BatchShape&);
template void add_delays(const DelayLine<double>&, const SynapseTable&,
                         std::span<const std::int32_t>, WireRows&);
template std::vector<double> own_values(const State<double>&, std::span<const std::int32_t>);
template void put_values(std::span<const double>, std::span<const std::int32_t>, State<double>&);
template std::vector<double> own_history(std::span<const double>, const WorkerPlan&,
                                         const DelayLine<double>&, const BatchShape&);
template std::vector<double> merge_history(std::span<const HistoryCommand<double>>,
                                           std::span<const WorkerPlan>, const DelayLine<double>&,
                                           const BatchShape&);

}  // namespace noesis
