#include "runners/factory.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/names.hpp"
#include "gpu/backends.hpp"
#include "physics/backend.hpp"

namespace noesis {
namespace {

/// Synapse updates of a stage, for all environments, from which on a device is several times faster
/// than the processor; below, what starting it costs, about a second, may never come back.
constexpr std::int64_t kWorthADevice = 200'000;

/// The kinds of devices that this build has kernels for, in the order in which "auto" asks.
template <Real T>
std::vector<const GpuKind<T>*> built_kinds() {
  return {
#ifdef NOESIS_HAVE_CUDA
      &cuda::kind<T>(),
#endif
#ifdef NOESIS_HAVE_HIP
      &hip::kind<T>(),
#endif
  };
}

template <Real T>
std::int64_t updates_of_stage(const BackendRequest<T>& request) {
  std::int64_t updates = 0;
  for (const ConnectomePtr& connectome : request.connectomes) updates += connectome->num_synapses();
  return request.connectomes.size() == 1 ? updates * request.shape.num_envs : updates;
}

/// Of a name that is neither of `others` nor of a kind that was built.
[[noreturn]] void refuse(const std::string& name, std::vector<std::string> others) {
  for (const GpuKind<float>* kind : built_kinds<float>()) others.emplace_back(kind->name);
  throw ConfigError({.what = "this build of noesis has no such backend",
                     .where = "backend",
                     .got = "\"" + name + "\"",
                     .allowed = join_names(others),
                     .next = "build with -DNOESIS_WITH_" +
                             std::string(name == "hip" ? "HIP" : "CUDA") +
                             "=ON (docs/guides/gpu.md)"});
}

}  // namespace

template <Real T>
BackendFactory<T> device_backend_factory(const std::string& name) {
  if (name == "cpu") return {};
  if (name == "auto") {
    return [](const BackendRequest<T>& request) -> std::unique_ptr<Backend<T>> {
      if (updates_of_stage(request) < kWorthADevice) return nullptr;
      for (const GpuKind<T>* kind : built_kinds<T>()) {
        if (!kind->unsupported(request).empty() || kind->num_devices(nullptr) == 0) continue;
        try {
          return kind->make(request);
        } catch (const UserError&) {  // too old, or too small for the batch
        }
      }
      return nullptr;
    };
  }
  for (const GpuKind<T>* kind : built_kinds<T>()) {
    if (name == kind->name) return kind->make;
  }
  refuse(name, {"auto", "cpu"});
}

std::shared_ptr<const RowDevices> row_devices(const std::string& name) {
  if (name == "cpu") return nullptr;
  const auto singles = built_kinds<float>();
  const auto doubles = built_kinds<double>();
  for (std::size_t k = 0; k < singles.size(); ++k) {
    if (name == singles[k]->name) return std::make_shared<GpuRows>(*singles[k], *doubles[k]);
  }
  refuse(name, {"cpu"});
}

std::string auto_backend(std::int64_t updates_of_stage) {
  if (updates_of_stage < kWorthADevice) {
    return "cpu (a stage has " + std::to_string(updates_of_stage) + " synapse updates, below " +
           std::to_string(kWorthADevice) + ")";
  }
  const std::vector<const GpuKind<float>*> kinds = built_kinds<float>();
  if (kinds.empty()) return "cpu (this build has no kernels for devices)";
  std::string reason;
  for (const GpuKind<float>* kind : kinds) {
    if (kind->num_devices(&reason) > 0) return kind->name;
  }
  return "cpu (" + reason + ")";
}

DeviceMemory device_memory() {
  for (const GpuKind<float>* kind : built_kinds<float>()) {
    if (kind->num_devices(nullptr) > 0) return {kind->name, kind->memory()};
  }
  return {};
}

std::vector<DeviceTimer> device_timers() {
  std::vector<DeviceTimer> timers;
  for (const GpuKind<float>* kind : built_kinds<float>()) {
    if (kind->num_devices(nullptr) == 0) continue;
    timers.push_back({kind->name, kind->copy_bandwidth,
                      [kind](const SynapseView& table, std::int64_t neurons, std::int64_t envs) {
                        return kind->product_seconds(table, neurons, envs, nullptr);
                      }});
  }
  return timers;
}

template BackendFactory<float> device_backend_factory<float>(const std::string&);
template BackendFactory<double> device_backend_factory<double>(const std::string&);

}  // namespace noesis
