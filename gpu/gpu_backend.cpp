// A batch of brains on a device (backends.hpp).

#include <algorithm>
#include <functional>
#include <limits>

#include "core/error.hpp"
#include "gpu/backends.hpp"
#include "gpu/device.hpp"
#include "gpu/device_connectome.hpp"
#include "gpu/kernels/plasticity.hpp"
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
        method_(request.integrator.name),
        dt_(request.integrator.dt_ms),
        noise_scale_(noise_scale(request)) {
    one_.num_components = 1;
    std::visit(
        [&](const auto& model) {
          using Model = std::decay_t<decltype(model)>;
          kernels_ = shape_.tile_width == 1 ? kernels_of<Model, 1>(model)
                                            : kernels_of<Model, kTileWidth<T>>(model);
        },
        make_model<T>(request.model));
    upload_connectomes(request.connectomes);
    const std::int64_t size = size_of(shape_);
    x_ = DeviceBuffer<T>(device_, size, "state");
    next_x_ = DeviceBuffer<T>(device_, size, "state");
    if (method_ != "euler") {
      sum_ = DeviceBuffer<T>(device_, size, "slopes");
      stage_[0] = DeviceBuffer<T>(device_, size, "stages");
    }
    if (method_ == "rk4") stage_[1] = DeviceBuffer<T>(device_, size, "stages");
    for (DeviceBuffer<T>* buffer : {&x_, &next_x_, &sum_, &stage_[0], &stage_[1]}) buffer->zero();
    drive_ = DeviceBuffer<T>(device_, size_of(one_), "drive");
    found_ = DeviceBuffer<std::int32_t>(device_, 1, "flags");
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

  void state_changed() override { has_state_ = false; }

  void synapses_changed(std::size_t connectome, const SynapseView& table,
                        bool same_structure) override {
    host_tables_.resize(connectomes_.size());
    host_tables_[connectome] = table;
    if (same_structure) {
      connectomes_[connectome].set_weights(table);
      return;
    }
    connectomes_[connectome].assign(table);
    refresh_tables();
  }

  bool runs_rules() const override { return shape_.tile_width == 1; }

  void put_homeostasis(std::int64_t env, const Homeostasis::Memory& memory) override {
    const std::int64_t neurons = shape_.num_neurons;
    if (filtered_.size() == 0) {
      for (DeviceBuffer<double>* buffer : {&filtered_, &shortfall_, &log_factors_}) {
        *buffer = DeviceBuffer<double>(device_, shape_.num_envs * neurons, "homeostasis");
      }
    }
    filtered_.upload(memory.filtered, env * neurons);
    shortfall_.upload(memory.shortfall, env * neurons);
    log_factors_.upload(memory.log_factors, env * neurons);
  }

  void run_rules(std::int64_t env, const WeightRules& rules,
                 const WeightDecaySpec& decay) override {
    if (bias_.size() == 0) upload_bias();
    const std::int64_t neurons = shape_.num_neurons;
    const std::int64_t first = env * neurons;
    if (rules.homeostasis) {
      launch(AdaptBias<T>{*rules.homeostasis, output_of(env), filtered_.data() + first,
                          shortfall_.data() + first, log_factors_.data() + first,
                          bias_.data() + first, current_.data() + first, drive_.data() + first},
             neurons, 1, device_.stream());
    }
    if (rules.scales || rules.oja_rate || rules.decay_ms) {
      if (rules.oja_rate) check_learning_rate(*rules.oja_rate);
      DeviceConnectome& connectome = connectomes_[connectomes_.size() == 1 ? 0 : index(env)];
      launch(ChangeWeights<T>{connectome.view(), connectome.weights(), output_of(env),
                              rules.scales ? log_factors_.data() + first : nullptr,
                              rules.scales ? rules.homeostasis->max_weight : 0,
                              static_cast<T>(rules.oja_rate.value_or(0)),
                              rules.decay_ms ? decay_factor(decay, *rules.decay_ms) : 1},
             neurons, 1, device_.stream());
    }
    device_.check_launch("run the rules of plasticity");
  }

  void fetch_rules(std::int64_t env, float* weights, const Homeostasis::Memory* memory) override {
    const std::int64_t first = env * shape_.num_neurons;
    const std::size_t c = connectomes_.size() == 1 ? 0 : index(env);
    if (weights != nullptr) connectomes_[c].fetch_weights(host_tables_[c], weights);
    if (memory != nullptr) {
      filtered_.download(memory->filtered, first);
      shortfall_.download(memory->shortfall, first);
      log_factors_.download(memory->log_factors, first);
    }
  }

  void fetch_biases(std::int64_t env, std::span<T> bias) override {
    bias_.download(bias, env * shape_.num_neurons);
  }

  void fetch_outputs(std::int64_t env, std::span<T> outputs) override {
    device_.check(api_copy(outputs.data(), output_of(env), outputs.size_bytes(), device_.stream()),
                  "read outputs back");
    device_.synchronize();
  }

 private:
  static std::size_t index(std::int64_t env) { return static_cast<std::size_t>(env); }

  /// What synapses carry at the present state of an environment with tiles of width 1.
  const T* output_of(std::int64_t env) const {
    if (has_output_) return output_[0].data() + env * shape_.num_neurons;
    return x_.data() + env * shape_.tile_size();
  }

  /// The parts of the drive, which rules move.
  void upload_bias() {
    const std::int64_t size = size_of(one_);
    if (bias_.size() == 0) {
      bias_ = DeviceBuffer<T>(device_, size, "biases");
      current_ = DeviceBuffer<T>(device_, size, "biases");
    }
    bias_.upload({surgeon_.biases(0), static_cast<std::size_t>(size)});
    current_.upload({surgeon_.currents(0), static_cast<std::size_t>(size)});
  }

  static std::int64_t size_of(const BatchShape& shape) {
    return shape.num_tiles() * shape.tile_size();
  }

  void upload_connectomes(const std::vector<ConnectomePtr>& connectomes) {
    const auto view_of = [](const SynapseTable& table) {
      return SynapseView{table.row_begin.data(), table.row_count.data(), table.sources.data(),
                         table.weights.data()};
    };
    has_gaps_ = std::any_of(connectomes.begin(), connectomes.end(), [](const auto& connectome) {
      return !connectome->gap_junctions().empty();
    });
    for (const ConnectomePtr& connectome : connectomes) {
      connectomes_.emplace_back(device_, view_of(connectome->synapses()), shape_.num_neurons,
                                RowOrder::kByLength);
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
    const bool new_inputs = !has_inputs_ || surgeon_.version() != inputs_version_;
    if (has_state_ && !new_inputs) return;
    if (!has_state_) {
      x_.upload({x.data(), static_cast<std::size_t>(x.size())});
      has_state_ = true;
    }
    if (new_inputs) upload_inputs();
    if (inputs_.moves != nullptr) {
      launch(Pin<T>{one_.plane_size(), shape_.num_components, inputs_, x_.data()},
             one_.plane_size(), shape_.num_tiles(), device_.stream());
    }
    has_output_ = !kernels_.output_is_first_component || inputs_.transmits != nullptr;
    if (has_output_) {
      if (output_[0].size() == 0) {
        for (DeviceBuffer<T>& output : output_) {
          output = DeviceBuffer<T>(device_, size_of(one_), "outputs");
          output.zero();  // lanes past the last environment are read along with it
        }
      }
      kernels_.output(x_.data(), inputs_.transmits, output_[0].data(), one_.plane_size(),
                      shape_.num_tiles(), device_.stream());
    }
    device_.check_launch("prepare a batch");
  }

  void upload_inputs() {
    const auto put = [&](DeviceBuffer<T>& buffer, const T* values) -> const T* {
      if (values == nullptr) return nullptr;
      if (buffer.size() == 0) buffer = DeviceBuffer<T>(device_, size_of(one_), "inputs");
      buffer.upload({values, static_cast<std::size_t>(size_of(one_))});
      return buffer.data();
    };
    inputs_.drive = put(drive_, surgeon_.drive(0));
    if (bias_.size() > 0) upload_bias();
    inputs_.gain = put(gain_, surgeon_.gain(0));
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
    StageView<T> view;
    view.batch = {shape_.num_envs, shape_.num_neurons};
    view.synapses = synapses_view_;
    view.gap_junctions = gaps_view_;
    view.inputs = inputs_;
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
      view.y = y;
      view.next = view.is_last ? next_x_.data() : stage_[s % 2].data();
      if (has_output_) {
        view.output = output_[0].data();
        view.next_output = output_[1].data();
      }
      kernels_.stage(view, shape_.num_tiles(), device_.stream());
      if (has_output_) output_[0].swap(output_[1]);
      y = view.next;
    }
    x_.swap(next_x_);
  }

  Device device_;  // first: everything else is its
  BatchShape shape_, one_;
  const Surgeon<T>& surgeon_;
  std::string method_;
  double dt_;
  double noise_scale_;
  ModelKernels<T> kernels_;
  std::vector<DeviceConnectome> connectomes_, gaps_;
  bool has_gaps_ = false;
  DeviceBuffer<DeviceTable> synapse_tables_, gap_tables_;
  DeviceTables synapses_view_, gaps_view_;
  DeviceBuffer<T> x_, next_x_, sum_, stage_[2], noise_;  // [tile][component][neuron][lane]
  DeviceBuffer<T> output_[2];  // [tile][neuron][lane], where it is not in the state
  DeviceBuffer<T> drive_, gain_, transmits_, moves_, level_;
  DeviceBuffer<T> bias_, current_;                           // where rules run
  DeviceBuffer<double> filtered_, shortfall_, log_factors_;  // [env][neuron], of homeostasis
  std::vector<SynapseView> host_tables_;                     // (num_connectomes) that came last
  InputsView<T> inputs_;
  DeviceBuffer<std::int32_t> found_;
  DeviceBuffer<std::uint64_t> seeds_;
  DeviceBuffer<std::int64_t> episode_start_;
  std::vector<std::uint64_t> host_seeds_;
  std::vector<std::int64_t> host_episode_start_;
  bool has_state_ = false, has_inputs_ = false, has_output_ = false;
  std::uint64_t inputs_version_ = 0;
};

template <Real T>
ErrorParts refusal(const BackendRequest<T>& request) {
  const std::string& name = request.integrator.name;
  const std::string backend = std::string("backend = \"") + kApiName + "\"";
  if (name != "euler" && name != "heun" && name != "rk4") {
    return {.what = "this integrator runs on the CPU only",
            .where = backend + ", integrator.name",
            .got = "\"" + name + "\"",
            .allowed = "\"euler\", \"heun\" or \"rk4\"",
            .next = "choose one of them, or backend = \"cpu\""};
  }
  if (request.shape.plane_size() > std::numeric_limits<std::uint32_t>::max()) {
    return {.what = "too many neurons for a device",
            .where = backend,
            .got = std::to_string(request.shape.num_neurons),
            .allowed = "below 2^32 / " + std::to_string(request.shape.tile_width),
            .next = "choose backend = \"cpu\""};
  }
  for (const ConnectomePtr& connectome : request.connectomes) {
    if (!connectome->has_delays()) continue;
    return {.what = "conduction delays run on the CPU only",
            .where = backend,
            .got = "a connectome with delays",
            .allowed = "one without",
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
                                       .memory = device_memory,
                                       .copy_bandwidth = copy_bandwidth,
                                       .product_seconds = product_seconds<T>};
  return kKind;
}

template const GpuKind<float>& kind<float>();
template const GpuKind<double>& kind<double>();

}  // namespace noesis::NOESIS_GPU
