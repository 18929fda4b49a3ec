#include "runners/bench/split_brain.hpp"

#include "physics/generators.hpp"
#include "runners/bench/harness.hpp"

namespace noesis::bench {

ConnectomePtr large_brain() {
  static const ConnectomePtr brain = random_brain(200'000, 100);
  return brain;
}

ConnectomePtr random_brain(std::int64_t num_neurons, std::int64_t in_degree) {
  RandomParameters parameters;
  parameters.num_neurons = num_neurons;
  parameters.in_degree = in_degree;
  return std::make_shared<Connectome>(random_connectome(parameters, 1));
}

BrainSpec large_spec(const std::string& integrator) {
  BrainSpec spec;
  spec.model.name = "rate";
  spec.model.rate.activation = "logistic";
  spec.drive = {.mean = -2.2, .sd = 0.5, .seed = 1};
  spec.noise.sigma = 0.1;
  spec.integrator = {.name = integrator, .dt_ms = 1};
  return spec;
}

SplitTiming time_split(const ConnectomePtr& brain, const BrainSpec& spec,
                       const SplitSettings* settings, int steps) {
  const ThreadArena arena(1);
  auto watch = std::make_shared<SplitWatch>();
  const BackendFactory<float> factory = settings != nullptr
                                            ? split_backend_factory<float>(*settings, {}, watch)
                                            : BackendFactory<float>();
  Simulation<float> simulation({brain}, spec, {1}, arena, factory);
  simulation.advance_to(1);
  SplitTiming timing;
  nlohmann::ordered_json before;
  if (watch->report) before = watch->report();
  timing.step_s = seconds_of([&] { simulation.advance_to(1 + steps); }) / steps;
  timing.busy_s = timing.step_s;
  if (watch->report) {
    timing.report = watch->report();
    timing.predicted_step_s = watch->predictor();
    const auto gone = [&](const char* name) {
      return (timing.report[name].get<double>() - before[name].get<double>()) / steps;
    };
    timing.busy_s = gone("busy_s");
    timing.wait_s = gone("wait_s");
  }
  return timing;
}

SplitSettings processes(int workers) {
  return {.bind = "tcp://127.0.0.1:*", .local_workers = workers, .quiet = true};
}

SplitSettings alone(int workers) { return {.transport = "dry", .workers = workers, .quiet = true}; }

}  // namespace noesis::bench
