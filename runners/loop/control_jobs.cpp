#include "runners/loop/control_jobs.hpp"

#include <algorithm>
#include <mutex>

#include "core/error.hpp"
#include "core/threads.hpp"
#include "physics/discovery/model_form.hpp"
#include "physics/tape.hpp"
#include "physics/verdict/evidence.hpp"
#include "runners/loop/controls.hpp"
#include "runners/loop/plots.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kFitSamples = 600;

/// The controls of one subject, made when the first of them is run: surrogates take time.
class ControlSet {
 public:
  ControlSet(std::shared_ptr<const SubjectFacts> facts, std::uint64_t seed)
      : facts_(std::move(facts)), seed_(seed), arena_(1) {}

  const SubjectFacts& facts() const { return *facts_; }
  std::uint64_t seed() const { return seed_; }

  Control& at(std::size_t k) {
    std::call_once(made_, [&] {
      controls_ = make_controls(facts_->subject.name, facts_->reference.seed, facts_->reference,
                                seed_, arena_, facts_->subject.make_backend);
      controls_.push_back(fitted());
    });
    return controls_.at(k);
  }

  /// Names are known before anything is made.
  static std::vector<std::string> names() {
    return {"other start",      "dead",
            "seized",           "white noise",
            "1/f noise",        "Ornstein-Uhlenbeck",
            "phase-randomised", "IAAFT",
            "time shuffle",     "time reversal",
            "replay",           "limit cycle",
            "dead + noise .02", "dead + noise .3",
            "stranger",         "model-form fit"};
  }

 private:
  Control fitted() {
    const auto subject = make_process(facts_->subject, arena_);
    const FitOptions options;
    const Tape tape = record_tape(*subject, seed_ + 1, kFitSamples + options.burn_in,
                                  {.fraction = 0, .scale = {}});
    return {.name = "model-form fit",
            .expected = VerdictKind::kAlive,
            .must_fail = {},
            .process = make_process(fit_model_form(facts_->subject, tape, options), arena_),
            .not_applicable = {}};
  }

  std::shared_ptr<const SubjectFacts> facts_;
  std::uint64_t seed_;
  ThreadArena arena_;
  std::once_flag made_;
  std::vector<Control> controls_;
};

JobResult run_control(ControlSet& set, std::size_t k) {
  const SubjectFacts& facts = set.facts();
  Control& control = set.at(k);
  ensure(control.name == ControlSet::names()[k], "the controls by their names");
  if (!control.process) {
    return {{{"subject", facts.subject.name},
             {"name", control.name},
             {"not_applicable", control.not_applicable}},
            nullptr};
  }
  const Evidence evidence = collect_evidence(*control.process, facts.reference,
                                             {.seed = set.seed() + 2 + k, .keep_series = true});
  const Verdict verdict = judge(facts.reference, evidence);
  const Criterion& bands = verdict.criterion("bands");
  nlohmann::ordered_json record = {{"subject", facts.subject.name},
                                   {"name", control.name},
                                   {"expected", verdict_name(control.expected)},
                                   {"verdict", verdict_name(verdict.kind)},
                                   {"holds", control_holds(control, verdict)},
                                   {"bands_ok", nullptr},
                                   {"must_fail", control.must_fail},
                                   {"criteria", criteria_record(verdict)}};
  if (bands.value) record["bands_ok"] = *bands.value;
  nlohmann::ordered_json plot = evidence_plot(evidence, facts.reference);
  plot["kind"] = "control";
  plot["subject"] = facts.subject.name;
  plot["name"] = control.name;
  return {std::move(record), std::move(plot)};
}

}  // namespace

std::vector<Job> control_jobs(std::shared_ptr<const SubjectFacts> facts, std::uint64_t seed) {
  const auto set = std::make_shared<ControlSet>(facts, seed);
  const std::vector<std::string> names = ControlSet::names();
  // By the work of stepping the subject: forks, touches and a free run.
  const double cost = 0.3 + 0.01 * static_cast<double>(facts->subject.num_units);
  std::vector<Job> jobs;
  for (std::size_t k = 0; k < names.size(); ++k) {
    jobs.push_back({"control-" + id_part(facts->subject.name) + "-" + id_part(names[k]), cost,
                    [set, k] { return run_control(*set, k); }});
  }
  return jobs;
}

}  // namespace noesis
