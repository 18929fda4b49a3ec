#include "physics/discovery/experiment.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/error.hpp"
#include "core/registry.hpp"
#include "core/rng.hpp"
#include "data/memory.hpp"

namespace noesis {
namespace {

/// Chooses the next site to pulse.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual bool pulses() const { return true; }
  /// Hears what was observed over a sample.
  virtual void observe(std::span<const double> /*e*/) {}
  virtual std::int64_t next_site() = 0;
};

class Passive final : public Policy {
 public:
  bool pulses() const override { return false; }
  std::int64_t next_site() override { return -1; }
};

class RandomTargets final : public Policy {
 public:
  RandomTargets(std::int64_t num_sites, std::uint64_t seed)
      : num_sites_(num_sites), random_(seed, Stream::kTask) {}
  std::int64_t next_site() override {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(num_sites_)));
  }

 private:
  std::int64_t num_sites_;
  RandomSequence random_;
};

class RoundRobin final : public Policy {
 public:
  explicit RoundRobin(std::int64_t num_sites) : num_sites_(num_sites) {}
  std::int64_t next_site() override { return next_++ % num_sites_; }

 private:
  std::int64_t num_sites_;
  std::int64_t next_ = 0;
};

class Active final : public Policy {
 public:
  explicit Active(std::int64_t num_sites)
      : covariance_(Eigen::MatrixXd::Identity(num_sites + 1, num_sites + 1) / kPriorPrecision),
        x_(num_sites + 1) {}

  /// A rank-one update of M (Sherman & Morrison, Ann. Math. Statist. 21, 1950).
  void observe(std::span<const double> e) override {
    const Eigen::Index n = x_.size() - 1;
    x_.head(n) = Eigen::Map<const Eigen::VectorXd>(e.data(), n);
    x_(n) = 1;
    gain_.noalias() = covariance_ * x_;
    covariance_.noalias() -= (gain_ / (1 + x_.dot(gain_))) * gain_.transpose();
  }

  std::int64_t next_site() override {
    Eigen::Index site = 0;
    covariance_.diagonal().head(x_.size() - 1).maxCoeff(&site);
    return site;
  }

 private:
  /// Of a weight, in units of the samples' E^2: weaker than one sample of a quiet neuron.
  static constexpr double kPriorPrecision = 1e-3;
  Eigen::MatrixXd covariance_;
  Eigen::VectorXd x_, gain_;
};

struct PolicyEntry {
  std::unique_ptr<Policy> (*make)(std::int64_t num_sites, std::uint64_t seed);
  bool forks = false;
};

const Registry<PolicyEntry>& policies() {
  static const Registry<PolicyEntry> registry = [] {
    Registry<PolicyEntry> r("policy");
    using Made = std::unique_ptr<Policy>;
    r.add("passive",
          {[](std::int64_t, std::uint64_t) -> Made { return std::make_unique<Passive>(); }});
    r.add("random", {[](std::int64_t n, std::uint64_t seed) -> Made {
            return std::make_unique<RandomTargets>(n, seed);
          }});
    r.add("round_robin",
          {[](std::int64_t n, std::uint64_t) -> Made { return std::make_unique<RoundRobin>(n); }});
    r.add("active",
          {[](std::int64_t n, std::uint64_t) -> Made { return std::make_unique<Active>(n); }});
    r.add("twin",
          {[](std::int64_t n, std::uint64_t) -> Made { return std::make_unique<RoundRobin>(n); },
           true});
    return r;
  }();
  return registry;
}

void check(const Subject& subject, const ExperimentSpec& spec) {
  const auto require = [](bool ok, const char* where, std::string got, std::string allowed) {
    if (ok) return;
    throw ConfigError({.what = "an experiment out of range",
                       .where = where,
                       .got = std::move(got),
                       .allowed = std::move(allowed),
                       .next = {}});
  };
  require(subject.brain.model.name == "wilson_cowan", "subject", subject.name,
          "a Wilson-Cowan brain");
  require(spec.budget >= 2, "budget", std::to_string(spec.budget), "at least 2 samples");
  require(std::isfinite(spec.amplitude) && spec.amplitude != 0, "amplitude",
          std::to_string(spec.amplitude), "finite and not 0");
  require(spec.pulse_samples >= 1, "pulse_samples", std::to_string(spec.pulse_samples),
          "at least 1");
  require(spec.rest_samples >= 0, "rest_samples", std::to_string(spec.rest_samples), "at least 0");
  require(spec.noise >= 0 && std::isfinite(spec.noise), "noise", std::to_string(spec.noise),
          "at least 0");
  require(spec.observation_noise >= 0 && std::isfinite(spec.observation_noise), "observation_noise",
          std::to_string(spec.observation_noise), "at least 0");
}

/// The samples' memory, and the active policy's.
void check_memory(const Subject& subject, const ExperimentSpec& spec) {
  const auto n = static_cast<double>(subject.num_units);
  const double values = static_cast<double>(spec.budget) * n * (spec.observe_i ? 5 : 3) +
                        (spec.policy == "active" ? (n + 1) * (n + 1) : 0);
  require_memory(static_cast<std::int64_t>(std::min(8 * values, 9e18)), "budget",
                 std::to_string(spec.budget) + " samples");
}

/// A brain on the table: environment 0 is the brain, environment 1 its fork.
class Bench {
 public:
  Bench(const Subject& subject, const ExperimentSpec& spec, bool forks)
      : spec_(spec),
        n_(subject.num_units),
        interval_ms_(subject.interval * subject.tau_ms),
        start_(std::llround(subject.transient / subject.interval)),
        arena_(1),
        brain_({subject.connectome}, noisy(subject, spec.noise),
               std::vector<std::uint64_t>(forks ? 2 : 1, spec.seed), arena_, subject.make_backend) {
    brain_.advance_to(time(0));
    look(0, 0, e_, i_);
  }

  const std::vector<double>& e() const { return e_; }

  /// One sample of the brain, and with `forks` one of its fork with the pulse.
  void sample(Dataset& data, std::int64_t site, bool forks) {
    const bool pulse_on_brain = site >= 0 && !forks;
    std::vector<double> inputs(static_cast<std::size_t>(n_));
    if (pulse_on_brain) inputs[static_cast<std::size_t>(site)] = spec_.amplitude;
    if (forks) {
      brain_.restore(1, brain_.snapshot(0));
      brain_.surgeon().set_current(1, site, spec_.amplitude);
    } else {
      for (std::int64_t j = 0; j < n_; ++j) {
        brain_.surgeon().set_current(0, j, inputs[static_cast<std::size_t>(j)]);
      }
    }
    brain_.advance_to(time(++count_));
    std::vector<double> e_after, i_after;
    look(0, ++num_looks_, e_after, i_after);
    const std::int64_t main =
        add(data, inputs, e_after, i_after, last_, -1, pulse_on_brain ? site : -1);
    if (forks) {
      std::vector<double> e_fork, i_fork;
      look(1, ++num_looks_, e_fork, i_fork);
      inputs[static_cast<std::size_t>(site)] = spec_.amplitude;
      add(data, inputs, e_fork, i_fork, -1, main, site);
    }
    last_ = main;
    e_ = std::move(e_after);
    i_ = std::move(i_after);
  }

 private:
  static BrainSpec noisy(const Subject& subject, double sigma) {
    BrainSpec brain = subject.brain;
    brain.noise.sigma = sigma;
    return brain;
  }
  double time(std::int64_t samples) const {
    return static_cast<double>(start_ + samples) * interval_ms_;
  }

  /// What is observed of an environment, the `index`-th look at all.
  void look(std::int64_t env, std::uint64_t index, std::vector<double>& e,
            std::vector<double>& i) const {
    e.resize(static_cast<std::size_t>(n_));
    i.resize(static_cast<std::size_t>(n_));
    for (std::int64_t j = 0; j < n_; ++j) {
      const RandomPair noise =
          normal_pair(spec_.seed, Stream::kObservation, index, static_cast<std::uint32_t>(j));
      const auto at = static_cast<std::size_t>(j);
      e[at] = brain_.state().at(env, 0, j) + spec_.observation_noise * noise.first;
      i[at] = brain_.state().at(env, 1, j) + spec_.observation_noise * noise.second;
    }
  }

  std::int64_t add(Dataset& data, const std::vector<double>& inputs,
                   const std::vector<double>& e_after, const std::vector<double>& i_after,
                   std::int64_t previous, std::int64_t twin, std::int64_t site) const {
    const auto t = static_cast<std::int64_t>(data.previous.size());
    std::ranges::copy(e_, data.e.row(t).begin());
    std::ranges::copy(e_after, data.e_after.row(t).begin());
    std::ranges::copy(inputs, data.inputs.row(t).begin());
    if (spec_.observe_i) {
      std::ranges::copy(i_, data.i.row(t).begin());
      std::ranges::copy(i_after, data.i_after.row(t).begin());
    }
    data.previous.push_back(previous);
    data.twin.push_back(twin);
    data.site.push_back(site);
    return t;
  }

  const ExperimentSpec& spec_;
  std::int64_t n_;
  double interval_ms_;
  std::int64_t start_;
  ThreadArena arena_;
  Simulation<double> brain_;
  std::int64_t count_ = 0;
  std::uint64_t num_looks_ = 0;
  std::int64_t last_ = -1;
  std::vector<double> e_, i_;
};

}  // namespace

std::vector<std::string> policy_names() { return policies().names(); }

Dataset gather(const Subject& subject, const ExperimentSpec& spec) {
  const PolicyEntry& entry = policies().get(spec.policy);
  check(subject, spec);
  check_memory(subject, spec);
  const std::int64_t n = subject.num_units;
  const std::unique_ptr<Policy> policy = entry.make(n, spec.seed);
  const std::int64_t looks = entry.forks ? spec.budget / 2 : spec.budget;
  const std::int64_t rows = entry.forks ? 2 * looks : looks;
  Dataset data;
  for (DenseMatrix* m : {&data.e, &data.e_after, &data.inputs}) *m = DenseMatrix(rows, n);
  if (spec.observe_i) data.i = data.i_after = DenseMatrix(rows, n);

  Bench bench(subject, spec, entry.forks);
  const std::int64_t period = entry.forks ? 1 : spec.pulse_samples + spec.rest_samples;
  const std::int64_t on = entry.forks ? 1 : spec.pulse_samples;
  std::int64_t site = -1;
  for (std::int64_t t = 0; t < looks; ++t) {
    policy->observe(bench.e());
    if (policy->pulses() && t % period == 0) {
      site = policy->next_site();
      ++data.interventions;
    }
    bench.sample(data, t % period < on ? site : -1, entry.forks);
  }
  return data;
}

}  // namespace noesis
