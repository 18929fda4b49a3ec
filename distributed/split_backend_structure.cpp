// Who owns which rows: the plan of a split, and what each worker is dealt.

#include "core/config.hpp"
#include "core/error.hpp"
#include "distributed/split_backend_impl.hpp"

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

/// What a plan says, where a row has so many bytes in an exchange.
void describe(const SplitPlan& plan, std::int64_t row_bytes, SplitReport& report) {
  report.synapses.clear();
  report.interior.clear();
  report.own.clear();
  report.bytes_sent.clear();
  report.bytes_received.clear();
  for (const WorkerPlan& worker : plan.workers) {
    report.synapses.push_back(worker.num_synapses);
    report.interior.push_back(worker.num_interior);
    report.own.push_back(worker.num_own);
    report.bytes_sent.push_back(worker.num_sent() * row_bytes);
    report.bytes_received.push_back((worker.num_local() - worker.num_own) * row_bytes);
  }
  report.num_synapses = plan.num_synapses;
  report.callosal_fraction = plan.callosal_fraction();
  report.bytes_an_exchange = plan.num_sent() * row_bytes;
}

}  // namespace

template <Real T>
std::int64_t SplitBackendImpl<T>::num_named() const {
  std::int64_t named = shape_.num_neurons;
  while (named > 0 && table_.row_count[named - 1] == 0) --named;
  return options_.partition.by == "file" ? named : shape_.num_neurons;
}

template <Real T>
void SplitBackendImpl<T>::make_plan() {
  const SynapseView gaps = view_of(connectome_->gap_junctions());
  const std::vector<std::int64_t> costs = row_costs(shape_.num_neurons, table_, gaps);
  const NeuronTable& neurons = connectome_->neurons();
  const Partition partition =
      make_partition(options_.partition, costs, neurons, num_named(), crew_->size());
  plan_ = make_split_plan(partition, table_, gaps);
  for (const WorkerPlan& worker : plan_.workers) {
    if (worker.num_own == 0) {
      throw ConfigError({.what = "a worker would own no neurons",
                         .where = "workers",
                         .got = std::to_string(crew_->size()) + " workers, " +
                                std::to_string(shape_.num_neurons) + " neurons",
                         .allowed = "a row at least for each",
                         .next = "use fewer workers, or another partition"});
    }
  }
  const bool has_gaps = !connectome_->gap_junctions().empty();
  const std::int64_t row_bytes = shape_.num_tiles() * shape_.tile_width *
                                 static_cast<std::int64_t>(sizeof(T)) * (has_gaps ? 2 : 1);
  describe(plan_, row_bytes, report_);
  report_.stages_a_step =
      connectome_->has_delays() ? 1 : exchanges_a_step(spec_.integrator.name, false, false);
  report_.exchanges_a_step =
      exchanges_a_step(spec_.integrator.name, connectome_->has_delays(), has_gaps);
  has_plan_ = true;
  has_rows_ = false;
}

template <Real T>
InitCommand<T> SplitBackendImpl<T>::init_of(std::size_t rank, const State<T>& x,
                                            std::int64_t step) const {
  const auto ids = ids_of(rank);
  WorkerSpec spec = spec_;
  InitCommand<T> init;
  init.spec = config_to_toml(spec);
  init.shape = shape_;
  init.plan = plan_.workers[rank];
  init.synapses = wire_rows(table_, ids);
  init.has_delays = delays_ ? 1 : 0;
  if (delays_) {
    init.longest_delay = delays_->longest();
    add_delays(*delays_, connectome_->synapses(), ids, init.synapses);
    init.history = own_history<T>(history_, init.plan, *delays_, shape_);
  }
  init.has_gaps = connectome_->gap_junctions().empty() ? 0 : 1;
  if (init.has_gaps != 0)
    init.gap_junctions = wire_rows(view_of(connectome_->gap_junctions()), ids);
  init.state = own_values(x, ids);
  init.inputs = own_inputs(rank);
  init.step = step;
  return init;
}

template <Real T>
void SplitBackendImpl<T>::deal_out(const State<T>& x, std::int64_t step, WireType type) {
  std::vector<std::string> digests;
  sent_inputs_.assign(plan_.workers.size(), {});
  waited_.resize(plan_.workers.size());
  const auto& answers = tell_each(type, [&](std::size_t rank) {
    InitCommand<T> init = init_of(rank, x, step);
    sent_inputs_[rank] = init.inputs;
    digests.push_back(digest_rows(init.plan, init.synapses, init.gap_junctions));
    WireWriter writer;
    writer.put(static_cast<std::uint8_t>(sizeof(T)));
    writer(init);
    return writer.take();
  });
  inputs_version_ = surgeon_.version();
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
  dealt_structure_ = structure_digest(table_, shape_.num_neurons);
}

template void SplitBackendImpl<float>::make_plan();
template void SplitBackendImpl<float>::deal_out(const State<float>&, std::int64_t, WireType);
template void SplitBackendImpl<double>::make_plan();
template void SplitBackendImpl<double>::deal_out(const State<double>&, std::int64_t, WireType);

}  // namespace noesis
