#pragma once
/// What a step of a split brain is going to take, from a few measured constants.
///
///   stage of a worker   c_s S_w + c_n n_w                    S_w synapses, n_w own neurons
///   exchange            L + B_w / b                          B_w bytes that it sends and receives
///   step                max_w [stages (c_s S_w + c_n n_w) + exchanges max(0, L + B_w / b -
///   overlap)]
///
/// where the overlap is the time of the rows that read nothing remote. Workers beyond the cores of
/// a machine take turns: their stages are multiplied by workers / cores.

#include "distributed/split_backend.hpp"

namespace noesis {

/// [s]
double predict_step_s(const SplitReport& plan, const CostModel& model);
/// Of one process and one thread, over that.
double predict_speed_up(const SplitReport& plan, const CostModel& model);

/// Mean time of an exchange of `values` floats each way between `members` threads of this process,
/// each with a communicator of its own over loopback TCP, or by memory.
struct ExchangeTiming {
  double seconds = 0;
  double bytes_sent = 0;    ///< of one member in an exchange
  double bytes_copied = 0;  ///< the same
};
ExchangeTiming time_exchange(bool over_tcp, int members, std::int64_t values, int repeats);

/// Workers without each other: each does its own work in turn, on rates that never come.
std::unique_ptr<Crew> make_dry_run_crew(int size, int threads_each = 1);

}  // namespace noesis
