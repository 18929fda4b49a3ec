// A large brain on two workers of one thread each: what splitting gives and costs, by integrator.

#include <vector>

#include "runners/bench/benches.hpp"
#include "runners/bench/split_brain.hpp"

namespace noesis::bench {

void distributed(Report& report) {
  const ConnectomePtr brain = large_brain();
  const SplitSettings two = processes(2), dry = alone(2);
  for (const char* const integrator : {"euler", "heun", "rk4"}) {
    const BrainSpec spec = large_spec(integrator);
    const std::string what = std::string("200k x 100, ") + integrator + ", 2 workers";
    report.note(what);
    std::vector<double> step, whole, ratio, free_of_exchange, split_busy, own_work;
    nlohmann::ordered_json split_report;
    for (int turn = 0; turn < 3; ++turn) {  // in turn, so that load that comes and goes cancels
      const SplitTiming split = time_split(brain, spec, &two, 8);
      const SplitTiming work = time_split(brain, spec, &dry, 4);
      const SplitTiming one = time_split(brain, spec, nullptr, 4);
      step.push_back(split.step_s);
      whole.push_back(one.step_s);
      ratio.push_back(one.step_s / split.step_s);
      split_busy.push_back(split.busy_s);
      own_work.push_back(work.busy_s);
      free_of_exchange.push_back((split.busy_s - split.wait_s) / split.busy_s);
      split_report = split.report;
    }
    report.add({"distributed", what + ", a step", 1e3 * median(step), "ms",
                "one process, one thread", 1e3 * median(whole), median(ratio)});
    report.add({"distributed", what + ", part of a worker's step that is no waiting",
                median(free_of_exchange), "", "all of it", 1, median(free_of_exchange), 0.9});
    report.add({"distributed", what + ", a worker's step", 1e3 * median(split_busy), "ms",
                "the same without exchanges", 1e3 * median(own_work),
                median(own_work) / median(split_busy)});
    report.add({"distributed", what + ", bytes an exchange",
                split_report["bytes_an_exchange"].get<double>() / 1e6, "MB", "a step",
                split_report["bytes_a_step"].get<double>() / 1e6,
                split_report["exchanges_a_step"].get<double>()});
  }
}

}  // namespace noesis::bench
