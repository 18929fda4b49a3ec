#include "physics/verdict/verdict.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "physics/verdict/emulation_metrics.hpp"
#include "physics/verdict/hysteresis.hpp"

namespace noesis {
namespace {

constexpr double kMostOfTheTime = 0.5;
constexpr double kMinBands = 2;
constexpr double kNullFactor = 2;        // times q95
constexpr double kMinCorrelation = 0.5;  // of touch responses
constexpr double kMaxGain = 2;           // and 1 / 2
constexpr double kExponentError = 0.3;   // relative
constexpr double kSure = 3;              // standard errors

/// Windows of the run in which the condition is on, as a part of all.
template <class Enter, class Leave>
std::optional<double> share(const std::vector<ActivityWindow>& windows, const Enter& enter,
                            const Leave& leave) {
  if (windows.empty()) return std::nullopt;
  Hysteresis condition;
  double on = 0;
  for (const ActivityWindow& window : windows) {
    on += condition.update(enter(window), leave(window)) ? 1 : 0;
  }
  return on / static_cast<double>(windows.size());
}

std::optional<double> seizing_share(const Evidence& evidence) {
  return share(
      evidence.windows,
      [](const ActivityWindow& w) { return w.mean_level > 0.6 || w.saturated_fraction > 0.5; },
      [](const ActivityWindow& w) { return w.mean_level < 0.4 && w.saturated_fraction < 0.2; });
}

std::optional<double> catatonic_share(const Evidence& evidence, double usual) {
  return share(
      evidence.windows,
      [=](const ActivityWindow& w) {
        return w.unit_deviation < 0.1 * usual || w.active_fraction < 0.05;
      },
      [=](const ActivityWindow& w) {
        return w.unit_deviation > 0.3 * usual && w.active_fraction > 0.2;
      });
}

std::optional<double> synchronous_share(const Evidence& evidence, double usual) {
  return share(
      evidence.windows,
      [=](const ActivityWindow& w) {
        return w.synchrony > 0.7 && w.population_deviation > 3 * usual;
      },
      [](const ActivityWindow& w) { return w.synchrony < 0.5; });
}

/// Criteria in order. One without a value fails: what can be computed of any process that ran, and
/// is undefined for this one, is not as it is in the subject.
class Criteria {
 public:
  explicit Criteria(bool ran) : ran_(ran) {}

  Criterion& add(std::string name, std::optional<double> value, std::optional<double> low,
                 std::optional<double> high) {
    Criterion c{std::move(name), value, low, high, Outcome::kNotApplicable, true, {}};
    const bool within = value && (!low || *value >= *low) && (!high || *value <= *high);
    if (ran_) c.outcome = within ? Outcome::kPasses : Outcome::kFails;
    if (!ran_) c.value.reset();
    criteria_.push_back(std::move(c));
    return criteria_.back();
  }
  std::vector<Criterion> take() { return std::move(criteria_); }

 private:
  bool ran_;  ///< whether the free run ended well, without which nothing is compared
  std::vector<Criterion> criteria_;
};

double num_bands_alike(const VerdictReference& reference, const Evidence& evidence) {
  double alike = 0;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const auto& exponent = evidence.exponents[b];
    alike +=
        exponent && std::abs(*exponent - reference.band_exponent[b]) <= reference.band_tolerance[b]
            ? 1
            : 0;
  }
  return alike;
}

void not_applicable(Criterion& criterion, const char* why) {
  criterion.outcome = Outcome::kNotApplicable;
  criterion.text = why;
}

void add_spectrum(const VerdictReference& reference, const Evidence& evidence, Criteria& criteria) {
  Criterion& bands =
      criteria.add("bands", num_bands_alike(reference, evidence), kMinBands, std::nullopt);
  if (!std::ranges::all_of(reference.band_exponent, [](double x) { return std::isfinite(x); })) {
    not_applicable(bands, "the subject's spectrum has no exponent");
  }
  const auto family = static_cast<double>(reference.family);
  Criterion& families = criteria.add(
      "family",
      evidence.family ? std::optional(static_cast<double>(*evidence.family)) : std::nullopt, family,
      family);
  if (families.outcome != Outcome::kNotApplicable) {
    families.text = std::string(evidence.family ? family_name(*evidence.family) : "none") +
                    ", subject " + std::string(family_name(reference.family));
  }
  criteria.add("d_h", evidence.d_h, std::nullopt, kNullFactor * reference.q95_d_h.value);
}

void add_touches(const VerdictReference& reference, const Evidence& evidence, Criteria& criteria) {
  constexpr const char* kNone = "the subject answers no touch reliably";
  const bool asked = !reference.touch.touches.empty();
  Criterion& correlation =
      criteria.add("touch_correlation", evidence.touch.correlation, kMinCorrelation, std::nullopt);
  if (!asked) not_applicable(correlation, kNone);
  Criterion& gain = criteria.add("touch_gain", evidence.touch.gain, 1 / kMaxGain, kMaxGain);
  if (!asked) not_applicable(gain, kNone);
}

void add_exponent(const VerdictReference& reference, const Evidence& evidence, Criteria& criteria) {
  const auto& subject = reference.exponent;
  const auto& candidate = evidence.exponent;
  const bool chaotic = subject && subject->value > kSure * subject->standard_error;
  std::optional<double> lower, ratio;
  if (candidate) lower = candidate->value - kSure * candidate->standard_error;
  if (candidate && chaotic) ratio = candidate->value / subject->value;
  Criterion& positive = criteria.add("exponent_positive", lower, 0.0, std::nullopt);
  if (!chaotic) not_applicable(positive, "the subject is not chaotic");
  Criterion& close = criteria.add("exponent_close", ratio, 1 - kExponentError, 1 + kExponentError);
  if (!chaotic) not_applicable(close, "the subject is not chaotic");
}

std::vector<Criterion> put_questions(const VerdictReference& reference, const Evidence& evidence) {
  const bool ran = evidence.failure.empty();
  Criteria always(true);
  const double part =
      static_cast<double>(evidence.num_samples) / static_cast<double>(reference.num_samples);
  Criterion& finite = always.add("finite", part, 1.0, std::nullopt);
  finite.text = evidence.failure;
  if (!ran) finite.outcome = Outcome::kFails;

  Criteria criteria(ran);
  criteria.add("seizing", seizing_share(evidence), std::nullopt, kMostOfTheTime);
  criteria.add("catatonic", catatonic_share(evidence, reference.unit_deviation), std::nullopt,
               kMostOfTheTime);
  add_spectrum(reference, evidence, criteria);
  criteria.add("d_del", evidence.d_del, std::nullopt, kNullFactor * reference.q95_d_del.value);
  Criterion& states = criteria.add("d_stsp", evidence.d_stsp, std::nullopt,
                                   kNullFactor * reference.q95_d_stsp.value);
  states.decides = reference.num_units <= kMaxStateSpaceUnits;
  add_touches(reference, evidence, criteria);
  add_exponent(reference, evidence, criteria);
  criteria
      .add("hypersynchrony", synchronous_share(evidence, reference.population_deviation),
           std::nullopt, kMostOfTheTime)
      .decides = false;
  criteria.add("wasserstein", evidence.wasserstein, std::nullopt, std::nullopt).decides = false;

  std::vector<Criterion> all = always.take();
  for (Criterion& criterion : criteria.take()) all.push_back(std::move(criterion));
  return all;
}

}  // namespace

std::string_view verdict_name(VerdictKind kind) {
  constexpr std::string_view kNames[] = {"Alive", "Catatonic", "Seizing", "Zombie"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view outcome_name(Outcome outcome) {
  constexpr std::string_view kNames[] = {"passes", "fails", "not applicable"};
  return kNames[static_cast<std::size_t>(outcome)];
}

const std::vector<std::string>& criterion_names() {
  static const std::vector<std::string> kNames = {"finite",
                                                  "seizing",
                                                  "catatonic",
                                                  "bands",
                                                  "family",
                                                  "d_h",
                                                  "d_del",
                                                  "d_stsp",
                                                  "touch_correlation",
                                                  "touch_gain",
                                                  "exponent_positive",
                                                  "exponent_close",
                                                  "hypersynchrony",
                                                  "wasserstein"};
  return kNames;
}

const Criterion& Verdict::criterion(std::string_view name) const {
  const auto found = std::ranges::find(criteria, name, &Criterion::name);
  ensure(found != criteria.end(), "a criterion that exists");
  return *found;
}

Verdict judge(const VerdictReference& reference, const Evidence& evidence) {
  Verdict verdict;
  verdict.criteria = put_questions(reference, evidence);
  const auto fails = [&](const Criterion& c) { return c.decides && c.outcome == Outcome::kFails; };
  if (fails(verdict.criterion("finite")) || fails(verdict.criterion("seizing"))) {
    verdict.kind = VerdictKind::kSeizing;
  } else if (fails(verdict.criterion("catatonic"))) {
    verdict.kind = VerdictKind::kCatatonic;
  } else if (std::ranges::any_of(verdict.criteria, fails)) {
    verdict.kind = VerdictKind::kZombie;
  }
  return verdict;
}

}  // namespace noesis
