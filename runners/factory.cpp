#include "runners/factory.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/names.hpp"
#include "physics/backend.hpp"
#if defined(NOESIS_HAVE_CUDA) || defined(NOESIS_HAVE_HIP)
#include "gpu/backends.hpp"
#endif

namespace noesis {
namespace {

/// Synapse updates of a stage, for all environments, from which on a device is several times faster
/// than the processor; below, what starting it costs, about a second, may never come back.
constexpr std::int64_t kWorthADevice = 200'000;

constexpr bool kHasCuda =
#ifdef NOESIS_HAVE_CUDA
    true;
#else
    false;
#endif
constexpr bool kHasHip =
#ifdef NOESIS_HAVE_HIP
    true;
#else
    false;
#endif

template <Real T>
std::unique_ptr<Backend<T>> make_by_name([[maybe_unused]] const std::string& name,
                                         [[maybe_unused]] const BackendRequest<T>& request) {
#ifdef NOESIS_HAVE_CUDA
  if (name == "cuda") return cuda::kind<T>().make(request);
#endif
#ifdef NOESIS_HAVE_HIP
  if (name == "hip") return hip::kind<T>().make(request);
#endif
  return nullptr;
}

template <Real T>
bool can_run([[maybe_unused]] const std::string& name,
             [[maybe_unused]] const BackendRequest<T>& request) {
#ifdef NOESIS_HAVE_CUDA
  const GpuKind<T>& cuda_kind = cuda::kind<T>();
  if (name == "cuda" && cuda_kind.unsupported(request).empty()) {
    return cuda_kind.num_devices(nullptr) > 0;
  }
#endif
#ifdef NOESIS_HAVE_HIP
  const GpuKind<T>& hip_kind = hip::kind<T>();
  if (name == "hip" && hip_kind.unsupported(request).empty()) {
    return hip_kind.num_devices(nullptr) > 0;
  }
#endif
  return false;
}

template <Real T>
std::int64_t updates_of_stage(const BackendRequest<T>& request) {
  std::int64_t updates = 0;
  for (const ConnectomePtr& connectome : request.connectomes) updates += connectome->num_synapses();
  return request.connectomes.size() == 1 ? updates * request.shape.num_envs : updates;
}

}  // namespace

template <Real T>
BackendFactory<T> backend_factory(const std::string& name) {
  if (name == "cpu") return {};
  if (name == "auto") {
    return [](const BackendRequest<T>& request) -> std::unique_ptr<Backend<T>> {
      if (updates_of_stage(request) < kWorthADevice) return nullptr;
      for (const char* kind : {"cuda", "hip"}) {
        if (!can_run(kind, request)) continue;
        try {
          return make_by_name(kind, request);
        } catch (const UserError&) {  // too old, or too small for the batch
        }
      }
      return nullptr;
    };
  }
  const bool is_built = (name == "cuda" && kHasCuda) || (name == "hip" && kHasHip);
  if (!is_built) {
    std::vector<std::string> built = {"auto", "cpu"};
    if (kHasCuda) built.emplace_back("cuda");
    if (kHasHip) built.emplace_back("hip");
    throw ConfigError({.what = "this build of noesis has no such backend",
                       .where = "backend",
                       .got = "\"" + name + "\"",
                       .allowed = join_names(built),
                       .next = "build with -DNOESIS_WITH_" +
                               std::string(name == "hip" ? "HIP" : "CUDA") +
                               "=ON (docs/guides/gpu.md)"});
  }
  return [name](const BackendRequest<T>& request) { return make_by_name(name, request); };
}

DeviceMemory device_memory() {
#ifdef NOESIS_HAVE_CUDA
  if (cuda::kind<float>().num_devices(nullptr) > 0) return {"cuda", cuda::kind<float>().memory()};
#endif
#ifdef NOESIS_HAVE_HIP
  if (hip::kind<float>().num_devices(nullptr) > 0) return {"hip", hip::kind<float>().memory()};
#endif
  return {};
}

std::vector<DeviceTimer> device_timers() {
  std::vector<DeviceTimer> timers;
#if defined(NOESIS_HAVE_CUDA) || defined(NOESIS_HAVE_HIP)
  const auto add = [&](const GpuKind<float>& kind) {
    if (kind.num_devices(nullptr) == 0) return;
    timers.push_back({kind.name, kind.copy_bandwidth,
                      [&kind](const SynapseView& table, std::int64_t neurons, std::int64_t envs) {
                        return kind.product_seconds(table, neurons, envs, nullptr);
                      }});
  };
#endif
#ifdef NOESIS_HAVE_CUDA
  add(cuda::kind<float>());
#endif
#ifdef NOESIS_HAVE_HIP
  add(hip::kind<float>());
#endif
  return timers;
}

template BackendFactory<float> backend_factory<float>(const std::string&);
template BackendFactory<double> backend_factory<double>(const std::string&);

}  // namespace noesis
