#include "runners/loop/controls.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/rng.hpp"
#include "physics/verdict/recording_process.hpp"
#include "physics/verdict/surrogates.hpp"
#include "physics/vitals/series.hpp"

namespace noesis {
namespace {

using Names = std::vector<std::string>;

/// Nothing that was recorded answers a touch or a fork.
const Names kDeaf = {"touch_correlation", "touch_gain", "exponent_positive", "exponent_close"};

Names and_deaf(Names names) {
  names.insert(names.end(), kDeaf.begin(), kDeaf.end());
  return names;
}

/// Mean over units of the sd of brains, for which the noise of the dead ones was chosen.
constexpr double kBrainDeviation = 0.1;

class ControlMaker {
 public:
  ControlMaker(std::string subject, std::uint64_t subject_seed, const VerdictReference& reference,
               std::uint64_t seed, const ThreadArena& arena,
               const BackendFactory<double>& make_backend)
      : name_(std::move(subject)),
        subject_seed_(subject_seed),
        reference_(reference),
        seed_(seed),
        arena_(arena),
        make_backend_(make_backend),
        is_brain_(make(Condition::kHealthy).brain.model.name == "wilson_cowan") {}

  std::vector<Control> all() {
    add("other start", VerdictKind::kAlive, {}, process(Condition::kHealthy));
    add("dead", VerdictKind::kCatatonic, {"catatonic"}, process(Condition::kComatose));
    add("seized", VerdictKind::kSeizing, {"seizing"}, seized());
    add_surrogates();
    add("limit cycle", VerdictKind::kZombie,
        {"d_h", "d_del", "exponent_positive", "exponent_close"}, limit_cycle());
    for (const double sigma : {0.02, 0.3}) {
      add(sigma < 0.1 ? "dead + noise .02" : "dead + noise .3", VerdictKind::kZombie,
          is_brain_ ? Names{"d_h", "d_del", "touch_gain", "exponent_positive", "exponent_close"}
                    : Names{"d_del", "d_stsp", "exponent_positive", "exponent_close"},
          process(Condition::kComatose, sigma * noise_unit()));
    }
    if (is_brain_) {
      add("stranger", VerdictKind::kZombie, {"touch_correlation"}, process(Condition::kStranger));
    } else {
      add("stranger", VerdictKind::kZombie, {}, nullptr, "the subject has no wiring to change");
    }
    return std::move(controls_);
  }

 private:
  Subject make(Condition condition) const {
    Subject subject = make_subject(name_, subject_seed_, condition);
    subject.make_backend = make_backend_;
    return subject;
  }

  std::unique_ptr<Process> process(Condition condition, double noise_sigma = 0) const {
    return make_process(make(condition), arena_, noise_sigma);
  }

  void add(std::string name, VerdictKind expected, Names must_fail,
           std::unique_ptr<Process> process, std::string not_applicable = {}) {
    controls_.push_back({std::move(name), expected, std::move(must_fail), std::move(process),
                         std::move(not_applicable)});
  }

  void add_recording(std::string name, Names must_fail, std::vector<double> series,
                     std::int64_t num_starts = 0) {
    add(std::move(name), VerdictKind::kZombie, and_deaf(std::move(must_fail)),
        make_recording_process(std::move(series), reference_.num_units, reference_.num_sites,
                               reference_.interval, num_starts));
  }

  /// Of twice the length that is watched, so that a replay needs no splice, which would show in its
  /// spectrum. The other surrogates are made of the first half.
  void add_surrogates() {
    const std::int64_t length = reference_.num_samples;
    const std::unique_ptr<Process> subject = process(Condition::kHealthy);
    const auto word = philox(seed_, Stream::kSurrogate, 0, 0, 4);
    Process::State state = subject->start((static_cast<std::uint64_t>(word[0]) << 32) | word[1]);
    const std::vector<double> recording = record(*subject, state, 2 * length);
    const SeriesView whole = tau_series(recording, reference_.num_units, reference_.interval);
    SeriesView view = whole;
    view.num_samples = length;
    constexpr double kCorrelationTime = 1000;  // 1 tau, in thousandths as the view's interval is
    const double corner =
        kVerdictBands[0].low_hz * reference_.interval;  // a power law in the bands
    add_recording("white noise", {"d_h", "d_del"}, power_law_noise(view, 0, 0, seed_));
    add_recording("1/f noise", {"d_h", "d_del"},
                  power_law_noise(view, reference_.band_exponent[1], corner, seed_));
    add_recording("Ornstein-Uhlenbeck",
                  is_brain_ ? Names{"d_h", "d_del"} : Names{"d_del", "d_stsp"},
                  ornstein_uhlenbeck(view, kCorrelationTime, seed_));
    add_recording("phase-randomised", {"d_del"}, phase_randomised(view, seed_));
    add_recording("IAAFT", {"d_del"}, amplitude_adjusted(view, seed_));
    add_recording("time shuffle", {"d_h", "d_del"}, time_shuffled(view, seed_));
    add_recording("time reversal", {"d_del"}, time_reversed(whole), length);
    add_recording("replay", {}, recording, length);
  }

  std::unique_ptr<Process> seized() const {
    if (is_brain_) return process(Condition::kSeized);
    return make_recording_process(reference_.high, reference_.num_units, reference_.num_sites,
                                  reference_.interval);
  }

  /// Lorenz's limit cycle is far from the subject, where levels would call it a seizure.
  std::unique_ptr<Process> limit_cycle() const {
    std::unique_ptr<Process> cycle = process(Condition::kLimitCycle);
    if (is_brain_) return cycle;
    Process::State state = cycle->start(seed_);
    const std::vector<double> series = record(*cycle, state, reference_.num_samples);
    const UnitMoments theirs = unit_moments(tau_series(series, reference_.num_units, 1));
    const UnitMoments ours =
        unit_moments(tau_series(reference_.recording, reference_.num_units, 1));
    std::vector<double> offset, scale;
    for (std::size_t i = 0; i < ours.mean.size(); ++i) {
      scale.push_back(std::sqrt(ours.variance[i] / theirs.variance[i]));
      offset.push_back(ours.mean[i] - scale[i] * theirs.mean[i]);
    }
    return make_rescaled_process(std::move(cycle), std::move(offset), std::move(scale));
  }

  /// Noise in proportion to what the subject does by itself.
  double noise_unit() const {
    if (is_brain_) return 1;
    const auto& sd = reference_.deviation;
    return std::accumulate(sd.begin(), sd.end(), 0.0) / static_cast<double>(sd.size()) /
           kBrainDeviation;
  }

  std::string name_;
  std::uint64_t subject_seed_;
  const VerdictReference& reference_;
  std::uint64_t seed_;
  const ThreadArena& arena_;
  const BackendFactory<double>& make_backend_;
  bool is_brain_;
  std::vector<Control> controls_;
};

}  // namespace

std::vector<Control> make_controls(const std::string& subject, std::uint64_t subject_seed,
                                   const VerdictReference& reference, std::uint64_t seed,
                                   const ThreadArena& arena,
                                   const BackendFactory<double>& make_backend) {
  return ControlMaker(subject, subject_seed, reference, seed, arena, make_backend).all();
}

bool control_holds(const Control& control, const Verdict& verdict) {
  return verdict.kind == control.expected &&
         std::ranges::all_of(control.must_fail, [&](const std::string& name) {
           return verdict.criterion(name).outcome != Outcome::kPasses;
         });
}

}  // namespace noesis
