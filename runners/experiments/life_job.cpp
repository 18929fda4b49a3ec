#include "runners/experiments/life_job.hpp"

#include "runners/experiments/life.hpp"
#include "runners/experiments/summary.hpp"

namespace noesis {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsPerSynapseStep = 4e-9;  // of one core

double cost_s(const LifeSpec& spec, bool newborn) {
  const double synapses =
      static_cast<double>(spec.num_neurons * (spec.num_neurons + spec.num_outputs));
  return kSecondsPerSynapseStep * synapses * 10 * static_cast<double>(spec.life_steps) *
         (newborn ? 1.1 : 1);
}

std::optional<JobResult> run(const LifeSpec& spec, std::uint64_t seed, bool newborn,
                             const BackendFactory<double>& make_backend,
                             const JobProgress& progress) {
  const double share = newborn ? 0.9 : 1;
  const auto life = live(
      spec, seed, 0, [&](double part) { progress(share * part); }, make_backend);
  if (!life) return std::nullopt;
  Json figures = {{"first_loss", rounded(life->first_loss)},
                  {"last_loss", rounded(life->last_loss)},
                  {"ratio", rounded(life->last_loss / life->first_loss)},
                  {"norm_first", rounded(life->curves.norm.front())},
                  {"norm_last", rounded(life->curves.norm.back())},
                  {"norm_slope", rounded(life->norm_slope)},
                  {"rank_first", rounded(life->curves.rank.front())},
                  {"rank_last", rounded(life->curves.rank.back())},
                  {"dead_last", rounded(life->curves.dead.back())},
                  {"capacity_last", rounded(life->curves.capacity.back())},
                  {"forgetting", rounded(life->forgetting)},
                  {"recent_forgetting", rounded(life->recent_forgetting)},
                  {"sleeps", life->num_sleeps},
                  {"sleep_loss_change",
                   life->sleep_loss_change ? rounded(*life->sleep_loss_change) : Json(nullptr)}};
  if (newborn) {
    const auto fresh = live(
        spec, seed, spec.life_steps - spec.life_steps / 10,
        [&](double part) { progress(share + (1 - share) * part); }, make_backend);
    if (!fresh) return std::nullopt;
    double loss = 0;
    for (const double window : fresh->curves.loss) loss += window;
    loss /= static_cast<double>(fresh->curves.loss.size());
    figures["fresh_loss"] = rounded(loss);
    figures["fresh_ratio"] = rounded(loss / life->first_loss);
  }
  return JobResult{{{"seed", seed},
                    {"died_at", life->died_at ? Json(*life->died_at) : Json(nullptr)},
                    {"figures", std::move(figures)},
                    {"curves", to_json(life->curves)}},
                   nullptr};
}

}  // namespace

Job life_job(const std::string& condition, const LifeSpec& spec, std::uint64_t seed, bool newborn,
             const BackendFactory<double>& make_backend) {
  return {.id = condition + "-" + std::to_string(seed),
          .cost_s = cost_s(spec, newborn),
          .stepwise = [=](const JobProgress& progress) {
            return run(spec, seed, newborn, make_backend, progress);
          }};
}

}  // namespace noesis
