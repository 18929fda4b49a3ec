#include "gpu/device.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/error.hpp"
#include "gpu/kernels/probe.hpp"
#include "gpu/launch.hpp"

namespace noesis::NOESIS_GPU {
namespace {

std::string gibibytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f GiB", bytes / (1 << 30));
  return text;
}

constexpr int kLeastMajor = 8;  // compute capability of the oldest kernels; NVIDIA only

}  // namespace

int num_devices(std::string* reason) {
  int count = 0;
  const ApiError error = api_device_count(&count);
  if (error == kApiSuccess && count > 0) return count;
  ignore(api_last_error());  // so that it does not come up again
  if (reason != nullptr) {
    *reason = error == kApiSuccess ? "no device" : std::string(api_error_text(error));
  }
  return 0;
}

#if defined(NOESIS_GPU_EMULATED)
EmulatedDevice& emulated_device() {
  static EmulatedDevice device;
  return device;
}
#endif

Device::Device(int index) {
  std::string reason;
  const int count = num_devices(&reason);
  if (index >= count) {
    throw ConfigError({.what = "no device to run on",
                       .where = std::string("backend = \"") + kApiName + "\"",
                       .got = count == 0 ? reason : "device " + std::to_string(index),
                       .allowed = count == 0 ? std::string("a machine with a device and its driver")
                                             : "0 to " + std::to_string(count - 1),
                       .next =
                           "use backend = \"cpu\", or \"auto\", which takes a device where there "
                           "is one"});
  }
  check(api_set_device(index), "choose the device");
  int major = 0, wave = 0;
  check(api_describe(index, name_, major, wave), "ask what the device is");
  name_ = std::string(kApiName) + " (" + name_ + ")";
  const bool too_old = kApiName != std::string("hip") && major < kLeastMajor;
  if (too_old || wave < 32) {
    throw ConfigError({.what = "no kernels for this device",
                       .where = name_,
                       .got = "compute capability " + std::to_string(major) + ", waves of " +
                              std::to_string(wave),
                       .allowed = "8.0 or newer, waves of 32 or 64",
                       .next = "use backend = \"cpu\""});
  }
  check(api_create_stream(&stream_), "make a stream");
  try {
    require_kernels();
    open(up_);
    open(down_);
  } catch (...) {
    close(up_);
    close(down_);
    ignore(api_destroy_stream(stream_));
    throw;
  }
}

Device::~Device() {
  ignore(api_synchronize(stream_));
  close(up_);
  close(down_);
  ignore(api_destroy_stream(stream_));
}

/// Runs an empty kernel: the only sign of an architecture that no kernel was built for is that none
/// starts.
void Device::require_kernels() const {
  launch(Probe{}, 1, 1, stream_);
  const ApiError error = api_last_error();
  if (error != kApiNoKernel) return check(error, "start a kernel");
  throw ConfigError({.what = "no kernels for this device",
                     .where = name_,
                     .got = api_error_text(error),
                     .allowed = "an architecture that this build was made for",
                     .next = "build for it (NOESIS_CUDA_ARCHITECTURES, NOESIS_HIP_ARCHITECTURES; "
                             "docs/guides/gpu.md), or use backend = \"cpu\""});
}

void Device::open(Lane& lane) {
  check(api_create_stream(&lane.stream), "make a stream");
  check(api_create_event(&lane.kernels), "make an event");
  for (std::size_t k = 0; k < lane.pieces.size(); ++k) {
    check(api_create_event(&lane.done[k]), "make an event");
    check(api_malloc_pinned(&lane.pieces[k], static_cast<std::size_t>(kPieceBytes)),
          "pin memory of the host");
  }
}

void Device::close(Lane& lane) noexcept {
  if (lane.stream != ApiStream{}) ignore(api_synchronize(lane.stream));
  for (void* const piece : lane.pieces) {
    if (piece != nullptr) ignore(api_free_pinned(piece));
  }
  for (const ApiEvent event : {lane.kernels, lane.done[0], lane.done[1]}) {
    if (event != ApiEvent{}) ignore(api_destroy_event(event));
  }
  if (lane.stream != ApiStream{}) ignore(api_destroy_stream(lane.stream));
  lane = {};
}

void Device::order(ApiStream earlier, ApiEvent event, ApiStream later) const {
  check(api_record(event, earlier), "record an event");
  check(api_wait(later, event), "wait for an event");
}

void Device::upload(void* to, const void* from, std::int64_t bytes) const {
  order(stream_, up_.kernels, up_.stream);
  for (std::int64_t first = 0; first < bytes; first += kPieceBytes) {
    const auto size = static_cast<std::size_t>(std::min(kPieceBytes, bytes - first));
    const std::size_t k = up_.next;
    up_.next = (k + 1) % up_.pieces.size();
    check(api_synchronize_event(up_.done[k]), "upload");  // the piece's copy before this one
    std::memcpy(up_.pieces[k], static_cast<const char*>(from) + first, size);
    check(api_copy(static_cast<char*>(to) + first, up_.pieces[k], size, up_.stream), "upload");
    check(api_record(up_.done[k], up_.stream), "upload");
    if (first + kPieceBytes >= bytes) check(api_wait(stream_, up_.done[k]), "upload");
  }
}

void Device::download(void* to, const void* from, std::int64_t bytes) const {
  order(stream_, down_.kernels, down_.stream);
  const auto size_of = [bytes](std::int64_t first) {
    return static_cast<std::size_t>(std::min(kPieceBytes, bytes - first));
  };
  // While a piece is copied out of pinned memory, the next is on its way into it.
  std::size_t k = 0;
  for (std::int64_t first = 0; first < bytes + kPieceBytes; first += kPieceBytes, k ^= 1) {
    if (first < bytes) {
      check(api_copy(down_.pieces[k], static_cast<const char*>(from) + first, size_of(first),
                     down_.stream),
            "read back");
      check(api_record(down_.done[k], down_.stream), "read back");
    }
    const std::int64_t before = first - kPieceBytes;
    if (before < 0) continue;
    check(api_synchronize_event(down_.done[k ^ 1]), "read back");
    std::memcpy(static_cast<char*>(to) + before, down_.pieces[k ^ 1], size_of(before));
  }
}

std::int64_t Device::free_bytes() const {
  std::size_t free = 0, total = 0;
  check(api_memory(&free, &total), "ask for free memory");
  return static_cast<std::int64_t>(free);
}

std::int64_t Device::total_bytes() const {
  std::size_t free = 0, total = 0;
  check(api_memory(&free, &total), "ask for its memory");
  return static_cast<std::int64_t>(total);
}

void Device::synchronize() const { check(api_synchronize(stream_), "wait for the device"); }

void Device::check(ApiError error, const char* doing) const {
  if (error == kApiSuccess) return;
  throw RunError({.what = std::string("the device failed to ") + doing,
                  .where = name_.empty() ? kApiName : name_,
                  .got = api_error_text(error),
                  .allowed = {},
                  .next =
                      "checkpoints are intact: resume from the last one, on this device or with "
                      "backend = \"cpu\""});
}

void* Device::allocate(std::int64_t bytes, const char* what) const {
  void* memory = nullptr;
  if (bytes == 0) return memory;
  const ApiError error = api_malloc(&memory, static_cast<std::size_t>(bytes));
  if (error == kApiOutOfMemory) {
    ignore(api_last_error());
    throw RunError({.what = "the device's memory does not suffice",
                    .where = name_ + ", " + what,
                    .got = gibibytes(static_cast<double>(bytes)) + " wanted",
                    .allowed = gibibytes(static_cast<double>(free_bytes())) + " are free",
                    .next =
                        "use fewer synapses or environments (noesis large-scale --plan tells what "
                        "fits), or backend = \"cpu\""});
  }
  check(error, "allocate memory");
  return memory;
}

}  // namespace noesis::NOESIS_GPU
