// Every environment by default: a batch of 64 against 64 single ones, stepped one after another.
// The same in Python, and against other packages: bench/peers/gym.py.

#include <memory>
#include <vector>

#include "env/registry.hpp"
#include "runners/bench/benches.hpp"

namespace noesis::bench {
namespace {

constexpr std::int64_t kNumEnvs = 64;

void one(Report& report, const std::string& id) {
  const auto batch = make_vec(id, kNumEnvs, {}, Autoreset::kNextStep, report.arena().num_threads());
  std::vector<std::unique_ptr<VectorEnv>> singles;
  for (std::int64_t e = 0; e < kNumEnvs; ++e) singles.push_back(make_vec(id, 1));
  batch->reset(0);
  for (std::uint64_t e = 0; e < kNumEnvs; ++e) singles[e]->reset(e);
  const auto size = static_cast<std::size_t>(batch->action_size());
  const std::vector<float> actions(kNumEnvs * size, 0.1f);
  const auto first = std::span(actions).first(size);
  constexpr int kSteps = 50;
  const double batched = measure([&] {
    for (int t = 0; t < kSteps; ++t) batch->step(actions);
  });
  const double alone = measure([&] {
    for (int t = 0; t < kSteps; ++t) {
      for (const auto& env : singles) env->step(first);
    }
  });
  const double steps = kSteps * kNumEnvs;
  report.add({"env", id + ", 64 env in a batch", steps / batched, "env steps/s",
              "64 single ones, 1 thread", steps / alone, alone / batched});
}

}  // namespace

void env(Report& report) {
  for (const std::string& id : env_ids()) one(report, id);
}

}  // namespace noesis::bench
