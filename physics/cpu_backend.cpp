#include "physics/cpu_backend.hpp"

#include <algorithm>

#include "physics/kernels/kernels.hpp"

namespace noesis {

BatchShape batch_shape(const ModelSpec& model, std::int64_t num_neurons, std::int64_t num_envs,
                       bool per_env, int tile_width) {
  return {num_envs, static_cast<int>(component_names(model).size()), num_neurons,
          num_envs == 1 || per_env ? 1 : tile_width};
}

namespace {

SynapseView view_of(const SynapseTable& table) {
  if (table.empty()) return {};
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

/// An empty table still has rows, so that kernels need no special case for a brain without
/// synapses.
SynapseView rows_of(const SynapseTable& table) {
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

/// Rows that a thread should at least get: about 10,000 synapse-updates, some microseconds.
std::int64_t grain_rows(const Connectome& connectome, int width) {
  const std::int64_t synapses =
      connectome.num_synapses() + connectome.gap_junctions().num_synapses();
  const std::int64_t work =
      width * (8 + synapses / std::max<std::int64_t>(connectome.num_neurons(), 1));
  return std::max<std::int64_t>(1, 10'000 / work);
}

}  // namespace

template <Real T>
class CpuBackend<T>::Impl {
 public:
  virtual ~Impl() = default;
  virtual void derivative(const State<T>& x, State<T>& dxdt) = 0;
  virtual void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) = 0;
  virtual void output(const State<T>& x, std::int64_t tile, T* values) const = 0;
};

namespace {

template <class Model>
class ModelImpl final : public CpuBackend<typename Model::Scalar>::Impl {
  using T = typename Model::Scalar;

 public:
  ModelImpl(std::vector<ConnectomePtr> connectomes, const Model& model, BatchShape shape,
            const Surgeon<T>& surgeon, const ThreadArena& arena)
      : connectomes_(std::move(connectomes)),
        model_(model),
        shape_(shape),
        surgeon_(surgeon),
        arena_(arena),
        kernels_(kernels_for<Model>()),
        grain_(grain_rows(*connectomes_.front(), shape.tile_width)) {
    BatchShape one = shape;
    one.num_components = 1;
    output_ = State<T>(one);
  }

  void derivative(const State<T>& x, State<T>& dxdt) override {
    const int wide = shape_.tile_width > 1 ? 1 : 0;
    const bool aliases = output_is_state();
    if (!aliases) {
      for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
        kernels_.output[wide](model_, tile_view(x, tile), output_.plane(tile, 0), first, last);
      });
    }
    for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      TileView<T> view = tile_view(x, tile);
      view.output = aliases ? view.state : output_.plane(tile, 0);
      view.derivative = dxdt.plane(tile, 0);
      kernels_.derivative[wide](model_, view, first, last);
    });
  }

  void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) override {
    ensure(shape_.num_envs == 1, "tangents are taken at one environment");
    const BatchShape& lanes = u.shape();
    ensure(dudt.shape() == lanes && lanes.num_neurons == shape_.num_neurons &&
               lanes.num_components == shape_.num_components,
           "tangents have the shape of the state");
    const int wide = lanes.tile_width > 1 ? 1 : 0;
    if (tangent_output_.shape().num_envs != lanes.num_envs) {
      BatchShape one = lanes;
      one.num_components = 1;
      tangent_output_ = State<T>(one);
    }
    TileView<T> base = tile_view(x, 0);
    kernels_.output[0](model_, base, output_.plane(0, 0), 0, shape_.num_neurons);
    base.output = output_.plane(0, 0);
    const auto view_at = [&](std::int64_t tile) {
      return TangentView<T>{base, u.plane(tile, 0), tangent_output_.plane(tile, 0),
                            dudt.plane(tile, 0)};
    };
    const std::int64_t tiles = lanes.num_tiles();
    for_rows(tiles, [&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      kernels_.tangent_output[wide](model_, view_at(tile), first, last);
    });
    for_rows(tiles, [&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      kernels_.tangent[wide](model_, view_at(tile), first, last);
    });
  }

  void output(const State<T>& x, std::int64_t tile, T* values) const override {
    kernels_.output[shape_.tile_width > 1 ? 1 : 0](model_, tile_view(x, tile), values, 0,
                                                   shape_.num_neurons);
  }

 private:
  bool output_is_state() const {
    return Model::kOutputIsFirstComponent && surgeon_.transmits(0) == nullptr;
  }

  TileView<T> tile_view(const State<T>& x, std::int64_t tile) const {
    const Connectome& connectome =
        *connectomes_[connectomes_.size() == 1 ? 0 : static_cast<std::size_t>(tile)];
    return {.synapses = rows_of(connectome.synapses()),
            .gap_junctions = view_of(connectome.gap_junctions()),
            .num_neurons = shape_.num_neurons,
            .state = x.plane(tile, 0),
            .drive = surgeon_.drive(tile),
            .transmits = surgeon_.transmits(tile),
            .moves = surgeon_.moves(tile)};
  }

  template <class Body>
  void for_rows(const Body& body) const {
    for_rows(shape_.num_tiles(), body);
  }
  /// body(tile, first, last) over all rows of all tiles.
  template <class Body>
  void for_rows(std::int64_t tiles, const Body& body) const {
    const std::int64_t rows = shape_.num_neurons;
    arena_.parallel_for(tiles * rows, grain_, [&](std::int64_t first, std::int64_t last) {
      while (first < last) {
        const std::int64_t tile = first / rows;
        const std::int64_t end = std::min(last, (tile + 1) * rows);
        body(tile, first - tile * rows, end - tile * rows);
        first = end;
      }
    });
  }

  std::vector<ConnectomePtr> connectomes_;
  Model model_;
  BatchShape shape_;
  const Surgeon<T>& surgeon_;
  const ThreadArena& arena_;
  const KernelSet<Model>& kernels_;
  std::int64_t grain_;
  State<T> output_;
  State<T> tangent_output_;
};

}  // namespace

template <Real T>
CpuBackend<T>::CpuBackend(std::vector<ConnectomePtr> connectomes, const ModelSpec& model,
                          BatchShape shape, const Surgeon<T>& surgeon, const ThreadArena& arena)
    : shape_(shape) {
  const auto count = static_cast<std::int64_t>(connectomes.size());
  ensure(count == 1 || (count == shape.num_envs && shape.tile_width == 1),
         "one connectome, or one an environment");
  for (const ConnectomePtr& connectome : connectomes) {
    ensure(connectome->num_neurons() == shape.num_neurons, "connectomes of one size");
  }
  std::visit(
      [&](const auto& m) {
        using Model = std::decay_t<decltype(m)>;
        impl_ =
            std::make_unique<ModelImpl<Model>>(std::move(connectomes), m, shape, surgeon, arena);
      },
      make_model<T>(model));
}

template <Real T>
CpuBackend<T>::~CpuBackend() = default;

template <Real T>
void CpuBackend<T>::derivative(const State<T>& x, State<T>& dxdt) {
  impl_->derivative(x, dxdt);
}

template <Real T>
void CpuBackend<T>::tangent(const State<T>& x, const State<T>& u, State<T>& dudt) {
  impl_->tangent(x, u, dudt);
}

template <Real T>
void CpuBackend<T>::output(const State<T>& x, std::int64_t env, std::vector<double>& values) const {
  const int width = shape_.tile_width;
  AlignedVector<T> tile(static_cast<std::size_t>(shape_.plane_size()));
  impl_->output(x, env / width, tile.data());
  values.resize(static_cast<std::size_t>(shape_.num_neurons));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = tile[i * static_cast<std::size_t>(width) + static_cast<std::size_t>(env % width)];
  }
}

template class CpuBackend<float>;
template class CpuBackend<double>;

}  // namespace noesis
