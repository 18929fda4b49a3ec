#pragma once
/// The one header where CUDA, HIP and the emulation on the host differ. Everything in gpu/ is
/// compiled once for each, into namespace noesis::NOESIS_GPU (cuda, hip or emulated), which the
/// build defines; nothing outside of this file says cuda* or hip*. All sizes are bytes.
///
/// The emulation runs kernels in loops over memory of the host, so that tests and sanitizers see
/// the same text that devices run.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#if defined(NOESIS_GPU_CUDA)
#include <cuda_runtime_api.h>
#define NOESIS_GPU cuda
#define NOESIS_GPU_CALL(name) cuda##name
#elif defined(NOESIS_GPU_HIP)
#if defined(__HIPCC__)
#include <hip/hip_runtime.h>
#else
#include <hip/hip_runtime_api.h>
#endif
#define NOESIS_GPU hip
#define NOESIS_GPU_CALL(name) hip##name
#elif defined(NOESIS_GPU_EMULATED)
#include "gpu/emulated_memory.hpp"
#define NOESIS_GPU emulated
#else
#error "gpu/ is compiled with NOESIS_GPU_CUDA, NOESIS_GPU_HIP or NOESIS_GPU_EMULATED"
#endif

#if defined(__CUDACC__) || defined(__HIPCC__)
#define NOESIS_DEVICE __device__ __forceinline__
#define NOESIS_UNROLL _Pragma("unroll")
#define NOESIS_UNROLL_FOUR _Pragma("unroll 4")
#else
#define NOESIS_DEVICE inline
#define NOESIS_UNROLL
#define NOESIS_UNROLL_FOUR
#endif

namespace noesis::NOESIS_GPU {

#if defined(NOESIS_GPU_EMULATED)

inline constexpr const char* kApiName = "emulated";
using ApiStream = int;
using ApiError = int;
inline constexpr ApiError kApiSuccess = 0;
inline constexpr ApiError kApiOutOfMemory = 1;

inline constexpr ApiError kApiLost = 2;
inline constexpr ApiError kApiNoKernel = 3;

inline const char* api_error_text(ApiError error) {
  if (error == kApiNoKernel) return "no kernel image for this architecture";
  return error == kApiLost ? "the device was lost" : "out of memory";
}
inline ApiError api_device_count(int* count) {
  return *count = emulated_device().count, kApiSuccess;
}
inline ApiError api_set_device(int) { return kApiSuccess; }
inline ApiError api_describe(int, std::string& name, int& major, int& wave) {
  name = "host";
  major = emulated_device().major;
  wave = emulated_device().wave;
  return kApiSuccess;
}
/// Of calls that a device which was lost does not take any more.
inline ApiError emulated_health() {
  return emulated_device().checks_to_failure <= 0 ? kApiLost : kApiSuccess;
}
inline ApiError api_memory(std::size_t* free_bytes, std::size_t* total) {
  const EmulatedDevice& device = emulated_device();
  *total = static_cast<std::size_t>(device.memory_bytes);
  *free_bytes = *total - static_cast<std::size_t>(device.used_bytes);
  return kApiSuccess;
}
inline constexpr std::size_t kEmulatedPrefix = 16;  // of an allocation, holds its size
inline ApiError api_malloc(void** memory, std::size_t bytes) {
  EmulatedDevice& device = emulated_device();
  const auto size = static_cast<std::int64_t>(bytes);
  if (size > device.memory_bytes - device.used_bytes) return kApiOutOfMemory;
  char* const block = static_cast<char*>(std::malloc(bytes + kEmulatedPrefix));
  if (block == nullptr) return kApiOutOfMemory;
  std::memcpy(block, &size, sizeof size);
  std::memset(block + kEmulatedPrefix, 0xff, bytes);  // no number: whoever reads it is found out
  device.used_bytes += size;
  *memory = block + kEmulatedPrefix;
  return kApiSuccess;
}
inline ApiError api_free(void* memory) {
  char* const block = static_cast<char*>(memory) - kEmulatedPrefix;
  std::int64_t size = 0;
  std::memcpy(&size, block, sizeof size);
  emulated_device().used_bytes -= size;
  return std::free(block), kApiSuccess;
}
inline ApiError api_malloc_pinned(void** memory, std::size_t bytes) {
  *memory = std::malloc(bytes);
  return *memory == nullptr ? kApiOutOfMemory : kApiSuccess;
}
inline ApiError api_free_pinned(void* memory) { return std::free(memory), kApiSuccess; }
inline ApiError api_copy(void* to, const void* from, std::size_t bytes, ApiStream) {
  emulated_device().copied_bytes += static_cast<std::int64_t>(bytes);
  return std::memmove(to, from, bytes), emulated_health();
}
inline ApiError api_fill(void* memory, int byte, std::size_t bytes, ApiStream) {
  return std::memset(memory, byte, bytes), kApiSuccess;
}
inline ApiError api_create_stream(ApiStream* stream) { return *stream = 0, kApiSuccess; }
inline ApiError api_destroy_stream(ApiStream) { return kApiSuccess; }
inline ApiError api_synchronize(ApiStream) { return emulated_health(); }
inline ApiError api_last_error() {
  EmulatedDevice& device = emulated_device();
  if (!device.has_kernels) return kApiNoKernel;
  if (device.checks_to_failure <= 0) return kApiLost;
  --device.checks_to_failure;
  return kApiSuccess;
}
using ApiEvent = int;
inline ApiError api_create_event(ApiEvent* event) { return *event = 0, kApiSuccess; }
inline ApiError api_destroy_event(ApiEvent) { return kApiSuccess; }
inline ApiError api_record(ApiEvent, ApiStream) { return kApiSuccess; }
inline ApiError api_wait(ApiStream, ApiEvent) { return kApiSuccess; }
inline ApiError api_synchronize_event(ApiEvent) { return emulated_health(); }
inline ApiError api_elapsed(float* milliseconds, ApiEvent, ApiEvent) {
  return *milliseconds = 1, kApiSuccess;
}

#else

#if defined(NOESIS_GPU_CUDA)
inline constexpr const char* kApiName = "cuda";
#else
inline constexpr const char* kApiName = "hip";
#endif
using ApiStream = NOESIS_GPU_CALL(Stream_t);
using ApiError = NOESIS_GPU_CALL(Error_t);
inline constexpr ApiError kApiSuccess = NOESIS_GPU_CALL(Success);
#if defined(NOESIS_GPU_CUDA)
inline constexpr ApiError kApiOutOfMemory = cudaErrorMemoryAllocation;
inline constexpr ApiError kApiNoKernel = cudaErrorNoKernelImageForDevice;
using ApiProperties = cudaDeviceProp;
#else
inline constexpr ApiError kApiOutOfMemory = hipErrorOutOfMemory;
inline constexpr ApiError kApiNoKernel = hipErrorNoBinaryForGpu;
using ApiProperties = hipDeviceProp_t;
#endif

inline const char* api_error_text(ApiError error) { return NOESIS_GPU_CALL(GetErrorString)(error); }
inline ApiError api_device_count(int* count) { return NOESIS_GPU_CALL(GetDeviceCount)(count); }
inline ApiError api_set_device(int device) { return NOESIS_GPU_CALL(SetDevice)(device); }
inline ApiError api_describe(int device, std::string& name, int& major, int& wave) {
  ApiProperties properties{};
  const ApiError error = NOESIS_GPU_CALL(GetDeviceProperties)(&properties, device);
  name = properties.name;
  major = properties.major;
  wave = properties.warpSize;
  return error;
}
inline ApiError api_memory(std::size_t* free_bytes, std::size_t* total) {
  return NOESIS_GPU_CALL(MemGetInfo)(free_bytes, total);
}
inline ApiError api_malloc(void** memory, std::size_t bytes) {
  return NOESIS_GPU_CALL(Malloc)(memory, bytes);
}
inline ApiError api_free(void* memory) { return NOESIS_GPU_CALL(Free)(memory); }
inline ApiError api_malloc_pinned(void** memory, std::size_t bytes) {
#if defined(NOESIS_GPU_CUDA)
  return cudaMallocHost(memory, bytes);
#else
  return hipHostMalloc(memory, bytes, hipHostMallocDefault);
#endif
}
inline ApiError api_free_pinned(void* memory) {
#if defined(NOESIS_GPU_CUDA)
  return cudaFreeHost(memory);
#else
  return hipHostFree(memory);
#endif
}
inline ApiError api_copy(void* to, const void* from, std::size_t bytes, ApiStream stream) {
  return NOESIS_GPU_CALL(MemcpyAsync)(to, from, bytes, NOESIS_GPU_CALL(MemcpyDefault), stream);
}
inline ApiError api_fill(void* memory, int byte, std::size_t bytes, ApiStream stream) {
  return NOESIS_GPU_CALL(MemsetAsync)(memory, byte, bytes, stream);
}
inline ApiError api_create_stream(ApiStream* stream) {
  return NOESIS_GPU_CALL(StreamCreateWithFlags)(stream, NOESIS_GPU_CALL(StreamNonBlocking));
}
inline ApiError api_destroy_stream(ApiStream stream) {
  return NOESIS_GPU_CALL(StreamDestroy)(stream);
}
inline ApiError api_synchronize(ApiStream stream) {
  return NOESIS_GPU_CALL(StreamSynchronize)(stream);
}
inline ApiError api_last_error() { return NOESIS_GPU_CALL(GetLastError)(); }
using ApiEvent = NOESIS_GPU_CALL(Event_t);
inline ApiError api_create_event(ApiEvent* event) { return NOESIS_GPU_CALL(EventCreate)(event); }
inline ApiError api_destroy_event(ApiEvent event) { return NOESIS_GPU_CALL(EventDestroy)(event); }
inline ApiError api_record(ApiEvent event, ApiStream stream) {
  return NOESIS_GPU_CALL(EventRecord)(event, stream);
}
/// Work that comes to `stream` later waits for what `event` recorded.
inline ApiError api_wait(ApiStream stream, ApiEvent event) {
  return NOESIS_GPU_CALL(StreamWaitEvent)(stream, event, 0);
}
inline ApiError api_synchronize_event(ApiEvent event) {
  return NOESIS_GPU_CALL(EventSynchronize)(event);
}
inline ApiError api_elapsed(float* milliseconds, ApiEvent begin, ApiEvent end) {
  return NOESIS_GPU_CALL(EventElapsedTime)(milliseconds, begin, end);
}

#endif

/// For calls whose failure changes nothing any more: in destructors, and to clear an error.
inline void ignore(ApiError) {}

#if defined(__CUDACC__)
/// The threads of the caller's team of `size`, whose first is a multiple of it, in their wave.
NOESIS_DEVICE unsigned team_mask(int size) {
  if (size == 32) return 0xffffffffu;
  const unsigned first = threadIdx.x % 32u / static_cast<unsigned>(size) * size;
  return ((1u << size) - 1u) << first;
}
/// Exchanges a value between the threads of a team.
template <class V>
NOESIS_DEVICE V shuffle_xor(V value, int mask, int size) {
  return __shfl_xor_sync(team_mask(size), value, mask, size);
}
template <class V>
NOESIS_DEVICE V shuffle(V value, int source, int size) {
  return __shfl_sync(team_mask(size), value, source, size);
}
/// Waits for a team, and makes what it wrote visible within it.
NOESIS_DEVICE void team_barrier(int size) { __syncwarp(team_mask(size)); }
NOESIS_DEVICE void atomic_add(std::int32_t* at, std::int32_t value) { atomicAdd(at, value); }
/// A value that is read once: it shall not displace others from the caches.
template <class V>
NOESIS_DEVICE V read_once(const V* at) {
  return __ldcs(at);
}
/// And one that is not read again soon.
template <class V>
NOESIS_DEVICE void write_once(V* at, V value) {
  __stcs(at, value);
}
#elif defined(__HIPCC__)
template <class V>
NOESIS_DEVICE V shuffle_xor(V value, int mask, int size) {
  return __shfl_xor(value, mask, size);
}
template <class V>
NOESIS_DEVICE V shuffle(V value, int source, int size) {
  return __shfl(value, source, size);
}
NOESIS_DEVICE void team_barrier(int) {
  __builtin_amdgcn_fence(__ATOMIC_ACQ_REL, "wavefront");
  __builtin_amdgcn_wave_barrier();
}
NOESIS_DEVICE void atomic_add(std::int32_t* at, std::int32_t value) { atomicAdd(at, value); }
template <class V>
NOESIS_DEVICE V read_once(const V* at) {
  return __builtin_nontemporal_load(at);
}
template <class V>
NOESIS_DEVICE void write_once(V* at, V value) {
  __builtin_nontemporal_store(value, at);
}
#else
inline void atomic_add(std::int32_t* at, std::int32_t value) {
  std::atomic_ref(*at).fetch_add(value, std::memory_order_relaxed);
}
template <class V>
V read_once(const V* at) {
  return *at;
}
template <class V>
void write_once(V* at, V value) {
  *at = value;
}
#endif

}  // namespace noesis::NOESIS_GPU
