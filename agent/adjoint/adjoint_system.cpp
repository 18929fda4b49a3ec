#include "agent/adjoint/adjoint_system.hpp"

#include <algorithm>

#include "agent/adjoint/kernels.hpp"
#include "core/error.hpp"
#include "physics/cpu_backend.hpp"

namespace noesis::adjoint {

Structure::Structure(ConnectomePtr brain)
    : connectome(std::move(brain)),
      columns(connectome->synapses()),
      gap_weights(connectome->gap_junctions().weights.begin(),
                  connectome->gap_junctions().weights.end()) {}

/// The kernels of the model, on all tiles and threads.
class AdjointSystem::Impl {
 public:
  virtual ~Impl() = default;
  virtual void derivative(const State<double>& x, const State<double>& drive, Stage& stage,
                          State<double>& dxdt) = 0;
  virtual void pull_back(const Stage& stage, const State<double>& drive, const State<double>& mu,
                         State<double>& nu, const StageGradients& gradients) = 0;
};

namespace {

BatchShape one_component(BatchShape shape) {
  shape.num_components = 1;
  return shape;
}

template <class Model>
class ModelImpl final : public AdjointSystem::Impl {
 public:
  ModelImpl(const Structure& structure, const Model& model, BatchShape shape,
            std::span<const double> weights, const ThreadArena& arena, InstructionSet set)
      : model_(model),
        shape_(shape),
        arena_(arena),
        kernels_(adjoint::kernels_for<Model>(set)),
        weight_gradient_(weight_gradient(shape.tile_width, set)),
        wide_(shape.tile_width > 1 ? 1 : 0),
        by_input_(one_component(shape)),
        by_gap_(one_component(shape)),
        by_drive_(one_component(shape)) {
    const SynapseTable& table = structure.connectome->synapses();
    const SynapseTable& junctions = structure.connectome->gap_junctions();
    const ColumnView& columns = structure.columns;
    columns.gather(weights, by_column_);
    synapses_ = {table.row_begin.data(), table.row_count.data(), table.sources.data(),
                 weights.data()};
    targets_ = {columns.column_begin().data(), columns.column_count().data(),
                columns.targets().data(), by_column_.data()};
    if (!junctions.empty()) {
      gaps_ = {junctions.row_begin.data(), junctions.row_count.data(), junctions.sources.data(),
               structure.gap_weights.data()};
    }
    const std::int64_t entries = table.num_synapses() + junctions.num_synapses();
    const std::int64_t work =
        shape.tile_width * (8 + entries / std::max<std::int64_t>(shape.num_neurons, 1));
    grain_ = std::max<std::int64_t>(1, 10'000 / work);
  }

  void derivative(const State<double>& x, const State<double>& drive, Stage& stage,
                  State<double>& dxdt) override {
    const auto view_at = [&](std::int64_t tile) {
      return StageView{
          shape_.num_neurons,         x.plane(tile, 0),
          drive.plane(tile, 0),       stage.output.plane(tile, 0),
          stage.input.plane(tile, 0), stage.gap.size() == 0 ? nullptr : stage.gap.plane(tile, 0)};
    };
    for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      kernels_.output[wide_](model_, view_at(tile), first, last);
    });
    for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      kernels_.derivative[wide_](model_, synapses_, gaps_, view_at(tile), dxdt.plane(tile, 0),
                                 first, last);
    });
  }

  void pull_back(const Stage& stage, const State<double>& drive, const State<double>& mu,
                 State<double>& nu, const StageGradients& gradients) override {
    // The kernels do not write to a stage when they pull back.
    Stage& kept = const_cast<Stage&>(stage);
    const auto stage_at = [&](std::int64_t tile) {
      return StageView{
          shape_.num_neurons,        stage.state.plane(tile, 0),
          drive.plane(tile, 0),      kept.output.plane(tile, 0),
          kept.input.plane(tile, 0), kept.gap.size() == 0 ? nullptr : kept.gap.plane(tile, 0)};
    };
    const auto pull_at = [&](std::int64_t tile) {
      return PullView{mu.plane(tile, 0), nu.plane(tile, 0), by_input_.plane(tile, 0),
                      by_gap_.plane(tile, 0), by_drive_.plane(tile, 0)};
    };
    const std::int64_t plane = shape_.plane_size();
    for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      kernels_.point[wide_](model_, stage_at(tile), pull_at(tile), first, last);
      const double* by_drive = by_drive_.plane(tile, 0);
      double* sum = gradients.drive->plane(tile, 0);
      for (std::int64_t n = first * shape_.tile_width; n < last * shape_.tile_width; ++n) {
        sum[n] += by_drive[n];
      }
    });
    for_rows([&](std::int64_t tile, std::int64_t first, std::int64_t last) {
      kernels_.source[wide_](model_, targets_, gaps_, stage_at(tile), pull_at(tile), first, last);
    });
    if (gradients.weights.empty()) return;
    arena_.parallel_for(shape_.num_neurons, std::max<std::int64_t>(1, grain_ / shape_.num_tiles()),
                        [&](std::int64_t first, std::int64_t last) {
                          weight_gradient_(synapses_, by_input_.data(), stage.output.data(),
                                           shape_.num_tiles(), plane, gradients.weights.data(),
                                           first, last);
                        });
  }

 private:
  /// body(tile, first, last) over all rows of all tiles.
  template <class Body>
  void for_rows(const Body& body) const {
    const std::int64_t rows = shape_.num_neurons;
    arena_.parallel_for(shape_.num_tiles() * rows, grain_,
                        [&](std::int64_t first, std::int64_t last) {
                          while (first < last) {
                            const std::int64_t tile = first / rows;
                            const std::int64_t end = std::min(last, (tile + 1) * rows);
                            body(tile, first - tile * rows, end - tile * rows);
                            first = end;
                          }
                        });
  }

  Model model_;
  BatchShape shape_;
  const ThreadArena& arena_;
  const KernelSet<Model>& kernels_;
  WeightGradientFn weight_gradient_;
  int wide_;
  std::int64_t grain_ = 1;
  std::vector<double> by_column_;
  WeightedRows synapses_, targets_, gaps_;
  State<double> by_input_, by_gap_, by_drive_;
};

}  // namespace

AdjointSystem::AdjointSystem(const Structure& structure, const ModelSpec& model,
                             std::int64_t num_envs, std::span<const double> weights,
                             const ThreadArena& arena, InstructionSet set)
    : structure_(structure),
      shape_(batch_shape(model, structure.connectome->num_neurons(), num_envs, false,
                         kTileWidth<double>)),
      arena_(arena),
      drive_(one_component(shape_)),
      scratch_(make_stage()) {
  ensure(static_cast<std::int64_t>(weights.size()) == structure.connectome->num_synapses(),
         "one weight a synapse");
  std::visit(
      [&](const auto& m) {
        impl_ = std::make_unique<ModelImpl<std::decay_t<decltype(m)>>>(structure, m, shape_,
                                                                       weights, arena, set);
      },
      make_model<double>(model));
}

AdjointSystem::~AdjointSystem() = default;

void AdjointSystem::set_drive(std::span<const double> bias, std::span<const double> current) {
  const std::int64_t width = shape_.tile_width;
  const std::int64_t neurons = shape_.num_neurons;
  for (std::int64_t lane = 0; lane < shape_.num_tiles() * width; ++lane) {
    const std::int64_t env = std::min(lane, shape_.num_envs - 1);
    double* drive = drive_.plane(lane / width, 0) + lane % width;
    for (std::int64_t i = 0; i < neurons; ++i) {
      const double injected =
          current.empty() ? 0 : current[static_cast<std::size_t>(env * neurons + i)];
      drive[i * width] = bias[static_cast<std::size_t>(i)] + injected;
    }
  }
}

Stage AdjointSystem::make_stage() const {
  const BatchShape one = one_component(shape_);
  Stage stage{State<double>(shape_), State<double>(one), State<double>(one), {}};
  if (!structure_.connectome->gap_junctions().empty()) stage.gap = State<double>(one);
  return stage;
}

void AdjointSystem::record(std::vector<Stage>* stages) {
  recorded_ = stages;
  next_stage_ = 0;
}

void AdjointSystem::derivative(const State<double>& x, State<double>& dxdt) {
  if (recorded_ == nullptr) {
    impl_->derivative(x, drive_, scratch_, dxdt);
    return;
  }
  if (next_stage_ == recorded_->size()) recorded_->push_back(make_stage());
  Stage& stage = (*recorded_)[next_stage_++];
  std::copy_n(x.data(), x.size(), stage.state.data());
  impl_->derivative(stage.state, drive_, stage, dxdt);
}

void AdjointSystem::tangent(const State<double>&, const State<double>&, State<double>&) {
  throw InternalError("an adjoint system has no tangents; CpuBackend has");
}

void AdjointSystem::pull_back(const Stage& stage, const State<double>& mu, State<double>& nu,
                              const StageGradients& gradients) {
  impl_->pull_back(stage, drive_, mu, nu, gradients);
}

}  // namespace noesis::adjoint
