#pragma once
/// Phase 1 of a run, as jobs.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "physics/simulation.hpp"
#include "runners/jobs/jobs.hpp"

namespace noesis {

/// One `[[phase1]]` table: every policy with every estimator, over seeds.
struct DiscoverySpec {
  std::string subject = "reference-20";
  std::vector<std::string> policies = {"passive", "random", "round_robin", "active"};
  std::vector<std::string> estimators = {"correlation", "lagged_correlation", "granger",
                                         "var1",        "rate_model",         "model_form"};
  std::int64_t budget = 600;
  double noise = 0;
  double amplitude = 3;
  std::int64_t num_seeds = 10;

  template <class V>
  void visit(V& v) {
    v("subject", subject, "Brain whose wiring is to be found");
    v("policies", policies, "Policies of intervention");
    v("estimators", estimators, "Estimators of the wiring");
    v("budget", budget, "Samples that may be observed", at_least(10));
    v("noise", noise, "Dynamic noise: sigma sqrt(dt / tau) N(0, 1) after each step", at_least(0));
    v("amplitude", amplitude, "Of a pulse, in the unit of the drive", greater_than(0));
    v("num_seeds", num_seeds, "Seeds, from the run's own on", at_least(1));
  }
};

/// One job a (policy, estimator, seed); the policy "twin" goes with the estimator "twin" alone. Ids
/// begin with "phase1-<index>"; steps are taken by what `make_backend` makes. @throws ConfigError
/// for unknown names.
std::vector<Job> phase1_jobs(const DiscoverySpec& spec, std::size_t index, std::uint64_t seed,
                             const BackendFactory<double>& make_backend = {});

/// What the records of phase1_jobs(spec), in their order, say together: rows of `result.phase1`
/// and, for each policy against passive and against random at the same estimator, of
/// `result.phase1_paired`.
struct DiscoveryRows {
  std::vector<nlohmann::ordered_json> rows;
  std::vector<nlohmann::ordered_json> paired;
};
DiscoveryRows phase1_rows(const DiscoverySpec& spec,
                          const std::vector<nlohmann::ordered_json>& records);

}  // namespace noesis
