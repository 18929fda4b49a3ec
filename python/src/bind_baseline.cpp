#include "python/src/bind_baseline.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "env/baselines.hpp"
#include "env/registry.hpp"

namespace noesis {
namespace nb = nanobind;
namespace {

using Observation = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// One episode's policy after another.
class Baseline {
 public:
  Baseline(const std::string& name, const std::string& id, std::vector<std::string> overrides) {
    const EnvOptions options{.toml = {}, .overrides = std::move(overrides)};
    const nb::gil_scoped_release without_lock;  // a scripted one may have to be fitted
    const auto task = make_task(id, 1, options).task;
    observation_size_ = task->observation_space().flat_size();
    action_size_ = task->action_space().flat_size();
    make_ = make_baseline(name, id, options);
    policy_ = make_(0);
  }

  void restart(std::uint64_t seed) { policy_ = make_(seed); }

  nb::object act(const Observation& observation) {
    require(static_cast<std::int64_t>(observation.shape(0)) == observation_size_,
            "an observation of another size", "observation", observation.shape(0),
            "the flat size of the observation space");
    auto* action = new std::vector<float>(static_cast<std::size_t>(action_size_));
    const nb::capsule owner(
        action, [](void* memory) noexcept { delete static_cast<std::vector<float>*>(memory); });
    policy_->act({observation.data(), observation.shape(0)}, *action);
    return nb::cast(nb::ndarray<nb::numpy, float>(action->data(), {action->size()}, owner));
  }

 private:
  PolicyFactory make_;
  std::unique_ptr<Policy> policy_;
  std::int64_t observation_size_ = 0, action_size_ = 0;
};

}  // namespace

void bind_baseline(nb::module_& m) {
  m.def("baseline_names", &baseline_names, nb::arg("env_id"), "Names of the baselines of an id.");
  nb::class_<Baseline>(m, "Baseline", "A baseline of an environment, in flat forms.")
      .def(nb::init<const std::string&, const std::string&, std::vector<std::string>>(),
           nb::arg("name"), nb::arg("env_id"), nb::arg("overrides"))
      .def("restart", &Baseline::restart, nb::arg("seed"),
           "Before the first step of an episode; equal seeds act alike.")
      .def("act", &Baseline::act, nb::arg("observation"),
           "float32 action for a float32 observation.");
}

}  // namespace noesis
