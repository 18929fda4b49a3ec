#include "physics/process.hpp"

namespace noesis {

std::vector<double> record(Process& process, Process::State& state, std::int64_t num_samples) {
  const auto units = static_cast<std::size_t>(process.num_units());
  const std::vector<double> inputs(static_cast<std::size_t>(process.num_sites()));
  std::vector<double> series(static_cast<std::size_t>(num_samples) * units);
  for (std::size_t t = 0; t < static_cast<std::size_t>(num_samples); ++t) {
    process.step({&state, 1}, inputs, std::span(series).subspan(t * units, units));
  }
  return series;
}

}  // namespace noesis
