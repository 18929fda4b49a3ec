#include "agent/weight_fit.hpp"

#include <algorithm>
#include <cmath>

#include "agent/row_whitening.hpp"
#include "agent/shooting_windows.hpp"
#include "agent/torch_threads.hpp"
#include "core/atomic_file.hpp"
#include "core/checkpoint.hpp"
#include "core/config_difference.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"

namespace noesis {
namespace {

constexpr const char* kKind = "weight_fit";
constexpr int kSchema = 1;
constexpr std::int64_t kIterationsAtOnce = 10;
constexpr std::int64_t kHistory = 20;

[[noreturn]] void refuse(std::string what, std::string where, std::string got, std::string allowed,
                         std::string next = {}) {
  throw ConfigError(
      {std::move(what), std::move(where), std::move(got), std::move(allowed), std::move(next)});
}

void check(const DifferentiableBrain& brain, const ActivityData& data) {
  const std::int64_t n = brain.connectome().num_neurons();
  const torch::Tensor& y = data.samples;
  if (!y.defined() || y.dim() != 4 || y.size(3) != n || y.size(0) < 1) {
    refuse("activity of another shape", "samples",
           y.defined() ? std::to_string(y.size(-1)) + " neurons" : "nothing",
           std::to_string(n) + " neurons of at least one environment");
  }
  if (data.num_observed() != brain.num_components()) {
    refuse("state variables are missing", "samples", std::to_string(data.num_observed()),
           std::to_string(brain.num_components()), "record with record.all_components = true");
  }
  if (data.num_samples() < 2) {
    refuse("too few samples to fit", "samples", std::to_string(data.num_samples()), "at least 2");
  }
  if (data.current.defined() &&
      data.current.sizes() != torch::IntArrayRef({y.size(0), y.size(1) - 1, n})) {
    refuse("currents of another shape", "current", std::to_string(data.current.numel()) + " values",
           "one an environment, interval and neuron");
  }
  for (const torch::Tensor* values : {&y, &data.current}) {
    if (values->defined() && !values->isfinite().all().item<bool>()) {
      refuse("a value that is not finite", "activity", "nan or inf", "finite values");
    }
  }
}

std::string digest_of(const torch::Tensor& tensor) {
  if (!tensor.defined()) return "none";
  const torch::Tensor values = tensor.contiguous();
  return digest_bytes(values.const_data_ptr(), static_cast<std::size_t>(values.nbytes()));
}

}  // namespace

ActivityData ActivityData::range(std::int64_t first, std::int64_t count) const {
  if (first < 0 || count < 1 || first + count > num_samples()) {
    refuse("no such samples", "activity",
           std::to_string(first) + " to " + std::to_string(first + count - 1),
           "0 to " + std::to_string(num_samples() - 1));
  }
  return {samples.slice(1, first, first + count),
          current.defined() ? current.slice(1, first, first + count - 1) : current};
}

class WeightFit::Impl {
 public:
  Impl(std::shared_ptr<const DifferentiableBrain> b, const TrajectoryPlan& p,
       const ActivityData& data, const WeightFitConfig& c, const torch::Tensor& known_bias)
      : brain(std::move(b)), plan(p), config(c) {
    use_one_torch_thread();
    check(*brain, data);
    digest = digest_of(data.samples) + digest_of(data.current) + digest_of(known_bias);
    const auto variance = [](const torch::Tensor& values) { return variances_of(values).rsqrt(); };
    per_sd_observed = variance(data.samples);
    // Windows of one interval from the starts as guessed come first: there, predictions are all but
    // linear in the weights, where those of longer windows have minima to be caught in.
    const bool free = config.starts == "free";
    if (free || config.window > 1) add_stage(data, 1, false);
    add_stage(data, config.window, free);
    const torch::Tensor& guess = stages.back().guessed;
    per_sd = variance(guess.unsqueeze(0));
    per_sd.slice(0, 0, data.num_observed()).copy_(per_sd_observed);
    sd = per_sd.reciprocal();
    make_whitening(data);
    const auto leaf = [](torch::IntArrayRef sizes) {
      return torch::zeros(sizes, torch::kFloat64).requires_grad_();
    };
    z = leaf({whitening->size()});
    parameters.push_back(z);
    weights = leaf({brain->connectome().num_synapses()});
    bias = config.bias ? leaf({brain->connectome().num_neurons()}) : known_bias;
    if (free) {
      starts = leaf(guess.sizes());
      parameters.push_back(starts);
    }
    make_optimizer();
    losses.push_back(evaluate().item<double>());
  }

  bool advance() {
    if (done) return false;
    use_one_torch_thread();
    step();
    const double before = losses.back();
    losses.push_back(evaluate().item<double>());
    const double now = losses.back();
    if (!std::isfinite(now)) {
      throw RunError({.what = "the loss is not finite",
                      .where = "iteration " + std::to_string(iterations),
                      .got = std::to_string(now),
                      .allowed = {},
                      .next = "shorten fit.window or the model's step"});
    }
    const bool stalled = before - now <= config.tolerance * before;
    if (stage + 1 < stages.size()) {
      if (stalled || now == 0 || iterations >= last_of_stage()) begin_stage(stage + 1);
      return true;
    }
    done = stalled || iterations >= config.max_iterations || now == 0;
    return !done;
  }

  void save(const std::filesystem::path& folder) const {
    CheckpointWriter checkpoint(folder, kKind, kSchema);
    write_file_atomically(checkpoint.part("config.toml"), config_to_toml(config));
    torch::serialize::OutputArchive archive, moments;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      archive.write("parameter" + std::to_string(k), parameters[k].detach());
    }
    archive.write("digest", c10::IValue(digest));
    archive.write("losses", torch::tensor(losses, torch::kFloat64));
    archive.write("counts", torch::tensor({iterations, std::int64_t{done},
                                           static_cast<std::int64_t>(stage), iterations_before},
                                          torch::kInt64));
    // Scratch of an iteration, which LibTorch cannot write where it has never been used.
    for (auto& [key, state] : optimizer->state()) {
      static_cast<torch::optim::LBFGSParamState&>(*state).al(std::nullopt);
    }
    optimizer->save(moments);
    archive.write("optimizer", moments);
    archive.save_to(checkpoint.part("fit.pt").string());
    checkpoint.commit();
  }

  void load(const std::filesystem::path& folder) {
    const CheckpointReader checkpoint(folder, kKind, kSchema);
    const auto saved = load_config<WeightFitConfig>(checkpoint.part("config.toml"));
    if (const auto differs = first_difference(config, saved)) {
      refuse("the checkpoint is of another configuration", folder.string() + ": " + differs->key,
             differs->first, differs->second + " (as it was saved)");
    }
    try {
      read(checkpoint.part("fit.pt"), folder);
    } catch (const c10::Error& error) {
      refuse("the checkpoint cannot be read", folder.string(), error.what_without_backtrace(), {},
             "delete the folder to begin that fit anew");
    }
  }

  std::shared_ptr<const DifferentiableBrain> brain;
  TrajectoryPlan plan;
  WeightFitConfig config;
  /// A problem on the way: its windows, and whether their starts are free.
  struct Stage {
    ShootingWindows windows;
    torch::Tensor guessed;  // (windows x num_components x num_neurons)
    bool free = false;
  };
  std::vector<Stage> stages;
  std::size_t stage = 0;
  std::int64_t iterations_before = 0;  // of this stage
  std::string digest;
  torch::Tensor per_sd_observed, per_sd, sd;
  std::unique_ptr<RowWhitening> whitening;
  torch::Tensor z;                        // weights and bias, in the units of `whitening`
  torch::Tensor starts;                   // of the last stage, from its guess, in units of `sd`
  torch::Tensor weights, bias;            // as z says
  std::vector<torch::Tensor> parameters;  // z, starts
  std::unique_ptr<torch::optim::LBFGS> optimizer;
  std::vector<double> losses;
  std::int64_t iterations = 0;
  bool done = false;

 private:
  void add_stage(const ActivityData& data, std::int64_t intervals, bool free) {
    stages.push_back(
        {cut_into_windows(data, intervals), guess_starts(*brain, plan, data, intervals), free});
  }

  /// A third of the iterations at most goes to a stage before the last one.
  std::int64_t last_of_stage() const {
    if (stage + 1 == stages.size()) return config.max_iterations;
    return std::max<std::int64_t>(1, config.max_iterations / 3);
  }

  void begin_stage(std::size_t next) {
    stage = next;
    iterations_before = iterations;
    make_optimizer();
    losses.push_back(evaluate().item<double>());
  }

  void read(const std::filesystem::path& file, const std::filesystem::path& folder) {
    torch::serialize::InputArchive archive, moments;
    archive.load_from(file.string());
    c10::IValue saved_digest;
    archive.read("digest", saved_digest);
    if (saved_digest.toStringRef() != digest) {
      refuse("the checkpoint is of other activity", folder.string(), {}, {},
             "delete the folder to begin that fit anew");
    }
    {
      const torch::NoGradGuard no_grad;
      for (std::size_t k = 0; k < parameters.size(); ++k) {
        torch::Tensor value;
        archive.read("parameter" + std::to_string(k), value);
        parameters[k].copy_(value);
      }
    }
    torch::Tensor curve, counts;
    archive.read("losses", curve);
    archive.read("counts", counts);
    losses.assign(curve.const_data_ptr<double>(), curve.const_data_ptr<double>() + curve.numel());
    iterations = counts[0].item<std::int64_t>();
    done = counts[1].item<std::int64_t>() != 0;
    stage = static_cast<std::size_t>(counts[2].item<std::int64_t>());
    ensure(stage < stages.size(), "a stage of this fit");
    iterations_before = counts[3].item<std::int64_t>();
    make_optimizer();
    archive.read("optimizer", moments);
    optimizer->load(moments);
    unwhiten();
  }

  void make_optimizer() {
    const std::vector<torch::Tensor> moved =
        stages[stage].free ? parameters : std::vector<torch::Tensor>{z};
    optimizer = std::make_unique<torch::optim::LBFGS>(moved, torch::optim::LBFGSOptions(1)
                                                                 .max_iter(kIterationsAtOnce)
                                                                 .max_eval(3 * kIterationsAtOnce)
                                                                 .tolerance_grad(0)
                                                                 .tolerance_change(0)
                                                                 .history_size(kHistory)
                                                                 .line_search_fn("strong_wolfe"));
  }

  torch::Tensor loss() const {
    const auto& [windows, guessed, free] = stages[stage];
    const torch::Tensor start = free ? guessed + starts * sd : guessed;
    TrajectoryPlan window = plan;
    window.num_samples = windows.intervals;
    const torch::Tensor x = brain->integrate(window, start, weights, bias, windows.current);
    const std::int64_t observed = windows.first.size(1), last = windows.intervals - 1;
    const std::int64_t envs = windows.num_windows() / windows.num_each;
    const torch::Tensor miss = (x.slice(2, 0, observed) - windows.after) * per_sd_observed;
    if (!free) return miss.square().mean();
    // The sample at which two windows meet belongs to the later one.
    const auto by_env = [&](const torch::Tensor& t) {
      return t.unflatten(0, std::vector<std::int64_t>{envs, windows.num_each});
    };
    const torch::Tensor at_start = (start.slice(1, 0, observed) - windows.first) * per_sd_observed;
    const torch::Tensor at_end = by_env(miss[last]).select(1, windows.num_each - 1);
    torch::Tensor sum = at_start.square().sum() + at_end.square().sum();
    if (last > 0) sum = sum + miss.slice(0, 0, last).square().sum();
    const std::int64_t count = at_start.numel() + at_end.numel() + miss.slice(0, 0, last).numel();
    torch::Tensor total = sum / static_cast<double>(count);
    if (windows.num_each > 1) {
      const torch::Tensor jump =
          (by_env(x[last]).slice(1, 0, windows.num_each - 1) - by_env(start).slice(1, 1)) * per_sd;
      total = total + config.continuity * jump.square().sum() / static_cast<double>(count);
    }
    return total;
  }

  /// Weights and bias from z.
  void unwhiten() {
    const torch::NoGradGuard no_grad;
    const auto of = [](torch::Tensor& tensor) {
      return std::span<double>(tensor.mutable_data_ptr<double>(),
                               static_cast<std::size_t>(tensor.numel()));
    };
    whitening->apply(of(z), of(weights), config.bias ? of(bias) : std::span<double>());
  }

  /// The gradient of z from those of weights and bias.
  void whiten_gradient() {
    const auto of = [](const torch::Tensor& gradient) {
      return std::span<const double>(gradient.const_data_ptr<double>(),
                                     static_cast<std::size_t>(gradient.numel()));
    };
    torch::Tensor gradient = torch::empty_like(z);
    whitening->pull_back(
        of(weights.grad()), config.bias ? of(bias.grad()) : std::span<const double>(),
        {gradient.mutable_data_ptr<double>(), static_cast<std::size_t>(gradient.numel())});
    z.mutable_grad() = gradient;
  }

  /// The units of row i: a change of its input by c s_i for K intervals moves x_i by about
  /// c s_i K D / tau, which the loss sees in all windows; a start is seen in one. With these s_i
  /// both bend the loss alike.
  void make_whitening(const ActivityData& data) {
    const torch::Tensor y = data.samples.flatten(0, 1);
    torch::Tensor x =
        torch::zeros({y.size(0), brain->num_components(), y.size(2)}, torch::kFloat64);
    x.slice(1, 0, y.size(1)).copy_(y);
    const torch::Tensor phi = brain->outputs(x);
    const ShootingWindows& windows = stages.back().windows;
    const double intervals = static_cast<double>(windows.intervals);
    const double span = intervals * plan.dt_ms * static_cast<double>(plan.steps_per_sample) /
                        time_scale_ms(brain->model());
    const torch::Tensor scale =
        sd[0] / (span * std::sqrt(static_cast<double>(windows.num_windows())));
    const torch::Tensor row_scale = scale.contiguous();
    whitening = std::make_unique<RowWhitening>(
        brain->connectome(),
        std::span<const double>(phi.const_data_ptr<double>(),
                                static_cast<std::size_t>(phi.numel())),
        std::span<const double>(row_scale.const_data_ptr<double>(),
                                static_cast<std::size_t>(row_scale.numel())),
        config.bias);
  }

  torch::Tensor evaluate() {
    unwhiten();
    const torch::NoGradGuard no_grad;
    return loss();
  }

  /// The loss with gradients. Where the dynamics blow up there is a wall, which the line search
  /// turns back from.
  torch::Tensor closure() {
    optimizer->zero_grad();
    unwhiten();
    weights.mutable_grad().reset();
    if (config.bias) bias.mutable_grad().reset();
    const torch::Tensor value = loss();
    if (std::isfinite(value.item<double>())) {
      value.backward();
      whiten_gradient();
      return value.detach();
    }
    for (torch::Tensor& parameter : parameters) {
      parameter.mutable_grad() = torch::zeros_like(parameter);
    }
    return torch::full({}, 1e3 * (1 + losses.front()), torch::kFloat64);
  }

  void step() {
    auto& options =
        static_cast<torch::optim::LBFGSOptions&>(optimizer->param_groups()[0].options());
    options.max_iter(std::min(kIterationsAtOnce, last_of_stage() - iterations));
    optimizer->step([this] { return closure(); });
    const auto& state = *optimizer->state().at(parameters[0].unsafeGetTensorImpl());
    iterations =
        iterations_before + static_cast<const torch::optim::LBFGSParamState&>(state).n_iter();
  }
};

WeightFit::WeightFit(std::shared_ptr<const DifferentiableBrain> brain, const TrajectoryPlan& plan,
                     const ActivityData& data, const WeightFitConfig& config,
                     const torch::Tensor& known_bias)
    : impl_(std::make_unique<Impl>(std::move(brain), plan, data, config, known_bias)) {}
WeightFit::~WeightFit() = default;

bool WeightFit::advance() { return impl_->advance(); }
bool WeightFit::done() const noexcept { return impl_->done; }
torch::Tensor WeightFit::weights() const { return impl_->weights.detach().clone(); }
torch::Tensor WeightFit::bias() const { return impl_->bias.detach().clone(); }
std::int64_t WeightFit::iterations() const noexcept { return impl_->iterations; }
const std::vector<double>& WeightFit::losses() const noexcept { return impl_->losses; }
void WeightFit::save(const std::filesystem::path& folder) const { impl_->save(folder); }
void WeightFit::load(const std::filesystem::path& folder) { impl_->load(folder); }

double prediction_error(const DifferentiableBrain& brain, const TrajectoryPlan& plan,
                        const ActivityData& data, std::int64_t intervals,
                        const torch::Tensor& weights, const torch::Tensor& bias) {
  const torch::NoGradGuard no_grad;
  if (data.num_observed() != brain.num_components()) {
    refuse("predictions start from every state variable", "samples",
           std::to_string(data.num_observed()), std::to_string(brain.num_components()));
  }
  const ShootingWindows windows = cut_into_windows(data, intervals);
  TrajectoryPlan window = plan;
  window.num_samples = windows.intervals;
  const torch::Tensor x = brain.integrate(window, windows.first, weights, bias, windows.current);
  return ((x - windows.after).square() / variances_of(data.samples)).mean().item<double>();
}

}  // namespace noesis
