// Fixed steps on the CPU: noise, interventions and delays around a FixedStepper.

#include <algorithm>
#include <cmath>
#include <limits>

#include "physics/backend.hpp"
#include "physics/noise.hpp"
#include "physics/reordered_product.hpp"

namespace noesis {
namespace {

template <Real T>
class CpuStepping final : public Backend<T> {
 public:
  CpuStepping(CpuBackend<T>& system, const BackendRequest<T>& request, const ThreadArena& arena)
      : system_(system),
        surgeon_(request.surgeon),
        arena_(arena),
        shape_(request.shape),
        stepper_(make_fixed_stepper<T>(request.integrator.name, arena)),
        dt_(request.integrator.dt_ms),
        noise_scale_(noise_scale(request)),
        noise_(noise_scale_ > 0 ? State<T>(request.shape) : State<T>()) {
    split_into_groups(request);
  }

  std::string name() const override { return "cpu"; }

  void advance(State<T>& x, const StepRange& steps) override {
    surgeon_.pin(x);
    if (!groups_.empty()) {
      arena_.parallel_for(std::ssize(groups_), 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t g = first; g < last; ++g) {
          advance_group(*groups_[static_cast<std::size_t>(g)], x, steps);
        }
      });
      return;
    }
    for (std::int64_t step = steps.first; step < steps.first + steps.count; ++step) {
      system_.begin_step(x, step);
      if (noise_scale_ > 0) draw(step, 0, steps, noise_, arena_);
      stepper_->step(system_, x, dt_, noise_scale_ > 0 ? &noise_ : nullptr);
    }
  }

  bool is_finite(const State<T>& x) override {
    const T* const values = x.data();
    bool all = true;
    for (std::int64_t n = 0; n < x.size(); ++n) {  // no way out, so that it is SIMD code
      all &= std::abs(values[n]) <= std::numeric_limits<T>::max();
    }
    return all;
  }

  std::optional<Levels> levels(const State<T>& x, std::int64_t env, std::int64_t num_neurons,
                               const LevelThresholds& thresholds) override {
    std::vector<T> outputs;
    system_.output(x, env, outputs);
    const auto size = static_cast<std::size_t>(num_neurons);
    return levels_of(std::span<const T>(outputs).first(size), thresholds);
  }

  void synapses_changed(std::size_t connectome, const SynapseView& table, bool) override {
    groups_.clear();  // which read the table from before
    system_.set_synapses(connectome, table);
  }

 private:
  /// Tiles of a small brain whose steps one thread takes all by itself.
  struct Group {
    std::int64_t first_tile;
    CpuBackend<T> backend;
    std::unique_ptr<FixedStepper<T>> stepper;
    State<T> state, noise;
  };

  /// Splits the batch into groups, one a thread, where that is faster than sharing each step.
  void split_into_groups(const BackendRequest<T>& request) {
    const std::int64_t tiles = shape_.num_tiles();
    const std::int64_t threads = arena_.num_threads();
    const std::int64_t tiles_a_thread = (tiles + threads - 1) / threads;
    // A step keeps about eight states at once.
    const std::int64_t tile_bytes = 8 * shape_.tile_size() * static_cast<std::int64_t>(sizeof(T));
    const bool is_small = tile_bytes <= 2 * kCoreCacheBytes;
    const bool is_balanced = 4 * tiles >= 3 * threads * tiles_a_thread;
    if (threads == 1 || !is_small || !is_balanced || system_.delays() != nullptr) return;
    const std::int64_t tiles_each =
        std::clamp<std::int64_t>(kCoreCacheBytes / tile_bytes, 1, tiles_a_thread);
    for (std::int64_t first = 0; first < tiles; first += tiles_each) {
      const std::int64_t width = shape_.tile_width;
      BatchShape part = shape_;
      part.num_envs = std::min((first + tiles_each) * width, shape_.num_envs) - first * width;
      std::vector<ConnectomePtr> brains = request.connectomes;
      if (brains.size() > 1) {
        const auto begin = request.connectomes.begin() + first;
        brains.assign(begin, begin + part.num_envs);
      }
      groups_.emplace_back(
          new Group{.first_tile = first,
                    .backend = CpuBackend<T>(std::move(brains), request.model, part, surgeon_,
                                             one_thread_, dt_, first),
                    .stepper = make_fixed_stepper<T>(request.integrator.name, one_thread_),
                    .state = State<T>(part),
                    .noise = noise_scale_ > 0 ? State<T>(part) : State<T>()});
    }
  }

  void advance_group(Group& group, State<T>& x, const StepRange& steps) {
    T* const values = x.plane(group.first_tile, 0);
    std::copy_n(values, group.state.size(), group.state.data());
    const State<T>* const increment = noise_scale_ > 0 ? &group.noise : nullptr;
    for (std::int64_t step = steps.first; step < steps.first + steps.count; ++step) {
      if (increment != nullptr) {
        draw(step, group.first_tile * shape_.tile_width, steps, group.noise, one_thread_);
      }
      group.stepper->step(group.backend, group.state, dt_, increment);
    }
    std::copy_n(group.state.data(), group.state.size(), values);
  }

  /// The noise of a step of the environments from `first_env` on.
  void draw(std::int64_t step, std::int64_t first_env, const StepRange& steps, State<T>& increment,
            const ThreadArena& threads) const {
    draw_noise(step, noise_scale_, {steps.seeds, steps.episode_start}, first_env, surgeon_, threads,
               increment);
  }

  CpuBackend<T>& system_;
  const Surgeon<T>& surgeon_;
  const ThreadArena& arena_;
  const ThreadArena one_thread_{1};
  BatchShape shape_;
  std::unique_ptr<FixedStepper<T>> stepper_;
  double dt_;
  double noise_scale_;
  State<T> noise_;                              // empty without noise
  std::vector<std::unique_ptr<Group>> groups_;  // empty where all threads share each step
};

}  // namespace

template <Real T>
double noise_scale(const BackendRequest<T>& request) {
  return request.noise_sigma * std::sqrt(request.integrator.dt_ms / time_scale_ms(request.model));
}

template <Real T>
std::unique_ptr<Backend<T>> make_cpu_stepping(CpuBackend<T>& system,
                                              const BackendRequest<T>& request,
                                              const ThreadArena& arena) {
  return std::make_unique<CpuStepping<T>>(system, request, arena);
}

template double noise_scale(const BackendRequest<float>&);
template double noise_scale(const BackendRequest<double>&);
template std::unique_ptr<Backend<float>> make_cpu_stepping(CpuBackend<float>&,
                                                           const BackendRequest<float>&,
                                                           const ThreadArena&);
template std::unique_ptr<Backend<double>> make_cpu_stepping(CpuBackend<double>&,
                                                            const BackendRequest<double>&,
                                                            const ThreadArena&);

}  // namespace noesis
