#include "runners/loop/phase1.hpp"

#include "core/error.hpp"
#include "physics/discovery/estimators.hpp"
#include "physics/discovery/experiment.hpp"
#include "physics/discovery/responses.hpp"
#include "physics/discovery/scores.hpp"
#include "physics/subject.hpp"

namespace noesis {
namespace {

/// What the start of held-out interventions differs by from an experiment's.
constexpr std::uint64_t kHeldOut = 0x9e3779b97f4a7c15;

EdgeScores edge_scores(const std::vector<double>& scores, const std::vector<bool>& is_edge) {
  double edges = 0;
  for (const bool edge : is_edge) edges += edge ? 1 : 0;
  EdgeScores result;
  result.auroc = auroc(scores, is_edge);
  result.auprc = average_precision(scores, is_edge);
  result.base_rate = edges / static_cast<double>(is_edge.size());
  result.lift = result.auprc / result.base_rate;
  return result;
}

DenseMatrix true_coupling(const Subject& subject) {
  const WilsonCowanParameters& model = subject.brain.model.wilson_cowan;
  const Connectome& wiring = *subject.connectome;
  const std::int64_t n = wiring.num_neurons();
  DenseMatrix truth(n, n);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      truth.at(i, j) = model.coupling * static_cast<double>(wiring.weight(j, i)) +
                       model.gap_coupling * static_cast<double>(wiring.gap_weight(j, i));
    }
  }
  return truth;
}

}  // namespace

Phase1Row run_phase1(const Phase1Spec& spec, Phase1Matrices* matrices) {
  Subject subject = make_subject(spec.subject, spec.seed);
  subject.make_backend = spec.make_backend;
  const Dataset data = gather(subject, {.policy = spec.policy,
                                        .budget = spec.budget,
                                        .amplitude = spec.amplitude,
                                        .noise = spec.noise,
                                        .observation_noise = spec.observation_noise,
                                        .observe_i = spec.observe_i,
                                        .seed = spec.seed});
  const Estimate found = estimate(spec.estimator, subject, data);

  const DenseMatrix truth = true_coupling(subject);
  const Wiring wiring = wiring_of(*subject.connectome, subject.brain.model.wilson_cowan.coupling);
  const std::vector<double> scores = off_diagonal(found.scores);
  const std::vector<double> weights = off_diagonal(found.weights);
  Phase1Row row;
  row.spec = spec;
  row.knows_equations = found.knows_equations;
  row.samples = data.num_samples();
  row.interventions = data.interventions;
  row.chemical = edge_scores(scores, wiring.chemical);
  row.any = edge_scores(scores, wiring.any);
  row.sign_accuracy = sign_accuracy(weights, wiring);
  row.shd = matched_hamming_distance(scores, wiring.chemical);
  row.weight_r2 = scaled_r2(weights, off_diagonal(truth));
  row.response_r2 =
      response_r2(subject, found, {.amplitude = spec.amplitude, .seed = spec.seed ^ kHeldOut});
  if (matrices != nullptr) *matrices = {found.scores, truth};
  return row;
}

Phase1Summary summarise(std::span<const Phase1Row> rows) {
  ensure(!rows.empty(), "a summary is of at least one row");
  const auto figure = [rows](const auto& of) {
    std::vector<double> values;
    for (const Phase1Row& row : rows) values.push_back(static_cast<double>(of(row)));
    return mean_interval(values);
  };
  Phase1Summary s;
  s.spec = rows.front().spec;
  s.knows_equations = rows.front().knows_equations;
  s.seeds = static_cast<std::int64_t>(rows.size());
  s.samples = figure([](const Phase1Row& r) { return r.samples; });
  s.interventions = figure([](const Phase1Row& r) { return r.interventions; });
  s.auroc = figure([](const Phase1Row& r) { return r.chemical.auroc; });
  s.auprc = figure([](const Phase1Row& r) { return r.chemical.auprc; });
  s.base_rate = figure([](const Phase1Row& r) { return r.chemical.base_rate; });
  s.lift = figure([](const Phase1Row& r) { return r.chemical.lift; });
  s.any_auroc = figure([](const Phase1Row& r) { return r.any.auroc; });
  s.any_auprc = figure([](const Phase1Row& r) { return r.any.auprc; });
  s.any_base_rate = figure([](const Phase1Row& r) { return r.any.base_rate; });
  s.any_lift = figure([](const Phase1Row& r) { return r.any.lift; });
  s.sign_accuracy = figure([](const Phase1Row& r) { return r.sign_accuracy; });
  s.shd = figure([](const Phase1Row& r) { return r.shd; });
  s.weight_r2 = figure([](const Phase1Row& r) { return r.weight_r2; });
  s.response_r2 = figure([](const Phase1Row& r) { return r.response_r2; });
  return s;
}

}  // namespace noesis
