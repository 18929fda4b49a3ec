#include "physics/plasticity/plastic_brain.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace noesis {
namespace {

/// Writes what visit_state() names.
struct StateWriter {
  Hdf5File& file;
  std::string group;

  void operator()(const char* name, const std::vector<double>& values) {
    file.write(group + "/" + name, values);
  }
  template <class T>
  void operator()(const char* name, const T& value) {
    file.write(group + "/" + name, std::vector<double>{static_cast<double>(value)});
  }
};

/// Reads it back; what a rule has must be as long as before.
struct StateReader {
  const Hdf5File& file;
  std::string group;

  void operator()(const char* name, std::vector<double>& values) {
    values = read(name, values.size());
  }
  template <class T>
  void operator()(const char* name, T& value) {
    value = static_cast<T>(read(name, 1).front());
  }

 private:
  std::vector<double> read(const char* name, std::size_t size) {
    const std::string dataset = group + "/" + name;
    std::vector<double> values = file.read<double>(dataset);
    if (values.size() == size) return values;
    throw ConfigError({.what = "array of the wrong size",
                       .where = file.where(dataset),
                       .got = std::to_string(values.size()),
                       .allowed = std::to_string(size),
                       .next = {}});
  }
};

}  // namespace

PlasticBrain::PlasticBrain(const PlasticitySpec& spec, ConnectomePtr connectome, bool is_shared,
                           std::int64_t num_places, std::uint64_t seed)
    : spec_(spec), original_(std::move(connectome)), seed_(seed), num_places_(num_places) {
  if (spec.changes_connectome() && is_shared) {
    throw ConfigError({.what = "rules that change the connectome need one for each environment",
                       .where = "plasticity.rules",
                       .got = "a batch that shares its connectome",
                       .allowed = "homeostasis with scaling_speed = 0, intrinsic, sleep, arousal",
                       .next = "set batch = \"per_env\", or num_envs = 1"});
  }
  if (spec.changes_structure() && original_->has_delays()) {
    throw ConfigError({.what = "synapses with delays cannot be made or removed",
                       .where = "plasticity.rules",
                       .got = "a structural rule and a connectome with delays",
                       .allowed = "homeostasis, intrinsic, oja, decay, sleep, arousal",
                       .next = {}});
  }
  if (spec.changes_connectome()) connectome_.emplace(*original_);
  if (spec.has("hebbian")) {
    check_hebbian(spec.hebbian);
    teaching_.resize(static_cast<std::size_t>(num_places));
  }
  if (spec.has("homeostasis")) homeostasis_.emplace(spec.homeostasis, num_neurons());
  if (spec.has("intrinsic")) intrinsic_.emplace(spec.intrinsic, num_neurons());
  if (spec.has("structural")) structural_.emplace(spec.structural, *connectome_, seed);
  if (spec.has("neurogenesis")) neurogenesis_.emplace(spec.neurogenesis, seed);
  if (spec.has("sleep")) sleep_.emplace(spec.sleep);
  if (spec.has("arousal")) arousal_.emplace(spec.arousal);
  pad_rows();
}

std::int64_t PlasticBrain::num_neurons() const noexcept {
  return connectome_ ? connectome_->num_neurons() : num_places_;
}

/// Kernels read a row for every place, those of the unborn too.
void PlasticBrain::pad_rows() {
  if (!spec_.changes_structure()) return;
  const SynapseTable& table = connectome_->synapses();
  row_begin_ = table.row_begin;
  row_count_ = table.row_count;
  row_begin_.resize(static_cast<std::size_t>(num_places_));
  row_count_.resize(static_cast<std::size_t>(num_places_));
}

SynapseView PlasticBrain::synapses() const {
  const SynapseTable& table = connectome_->synapses();
  const bool padded = !row_begin_.empty();
  return {padded ? row_begin_.data() : table.row_begin.data(),
          padded ? row_count_.data() : table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

bool PlasticBrain::every(double interval_ms) const {
  const auto runs = std::max<std::int64_t>(std::llround(interval_ms / spec_.interval_ms), 1);
  return num_runs_ % runs == 0;
}

template <Real T>
PlasticBrain::Change PlasticBrain::advance(std::span<const T> outputs, double stimulus,
                                           std::span<T> bias, const ThreadArena& arena) {
  ensure(std::ssize(outputs) == num_places_ && bias.size() == outputs.size(),
         "outputs and biases of all places");
  const auto n = static_cast<std::size_t>(num_neurons());
  outputs = outputs.first(n);
  const WeightRules rules = begin_run(activity_of(levels_of(outputs), num_neurons()), stimulus);
  if (rules.homeostasis) {
    homeostasis_->observe(outputs, spec_.interval_ms, arena);
    homeostasis_->adapt_bias(bias.first(n), arena);
    if (rules.scales) homeostasis_->scale(*connectome_, arena);
  }
  if (rules.intrinsic) learn_intrinsic(outputs, bias.first(n), arena);
  if (rules.oja_rate) oja(*connectome_, outputs, outputs, *rules.oja_rate, arena);
  if (rules.hebbian) learn_hebbian(outputs, arena);
  if (rules.decay_ms) decay_weights(*connectome_, spec_.decay, *rules.decay_ms, arena);
  if (rules.structural) structural_->observe(outputs, spec_.interval_ms, arena);
  return restructure_now(arena);
}

WeightRules PlasticBrain::begin_run(double activity, double stimulus) {
  ++num_runs_;
  if (sleep_) sleep_->advance(spec_.interval_ms, activity / spec_.sleep.reference_rate);
  if (arousal_) {
    arousal_->advance(stimulus, sleep_ ? sleep_->pressure() : 0, spec_.interval_ms);
  }
  WeightRules rules;
  rules.num_neurons = num_neurons();
  if (homeostasis_) {
    rules.homeostasis = HomeostasisStep::of(spec_.homeostasis, spec_.interval_ms);
    rules.scales = connectome_.has_value();
  }
  if (intrinsic_ && !asleep()) rules.intrinsic = IntrinsicStep::of(spec_.intrinsic);
  if (spec_.has("oja") && !asleep()) rules.oja_rate = spec_.oja.learning_rate;
  if (spec_.has("hebbian") && !asleep()) rules.hebbian = spec_.hebbian;
  if (spec_.has("decay") && (asleep() || !sleep_) && every(spec_.decay.interval_ms)) {
    rules.decay_ms = spec_.decay.interval_ms;
  }
  if (structural_) rules.structural = StructuralStep::of(spec_.structural, spec_.interval_ms);
  rules.arousal_gain = arousal_gain();
  return rules;
}

PlasticBrain::Memory PlasticBrain::memory() noexcept {
  Memory memory;
  if (homeostasis_) memory.homeostasis = homeostasis_->memory();
  if (intrinsic_) memory.intrinsic = intrinsic_->memory();
  if (structural_) memory.structural = structural_->memory();
  return memory;
}

PlasticBrain::Memory PlasticBrain::Memory::first(std::size_t count) const {
  Memory part = *this;
  for (std::span<double>* const values :
       {&part.homeostasis.filtered, &part.homeostasis.shortfall, &part.homeostasis.log_factors,
        &part.intrinsic.gains, &part.intrinsic.biases, &part.structural.calcium,
        &part.structural.axonal, &part.structural.dendritic}) {
    if (!values->empty()) *values = values->first(count);
  }
  return part;
}

template <Real T>
void PlasticBrain::learn_intrinsic(std::span<const T> outputs, std::span<T> bias,
                                   const ThreadArena& arena) {
  const SynapseTable& table = connectome_ ? connectome_->synapses() : original_->synapses();
  std::vector<T> inputs(outputs.size());
  arena.parallel_for(std::ssize(inputs), 64, [&](std::int64_t i, std::int64_t last) {
    for (; i < last; ++i) {
      inputs[static_cast<std::size_t>(i)] =
          static_cast<T>(summed_input(table.row_sources(i), table.row_weights(i), outputs));
    }
  });
  // Other rules and the user move the bias too: only the change is this rule's.
  const std::vector<double> before(intrinsic_->biases().begin(), intrinsic_->biases().end());
  intrinsic_->adapt(std::span<const T>(inputs), outputs, arena);
  for (std::size_t i = 0; i < bias.size(); ++i) {
    bias[i] += static_cast<T>(intrinsic_->biases()[i] - before[i]);
  }
}

template <Real T>
void PlasticBrain::learn_hebbian(std::span<const T> outputs, const ThreadArena& arena) {
  if (!has_teaching_) return hebbian(*connectome_, outputs, outputs, spec_.hebbian, arena);
  const auto taught = std::span(teaching_).first(outputs.size());
  const std::vector<T> factors(taught.begin(), taught.end());
  hebbian(*connectome_, outputs, std::span<const T>(factors), spec_.hebbian, arena);
}

bool PlasticBrain::prunes_now() const {
  return spec_.has("pruning") && (asleep() || !sleep_) && every(spec_.pruning.interval_ms);
}

bool PlasticBrain::rewires_now() const {
  return structural_ && every(spec_.structural.interval_ms);
}

bool PlasticBrain::restructures_now() const {
  if (prunes_now() || rewires_now()) return true;
  return neurogenesis_ &&
         neurogenesis_->would_bear(error_, spec_.interval_ms, *connectome_, num_places_);
}

void PlasticBrain::pass_by() {
  if (!neurogenesis_) return;
  const Born born = neurogenesis_->advance(error_, spec_.interval_ms, *connectome_, num_places_);
  ensure(born.count == 0, "births are foreseen");
}

void PlasticBrain::rewire_now() {
  const Rewired rewired = structural_->update(*connectome_);
  counts_.num_pruned += rewired.num_removed;
  counts_.num_added += rewired.num_added;
  pad_rows();
}

PlasticBrain::Change PlasticBrain::take_pruned(const Pruned& pruned) {
  connectome_->note_pruned(pruned);
  counts_.num_pruned += pruned.num_synapses;
  counts_.num_died += std::ssize(pruned.neurons);
  return {.born = {}, .died = pruned.neurons};
}

void PlasticBrain::take_rows(std::span<const std::int32_t> row_count,
                             std::vector<std::int32_t> sources, std::vector<float> weights) {
  connectome_->take_rows(row_count, std::move(sources), std::move(weights));
  pad_rows();
}

PlasticBrain::Change PlasticBrain::grow_now(std::vector<Synapse>& added) {
  Change change;
  const std::int64_t before = connectome_->num_synapses();
  Born born = neurogenesis_->advance(error_, spec_.interval_ms, *connectome_, num_places_);
  take_birth(born, before, change);
  counts_.num_born += std::ssize(change.born);
  if (!change.born.empty()) pad_rows();
  added = std::move(born.synapses);
  return change;
}

PlasticBrain::Change PlasticBrain::restructure_now(const ThreadArena& arena) {
  Change change;
  if (!spec_.changes_structure()) return change;
  bool changed = false;
  if (prunes_now()) {
    const Pruned pruned = prune_weak(*connectome_, spec_.pruning.threshold, arena);
    counts_.num_pruned += pruned.num_synapses;
    change.died = pruned.neurons;
    changed = pruned.num_synapses > 0;
  }
  if (rewires_now()) {
    rewire_now();
    changed = true;
  }
  if (neurogenesis_) {
    const std::int64_t before = connectome_->num_synapses();
    const Born born = neurogenesis_->advance(error_, spec_.interval_ms, *connectome_, num_places_);
    take_birth(born, before, change);
    changed = changed || born.count > 0;
  }
  counts_.num_born += std::ssize(change.born);
  counts_.num_died += std::ssize(change.died);
  if (changed) pad_rows();
  return change;
}

/// Those who were born have a place in every rule.
void PlasticBrain::take_birth(const Born& born, std::int64_t synapses_before, Change& change) {
  counts_.num_added += connectome_->num_synapses() - synapses_before;
  change.born.resize(static_cast<std::size_t>(born.count));
  std::iota(change.born.begin(), change.born.end(), static_cast<std::int32_t>(born.first_id));
  if (born.count == 0) return;
  if (homeostasis_) homeostasis_->grow(num_neurons());
  if (intrinsic_) intrinsic_->grow(num_neurons());
  if (structural_) structural_->grow(*connectome_);
}

PlasticBrain::Change PlasticBrain::spawn_now(std::int64_t count) {
  require(count >= 0, "number of neurons out of range", "spawn", count, ">= 0");
  if (!neurogenesis_) {
    throw ConfigError({.what = "no neurons are born in this brain",
                       .where = "spawn",
                       .got = "plasticity.rules without \"neurogenesis\"",
                       .allowed = "rules with it",
                       .next = {}});
  }
  const std::int64_t room = std::min(spec_.neurogenesis.max_neurons - connectome_->num_alive(),
                                     num_places_ - connectome_->num_neurons());
  const std::int64_t before = connectome_->num_synapses();
  const Born born = neurogenesis_->spawn(std::clamp<std::int64_t>(room, 0, count), *connectome_);
  Change change;
  take_birth(born, before, change);
  counts_.num_born += std::ssize(change.born);
  pad_rows();
  return change;
}

PlasticBrain::Change PlasticBrain::sleep_now(const ThreadArena& arena) {
  if (!spec_.has("pruning")) {
    throw ConfigError({.what = "nothing is pruned in this brain",
                       .where = "sleep",
                       .got = "plasticity.rules without \"pruning\"",
                       .allowed = "rules with it",
                       .next = {}});
  }
  if (spec_.has("decay")) {
    decay_weights(*connectome_, spec_.decay, spec_.decay.interval_ms, arena);
  }
  const Pruned pruned = prune_weak(*connectome_, spec_.pruning.threshold, arena);
  connectome_->compact();
  counts_.num_pruned += pruned.num_synapses;
  counts_.num_died += std::ssize(pruned.neurons);
  pad_rows();
  Change change;
  change.died = pruned.neurons;
  return change;
}

void PlasticBrain::set_error(double error) {
  require(error >= 0 && std::isfinite(error), "error out of range", "neurogenesis", error,
          "a finite number, at least 0");
  error_ = error;
}

void PlasticBrain::set_teaching(std::span<const double> factors) {
  require(factors.empty() || factors.size() == teaching_.size(), "wrong number of factors",
          "set_teaching", static_cast<double>(factors.size()), "one for each place, or none");
  for (const double factor : factors) {
    require(std::isfinite(factor), "postsynaptic factor out of range", "set_teaching", factor,
            "a finite number");
  }
  has_teaching_ = !factors.empty();
  std::ranges::copy(factors, teaching_.begin());
}

PlasticBrain::Change PlasticBrain::edit(const std::function<void(PlasticConnectome&)>& edit) {
  const std::int64_t num_neurons = connectome_->num_neurons();
  const std::int64_t num_alive = connectome_->num_alive();
  std::vector<std::int32_t> living;
  for (std::int64_t i = 0; i < num_neurons; ++i) {
    if (connectome_->alive(i)) living.push_back(static_cast<std::int32_t>(i));
  }
  const std::int64_t before = connectome_->num_synapses();
  edit(*connectome_);
  ensure(connectome_->num_neurons() == num_neurons, "an edit makes no neurons");
  const std::int64_t change = connectome_->num_synapses() - before;
  (change < 0 ? counts_.num_pruned : counts_.num_added) += std::abs(change);
  Change died;
  if (connectome_->num_alive() < num_alive) {
    std::erase_if(living, [&](std::int32_t id) { return connectome_->alive(id); });
    died.died = std::move(living);
    counts_.num_died += std::ssize(died.died);
  }
  pad_rows();
  return died;
}

PlasticityReport PlasticBrain::report() const {
  PlasticityReport report = counts_;
  report.num_alive = connectome_ ? connectome_->num_alive() : num_places_;
  report.num_synapses = connectome_ ? connectome_->num_synapses() : original_->num_synapses();
  report.gain = arousal_gain();
  if (sleep_) {
    report.sleep_pressure = sleep_->pressure();
    report.asleep = sleep_->asleep();
  }
  return report;
}

template <class Self, class V>
void PlasticBrain::visit_state(Self& self, V& v) {
  v("num_runs", self.num_runs_);
  v("error", self.error_);
  if (self.spec_.has("hebbian")) {
    v("has_teaching", self.has_teaching_);
    v("teaching", self.teaching_);
  }
  v("num_born", self.counts_.num_born);
  v("num_died", self.counts_.num_died);
  v("num_pruned", self.counts_.num_pruned);
  v("num_added", self.counts_.num_added);
  const auto rule = [&](const char* name, auto& state) {
    if (!state) return;
    V inner{v.file, v.group + "/" + name};
    std::decay_t<decltype(*state)>::visit_state(*state, inner);
  };
  rule("homeostasis", self.homeostasis_);
  rule("intrinsic", self.intrinsic_);
  rule("structural", self.structural_);
  rule("neurogenesis", self.neurogenesis_);
  rule("sleep", self.sleep_);
  rule("arousal", self.arousal_);
}

void PlasticBrain::write(Hdf5File& file, const std::string& group) const {
  if (connectome_) connectome_->write(file, group + "/connectome");
  StateWriter writer{file, group};
  visit_state(*this, writer);
}

void PlasticBrain::read(const Hdf5File& file, const std::string& group) {
  PlasticBrain loaded(spec_, original_, !connectome_, num_places_, seed_);
  if (loaded.connectome_) {
    loaded.connectome_->read(file, group + "/connectome", num_places_);
    if (loaded.homeostasis_) loaded.homeostasis_->grow(loaded.num_neurons());
    if (loaded.intrinsic_) loaded.intrinsic_->grow(loaded.num_neurons());
    if (loaded.structural_) loaded.structural_->grow(*loaded.connectome_);
  }
  StateReader reader{file, group};
  visit_state(loaded, reader);
  loaded.pad_rows();
  *this = std::move(loaded);
}

template PlasticBrain::Change PlasticBrain::advance(std::span<const float>, double,
                                                    std::span<float>, const ThreadArena&);
template PlasticBrain::Change PlasticBrain::advance(std::span<const double>, double,
                                                    std::span<double>, const ThreadArena&);

}  // namespace noesis
