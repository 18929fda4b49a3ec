#include "runners/fit/fit_jobs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "agent/torch_threads.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "physics/connectome_io.hpp"
#include "physics/rewire.hpp"
#include "runners/fit/fit_data.hpp"
#include "runners/fit/fit_score.hpp"
#include "runners/fit/regression_baseline.hpp"
#include "runners/loop/plots.hpp"

namespace noesis {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

enum Purpose : std::uint32_t { kNoise = 10, kShift, kRewire };

constexpr std::size_t kScatterPoints = 1500;
constexpr std::int64_t kSaveEvery = 20;  // calls of advance(), 200 iterations

std::span<const double> values_of(const torch::Tensor& tensor) {
  return {tensor.const_data_ptr<double>(), static_cast<std::size_t>(tensor.numel())};
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// The connectome with every weight at the mean of all: what one would guess who knew that alone.
std::vector<double> mean_weights(const Connectome& truth) {
  const std::vector<float>& weights = truth.synapses().weights;
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) /
                      std::max(1.0, static_cast<double>(weights.size()));
  return std::vector<double>(weights.size(), mean);
}

Json scatter_plot(const WeightPairs& pairs) {
  const std::size_t step =
      std::max<std::size_t>(1, (pairs.truth.size() + kScatterPoints - 1) / kScatterPoints);
  Json truth = Json::array(), fitted = Json::array();
  for (std::size_t k = 0; k < pairs.truth.size(); k += step) {
    truth.push_back(plot_number(pairs.truth[k]));
    fitted.push_back(plot_number(pairs.fitted[k]));
  }
  return {{"true", truth}, {"fitted", fitted}};
}

class FitWork {
 public:
  FitWork(const FitConfig& config, FitTask task, fs::path folder, int threads)
      : config_(config),
        spec_(config.brains.at(task.brain)),
        task_(std::move(task)),
        folder_(std::move(folder)),
        arena_(threads) {}

  /// Nothing when interrupted.
  std::optional<JobResult> run(const JobProgress& progress) {
    use_one_torch_thread();
    prepare();
    WeightFit fit(brain_, recorded_.plan, data_, spec_.fit, recorded_.bias);
    const fs::path checkpoint = folder_ / "checkpoints" / task_.id(config_);
    if (fs::exists(checkpoint)) fit.load(checkpoint);
    for (std::int64_t calls = 1; !fit.done(); ++calls) {
      if (interrupt_requested()) {
        save(fit, checkpoint);
        return std::nullopt;
      }
      fit.advance();
      progress(static_cast<double>(fit.iterations()) /
               static_cast<double>(spec_.fit.max_iterations));
      if (calls % kSaveEvery == 0) save(fit, checkpoint);
    }
    JobResult result = describe(fit);
    std::error_code error;
    fs::remove_all(checkpoint, error);
    return result;
  }

 private:
  bool planted() const { return task_.condition == "planted"; }
  bool longest() const { return task_.num_samples == spec_.samples.back(); }
  std::uint64_t seed_for(Purpose purpose) const {
    return fit_seed(static_cast<std::uint64_t>(config_.seed), purpose, task_.replicate);
  }

  void prepare() {
    recorded_ =
        record_brain(spec_, static_cast<std::uint64_t>(config_.seed), task_.replicate, arena_);
    const ActivityData noisy =
        with_noise(recorded_.activity, spec_.observation_noise, seed_for(kNoise));
    data_ = noisy.range(0, task_.num_samples);
    if (task_.condition == "shifted") data_ = shifted(data_, seed_for(kShift));
    ConnectomePtr wiring = recorded_.connectome;
    if (task_.condition == "rewired") {
      wiring = std::make_shared<Connectome>(rewire(*wiring, seed_for(kRewire)));
    }
    brain_ = std::make_shared<DifferentiableBrain>(wiring, spec_.brain.model, arena_);
  }

  static void save(const WeightFit& fit, const fs::path& checkpoint) {
    fs::create_directories(checkpoint.parent_path());
    fit.save(checkpoint);
  }

  JobResult describe(const WeightFit& fit) const {
    const torch::Tensor weights = fit.weights(), bias = fit.bias();
    const Connectome& truth = *recorded_.connectome;
    const Connectome& wiring = brain_->connectome();
    const WeightScore score = score_weights(truth, wiring, values_of(weights));
    JobResult result;
    result.record = {{"brain", spec_.name},
                     {"condition", task_.condition},
                     {"samples", task_.num_samples},
                     {"replicate", task_.replicate},
                     {"synapses", wiring.num_synapses()},
                     {"error", number(score.error)},
                     {"correlation", number(score.correlation)},
                     {"bias_error", bias_error(bias)},
                     {"regression_error", nullptr},
                     {"mean_error", nullptr},
                     {"prediction_error", prediction(weights, bias)},
                     {"iterations", fit.iterations()},
                     {"loss", number(fit.losses().back())}};
    if (planted()) {
      result.record["mean_error"] = number(score_weights(truth, truth, mean_weights(truth)).error);
      if (const auto other = fit_by_regression(*brain_, recorded_.plan, data_)) {
        result.record["regression_error"] = number(score_weights(truth, wiring, *other).error);
      }
    }
    result.plot = {{"kind", "fit"},
                   {"brain", spec_.name},
                   {"condition", task_.condition},
                   {"samples", task_.num_samples},
                   {"replicate", task_.replicate},
                   {"loss", plot_numbers(fit.losses())}};
    if (longest()) {
      result.plot["weights"] = scatter_plot(pair_weights(truth, wiring, values_of(weights)));
      if (planted()) save_fitted(weights);
    }
    return result;
  }

  Json bias_error(const torch::Tensor& bias) const {
    if (!spec_.fit.bias) return nullptr;
    const double norm = recorded_.bias.norm().item<double>();
    const double miss = (bias - recorded_.bias).norm().item<double>();
    return norm > 0 ? number(miss / norm) : Json(nullptr);
  }

  /// Of the samples after the longest length, without noise, over one window.
  Json prediction(const torch::Tensor& weights, const torch::Tensor& bias) const {
    const ActivityData& all = recorded_.activity;
    if (spec_.held_out < 2 || all.num_observed() != brain_->num_components()) return nullptr;
    return number(prediction_error(*brain_, recorded_.plan,
                                   all.range(spec_.samples.back(), spec_.held_out),
                                   spec_.fit.window, weights, bias));
  }

  void save_fitted(const torch::Tensor& weights) const {
    const fs::path stem = folder_ / "fitted" / task_.id(config_);
    fs::create_directories(stem.parent_path());
    save_connectome(*with_weights(brain_->connectome(), weights), stem.string() + ".csv",
                    {.neurons = stem.string() + ".neurons.csv",
                     .gap_junctions = stem.string() + ".gap_junctions.csv"});
  }

  const FitConfig config_;
  const FitBrainSpec spec_;
  const FitTask task_;
  const fs::path folder_;
  const ThreadArena arena_;
  RecordedBrain recorded_;
  ActivityData data_;
  std::shared_ptr<const DifferentiableBrain> brain_;
};

/// About how long a fit takes on one core: synapse updates of all passes, at some 3 ns each.
double cost_of(const FitBrainSpec& spec, std::int64_t num_samples) {
  const ConnectomePtr brain = make_connectome(spec.connectome);
  const auto entries = static_cast<double>(brain->num_synapses() + 2 * brain->num_gap_junctions() +
                                           30 * brain->num_neurons());
  const double steps = static_cast<double>(num_samples * spec.num_envs) * spec.interval_ms /
                       spec.brain.integrator.dt_ms;
  return 1 + 3e-9 * 4 * 5 * entries * steps * static_cast<double>(spec.fit.max_iterations);
}

}  // namespace

std::string FitTask::id(const FitConfig& config) const {
  return config.brains.at(brain).name + "-" + condition + "-" + std::to_string(num_samples) + "-" +
         std::to_string(replicate);
}

std::vector<FitTask> fit_tasks(const FitConfig& config) {
  std::vector<FitTask> tasks;
  for (std::size_t b = 0; b < config.brains.size(); ++b) {
    const std::vector<std::int64_t>& lengths = config.brains[b].samples;
    for (std::int64_t r = 0; r < config.seeds; ++r) {
      for (const std::int64_t length : lengths) tasks.push_back({b, r, length, "planted"});
      if (!config.controls) continue;
      for (const char* control : {"shifted", "rewired"}) {
        tasks.push_back({b, r, lengths.back(), control});
      }
    }
  }
  return tasks;
}

Job fit_job(const FitConfig& config, const FitTask& task, const fs::path& folder, int threads) {
  Job job;
  job.id = task.id(config);
  job.cost_s = cost_of(config.brains.at(task.brain), task.num_samples);
  job.stepwise = [=](const JobProgress& progress) {
    return FitWork(config, task, folder, threads).run(progress);
  };
  return job;
}

}  // namespace noesis
