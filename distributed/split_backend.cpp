#include "distributed/split_backend.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/config.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "distributed/commands.hpp"

namespace noesis {

int exchanges_a_step(const std::string& integrator, bool has_delays, bool has_gaps) {
  const int stages = integrator == "euler"                          ? 1
                     : integrator == "heun" || integrator == "ros2" ? 2
                     : integrator == "rk4"                          ? 4
                                                                    : 6;
  if (!has_delays) return stages;
  return has_gaps ? stages + 1 : 1;
}

namespace {

SynapseView view_of(const SynapseTable& table) {
  if (table.row_begin.empty()) return {};
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

template <Real T>
class SplitBackendImpl final : public SplitBackend<T> {
 public:
  SplitBackendImpl(std::shared_ptr<Crew> crew, const BackendRequest<T>& request,
                   SplitOptions options)
      : crew_(std::move(crew)),
        options_(std::move(options)),
        connectome_(single(request)),
        spec_{request.model, request.integrator, request.noise_sigma},
        shape_(request.shape),
        surgeon_(request.surgeon),
        table_(view_of(connectome_->synapses())) {
    if (connectome_->has_delays()) {
      delays_ = std::make_unique<DelayLine<T>>(request.connectomes, shape_, spec_.integrator.dt_ms,
                                               one_thread_);
    }
    make_plan();
    report_.num_workers = crew_->size();
    if (options_.on_plan) options_.on_plan(report_);
  }

  std::string name() const override { return crew_->name(); }
  SplitReport report() const override { return report_; }

  void advance(State<T>& x, const StepRange& steps) override {
    prepare(x, steps.first);
    const NormalCommand command{steps.first,
                                steps.count,
                                {steps.seeds.begin(), steps.seeds.end()},
                                {steps.episode_start.begin(), steps.episode_start.end()}};
    is_finite_ = true;
    report_.exchanges = {};
    double busy = 0, most_work = -1, its_wait = 0;
    for (const Bytes& bytes : tell_all(WireType::kNormal, encode(command))) {
      const auto answer = decode<NormalAnswer>(bytes);
      is_finite_ = is_finite_ && answer.is_finite != 0;
      const std::size_t rank = static_cast<std::size_t>(&bytes - answers_.data());
      busy = std::max(busy, answer.busy_s);
      const double wait = answer.statistics.wait_s - waited_[rank];
      waited_[rank] = answer.statistics.wait_s;
      // Who has less to do waits for who has more, which is no cost of exchanging.
      if (answer.busy_s - wait > most_work) {
        most_work = answer.busy_s - wait;
        its_wait = wait;
      }
      report_.exchanges.num_exchanges += answer.statistics.num_exchanges;
      report_.exchanges.bytes_sent += answer.statistics.bytes_sent;
      report_.exchanges.bytes_received += answer.statistics.bytes_received;
      report_.exchanges.bytes_copied += answer.statistics.bytes_copied;
      report_.exchanges.wait_s += answer.statistics.wait_s;
    }
    report_.busy_s += busy;
    report_.wait_s += its_wait;
    report_.num_steps += steps.count;
    step_ = steps.first + steps.count;
    is_ahead_ = true;
  }

  bool is_finite(const State<T>& x) override {
    if (is_ahead_) return is_finite_;
    return std::all_of(x.data(), x.data() + x.size(), [](T v) { return std::isfinite(v); });
  }

  void fetch(State<T>& x) override {
    if (is_ahead_) fetch_state(x);
  }

  void state_changed() override {
    is_ahead_ = false;
    has_state_ = false;
  }

  void fetch_history(std::int64_t step, DelayLine<T>& line) override {
    if (has_rows_) {
      WireWriter question;
      question.put(step);
      std::vector<HistoryCommand<T>> parts;
      for (const Bytes& bytes : tell_all(WireType::kFetchHistory, question.take())) {
        parts.push_back(decode<HistoryCommand<T>>(bytes));
      }
      merge_history(step, parts, line);
    }
  }

  void history_changed(std::int64_t step, const DelayLine<T>& line) override {
    history_.clear();
    for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
      line.append_history(env, step, history_);
    }
    history_step_ = step;
    has_history_ = false;
  }

  void synapses_changed(std::size_t, const SynapseView& table, bool same_structure) override {
    table_ = table;
    if (same_structure) {
      has_weights_ = false;
    } else {
      has_plan_ = false;
    }
  }

  bool runs_rules() const override { return shape_.num_envs == 1; }
  bool runs_rules_between_births() const override { return runs_rules(); }

  void put_memory(std::int64_t, const PlasticBrain::Memory& rules) override {
    const Homeostasis::Memory& memory = rules.homeostasis;
    if (memory.filtered.empty()) return;
    // Rows may still be dealt out anew before they are asked for.
    memory_ = RulesMemory{std::ssize(memory.filtered),
                          {memory.filtered.begin(), memory.filtered.end()},
                          {memory.shortfall.begin(), memory.shortfall.end()},
                          {memory.log_factors.begin(), memory.log_factors.end()}};
    num_born_ = memory_->num_born;
    has_memory_ = false;
  }

  void run_rules(std::int64_t, const WeightRules& rules, const WeightDecaySpec& decay) override {
    put_memory();
    RulesCommand command;
    command.has_homeostasis = rules.homeostasis ? 1 : 0;
    if (rules.homeostasis) command.homeostasis = *rules.homeostasis;
    command.scales = rules.scales ? 1 : 0;
    command.has_oja = rules.oja_rate ? 1 : 0;
    command.oja_rate = rules.oja_rate.value_or(0);
    command.has_decay = rules.decay_ms ? 1 : 0;
    if (rules.decay_ms) command.decay_factor = decay_factor(decay, *rules.decay_ms);
    // Without homeostasis nobody says who is born; empty rows have nothing to change.
    command.num_born = rules.homeostasis ? num_born_ : shape_.num_neurons;
    tell_all(WireType::kRules, encode(command));
    biases_moved_ = biases_moved_ || rules.homeostasis.has_value();
  }

  void fetch_rules(std::int64_t, float* weights, const PlasticBrain::Memory& rules) override {
    const Homeostasis::Memory& memory = rules.homeostasis;
    const auto& answers = tell_all(WireType::kFetchRules, {});
    for (std::size_t rank = 0; rank < answers.size(); ++rank) {
      const auto answer = decode<RulesAnswer>(answers[rank]);
      const auto ids = own_ids(rank);
      if (weights != nullptr) put_weights(answer.weights, ids, weights);
      if (memory.filtered.empty()) continue;
      const auto put = [&](std::span<const double> own, std::span<double> all) {
        check_size(own.size(), ids.size());
        for (std::size_t r = 0; r < ids.size(); ++r) {
          if (ids[r] < std::ssize(all)) all[static_cast<std::size_t>(ids[r])] = own[r];
        }
      };
      put(answer.memory.filtered, memory.filtered);
      put(answer.memory.shortfall, memory.shortfall);
      put(answer.memory.log_factors, memory.log_factors);
    }
  }

  void fetch_biases(std::int64_t, std::span<T> bias) override {
    if (!has_rows_) return copy_biases(bias);
    scatter_answers(tell_all(WireType::kFetchBiases, {}), bias.data());
    // What is there now is what the surgeon is about to be told.
    if (biases_moved_ && !sent_inputs_.empty()) {
      for (std::size_t rank = 0; rank < sent_inputs_.size(); ++rank) {
        const auto ids = own_ids(rank);
        gather_rows<T>(bias.data(), ids, 1, sent_inputs_[rank].arrays[0].data());
      }
    }
    biases_moved_ = false;
  }

  void fetch_outputs(std::int64_t, std::span<T> outputs) override {
    scatter_answers(tell_all(WireType::kFetchOutputs, {}), outputs.data());
  }

  std::unique_ptr<AdaptiveStepper<T>> make_adaptive() override {
    if (!spec_.integrator.adaptive()) return nullptr;
    return std::make_unique<Adaptive>(*this);
  }

 private:
  /// Adaptive steps that all workers take together.
  class Adaptive final : public AdaptiveStepper<T> {
   public:
    explicit Adaptive(SplitBackendImpl& backend) : backend_(backend) {}

    void start(const State<T>& x, double t_ms) override {
      start_ = {x, t_ms};
      has_start_ = true;
    }
    void advance(System<T>&, double target_ms, double limit_ms) override {
      begin();
      backend_.put_inputs();
      AdaptiveCommand<T> command;
      command.order = AdaptiveOrder::kAdvance;
      command.time_ms = target_ms;
      command.limit_ms = limit_ms;
      backend_.tell_all(WireType::kAdaptive, encode(command));
    }
    void interpolate(double t_ms, State<T>& x) const override {
      backend_.scatter_state(
          backend_.tell_all(WireType::kFetchAdaptive,
                            encode(AdaptiveQuery{AdaptiveQuestion::kInterpolate, t_ms})),
          x);
    }
    void stop(State<T>& x) override {
      AdaptiveCommand<T> command;
      command.order = AdaptiveOrder::kStop;
      backend_.scatter_state(backend_.tell_all(WireType::kAdaptive, encode(command)), x);
    }
    void resume(const State<T>& x) override {
      begin();
      send(AdaptiveOrder::kResume, x, 0);
    }
    StepStatistics statistics(std::int64_t env) const override {
      if (has_start_) return {};
      const auto& answers = backend_.tell_all(
          WireType::kFetchAdaptive, encode(AdaptiveQuery{AdaptiveQuestion::kStatistics, 0}));
      WireReader reader(answers.front());
      const auto all = reader.get_array<StepStatistics>();
      backend_.check_size(all.size(), static_cast<std::size_t>(backend_.shape_.num_envs));
      return all[static_cast<std::size_t>(env)];
    }
    AdaptiveSnapshot<T> snapshot() const override {
      begin();
      const auto& answers = backend_.tell_all(
          WireType::kFetchAdaptive, encode(AdaptiveQuery{AdaptiveQuestion::kSnapshot, 0}));
      AdaptiveSnapshot<T> all;
      all.base = State<T>(backend_.shape_);
      for (std::size_t rank = 0; rank < answers.size(); ++rank) {
        auto part = decode<WireAdaptive<T>>(answers[rank]);
        backend_.scatter_part(part.base, rank, all.base);
        all.time = std::move(part.time);
        all.step = std::move(part.step);
        all.next_step = std::move(part.next_step);
        all.taken = std::move(part.taken);
        all.clipped = std::move(part.clipped);
        all.statistics = std::move(part.statistics);
        all.limit = part.limit;
      }
      return all;
    }
    void restore(System<T>&, const AdaptiveSnapshot<T>& s) override {
      if (!has_start_) start_ = {s.base, 0};
      begin();
      backend_.put_inputs();
      std::vector<Bytes> payloads;
      for (std::size_t rank = 0; rank < backend_.plan_.workers.size(); ++rank) {
        AdaptiveCommand<T> command;
        command.order = AdaptiveOrder::kRestore;
        command.snapshot = {backend_.own_values(s.base, rank),
                            s.time,
                            s.step,
                            s.next_step,
                            s.taken,
                            s.clipped,
                            s.statistics,
                            s.limit};
        payloads.push_back(encode(command));
      }
      backend_.tell(WireType::kAdaptive, std::move(payloads));
    }

   private:
    /// The workers learn of a brain when it first moves, with the inputs that it then has.
    void begin() const {
      if (!has_start_) return;
      has_start_ = false;
      backend_.deal_out(start_.first, 0);
      send(AdaptiveOrder::kStart, start_.first, start_.second);
    }
    void send(AdaptiveOrder order, const State<T>& x, double t_ms) const {
      std::vector<Bytes> payloads;
      for (std::size_t rank = 0; rank < backend_.plan_.workers.size(); ++rank) {
        AdaptiveCommand<T> command;
        command.order = order;
        command.time_ms = t_ms;
        command.state = backend_.own_values(x, rank);
        payloads.push_back(encode(command));
      }
      backend_.tell(WireType::kAdaptive, std::move(payloads));
    }

    SplitBackendImpl& backend_;
    std::pair<State<T>, double> start_;
    mutable bool has_start_ = false;
  };

  static ConnectomePtr single(const BackendRequest<T>& request) {
    if (request.connectomes.size() == 1) return request.connectomes.front();
    throw ConfigError({.what = "a batch of several connectomes is not split",
                       .where = "batch",
                       .got = "\"per_env\"",
                       .allowed = "\"shared\", or one environment",
                       .next = {}});
  }

  void check_size(std::size_t got, std::size_t allowed) const {
    if (got == allowed) return;
    throw WireError("an answer of another length", std::to_string(got), std::to_string(allowed));
  }

  std::span<const std::int32_t> own_ids(std::size_t rank) const {
    const WorkerPlan& worker = plan_.workers[rank];
    return {worker.ids.data(), static_cast<std::size_t>(worker.num_own)};
  }

  // --- what is told ------------------------------------------------------------------------------

  const std::vector<Bytes>& tell(WireType type, std::vector<Bytes> payloads) {
    answers_ = crew_->call(type, std::move(payloads));
    return answers_;
  }
  const std::vector<Bytes>& tell_all(WireType type, Bytes payload) {
    return tell(type, std::vector<Bytes>(static_cast<std::size_t>(crew_->size()), payload));
  }

  /// Brings workers up to date with what the caller has changed.
  void prepare(State<T>& x, std::int64_t step) {
    step_ = step;
    if (!has_plan_ && has_rows_ && structure_of(table_) == dealt_structure_) {
      // Nobody was born or pruned: workers keep their rows.
      has_plan_ = true;
      has_weights_ = false;
    }
    if (!has_plan_ || !has_rows_) {
      if (has_rows_ && is_ahead_) fetch_state(x);
      if (!has_plan_) {
        const std::int64_t before = report_.num_synapses;
        make_plan();
        const bool has_grown = report_.num_synapses >= before;
        deal_out(x, step,
                 !was_dealt_out_ ? WireType::kInit
                 : has_grown     ? WireType::kSpawn
                                 : WireType::kSleep);
        if (options_.on_plan) options_.on_plan(report_);
      } else {
        deal_out(x, step);
      }
      return;
    }
    if (!has_weights_) send_weights();
    put_inputs();
    if (!has_state_) send_state(x);
    if (!has_history_ && delays_) send_history();
  }

  /// Digest of who connects to whom.
  std::string structure_of(const SynapseView& table) const {
    Digest digest;
    const auto rows = static_cast<std::size_t>(shape_.num_neurons);
    digest.update(table.row_count, rows * sizeof *table.row_count);
    for (std::size_t i = 0; i < rows; ++i) {
      digest.update(table.sources + table.row_begin[i],
                    static_cast<std::size_t>(table.row_count[i]) * sizeof *table.sources);
    }
    return digest.hex();
  }

  /// Rows of the brain as it now is, with a partition of their cost.
  void make_plan() {
    const SynapseView gaps = view_of(connectome_->gap_junctions());
    const std::vector<std::int64_t> costs = row_costs(shape_.num_neurons, table_, gaps);
    const NeuronTable& neurons = connectome_->neurons();
    const Partition partition =
        make_partition(options_.partition, costs, neurons, num_named(), crew_->size());
    plan_ = make_split_plan(partition, table_, gaps);
    report_.synapses.clear();
    report_.interior.clear();
    report_.own.clear();
    for (const WorkerPlan& worker : plan_.workers) {
      if (worker.num_own == 0) {
        throw ConfigError({.what = "a worker would own no neurons",
                           .where = "workers",
                           .got = std::to_string(crew_->size()) + " workers, " +
                                  std::to_string(shape_.num_neurons) + " neurons",
                           .allowed = "a row at least for each",
                           .next = "use fewer workers, or another partition"});
      }
      report_.synapses.push_back(worker.num_synapses);
      report_.interior.push_back(worker.num_interior);
      report_.own.push_back(worker.num_own);
    }
    const bool has_gaps = !connectome_->gap_junctions().empty();
    const std::int64_t row_bytes = shape_.num_tiles() * shape_.tile_width *
                                   static_cast<std::int64_t>(sizeof(T)) * (has_gaps ? 2 : 1);
    report_.bytes_sent.clear();
    report_.bytes_received.clear();
    for (const WorkerPlan& worker : plan_.workers) {
      report_.bytes_sent.push_back(worker.num_sent() * row_bytes);
      report_.bytes_received.push_back((worker.num_local() - worker.num_own) * row_bytes);
    }
    report_.stages_a_step = exchanges_a_step(spec_.integrator.name, false, false);
    if (connectome_->has_delays()) report_.stages_a_step = 1;
    report_.num_synapses = plan_.num_synapses;
    report_.callosal_fraction = plan_.callosal_fraction();
    report_.bytes_an_exchange = plan_.num_sent() * row_bytes;
    report_.exchanges_a_step =
        exchanges_a_step(spec_.integrator.name, connectome_->has_delays(), has_gaps);
    has_plan_ = true;
    has_rows_ = false;
  }

  /// Neurons that are there from the start: the last rows may be places for births.
  std::int64_t num_named() const {
    std::int64_t named = shape_.num_neurons;
    while (named > 0 && table_.row_count[named - 1] == 0) --named;
    return options_.partition.by == "file" ? named : shape_.num_neurons;
  }

  void deal_out(const State<T>& x, std::int64_t step, WireType type = WireType::kInit) {
    std::vector<Bytes> payloads;
    std::vector<std::string> digests;
    const SynapseView gaps = view_of(connectome_->gap_junctions());
    WorkerSpec spec = spec_;
    const std::string spec_text = config_to_toml(spec);
    sent_inputs_.assign(plan_.workers.size(), {});
    waited_.resize(plan_.workers.size());
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      InitCommand<T> init;
      init.spec = spec_text;
      init.shape = shape_;
      init.plan = plan_.workers[rank];
      init.synapses = wire_rows(table_, rank);
      init.has_delays = delays_ ? 1 : 0;
      if (delays_) {
        init.longest_delay = delays_->longest();
        add_delays(rank, init.synapses);
        init.history = own_history(rank);
      }
      init.has_gaps = connectome_->gap_junctions().empty() ? 0 : 1;
      if (init.has_gaps != 0) init.gap_junctions = wire_rows(gaps, rank);
      init.state = own_values(x, rank);
      init.inputs = own_inputs(rank);
      init.step = step;
      sent_inputs_[rank] = init.inputs;
      digests.push_back(digest_rows(init.plan, init.synapses, init.gap_junctions));
      WireWriter writer;
      writer.put(static_cast<std::uint8_t>(sizeof(T)));
      writer(init);
      payloads.push_back(writer.take());
    }
    inputs_version_ = surgeon_.version();
    const auto& answers = tell(type, std::move(payloads));
    for (std::size_t rank = 0; rank < answers.size(); ++rank) {
      WireReader reader(answers[rank]);
      if (reader.get_text() != digests[rank]) {
        throw RunError({.what = "a worker holds other rows than it was given",
                        .where = "worker " + std::to_string(rank),
                        .got = {},
                        .allowed = "digest " + digests[rank],
                        .next = {}});
      }
      ++report_.num_digests;
    }
    ++report_.num_structures;
    if (type == WireType::kSpawn) ++report_.num_spawns;
    if (type == WireType::kSleep) ++report_.num_sleeps;
    has_rows_ = has_weights_ = has_state_ = has_history_ = true;
    is_ahead_ = false;
    memory_.reset();  // whoever changed the rows puts it again
    has_memory_ = true;
    was_dealt_out_ = true;
    dealt_structure_ = structure_of(table_);
  }

  WireRows wire_rows(const SynapseView& table, std::size_t rank) const {
    WireRows rows;
    std::size_t total = 0;
    for (const std::int32_t id : own_ids(rank)) {
      rows.counts.push_back(table.row_count[id]);
      total += static_cast<std::size_t>(table.row_count[id]);
    }
    rows.sources.reserve(total);
    rows.weights.reserve(total);
    for (const std::int32_t id : own_ids(rank)) {
      const std::int64_t begin = table.row_begin[id];
      rows.sources.insert(rows.sources.end(), table.sources + begin,
                          table.sources + begin + table.row_count[id]);
      rows.weights.insert(rows.weights.end(), table.weights + begin,
                          table.weights + begin + table.row_count[id]);
    }
    return rows;
  }

  void add_delays(std::size_t rank, WireRows& rows) const {
    const auto steps = delays_->num_steps(0);
    const SynapseTable& table = connectome_->synapses();
    for (const std::int32_t id : own_ids(rank)) {
      const auto row = steps.subspan(static_cast<std::size_t>(table.row_begin[id]),
                                     static_cast<std::size_t>(table.row_count[id]));
      rows.steps.insert(rows.steps.end(), row.begin(), row.end());
    }
  }

  void send_weights() {
    std::vector<Bytes> payloads;
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      std::vector<float> weights;
      for (const std::int32_t id : own_ids(rank)) {
        const float* const row = table_.weights + table_.row_begin[id];
        weights.insert(weights.end(), row, row + table_.row_count[id]);
      }
      WireWriter writer;
      writer.put_array(weights);
      payloads.push_back(writer.take());
    }
    tell(WireType::kWeights, std::move(payloads));
    has_weights_ = true;
  }

  void put_weights(std::span<const float> weights, std::span<const std::int32_t> ids,
                   float* all) const {
    std::size_t at = 0;
    for (const std::int32_t id : ids) at += static_cast<std::size_t>(table_.row_count[id]);
    check_size(weights.size(), at);
    at = 0;
    for (const std::int32_t id : ids) {
      std::copy_n(weights.data() + at, table_.row_count[id], all + table_.row_begin[id]);
      at += static_cast<std::size_t>(table_.row_count[id]);
    }
  }

  WireInputs<T> own_inputs(std::size_t rank) const {
    WireInputs<T> inputs;
    // Read-only, through the one way to all of them.
    const auto arrays = const_cast<Surgeon<T>&>(surgeon_).arrays();
    for (const State<T>* const array : arrays) {
      inputs.arrays.push_back(own_values(*array, rank));
    }
    return inputs;
  }

  /// Sends arrays of inputs that differ from what the workers have. Collective where any does.
  void put_inputs() {
    if (surgeon_.version() == inputs_version_) return;
    inputs_version_ = surgeon_.version();
    bool any = false;
    std::vector<WireInputs<T>> changed;
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      WireInputs<T> now = own_inputs(rank);
      WireInputs<T>& other = changed.emplace_back();
      other.arrays.resize(now.arrays.size());
      for (std::size_t k = 0; k < now.arrays.size(); ++k) {
        if (now.arrays[k] == sent_inputs_[rank].arrays[k]) continue;
        any = true;
        sent_inputs_[rank].arrays[k] = now.arrays[k];
        other.arrays[k] = std::move(now.arrays[k]);
      }
    }
    if (!any) return;
    std::vector<Bytes> payloads;
    for (const WireInputs<T>& inputs : changed) payloads.push_back(encode(inputs));
    tell(WireType::kInputs, std::move(payloads));
  }

  void copy_biases(std::span<T> bias) const {
    for (std::size_t i = 0; i < bias.size(); ++i) {
      bias[i] = static_cast<T>(surgeon_.bias(0, static_cast<std::int64_t>(i)));
    }
  }

  void put_memory() {
    if (has_memory_ || !memory_) return;
    std::vector<Bytes> payloads;
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      RulesMemory own;
      own.num_born = memory_->num_born;
      const auto take = [&](const std::vector<double>& all, std::vector<double>& part) {
        for (const std::int32_t id : own_ids(rank)) {
          part.push_back(id < memory_->num_born ? all[static_cast<std::size_t>(id)] : 0);
        }
      };
      take(memory_->filtered, own.filtered);
      take(memory_->shortfall, own.shortfall);
      take(memory_->log_factors, own.log_factors);
      payloads.push_back(encode(own));
    }
    tell(WireType::kPutRules, std::move(payloads));
    has_memory_ = true;
  }

  // --- states and pasts --------------------------------------------------------------------------

  /// Rows of a state, or of an array of inputs, that a worker owns.
  std::vector<T> own_values(const State<T>& x, std::size_t rank) const {
    const auto ids = own_ids(rank);
    const int width = shape_.tile_width;
    const std::size_t plane = ids.size() * static_cast<std::size_t>(width);
    std::vector<T> values(plane * static_cast<std::size_t>(shape_.num_tiles()) *
                          static_cast<std::size_t>(x.shape().num_components));
    T* to = values.data();
    for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
      for (int c = 0; c < x.shape().num_components; ++c, to += plane) {
        gather_rows(x.plane(tile, c), ids, width, to);
      }
    }
    return values;
  }

  void send_state(const State<T>& x) {
    std::vector<Bytes> payloads;
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      WireWriter writer;
      writer.put_array(own_values(x, rank));
      payloads.push_back(writer.take());
    }
    tell(WireType::kState, std::move(payloads));
    has_state_ = true;
  }

  void scatter_part(std::span<const T> values, std::size_t rank, State<T>& x) const {
    const auto ids = own_ids(rank);
    const std::size_t plane = ids.size() * static_cast<std::size_t>(shape_.tile_width);
    check_size(values.size(), plane * static_cast<std::size_t>(shape_.num_tiles()) *
                                  static_cast<std::size_t>(x.shape().num_components));
    const T* from = values.data();
    for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
      for (int c = 0; c < x.shape().num_components; ++c, from += plane) {
        scatter_rows(from, ids, shape_.tile_width, x.plane(tile, c));
      }
    }
  }

  void scatter_state(const std::vector<Bytes>& answers, State<T>& x) const {
    for (std::size_t rank = 0; rank < answers.size(); ++rank) {
      WireReader reader(answers[rank]);
      scatter_part(reader.get_array<T>(), rank, x);
    }
  }

  void fetch_state(State<T>& x) {
    scatter_state(tell_all(WireType::kFetchState, {}), x);
    is_ahead_ = false;
    has_state_ = true;
  }

  /// One value a neuron of environment 0.
  void scatter_answers(const std::vector<Bytes>& answers, T* values) const {
    for (std::size_t rank = 0; rank < answers.size(); ++rank) {
      WireReader reader(answers[rank]);
      const std::vector<T> own = reader.get_array<T>();
      check_size(own.size(), own_ids(rank).size());
      scatter_rows(own.data(), own_ids(rank), 1, values);
    }
  }

  /// The past of a worker's neurons and halo, from that of the brain.
  std::vector<T> own_history(std::size_t rank) const {
    const WorkerPlan& worker = plan_.workers[rank];
    const std::int64_t n = shape_.num_neurons, size = delays_->history_size();
    std::vector<T> values;
    if (history_.empty()) return values;
    for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
      const T* past = history_.data() + env * size;
      for (std::int64_t ago = delays_->longest() - 1; ago >= 1; --ago, past += n) {
        for (const std::int32_t id : worker.ids) values.push_back(past[id]);
      }
      for (const std::int32_t id : own_ids(rank)) values.push_back(past[id]);
    }
    return values;
  }

  void merge_history(std::int64_t step, const std::vector<HistoryCommand<T>>& parts,
                     DelayLine<T>& line) {
    const std::int64_t n = shape_.num_neurons, size = line.history_size();
    std::vector<T> all(static_cast<std::size_t>(size * shape_.num_envs));
    for (std::size_t rank = 0; rank < parts.size(); ++rank) {
      const WorkerPlan& worker = plan_.workers[rank];
      const std::int64_t depth = line.longest() - 1;
      check_size(parts[rank].values.size(),
                 static_cast<std::size_t>(shape_.num_envs *
                                          (depth * worker.num_local() + worker.num_own)));
      const T* from = parts[rank].values.data();
      for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
        T* past = all.data() + env * size;
        for (std::int64_t k = 0; k < depth; ++k, past += n, from += worker.num_local()) {
          scatter_rows(from, own_ids(rank), 1, past);
        }
        scatter_rows(from, own_ids(rank), 1, past);
        from += worker.num_own;
      }
    }
    for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
      line.set_history(env, step,
                       std::span<const T>(all).subspan(static_cast<std::size_t>(env * size),
                                                       static_cast<std::size_t>(size)));
    }
    history_ = std::move(all);
    history_step_ = step;
  }

  void send_history() {
    std::vector<Bytes> payloads;
    for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
      payloads.push_back(encode(HistoryCommand<T>{history_step_, own_history(rank)}));
    }
    tell(WireType::kHistory, std::move(payloads));
    has_history_ = true;
  }

  std::shared_ptr<Crew> crew_;
  SplitOptions options_;
  ConnectomePtr connectome_;
  WorkerSpec spec_;
  BatchShape shape_;
  const Surgeon<T>& surgeon_;
  SynapseView table_;  // the synapses that hold now
  const ThreadArena one_thread_{1};
  std::unique_ptr<DelayLine<T>> delays_;  // for its steps
  SplitPlan plan_;
  SplitReport report_;
  std::vector<Bytes> answers_;
  std::vector<double> waited_;              // (num_workers)
  std::vector<WireInputs<T>> sent_inputs_;  // (num_workers)
  std::uint64_t inputs_version_ = 0;
  std::string dealt_structure_;  // of the rows that workers have
  std::vector<T> history_;       // of the brain, before step history_step_
  std::int64_t history_step_ = 0;
  std::int64_t step_ = 0;
  std::optional<RulesMemory> memory_;
  std::int64_t num_born_ = 0;
  bool has_plan_ = false, has_rows_ = false;  // of the synapses that hold now, and at workers
  bool has_weights_ = false, has_state_ = false, has_history_ = false, has_memory_ = true;
  bool was_dealt_out_ = false;
  bool is_ahead_ = false;  // workers' states are newer than the caller's
  bool is_finite_ = true;
  bool biases_moved_ = false;
};

}  // namespace

template <Real T>
std::unique_ptr<SplitBackend<T>> make_split_backend(std::shared_ptr<Crew> crew,
                                                    const BackendRequest<T>& request,
                                                    SplitOptions options) {
  return std::make_unique<SplitBackendImpl<T>>(std::move(crew), request, std::move(options));
}

template std::unique_ptr<SplitBackend<float>> make_split_backend(std::shared_ptr<Crew>,
                                                                 const BackendRequest<float>&,
                                                                 SplitOptions);
template std::unique_ptr<SplitBackend<double>> make_split_backend(std::shared_ptr<Crew>,
                                                                  const BackendRequest<double>&,
                                                                  SplitOptions);

}  // namespace noesis
