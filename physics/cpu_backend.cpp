#include "physics/cpu_backend.hpp"

#include <algorithm>

#include "physics/kernels/kernels.hpp"
#include "physics/reordered_product.hpp"

namespace noesis {

BatchShape batch_shape(const ModelSpec& model, std::int64_t num_neurons, std::int64_t num_envs,
                       bool per_env, int tile_width) {
  return {num_envs, static_cast<int>(component_names(model).size()), num_neurons,
          num_envs == 1 || per_env ? 1 : tile_width};
}

namespace {

/// An empty table still has rows, so that kernels need no special case for a brain without
/// synapses.
SynapseView rows_of(const SynapseTable& table) {
  return {table.row_begin.data(), table.row_count.data(), table.sources.data(),
          table.weights.data()};
}

SynapseView gaps_of(const SynapseTable& table) {
  return table.empty() ? SynapseView{} : rows_of(table);
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
  /// Also each neuron's Jacobian, unless that is null.
  virtual void derivative(const State<T>& x, State<T>& dxdt, State<T>* jacobians) = 0;
  virtual void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) = 0;
  virtual void output(const State<T>& x, std::int64_t tile, T* values) const = 0;
  virtual void set_synapses(std::size_t connectome, const SynapseView& table) = 0;

  std::unique_ptr<DelayLine<T>> delays;
};

namespace {

template <class Model>
class ModelImpl final : public CpuBackend<typename Model::Scalar>::Impl {
  using T = typename Model::Scalar;

 public:
  ModelImpl(std::vector<ConnectomePtr> connectomes, const Model& model, BatchShape shape,
            const Surgeon<T>& surgeon, const ThreadArena& arena, std::int64_t first_tile)
      : connectomes_(std::move(connectomes)),
        model_(model),
        shape_(shape),
        surgeon_(surgeon),
        arena_(arena),
        first_tile_(first_tile),
        kernels_(kernels_for<Model>()),
        grain_(grain_rows(*connectomes_.front(), shape.tile_width)) {
    BatchShape one = shape;
    one.num_components = 1;
    output_ = State<T>(one);
    for (const ConnectomePtr& connectome : connectomes_) {
      synapses_.push_back(rows_of(connectome->synapses()));
    }
  }

  void set_synapses(std::size_t connectome, const SynapseView& table) override {
    synapses_[connectome] = table;
    reordered_ = nullptr;
    is_order_chosen_ = true;
    if (this->delays) this->delays->set_weights(connectome, table.weights);
  }

  void derivative(const State<T>& x, State<T>& dxdt, State<T>* jacobians) override {
    const int wide = shape_.tile_width > 1 ? 1 : 0;
    choose_order();
    const bool aliases = output_is_state();
    if (!aliases && !this->delays) {
      for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
        kernels_.output[wide](model_, tile_view(x, tile), output_.plane(tile, 0), first, last);
      });
    }
    for (std::int64_t tile = 0; reordered_ && tile < shape_.num_tiles(); ++tile) {
      reordered_->sum(aliases ? x.plane(tile, 0) : output_.plane(tile, 0), input_.plane(tile, 0));
    }
    for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      TileView<T> view = tile_view(x, tile);
      if (reordered_) view.input = input_.plane(tile, 0);
      view.output = aliases ? view.state : output_.plane(tile, 0);
      if (this->delays) view.input = this->delays->input(tile);
      view.derivative = dxdt.plane(tile, 0);
      if (jacobians != nullptr) {
        kernels_.linearise[wide](model_, view, jacobians->plane(tile, 0), first, last);
      } else {
        kernels_.derivative[wide](model_, view, first, last);
      }
    });
  }

  void tangent(const State<T>& x, const State<T>& u, State<T>& dudt) override {
    ensure(shape_.num_envs == 1, "tangents are taken at one environment");
    if (this->delays) {
      throw ConfigError({.what = "a brain with delays has no tangent of finite dimension",
                         .where = "Lyapunov exponents",
                         .got = "conduction delays",
                         .allowed = "a connectome without delays",
                         .next = {}});
    }
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
  /// Only once it is needed: rules that change the connectome never do.
  void choose_order() {
    if (is_order_chosen_) return;
    is_order_chosen_ = true;
    if (connectomes_.size() > 1 || this->delays) return;
    reordered_ =
        ReorderedProduct<T>::where_it_pays(connectomes_.front()->synapses(), shape_, arena_);
    if (reordered_) input_ = State<T>(output_.shape());
  }

  bool output_is_state() const {
    return Model::kOutputIsFirstComponent && surgeon_.transmits(0) == nullptr;
  }

  TileView<T> tile_view(const State<T>& x, std::int64_t tile) const {
    const std::size_t c = connectomes_.size() == 1 ? 0 : static_cast<std::size_t>(tile);
    return {.synapses = synapses_[c],
            .gap_junctions = gaps_of(connectomes_[c]->gap_junctions()),
            .num_neurons = shape_.num_neurons,
            .state = x.plane(tile, 0),
            .drive = surgeon_.drive(first_tile_ + tile),
            .gain = surgeon_.gain(first_tile_ + tile),
            .transmits = surgeon_.transmits(first_tile_ + tile),
            .moves = surgeon_.moves(first_tile_ + tile)};
  }

  template <class Body>
  void for_rows(const Body& body) const {
    for_rows(shape_.num_tiles(), body);
  }
  /// body(tile, first, last) over all rows of all tiles.
  template <class Body>
  void for_rows(std::int64_t tiles, const Body& body) const {
    const std::int64_t rows = shape_.num_neurons;
    if (shape_.plane_size() * static_cast<std::int64_t>(sizeof(T)) > kCoreCacheBytes) {
      // All threads on one tile after the other: tiles of their own would share no cache.
      for (std::int64_t tile = 0; tile < tiles; ++tile) {
        arena_.parallel_for(
            rows, grain_, [&](std::int64_t first, std::int64_t last) { body(tile, first, last); });
      }
      return;
    }
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
  std::vector<SynapseView> synapses_;  // (num_connectomes)
  Model model_;
  BatchShape shape_;
  const Surgeon<T>& surgeon_;
  const ThreadArena& arena_;
  std::int64_t first_tile_;
  const KernelSet<Model>& kernels_;
  std::int64_t grain_;
  State<T> output_;
  State<T> tangent_output_;
  std::unique_ptr<ReorderedProduct<T>> reordered_;  // where that pays
  bool is_order_chosen_ = false;
  State<T> input_;  // of reordered_
};

}  // namespace

template <Real T>
CpuBackend<T>::CpuBackend(std::vector<ConnectomePtr> connectomes, const ModelSpec& model,
                          BatchShape shape, const Surgeon<T>& surgeon, const ThreadArena& arena,
                          double dt_ms, std::int64_t first_tile)
    : shape_(shape) {
  const auto count = static_cast<std::int64_t>(connectomes.size());
  ensure(count == 1 || (count == shape.num_envs && shape.tile_width == 1),
         "one connectome, or one an environment");
  for (const ConnectomePtr& connectome : connectomes) {
    ensure(connectome->num_neurons() == shape.num_neurons, "connectomes of one size");
  }
  std::unique_ptr<DelayLine<T>> delays;
  if (std::any_of(connectomes.begin(), connectomes.end(),
                  [](const auto& connectome) { return connectome->has_delays(); })) {
    delays = std::make_unique<DelayLine<T>>(connectomes, shape, dt_ms, arena);
  }
  std::visit(
      [&](const auto& m) {
        using Model = std::decay_t<decltype(m)>;
        if (has_strength<Model> && delays != nullptr) {
          throw ConfigError({.what = "this model has no delays",
                             .where = "model.name",
                             .got = "\"" + model.name + "\" on a connectome with delays",
                             .allowed = "\"wilson_cowan\", \"rate\"",
                             .next = {}});
        }
        impl_ = std::make_unique<ModelImpl<Model>>(std::move(connectomes), m, shape, surgeon, arena,
                                                   first_tile);
      },
      make_model<T>(model));
  impl_->delays = std::move(delays);
}

template <Real T>
CpuBackend<T>::~CpuBackend() = default;

template <Real T>
void CpuBackend<T>::derivative(const State<T>& x, State<T>& dxdt) {
  impl_->derivative(x, dxdt, nullptr);
}

template <Real T>
void CpuBackend<T>::linearise(const State<T>& x, State<T>& dxdt, State<T>& jacobians) {
  impl_->derivative(x, dxdt, &jacobians);
}

template <Real T>
void CpuBackend<T>::tangent(const State<T>& x, const State<T>& u, State<T>& dudt) {
  impl_->tangent(x, u, dudt);
}

template <Real T>
void CpuBackend<T>::set_synapses(std::size_t connectome, const SynapseView& table) {
  impl_->set_synapses(connectome, table);
}

template <Real T>
DelayLine<T>* CpuBackend<T>::delays() const noexcept {
  return impl_->delays.get();
}

template <Real T>
void CpuBackend<T>::begin_step(const State<T>& x, std::int64_t step) {
  if (!impl_->delays) return;
  for (std::int64_t tile = 0; tile < shape_.num_tiles(); ++tile) {
    impl_->output(x, tile, impl_->delays->newest(step, tile));
  }
  impl_->delays->begin_step(step);
}

template <Real T>
void CpuBackend<T>::set_fraction(double fraction) {
  if (impl_->delays) impl_->delays->set_fraction(fraction);
}

template <Real T>
template <Real Out>
void CpuBackend<T>::output(const State<T>& x, std::int64_t env, std::vector<Out>& values) const {
  const int width = shape_.tile_width;
  AlignedVector<T> tile(static_cast<std::size_t>(shape_.plane_size()));
  impl_->output(x, env / width, tile.data());
  values.resize(static_cast<std::size_t>(shape_.num_neurons));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<Out>(
        tile[i * static_cast<std::size_t>(width) + static_cast<std::size_t>(env % width)]);
  }
}

template class CpuBackend<float>;
template class CpuBackend<double>;
template void CpuBackend<float>::output(const State<float>&, std::int64_t,
                                        std::vector<float>&) const;
template void CpuBackend<float>::output(const State<float>&, std::int64_t,
                                        std::vector<double>&) const;
template void CpuBackend<double>::output(const State<double>&, std::int64_t,
                                         std::vector<double>&) const;

}  // namespace noesis
