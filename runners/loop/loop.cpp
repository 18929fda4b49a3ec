#include "runners/loop/loop.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>

#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/rng.hpp"
#include "runners/factory.hpp"
#include "runners/jobs/words.hpp"
#include "runners/loop/conclusions.hpp"
#include "runners/loop/control_jobs.hpp"
#include "runners/loop/learning_curves.hpp"
#include "runners/loop/loop_config.hpp"
#include "runners/loop/phase2_jobs.hpp"
#include "runners/loop/plots.hpp"
#include "runners/run_folder.hpp"

namespace noesis {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Facts = std::shared_ptr<const SubjectFacts>;

/// What seeds are derived for.
enum class Purpose : std::uint32_t { kControls, kPhase2 };

/// A seed of its own for each purpose and index, far from the run's.
std::uint64_t derive_seed(std::uint64_t seed, Purpose purpose, std::uint32_t index) {
  const auto word = philox(seed, Stream::kTask, static_cast<std::uint32_t>(purpose), index);
  return (static_cast<std::uint64_t>(word[0] & 0x3fffffffu) << 32) | word[1];
}

/// Whatever is asked of it, in the order of first mention.
std::vector<std::string> subjects_of(const LoopConfig& config) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const std::string& name : config.controls) add(name);
  for (const EmulationSpec& spec : config.phase2) add(spec.subject);
  return names;
}

/// Before a folder is made and hours are spent. @throws ConfigError naming what there is.
void check_names(const LoopConfig& config) {
  const auto seed = static_cast<std::uint64_t>(config.seed);
  backend_factory<double>(config.backend);
  for (const std::string& name : subjects_of(config)) make_subject(name, seed);
  for (const EmulationSpec& spec : config.phase2) {
    for (const std::string& name : spec.hypotheses) Hypothesis::parse(name);
  }
  for (std::size_t k = 0; k < config.phase1.size(); ++k) phase1_jobs(config.phase1[k], k, seed);
}

class Loop {
 public:
  Loop(LoopConfig config, fs::path folder)
      : config_(std::move(config)),
        folder_(std::move(folder)),
        seed_(static_cast<std::uint64_t>(config_.seed)),
        make_backend_(backend_factory<double>(config_.backend)) {}

  /// Nothing when interrupted.
  std::optional<Json> run() {
    if (!measure_subjects()) return std::nullopt;
    plan();
    const auto records = run_jobs(jobs_, parts(), config_.threads, "loop");
    if (!records) return std::nullopt;
    return gather(*records);
  }

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  fs::path parts() const { return parts_folder(folder_); }

  bool measure_subjects() {
    const std::vector<std::string> names = subjects_of(config_);
    std::vector<Facts> facts(names.size());
    std::vector<Job> jobs;
    for (std::size_t k = 0; k < names.size(); ++k) {
      const double units = static_cast<double>(make_subject(names[k], seed_).num_units);
      jobs.push_back({"subject-" + id_part(names[k]), 1 + 0.1 * units, [&, k] {
                        facts[k] = measure(names[k]);
                        return JobResult{facts[k]->record(), subject_plot(facts[k]->reference)};
                      }});
    }
    const auto records = run_jobs(jobs, parts(), config_.threads, "subjects");
    if (!records) return false;
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (!facts[k]) facts[k] = measure(names[k]);  // resumed: from the cache, as a rule
      facts_[names[k]] = facts[k];
      subjects_.push_back((*records)[k]);
      if (facts[k]->dynamics() != "chaotic") warn_of(*facts[k]);
    }
    return true;
  }

  Facts measure(const std::string& name) const {
    return std::make_shared<SubjectFacts>(
        measure_subject(name, seed_, config_.measure, default_cache(), make_backend_));
  }

  void warn_of(const SubjectFacts& facts) {
    char text[256];
    std::snprintf(text, sizeof text,
                  "%s is %s, not chaotic (largest exponent %.4f +- %.4f per tau): the exponent's "
                  "criteria do not apply, and Lyapunov times are of 100 tau",
                  facts.subject.name.c_str(), facts.dynamics().c_str(), facts.exponent,
                  facts.standard_error);
    warnings_.emplace_back(text);
    std::fprintf(stderr, "noesis loop: warning: %s\n", text);
  }

  void plan() {
    const std::uint64_t control_seed = derive_seed(seed_, Purpose::kControls, 0);
    for (const std::string& name : config_.controls) {
      add(controls_, control_jobs(facts_.at(name), control_seed));
    }
    for (std::size_t k = 0; k < config_.phase1.size(); ++k) {
      add(phase1_, phase1_jobs(config_.phase1[k], k, seed_, make_backend_));
    }
    for (std::size_t k = 0; k < config_.phase2.size(); ++k) {
      const EmulationSpec& spec = config_.phase2[k];
      for (const std::string& name : spec.hypotheses) {
        std::vector<Job> jobs;
        for (std::int64_t s = 0; s < spec.num_seeds; ++s) {
          jobs.push_back(phase2_job(
              {.id = "phase2-" + std::to_string(k) + "-" + id_part(spec.subject) + "-" +
                     id_part(name) + "-" + std::to_string(s),
               .spec = spec,
               .hypothesis = Hypothesis::parse(name),
               .facts = facts_.at(spec.subject),
               .seed = derive_seed(seed_, Purpose::kPhase2, static_cast<std::uint32_t>(s)),
               .seed_index = s}));
        }
        add(phase2_, std::move(jobs));
      }
    }
  }

  /// A group of jobs whose records are read together.
  struct Group {
    std::size_t first;
    std::size_t count;
  };
  void add(std::vector<Group>& groups, std::vector<Job> jobs) {
    groups.push_back({jobs_.size(), jobs.size()});
    for (Job& job : jobs) jobs_.push_back(std::move(job));
  }
  static std::vector<Json> part(const std::vector<Json>& records, const Group& group) {
    const auto first = records.begin() + static_cast<std::ptrdiff_t>(group.first);
    return {first, first + static_cast<std::ptrdiff_t>(group.count)};
  }

  Json gather(const std::vector<Json>& records) {
    Json result = {{"subjects", subjects_},
                   {"controls", Json::array()},
                   {"phase1", Json::array()},
                   {"phase1_paired", Json::array()},
                   {"phase2", Json::array()}};
    for (const Group& group : controls_) {
      for (Json& control : part(records, group)) result["controls"].push_back(std::move(control));
    }
    for (std::size_t k = 0; k < phase1_.size(); ++k) {
      DiscoveryRows rows = phase1_rows(config_.phase1[k], part(records, phase1_[k]));
      for (Json& row : rows.rows) result["phase1"].push_back(std::move(row));
      for (Json& row : rows.paired) result["phase1_paired"].push_back(std::move(row));
    }
    for (const Group& group : phase2_) {
      const std::vector<Json> of_seeds = part(records, group);
      for (const Json& record : of_seeds) {
        if (record.contains("error")) warnings_.push_back(record.at("error").get<std::string>());
      }
      result["phase2"].push_back(phase2_row(of_seeds));
    }
    result["conclusions"] = draw_conclusions(result);
    result["warnings"] = warnings_;
    return result;
  }

  LoopConfig config_;
  fs::path folder_;
  std::uint64_t seed_;
  BackendFactory<double> make_backend_;
  std::map<std::string, Facts> facts_;
  std::vector<Json> subjects_;
  std::vector<Job> jobs_;
  std::vector<Group> controls_, phase1_, phase2_;
  std::vector<std::string> warnings_;
};

}  // namespace

int run_loop(const RunOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const LoopConfig config = read_run_config(options, default_loop_config(options.quick));
  check_names(config);
  const std::string digest = result_digest(config);
  const fs::path folder = open_run(options, "loop", config.seed, digest, config_to_toml(config));
  const InterruptScope interrupts;
  Loop loop(config, folder);
  std::optional<Json> result = loop.run();
  if (!result) return report_interrupted("loop", folder);
  const bool ok = controls_hold(*result);
  const double wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Json summary = make_summary("loop", config.seed, digest, wall_s, ok, *result);
  log_learning_curves(folder);
  std::string words = verdict_tables(*result) + "Conclusions\n";
  for (const Json& sentence : result->at("conclusions")) {
    words += "  - " + sentence.get<std::string>() + "\n";
  }
  for (const Json& warning : result->at("warnings")) {
    words += "  ! " + warning.get<std::string>() + "\n";
  }
  words += text("%.0f s; %s\n", wall_s,
                config.controls.empty() ? "no controls were run: verdicts are unchecked"
                : ok                    ? "every control came out as it must"
                                        : "CONTROLS FAILED: trust no verdict above");
  return finish_run(options, folder, summary, words);
}

}  // namespace noesis
