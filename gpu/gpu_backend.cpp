// A batch of brains on a device (backends.hpp).

#include <algorithm>
#include <functional>
#include <limits>

#include "core/error.hpp"
#include "gpu/backends.hpp"
#include "gpu/device.hpp"
#include "gpu/device_connectome.hpp"
#include "gpu/device_dormand_prince.hpp"
#include "gpu/device_rows.hpp"
#include "gpu/device_rules.hpp"
#include "gpu/kernels/delayed.hpp"
#include "gpu/kernels/levels.hpp"
#include "gpu/kernels/pointwise.hpp"
#include "gpu/launch.hpp"
#include "gpu/measure.hpp"
#include "gpu/method.hpp"

namespace noesis::NOESIS_GPU {
namespace {

template <Real T>
class GpuBackend final : public Backend<T> {
 public:
  explicit GpuBackend(const BackendRequest<T>& request)
      : shape_(request.shape),
        one_(request.shape),
        surgeon_(request.surgeon),
        integrator_(request.integrator),
        method_(request.integrator.name),
        dt_(request.integrator.dt_ms),
        noise_scale_(noise_scale(request)),
        delays_(request.delays),
        rules_(device_, request.shape, request.surgeon) {
    one_.num_components = 1;
    kernels_ = kernels_for<T>(request.model, shape_.tile_width);
    upload_connectomes(request);
    const std::int64_t size = size_of(shape_);
    drive_ = DeviceBuffer<T>(device_, size_of(one_), "drive");
    if (request.integrator.adaptive()) return;  // what else there is, adaptive() makes
    found_ = DeviceBuffer<std::int32_t>(device_, 1, "flags");
    x_ = DeviceBuffer<T>(device_, size, "state");
    next_x_ = DeviceBuffer<T>(device_, size, "state");
    if (method_ != "euler") {
      sum_ = DeviceBuffer<T>(device_, size, "slopes");
      stage_[0] = DeviceBuffer<T>(device_, size, "stages");
    }
    if (method_ == "rk4") stage_[1] = DeviceBuffer<T>(device_, size, "stages");
    if (method_ == "ros2") {
      jacobian_ = DeviceBuffer<T>(device_, size * shape_.num_components, "Jacobians");
    }
    for (DeviceBuffer<T>* buffer : {&x_, &next_x_, &sum_, &stage_[0], &stage_[1]}) buffer->zero();
    if (delays_ != nullptr) allocate_past();
    if (noise_scale_ > 0) {
      noise_ = DeviceBuffer<T>(device_, size, "noise");
      noise_.zero();
      seeds_ = DeviceBuffer<std::uint64_t>(device_, shape_.num_envs, "seeds");
      episode_start_ = DeviceBuffer<std::int64_t>(device_, shape_.num_envs, "seeds");
    }
  }

  std::string name() const override { return device_.name(); }

  void advance(State<T>& x, const StepRange& steps) override {
    prepare(x);
    if (delays_ != nullptr && !has_past_) upload_past();
    if (noise_scale_ > 0) upload_clock(steps);
    for (std::int64_t step = steps.first; step < steps.first + steps.count; ++step) take(step);
    device_.check_launch("run a step");
  }

  bool is_finite(const State<T>& x) override {
    prepare(x);
    found_.zero();
    launch(FindNonFinite<T>{x_.data(), found_.data()}, x_.size(), 1, device_.stream());
    device_.check_launch("look for values that are not finite");
    std::int32_t found = 0;
    found_.download({&found, 1});
    return found == 0;
  }

  void fetch(State<T>& x) override { x_.download({x.data(), static_cast<std::size_t>(x.size())}); }

  void watch(std::span<const std::int64_t> neurons) override {
    watched_.assign(neurons.begin(), neurons.end());
    watched_ids_ = DeviceBuffer<std::int64_t>(device_, std::ssize(watched_), "observations");
    watched_ids_.upload(watched_);
    gathered_.resize(watched_.size() * index(shape_.num_tiles() * shape_.tile_width));
    watched_rates_ = DeviceBuffer<T>(device_, std::ssize(gathered_), "observations");
  }

  void fetch_watched(State<T>& x) override {
    const std::int64_t width = shape_.tile_width, num_watched = std::ssize(watched_);
    launch(Gather<T>{num_watched, one_.plane_size(), shape_.num_components, shape_.tile_width,
                     watched_ids_.data(), x_.data(), watched_rates_.data()},
           num_watched * width, shape_.num_tiles(), device_.stream());
    device_.check_launch("gather what is observed");
    watched_rates_.download(gathered_);
    auto next = gathered_.cbegin();
    for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
      for (const std::int64_t neuron : watched_) {
        std::copy_n(next, width, x.plane(tile, 0) + neuron * width);
        next += width;
      }
    }
  }

  void state_changed() override { has_state_ = false; }

  void synapses_changed(std::size_t connectome, const SynapseView& table,
                        bool same_structure) override {
    table_moved(connectome, table);
    if (same_structure) {
      connectomes_[connectome].set_weights(table);
      return;
    }
    connectomes_[connectome].assign(table);
    refresh_tables();
  }

  void fetch_history(std::int64_t, DelayLine<T>& delays) override {
    if (!has_past_) return;
    past_.download(delays.past_values());
    delayed_[1].download(delays.next_input());
  }

  void history_changed(std::int64_t, const DelayLine<T>&) override { has_past_ = false; }

  std::unique_ptr<AdaptiveStepper<T>> make_adaptive() override {
    return std::make_unique<Dopri5<T>>(
        shape_, integrator_, make_dormand_prince<T>(device_, shape_, [this](const T* y, T* slope) {
          prepare_inputs();
          find_slope(y, slope);
        }));
  }

  bool runs_rules() const override { return shape_.tile_width == 1; }
  bool runs_rules_between_births() const override { return runs_rules(); }

  bool runs_every_rule() const override { return runs_rules(); }

  void put_memory(std::int64_t env, const PlasticBrain::Memory& memory) override {
    const bool learnt_gains = rules_.learns_gains();
    rules_.put_memory(env, memory);
    if (rules_.learns_gains() && !learnt_gains) inputs_.gain = put(gain_, surgeon_.gains(0));
  }

  void put_teaching(std::int64_t env, std::span<const double> factors) override {
    rules_.put_teaching(env, factors);
  }

  void run_rules(std::int64_t env, const WeightRules& rules,
                 const WeightDecaySpec& decay) override {
    const std::int64_t first = env * shape_.num_neurons;
    T* const gain = rules_.learns_gains() ? gain_.data() + first : nullptr;
    rules_.run(env, rules, decay, connectomes_[connectome_of(env)],
               {output_of(env), drive_.data() + first, gain});
  }

  void table_moved(std::size_t connectome, const SynapseView& table) override {
    host_tables_.resize(connectomes_.size());
    host_tables_[connectome] = table;
  }

  void fetch_rules(std::int64_t env, float* weights, const PlasticBrain::Memory& memory) override {
    const std::size_t c = connectome_of(env);
    if (weights != nullptr) connectomes_[c].fetch_weights(host_tables_[c], weights);
    rules_.fetch_memory(env, memory);
  }

  bool changes_structure() const override { return runs_rules() && delays_ == nullptr; }

  Pruned prune(std::int64_t env, double threshold, const PlasticConnectome& neurons) override {
    std::vector<std::uint8_t> dead(static_cast<std::size_t>(shape_.num_neurons));
    std::vector<std::uint8_t> is_safe(dead.size());
    std::ranges::transform(neurons.alive_flags(), dead.begin(),
                           [](std::uint8_t alive) { return std::uint8_t{alive == 0}; });
    std::ranges::copy(neurons.gap_flags(), is_safe.begin());
    const Pruned pruned = connectomes_[connectome_of(env)].prune(
        PlasticConnectome::least_kept(threshold), dead, is_safe);
    refresh_tables();
    return pruned;
  }

  void add_synapses(std::int64_t env, std::span<const Synapse> edges) override {
    connectomes_[connectome_of(env)].insert(edges);
    refresh_tables();
  }

  typename Backend<T>::Rows fetch_rows(std::int64_t env) override {
    typename Backend<T>::Rows rows;
    connectomes_[connectome_of(env)].fetch_rows(rows.count, rows.sources, rows.weights);
    return rows;
  }

  void fetch_biases(std::int64_t env, std::span<T> bias) override {
    rules_.fetch_biases(env, bias);
  }

  std::optional<Levels> levels(const State<T>& x, std::int64_t env, std::int64_t num_neurons,
                               const LevelThresholds& thresholds) override {
    // As the last step left it: inputs that have changed since wait for the next one, with what
    // rules have moved meanwhile.
    if (!has_state_ || !has_inputs_) prepare(x);
    const std::int64_t num_chunks = (shape_.num_neurons + kLevelChunk - 1) / kLevelChunk;
    if (levels_.size() == 0) levels_ = DeviceBuffer<Levels>(device_, num_chunks, "levels");
    const std::int64_t chunks = (num_neurons + kLevelChunk - 1) / kLevelChunk;
    launch(SumLevels<T>{num_neurons, shape_.tile_width, thresholds, output_of(env), levels_.data()},
           chunks, 1, device_.stream());
    launch(AddLevels{chunks, levels_.data()}, 1, 1, device_.stream());
    device_.check_launch("measure levels");
    Levels found;
    levels_.download({&found, 1});
    return found;
  }

 private:
  static std::size_t index(std::int64_t env) { return static_cast<std::size_t>(env); }

  std::size_t connectome_of(std::int64_t env) const {
    return connectomes_.size() == 1 ? 0 : index(env);
  }

  /// What synapses carry at the present state, an environment's first neuron; the next is a tile's
  /// width further.
  const T* output_of(std::int64_t env) const {
    const std::int64_t tile = env / shape_.tile_width, lane = env % shape_.tile_width;
    if (has_output_) return output_[0].data() + tile * one_.plane_size() + lane;
    return x_.data() + tile * shape_.tile_size() + lane;
  }

  static std::int64_t size_of(const BatchShape& shape) {
    return shape.num_tiles() * shape.tile_size();
  }

  /// The outputs that are still on their way, and the input at the step's beginning and end.
  void allocate_past() {
    past_ = DeviceBuffer<T>(device_, std::ssize(delays_->past_values()), "conduction delays");
    for (DeviceBuffer<T>& input : delayed_) {
      input = DeviceBuffer<T>(device_, size_of(one_), "conduction delays");
      input.zero();  // lanes past the last environment are read back along with it
    }
  }
  void upload_past() {
    past_.upload(delays_->past_values());
    delayed_[1].upload(delays_->next_input());
    has_past_ = true;
  }

  /// What neurons transmit at a step's beginning goes on its way; what arrives at its end is then
  /// known.
  void begin_delayed_step(std::int64_t step) {
    const std::int64_t plane = one_.plane_size(), mask = delays_->num_slots() - 1;
    kernels_.output(x_.data(), inputs_.transmits, past_.data() + (step & mask) * plane,
                    (mask + 1) * plane, plane, shape_.num_tiles(), device_.stream());
    delayed_[0].swap(delayed_[1]);
    const BatchView batch = {shape_.num_envs, shape_.num_neurons};
    if (shape_.tile_width == 1) {
      launch(DelayedInput<T, 1>{batch, synapses_view_, past_.data(), mask, step + 1,
                                delayed_[1].data()},
             shape_.num_neurons, shape_.num_tiles(), device_.stream());
    } else {
      launch(DelayedInput<T, kTileWidth<T>>{batch, synapses_view_, past_.data(), mask, step + 1,
                                            delayed_[1].data()},
             shape_.num_neurons, shape_.num_tiles(), device_.stream());
    }
  }

  void upload_connectomes(const BackendRequest<T>& request) {
    const std::vector<ConnectomePtr>& connectomes = request.connectomes;
    const auto view_of = [](const SynapseTable& table) {
      return SynapseView{table.row_begin.data(), table.row_count.data(), table.sources.data(),
                         table.weights.data()};
    };
    has_gaps_ = std::any_of(connectomes.begin(), connectomes.end(), [](const auto& connectome) {
      return !connectome->gap_junctions().empty();
    });
    for (const ConnectomePtr& connectome : connectomes) {
      const std::uint16_t* const steps =
          delays_ == nullptr ? nullptr : delays_->num_steps(connectomes_.size()).data();
      connectomes_.emplace_back(device_, view_of(connectome->synapses()), shape_.num_neurons,
                                RowOrder::kByLength, steps);
      if (!has_gaps_) continue;
      const SynapseTable& gaps = connectome->gap_junctions();
      if (!gaps.row_begin.empty()) {
        gaps_.emplace_back(device_, view_of(gaps), shape_.num_neurons, RowOrder::kById);
        continue;
      }
      const std::vector<std::int64_t> begin(static_cast<std::size_t>(shape_.num_neurons), 0);
      const std::vector<std::int32_t> count(begin.size(), 0);
      gaps_.emplace_back(device_, SynapseView{begin.data(), count.data(), nullptr, nullptr},
                         shape_.num_neurons, RowOrder::kById);
    }
    refresh_tables();
  }

  /// Where kernels find the tables.
  void refresh_tables() {
    const auto refresh = [&](const std::vector<DeviceConnectome>& tables,
                             DeviceBuffer<DeviceTable>& per_tile, DeviceTables& view) {
      if (tables.empty()) return;
      view.shared = tables.front().view();
      if (tables.size() == 1) return;
      std::vector<DeviceTable> all;
      for (const DeviceConnectome& table : tables) all.push_back(table.view());
      if (per_tile.size() == 0) {
        per_tile = DeviceBuffer<DeviceTable>(device_, std::ssize(all), "tables");
      }
      per_tile.upload(all);
      view.per_tile = per_tile.data();
    };
    refresh(connectomes_, synapse_tables_, synapses_view_);
    refresh(gaps_, gap_tables_, gaps_view_);
  }

  /// Brings state and inputs up to date on the device.
  void prepare(const State<T>& x) {
    const bool new_inputs = prepare_inputs();
    if (has_state_ && !new_inputs) return;
    if (!has_state_) {
      x_.upload({x.data(), static_cast<std::size_t>(x.size())});
      has_state_ = true;
    }
    if (inputs_.moves != nullptr) {
      launch(Pin<T>{one_.plane_size(), shape_.num_components, inputs_, x_.data()},
             one_.plane_size(), shape_.num_tiles(), device_.stream());
    }
    if (has_output_) find_output(x_.data());
    device_.check_launch("prepare a batch");
  }

  /// @returns whether they were others.
  bool prepare_inputs() {
    if (has_inputs_ && surgeon_.version() == inputs_version_) return false;
    upload_inputs();
    has_output_ = !kernels_.output_is_first_component || inputs_.transmits != nullptr;
    if (!has_output_ || output_[0].size() > 0) return true;
    for (DeviceBuffer<T>& output : output_) {
      output = DeviceBuffer<T>(device_, size_of(one_), "outputs");
      output.zero();  // lanes past the last environment are read along with it
    }
    return true;
  }

  /// What synapses carry at a state.
  void find_output(const T* state) {
    kernels_.output(state, inputs_.transmits, output_[0].data(), one_.plane_size(),
                    one_.plane_size(), shape_.num_tiles(), device_.stream());
  }

  StageView<T> stage_view() const {
    StageView<T> view;
    view.batch = {shape_.num_envs, shape_.num_neurons};
    view.synapses = synapses_view_;
    view.gap_junctions = gaps_view_;
    view.inputs = inputs_;
    return view;
  }

  /// slope = f(y), for an integrator that does the rest.
  void find_slope(const T* y, T* slope) {
    StageView<T> view = stage_view();
    view.kind = StageKind::kSlope;
    view.is_first = true;
    view.y = y;
    view.next = slope;
    if (has_output_) {
      find_output(y);
      view.output = output_[0].data();
      view.next_output = output_[1].data();  // of no use
    }
    kernels_.stage(view, shape_.num_tiles(), device_.stream());
  }

  /// An array of the surgeon's into the device's copy, which is made where it is not there.
  const T* put(DeviceBuffer<T>& buffer, const T* values) {
    if (values == nullptr) return nullptr;
    if (buffer.size() == 0) buffer = DeviceBuffer<T>(device_, size_of(one_), "inputs");
    buffer.upload({values, static_cast<std::size_t>(size_of(one_))});
    return buffer.data();
  }

  /// Where nothing but a few values of the drive are others.
  bool upload_changed_drive() {
    if (!has_inputs_ || rules_.moves_biases()) return false;
    const auto changed = surgeon_.driven_since(inputs_version_);
    if (!changed) return false;
    const std::int64_t count = std::ssize(*changed);
    if (driven_places_.size() < count) {
      driven_places_ = DeviceBuffer<std::int64_t>(device_, 2 * count, "inputs");
      driven_values_ = DeviceBuffer<T>(device_, 2 * count, "inputs");
    }
    std::vector<T> values(changed->size());
    std::ranges::transform(*changed, values.begin(),
                           [drive = surgeon_.drive(0)](std::int64_t at) { return drive[at]; });
    driven_places_.upload(*changed);
    driven_values_.upload(values);
    launch(Scatter<T>{driven_places_.data(), driven_values_.data(), drive_.data()}, count, 1,
           device_.stream());
    inputs_version_ = surgeon_.version();
    return true;
  }

  void upload_inputs() {
    if (upload_changed_drive()) return;
    inputs_.drive = put(drive_, surgeon_.drive(0));
    rules_.put_biases();
    inputs_.gain = put(gain_, rules_.learns_gains() ? surgeon_.gains(0) : surgeon_.gain(0));
    inputs_.transmits = put(transmits_, surgeon_.transmits(0));
    inputs_.moves = put(moves_, surgeon_.moves(0));
    inputs_.level = put(level_, inputs_.moves == nullptr ? nullptr : surgeon_.level(0));
    inputs_version_ = surgeon_.version();
    has_inputs_ = true;
  }

  void upload_clock(const StepRange& steps) {
    if (!std::ranges::equal(host_seeds_, steps.seeds)) {
      host_seeds_.assign(steps.seeds.begin(), steps.seeds.end());
      seeds_.upload(host_seeds_);
    }
    if (!std::ranges::equal(host_episode_start_, steps.episode_start)) {
      host_episode_start_.assign(steps.episode_start.begin(), steps.episode_start.end());
      episode_start_.upload(host_episode_start_);
    }
  }

  void take(std::int64_t step) {
    const bool noisy_heun = method_ == "heun" && noise_scale_ > 0;
    const std::vector<StageCoefficients<T>> stages = tableau<T>(method_, dt_);
    StageView<T> view = stage_view();
    if (delays_ != nullptr) begin_delayed_step(step);
    if (noise_scale_ > 0) {
      launch(DrawNoise<T>{{noise_scale_, step, seeds_.data(), episode_start_.data()},
                          shape_.num_envs,
                          one_.plane_size(),
                          shape_.num_components,
                          shape_.tile_width,
                          noise_.data()},
             one_.plane_size(), shape_.num_tiles(), device_.stream());
      view.noise = noise_.data();
    }
    view.x = x_.data();
    view.sum = sum_.data();
    const T* y = x_.data();
    for (std::size_t s = 0; s < stages.size(); ++s) {
      view.is_first = s == 0;
      view.is_last = s + 1 == stages.size();
      view.a = stages[s].a;
      view.b = stages[s].b;
      if (noisy_heun) {
        view.kind = view.is_first ? StageKind::kPredictor : StageKind::kCorrector;
        view.a = static_cast<T>(dt_);
        view.b = static_cast<T>(dt_) / 2;
      }
      if (method_ == "ros2") view.kind = StageKind::kRosenbrock;
      if (delays_ != nullptr) {
        // Where in the step the stage is, 0 to 1.
        const T fraction = stages[s].fraction;
        view.delayed = delayed_[fraction == T(1) ? 1 : 0].data();
        view.delayed_end = fraction == T(0) || fraction == T(1) ? nullptr : delayed_[1].data();
        view.fraction = fraction;
      }
      view.y = y;
      view.next = view.is_last ? next_x_.data() : stage_[s % 2].data();
      if (has_output_) {
        view.output = output_[0].data();
        view.next_output = output_[1].data();
      }
      if (method_ == "ros2") {
        kernels_.implicit(view, jacobian_.data(), shape_.num_tiles(), device_.stream());
      } else {
        kernels_.stage(view, shape_.num_tiles(), device_.stream());
      }
      if (has_output_) output_[0].swap(output_[1]);
      y = view.next;
    }
    x_.swap(next_x_);
  }

  Device device_;  // first: everything else is its
  BatchShape shape_, one_;
  const Surgeon<T>& surgeon_;
  IntegratorSpec integrator_;
  std::string method_;
  double dt_;
  double noise_scale_;
  DelayLine<T>* delays_;  // the host's, or null
  ModelKernels<T> kernels_;
  std::vector<DeviceConnectome> connectomes_, gaps_;
  bool has_gaps_ = false;
  DeviceBuffer<DeviceTable> synapse_tables_, gap_tables_;
  DeviceTables synapses_view_, gaps_view_;
  DeviceBuffer<T> x_, next_x_, sum_, stage_[2], noise_;  // [tile][component][neuron][lane]
  DeviceBuffer<T> jacobian_;    // of ros2, [tile][component x component][neuron][lane]
  DeviceBuffer<T> past_;        // [tile][slot][neuron][lane], of delays
  DeviceBuffer<T> delayed_[2];  // [tile][neuron][lane] input at a step's beginning and end
  DeviceBuffer<T> output_[2];   // [tile][neuron][lane], where it is not in the state
  DeviceBuffer<T> drive_, gain_, transmits_, moves_, level_;
  DeviceRules<T> rules_;
  std::vector<SynapseView> host_tables_;  // (num_connectomes) that came last
  InputsView<T> inputs_;
  DeviceBuffer<std::int64_t> driven_places_;  // of few values of the drive
  DeviceBuffer<T> driven_values_;
  std::vector<std::int64_t> watched_;
  DeviceBuffer<std::int64_t> watched_ids_;
  DeviceBuffer<T> watched_rates_;  // [tile][watched][lane]
  std::vector<T> gathered_;        // the same on the host
  DeviceBuffer<std::int32_t> found_;
  DeviceBuffer<Levels> levels_;  // of chunks
  DeviceBuffer<std::uint64_t> seeds_;
  DeviceBuffer<std::int64_t> episode_start_;
  std::vector<std::uint64_t> host_seeds_;
  std::vector<std::int64_t> host_episode_start_;
  bool has_state_ = false, has_inputs_ = false, has_output_ = false, has_past_ = false;
  std::uint64_t inputs_version_ = 0;
};

template <Real T>
ErrorParts refusal(const BackendRequest<T>& request) {
  const std::string backend = std::string("backend = \"") + kApiName + "\"";
  if (request.shape.plane_size() > std::numeric_limits<std::uint32_t>::max()) {
    return {.what = "too many neurons for a device",
            .where = backend,
            .got = std::to_string(request.shape.num_neurons),
            .allowed = "below 2^32 / " + std::to_string(request.shape.tile_width),
            .next = "choose backend = \"cpu\""};
  }
  return {};
}

template <Real T>
std::string unsupported(const BackendRequest<T>& request) {
  const ErrorParts parts = refusal(request);
  return parts.what.empty() ? "" : format_error(parts);
}

template <Real T>
std::unique_ptr<Backend<T>> make(const BackendRequest<T>& request) {
  const ErrorParts parts = refusal(request);
  if (!parts.what.empty()) throw ConfigError(parts);
  return std::make_unique<GpuBackend<T>>(request);
}

}  // namespace

template <Real T>
const GpuKind<T>& kind() {
  static constexpr GpuKind<T> kKind = {.name = kApiName,
                                       .num_devices = num_devices,
                                       .unsupported = unsupported<T>,
                                       .make = make<T>,
                                       .make_rows = make_rows<T>,
                                       .memory = device_memory,
                                       .copy_bandwidth = copy_bandwidth,
                                       .product_seconds = product_seconds<T>};
  return kKind;
}

template const GpuKind<float>& kind<float>();
template const GpuKind<double>& kind<double>();

}  // namespace noesis::NOESIS_GPU
