#pragma once
/// noesis/Discover-v0: choose interventions that reveal a hidden connectome, new at every reset, in
/// a budget of samples. Spaces, reward and baselines: docs/environments/discover.md.

#include <cstdint>
#include <memory>
#include <vector>

#include "core/config.hpp"
#include "env/task.hpp"
#include "env/tasks/graph_posterior.hpp"
#include "physics/simulation.hpp"

namespace noesis {

struct DiscoverOptions {
  std::int64_t num_neurons = 20;
  std::int64_t in_links = 4;
  double coupling = 2;
  double drive = 0.9;
  std::int64_t budget = 200;
  std::int64_t pulse_samples = 5;
  std::int64_t rest_samples = 5;
  double amplitude = 3;
  double measurement_noise = 0.005;
  double noise = 0;
  /// What takes the brains' steps; null: the processor. No key: no result depends on it.
  BackendFactory<double> make_backend = {};

  template <class V>
  void visit(V& v) {
    v("num_neurons", num_neurons, "Neurons of each hidden brain", between(2, 300));
    v("in_links", in_links, "Expected inputs of a neuron", at_least(1));
    v("coupling", coupling, "Gain G of the synapses", greater_than(0));
    v("drive", drive, "Mean drive P; a lone node oscillates by itself from about 1.05 on");
    v("budget", budget, "Samples in an episode", at_least(1));
    v("pulse_samples", pulse_samples, "Samples under the current in each step", at_least(1));
    v("rest_samples", rest_samples, "Samples after it in each step", at_least(0));
    v("amplitude", amplitude, "Largest current, in the unit of the drive", greater_than(0));
    v("measurement_noise", measurement_noise,
      "Standard deviation of E + tau E' as it is measured [fraction of the largest rate]",
      greater_than(0));
    v("noise", noise, "Dynamic noise sigma: sigma sqrt(dt / tau) N(0, 1) a step", at_least(0));
  }
};

class DiscoverTask final : public Task {
 public:
  DiscoverTask(const DiscoverOptions& options, std::int64_t num_envs, int num_threads);
  ~DiscoverTask() override;

  std::int64_t num_envs() const override { return std::ssize(episodes_); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }
  void reset(std::int64_t env, std::uint64_t seed, const Dict& options,
             std::span<float> observation, InfoTable& info) override;
  void step(std::span<const float> actions, std::span<const std::uint8_t> active,
            const TaskStep& out) override;
  void save(std::int64_t env, ByteWriter& out) const override;
  void load(std::int64_t env, ByteReader& in) override;
  std::vector<RenderRow> render_rows(std::int64_t env) const override;
  RenderGraph render_graph(std::int64_t env) const override;

 private:
  struct Episode;

  std::unique_ptr<Episode> new_episode(std::uint64_t seed) const;
  void intervene(Episode& episode, std::span<const float> action) const;
  void take_sample(Episode& episode) const;
  void observe(const Episode& episode, std::span<float> observation) const;
  Episode& episode(std::int64_t env) const;

  DiscoverOptions options_;
  Space observation_space_, action_space_;
  ThreadArena threads_;     ///< over environments
  ThreadArena one_thread_;  ///< of each brain
  std::vector<std::unique_ptr<Episode>> episodes_;
};

}  // namespace noesis
