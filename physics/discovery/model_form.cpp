#include "physics/discovery/model_form.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "physics/discovery/coupling_fit.hpp"
#include "physics/discovery/lorenz_fit.hpp"

namespace noesis {
namespace {

/// One trajectory, whose first observation is the start of the first sample.
Dataset samples_of(const Tape& tape) {
  const std::int64_t count = tape.num_samples() - 1;
  Dataset data;
  for (DenseMatrix* m : {&data.e, &data.e_after, &data.inputs}) {
    *m = DenseMatrix(count, tape.num_units);
  }
  for (std::int64_t t = 0; t < count; ++t) {
    std::ranges::copy(tape.observation(t), data.e.row(t).begin());
    std::ranges::copy(tape.observation(t + 1), data.e_after.row(t).begin());
    std::ranges::copy(tape.input(t + 1), data.inputs.row(t).begin());
    data.previous.push_back(t - 1);
    data.twin.push_back(-1);
    data.site.push_back(-1);
  }
  return data;
}

void check(const Subject& structure, const Tape& tape) {
  const auto require = [](bool ok, const char* what, const char* where, const std::string& got,
                          const std::string& allowed) {
    if (!ok) throw ConfigError({what, where, got, allowed, {}});
  };
  require(tape.num_units == structure.num_units, "another number of units", "recording.num_units",
          std::to_string(tape.num_units), std::to_string(structure.num_units));
  require(tape.num_sites == structure.num_sites, "another number of sites", "recording.num_sites",
          std::to_string(tape.num_sites), std::to_string(structure.num_sites));
  require(tape.num_samples() >= 2, "too few samples to fit", "recording",
          std::to_string(tape.num_samples()), "at least 2");
  require(tape.inputs.size() == static_cast<std::size_t>(tape.num_samples() * tape.num_sites),
          "inputs and observations do not match", "recording.inputs",
          std::to_string(tape.inputs.size()) + " values",
          std::to_string(tape.num_samples() * tape.num_sites));
  for (const std::vector<double>* values : {&tape.observations, &tape.inputs}) {
    require(std::ranges::all_of(*values, [](double v) { return std::isfinite(v); }),
            "a value that is not finite", "recording", "nan or inf", "finite values");
  }
}

}  // namespace

Subject fit_model_form(const Subject& structure, const Tape& recording, const FitOptions& options) {
  check(structure, recording);
  if (structure.brain.model.name == "lorenz63") return fit_lorenz63(structure, recording);
  const CouplingFit fit = fit_coupling(structure, samples_of(recording), options);
  return brain_of(structure, fit, options.known_graph);
}

}  // namespace noesis
