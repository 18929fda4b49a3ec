#include "gpu/device_rows.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/error.hpp"
#include "gpu/device.hpp"
#include "gpu/device_connectome.hpp"
#include "gpu/method.hpp"

namespace noesis::NOESIS_GPU {
namespace {

/// Arrays on the device are of all neurons that the worker knows, [tile][component][neuron][lane];
/// own ones come first in each plane.
template <Real T>
class DeviceRows final : public RowDevice<T> {
 public:
  explicit DeviceRows(const RowRequest<T>& request)
      : shape_(request.shape),
        local_(request.shape),
        surgeon_(request.surgeon),
        synapses_(upload_table(request.synapses, RowOrder::kByLength, request.num_local)) {
    local_.num_neurons = request.num_local;
    if (request.gap_junctions.row_begin != nullptr) {
      gaps_.push_back(upload_table(request.gap_junctions, RowOrder::kById, request.num_local));
    }
    kernels_ = kernels_for<T>(request.model, shape_.tile_width);
    const std::int64_t one = local_.num_tiles() * local_.plane_size();
    for (DeviceBuffer<T>* buffer : {&x_, &slope_}) {
      *buffer = DeviceBuffer<T>(device_, one * shape_.num_components, "state");
    }
    for (DeviceBuffer<T>* buffer : {&outputs_, &next_outputs_, &drive_}) {
      *buffer = DeviceBuffer<T>(device_, one, "outputs");
    }
    // Of neurons of others nothing is there but what they send, and lanes past the last environment
    // are read back along with the others.
    for (DeviceBuffer<T>* buffer : {&x_, &slope_, &outputs_, &drive_}) buffer->zero();
  }

  void weights_changed(const SynapseView& synapses) override {
    synapses_.set_weights(with_others(synapses).view);
  }

  void derivative(const State<T>& x, const typename RowDevice<T>::Sources& sources,
                  State<T>& dxdt) override {
    upload_inputs(sources.gap_transmits);
    put_all(outputs_, sources.outputs);
    for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
      for (int c = 0; c < shape_.num_components; ++c) {
        // Gap junctions read the first state variable, of others' neurons too.
        if (c == 0 && !gaps_.empty()) {
          x_.upload({sources.gap_state + tile * local_.plane_size(), size_of_plane(local_)},
                    place(tile, 0));
        } else {
          x_.upload({x.plane(tile, c), size_of_plane(shape_)}, place(tile, c));
        }
      }
    }
    StageView<T> view;
    view.batch = {shape_.num_envs, local_.num_neurons};
    view.synapses.shared = synapses_.view();
    if (!gaps_.empty()) view.gap_junctions.shared = gaps_.front().view();
    view.inputs = inputs_;
    view.kind = StageKind::kSlope;
    view.is_first = true;
    view.y = x_.data();
    view.next = slope_.data();
    view.output = outputs_.data();
    view.next_output = next_outputs_.data();  // of no use
    kernels_.stage(view, shape_.num_tiles(), device_.stream());
    device_.check_launch("take the derivative of rows");
    for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
      for (int c = 0; c < shape_.num_components; ++c) {
        slope_.download({dxdt.plane(tile, c), size_of_plane(shape_)}, place(tile, c));
      }
    }
  }

 private:
  /// A table with a row for each neuron that the worker knows, those of others being empty.
  struct WithOthers {
    std::vector<std::int64_t> begin;
    std::vector<std::int32_t> count;
    SynapseView view;
  };
  WithOthers with_others(const SynapseView& table, std::int64_t num_local) const {
    const auto own = static_cast<std::size_t>(shape_.num_neurons);
    WithOthers all;
    all.begin.assign(table.row_begin, table.row_begin + own);
    all.count.assign(table.row_count, table.row_count + own);
    all.begin.resize(static_cast<std::size_t>(num_local),
                     own > 0 ? all.begin.back() + all.count.back() : 0);
    all.count.resize(static_cast<std::size_t>(num_local), 0);
    all.view = {all.begin.data(), all.count.data(), table.sources, table.weights};
    return all;
  }
  WithOthers with_others(const SynapseView& table) const {
    return with_others(table, local_.num_neurons);
  }
  DeviceConnectome upload_table(const SynapseView& table, RowOrder order, std::int64_t num_local) {
    return {device_, with_others(table, num_local).view, num_local, order};
  }

  static std::size_t size_of_plane(const BatchShape& shape) {
    return static_cast<std::size_t>(shape.plane_size());
  }
  std::int64_t place(std::int64_t tile, int component) const {
    return tile * local_.tile_size() + component * local_.plane_size();
  }
  void put_all(DeviceBuffer<T>& buffer, const T* values) {
    buffer.upload({values, static_cast<std::size_t>(buffer.size())});
  }

  /// What the surgeon has in force, where that has changed.
  void upload_inputs(const T* gap_transmits) {
    if (has_inputs_ && surgeon_.version() == inputs_version_) return;
    const auto put = [&](DeviceBuffer<T>& buffer, const auto& plane_of) -> const T* {
      if (plane_of(0) == nullptr) return nullptr;
      if (buffer.size() == 0) {
        buffer = DeviceBuffer<T>(device_, outputs_.size(), "inputs");
        buffer.zero();
      }
      for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
        buffer.upload({plane_of(tile), size_of_plane(shape_)}, tile * local_.plane_size());
      }
      return buffer.data();
    };
    inputs_ = {};
    inputs_.drive = put(drive_, [&](std::int64_t tile) { return surgeon_.drive(tile); });
    inputs_.gain = put(gain_, [&](std::int64_t tile) { return surgeon_.gain(tile); });
    inputs_.moves = put(moves_, [&](std::int64_t tile) { return surgeon_.moves(tile); });
    if (!gaps_.empty()) {  // who transmits matters to junctions alone: outputs are given
      if (transmits_.size() == 0) {
        transmits_ = DeviceBuffer<T>(device_, outputs_.size(), "inputs");
      }
      put_all(transmits_, gap_transmits);
      inputs_.transmits = transmits_.data();
    }
    inputs_version_ = surgeon_.version();
    has_inputs_ = true;
  }

  Device device_;  // first: everything else is its
  BatchShape shape_, local_;
  const Surgeon<T>& surgeon_;
  DeviceConnectome synapses_;
  std::vector<DeviceConnectome> gaps_;  // one or none
  ModelKernels<T> kernels_;
  DeviceBuffer<T> x_, slope_, outputs_, next_outputs_;
  DeviceBuffer<T> drive_, gain_, transmits_, moves_;
  InputsView<T> inputs_;
  std::uint64_t inputs_version_ = 0;
  bool has_inputs_ = false;
};

}  // namespace

template <Real T>
std::unique_ptr<RowDevice<T>> make_rows(const RowRequest<T>& request) {
  const std::int64_t places = request.num_local * request.shape.tile_width;
  if (places > std::numeric_limits<std::uint32_t>::max()) {
    throw ConfigError({.what = "too many neurons for a device",
                       .where = std::string("backend = \"") + kApiName + "\"",
                       .got = std::to_string(request.num_local),
                       .allowed = "below 2^32 / " + std::to_string(request.shape.tile_width),
                       .next = "use more workers, or --backend cpu"});
  }
  return std::make_unique<DeviceRows<T>>(request);
}

template std::unique_ptr<RowDevice<float>> make_rows(const RowRequest<float>&);
template std::unique_ptr<RowDevice<double>> make_rows(const RowRequest<double>&);

}  // namespace noesis::NOESIS_GPU
