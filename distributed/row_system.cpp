#include "distributed/row_system.hpp"

#include <algorithm>

#include "core/aligned.hpp"
#include "core/error.hpp"

namespace noesis {

template <Real T>
class RowSystem<T>::Impl {
 public:
  explicit Impl(const Parts& parts)
      : model_spec(parts.model),
        shape(parts.shape),
        plan(parts.plan),
        synapses(parts.synapses),
        gap_junctions(parts.gap_junctions),
        has_gaps(parts.has_gaps),
        surgeon(parts.surgeon),
        communicator(parts.communicator),
        arena(parts.arena),
        outputs(static_cast<std::size_t>(shape.num_tiles() * local_plane())) {
    if (parts.has_delays) {
      delays = std::make_unique<DelayLine<T>>(synapses.view(), synapses.steps, parts.longest_delay,
                                              shape, plan.num_local(), arena);
    }
    std::vector<AlignedVector<T>*> in_derivative;
    if (delays) {
      output_exchange = make_exchange({&outputs});
    } else {
      in_derivative.push_back(&outputs);
    }
    if (has_gaps) {
      gap_state.resize(outputs.size());
      gap_transmits.resize(outputs.size());
      in_derivative.push_back(&gap_state);
      transmits_exchange = make_exchange({&gap_transmits});
    }
    if (!in_derivative.empty()) derivative_exchange = make_exchange(in_derivative);
    if (!delays) output_exchange = has_gaps ? make_exchange({&outputs}) : nullptr;
    if (parts.devices != nullptr) take_to(*parts.devices);
    const std::int64_t rows = std::max<std::int64_t>(plan.num_own, 1);
    grain = std::max<std::int64_t>(1, 10'000 / (shape.tile_width * (8 + plan.num_synapses / rows)));
  }
  virtual ~Impl() = default;

  virtual void own_outputs(const State<T>& x, std::int64_t tile, T* values) const = 0;
  virtual void rows(const State<T>& x, State<T>& dxdt, State<T>* jacobians, std::int64_t first,
                    std::int64_t last) = 0;

  std::int64_t local_plane() const { return plan.num_local() * shape.tile_width; }

  void take_to(const RowDevices& devices) {
    if (delays) {
      // What arrives is summed ahead, on the processor: a device would be left with nothing.
      throw ConfigError({.what = "rows with conduction delays are not computed on a device",
                         .where = "hemisphere worker --backend",
                         .got = "\"" + devices.name() + "\"",
                         .allowed = "\"cpu\"",
                         .next = {}});
    }
    device = devices.make({.model = model_spec,
                           .shape = shape,
                           .num_local = plan.num_local(),
                           .synapses = synapses.view(),
                           .gap_junctions = has_gaps ? gap_junctions.view() : SynapseView{},
                           .surgeon = surgeon});
  }

  /// One exchange of the same rows of some vectors.
  std::unique_ptr<Exchange> make_exchange(const std::vector<AlignedVector<T>*>& vectors) const {
    std::vector<SentPiece> sent;
    std::vector<ReceivedPiece> received;
    const auto width = static_cast<std::size_t>(shape.tile_width);
    for (const PeerPlan& peer : plan.peers) {
      for (AlignedVector<T>* const vector : vectors) {
        for (std::int64_t tile = 0; tile < shape.num_tiles(); ++tile) {
          T* const plane = vector->data() + tile * local_plane();
          if (peer.send_count > 0) {
            sent.push_back(
                {peer.rank,
                 reinterpret_cast<const std::byte*>(plane + peer.send_first * shape.tile_width),
                 width * sizeof(T), static_cast<std::size_t>(peer.send_count), peer.send});
          }
          if (peer.halo_count > 0) {
            received.push_back(
                {peer.rank,
                 reinterpret_cast<std::byte*>(plane + peer.halo_first * shape.tile_width),
                 static_cast<std::size_t>(peer.halo_count) * width * sizeof(T)});
          }
        }
      }
    }
    return communicator.make_exchange(std::move(sent), std::move(received));
  }

  void put_outputs(const State<T>& x) {
    for (std::int64_t tile = 0; tile < shape.num_tiles(); ++tile) {
      own_outputs(x, tile, outputs.data() + tile * local_plane());
    }
  }
  void put_gap_state(const State<T>& x) {
    for (std::int64_t tile = 0; has_gaps && tile < shape.num_tiles(); ++tile) {
      std::copy_n(x.plane(tile, 0), shape.plane_size(), gap_state.data() + tile * local_plane());
    }
  }
  void put_gap_transmits() {
    for (std::int64_t tile = 0; tile < shape.num_tiles(); ++tile) {
      T* const own = gap_transmits.data() + tile * local_plane();
      const T* const transmits = surgeon.transmits(tile);
      if (transmits != nullptr) {
        std::copy_n(transmits, shape.plane_size(), own);
      } else {
        std::fill_n(own, shape.plane_size(), T(1));
      }
    }
  }

  void evaluate(const State<T>& x, State<T>& dxdt, State<T>* jacobians) {
    if (!delays) put_outputs(x);
    put_gap_state(x);
    if (derivative_exchange) derivative_exchange->start();
    if (device) {
      if (derivative_exchange) derivative_exchange->finish();
      ensure(jacobians == nullptr, "devices do not linearise rows");
      return device->derivative(x,
                                {.outputs = outputs.data(),
                                 .gap_state = has_gaps ? gap_state.data() : nullptr,
                                 .gap_transmits = has_gaps ? gap_transmits.data() : nullptr},
                                dxdt);
    }
    rows(x, dxdt, jacobians, 0, plan.num_interior);
    if (derivative_exchange) derivative_exchange->finish();
    rows(x, dxdt, jacobians, plan.num_interior, plan.num_own);
  }

  const ModelSpec& model_spec;
  BatchShape shape;
  const WorkerPlan& plan;
  const RowTable& synapses;
  const RowTable& gap_junctions;
  bool has_gaps;
  const Surgeon<T>& surgeon;
  Communicator& communicator;
  const ThreadArena& arena;
  std::int64_t grain = 1;
  AlignedVector<T> outputs;                   // [tile][local][lane]
  AlignedVector<T> gap_state, gap_transmits;  // the same, where there are gap junctions
  std::unique_ptr<DelayLine<T>> delays;
  std::unique_ptr<Exchange> derivative_exchange, output_exchange, transmits_exchange;
  std::unique_ptr<RowDevice<T>> device;  // null: the processor
};

namespace {

template <class Model>
class RowImpl final : public RowSystem<typename Model::Scalar>::Impl {
  using T = typename Model::Scalar;
  using Base = typename RowSystem<T>::Impl;

 public:
  RowImpl(const typename RowSystem<T>::Parts& parts, const Model& model)
      : Base(parts), model_(model), kernels_(kernels_for<Model>()) {}

  void own_outputs(const State<T>& x, std::int64_t tile, T* values) const override {
    const TileView<T> view = view_of(x, tile);
    this->arena.parallel_for(this->plan.num_own, 4096, [&](std::int64_t first, std::int64_t last) {
      kernels_.output[wide()](model_, view, values, first, last);
    });
  }

  void rows(const State<T>& x, State<T>& dxdt, State<T>* jacobians, std::int64_t begin,
            std::int64_t end) override {
    for (std::int64_t tile = 0; tile < this->shape.num_tiles(); ++tile) {
      TileView<T> view = view_of(x, tile);
      view.output = this->outputs.data() + tile * this->local_plane();
      if (this->delays) view.input = this->delays->input(tile);
      view.derivative = dxdt.plane(tile, 0);
      this->arena.parallel_for(
          end - begin, this->grain, [&](std::int64_t first, std::int64_t last) {
            if (jacobians != nullptr) {
              kernels_.linearise[wide()](model_, view, jacobians->plane(tile, 0), begin + first,
                                         begin + last);
            } else {
              kernels_.derivative[wide()](model_, view, begin + first, begin + last);
            }
          });
    }
  }

 private:
  int wide() const { return this->shape.tile_width > 1 ? 1 : 0; }

  TileView<T> view_of(const State<T>& x, std::int64_t tile) const {
    TileView<T> view = {.synapses = this->synapses.view(),
                        .gap_junctions = {},
                        .num_neurons = this->shape.num_neurons,
                        .state = x.plane(tile, 0),
                        .drive = this->surgeon.drive(tile),
                        .gain = this->surgeon.gain(tile),
                        .transmits = this->surgeon.transmits(tile),
                        .moves = this->surgeon.moves(tile)};
    if (this->has_gaps) {
      view.gap_junctions = this->gap_junctions.view();
      view.gap_state = this->gap_state.data() + tile * this->local_plane();
      view.gap_transmits = this->gap_transmits.data() + tile * this->local_plane();
    }
    return view;
  }

  Model model_;
  const KernelSet<Model>& kernels_;
};

}  // namespace

template <Real T>
RowSystem<T>::RowSystem(const Parts& parts) {
  std::visit(
      [&](const auto& model) {
        using Model = std::decay_t<decltype(model)>;
        impl_ = std::make_unique<RowImpl<Model>>(parts, model);
      },
      make_model<T>(parts.model));
}

template <Real T>
RowSystem<T>::~RowSystem() = default;

template <Real T>
BatchShape RowSystem<T>::shape() const {
  return impl_->shape;
}

template <Real T>
void RowSystem<T>::derivative(const State<T>& x, State<T>& dxdt) {
  impl_->evaluate(x, dxdt, nullptr);
}

template <Real T>
void RowSystem<T>::linearise(const State<T>& x, State<T>& dxdt, State<T>& jacobians) {
  impl_->evaluate(x, dxdt, &jacobians);
}

template <Real T>
void RowSystem<T>::tangent(const State<T>&, const State<T>&, State<T>&) {
  ensure(false, "tangents are taken of a whole brain");
}

template <Real T>
void RowSystem<T>::set_fraction(double fraction) {
  if (impl_->delays) impl_->delays->set_fraction(fraction);
}

template <Real T>
WorstError RowSystem<T>::worst_of_all(std::int64_t, WorstError own) {
  own.neuron = impl_->plan.num_own > 0 ? impl_->plan.ids[static_cast<std::size_t>(own.neuron)] : 0;
  return impl_->communicator.worst(own);
}

template <Real T>
void RowSystem<T>::inputs_changed() {
  if (!impl_->has_gaps) return;
  impl_->put_gap_transmits();
  impl_->transmits_exchange->start();
  impl_->transmits_exchange->finish();
}

template <Real T>
void RowSystem<T>::weights_changed() {
  if (impl_->device) impl_->device->weights_changed(impl_->synapses.view());
}

template <Real T>
void RowSystem<T>::begin_step(const State<T>& x, std::int64_t step) {
  if (!impl_->delays) return;
  const T* const outputs = exchange_outputs(x);
  for (std::int64_t tile = 0; tile < impl_->shape.num_tiles(); ++tile) {
    std::copy_n(outputs + tile * impl_->local_plane(), impl_->local_plane(),
                impl_->delays->newest(step, tile));
  }
  impl_->delays->begin_step(step);
}

template <Real T>
DelayLine<T>* RowSystem<T>::delays() noexcept {
  return impl_->delays.get();
}

template <Real T>
const T* RowSystem<T>::exchange_outputs(const State<T>& x) {
  impl_->put_outputs(x);
  Exchange& exchange =
      impl_->output_exchange ? *impl_->output_exchange : *impl_->derivative_exchange;
  exchange.start();
  exchange.finish();
  return impl_->outputs.data();
}

template <Real T>
void RowSystem<T>::own_outputs(const State<T>& x, std::int64_t tile, T* values) const {
  impl_->own_outputs(x, tile, values);
}

template class RowSystem<float>;
template class RowSystem<double>;

}  // namespace noesis
