// Exchanges of rates between members of a group: time, bytes, copies.

#include <thread>

#include "runners/bench/benches.hpp"
#include "runners/split_settings.hpp"

namespace noesis::bench {

void exchange(Report& report) {
  for (const std::int64_t values : {1, 10'000, 100'000, 250'000}) {
    const int repeats = values > 50'000 ? 200 : 1000;
    double tcp_copied = 0, memory_copied = 0;
    const double tcp = exchange_seconds(true, 2, values, repeats, tcp_copied);
    const double memory = exchange_seconds(false, 2, values, repeats, memory_copied);
    const std::string what = std::to_string(values) + " float rates each way";
    report.add({"exchange", what + ", loopback TCP", tcp * 1e6, "us", "threads, by memory",
                memory * 1e6, memory / tcp});
    const double bytes = 4 * static_cast<double>(values);
    report.add({"exchange", what + ", bytes copied by a member", tcp_copied / bytes,
                "of what it sends", "threads, by memory", memory_copied / bytes,
                memory_copied / tcp_copied});
  }
}

}  // namespace noesis::bench
