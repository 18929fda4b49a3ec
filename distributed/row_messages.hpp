#pragma once
/// A worker's rows, taken out of arrays of the whole brain for a message, and put back from an
/// answer. Answers of another length throw WireError.

#include <span>
#include <string>
#include <vector>

#include "distributed/commands.hpp"
#include "physics/delay_line.hpp"

namespace noesis {

/// Its own neurons, without the halo.
std::span<const std::int32_t> own_ids(const WorkerPlan& worker);
/// @throws WireError.
void check_answer_size(std::size_t got, std::size_t allowed);

WireRows wire_rows(const SynapseView& table, std::span<const std::int32_t> ids);
/// Steps of delay of those rows; `table` is the one that the line was made for.
template <Real T>
void add_delays(const DelayLine<T>& line, const SynapseTable& table,
                std::span<const std::int32_t> ids, WireRows& rows);
std::vector<float> own_weights(const SynapseView& table, std::span<const std::int32_t> ids);
/// Into `all`, the weights of the whole table.
void put_weights(std::span<const float> weights, const SynapseView& table,
                 std::span<const std::int32_t> ids, float* all);
/// Digest of who connects to whom.
std::string structure_digest(const SynapseView& table, std::int64_t num_neurons);

/// Of a state, or of an array of inputs: (num_tiles x num_components x num_own x width).
template <Real T>
std::vector<T> own_values(const State<T>& x, std::span<const std::int32_t> ids);
template <Real T>
void put_values(std::span<const T> values, std::span<const std::int32_t> ids, State<T>& x);

/// The past of a worker's neurons and halo, from that of the brain, which may be empty.
template <Real T>
std::vector<T> own_history(std::span<const T> history, const WorkerPlan& worker,
                           const DelayLine<T>& line, const BatchShape& shape);
/// The past of the brain, from what each worker said of its own.
template <Real T>
std::vector<T> merge_history(std::span<const HistoryCommand<T>> parts,
                             std::span<const WorkerPlan> workers, const DelayLine<T>& line,
                             const BatchShape& shape);

}  // namespace noesis
