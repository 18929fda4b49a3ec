#include "gpu/device.hpp"

#include <cstdio>

#include "core/error.hpp"

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
  const bool too_old = kApiName == std::string("cuda") && major < kLeastMajor;
  if (too_old || wave < 32) {
    throw ConfigError({.what = "no kernels for this device",
                       .where = name_,
                       .got = "compute capability " + std::to_string(major) + ", waves of " +
                              std::to_string(wave),
                       .allowed = "8.0 or newer, waves of 32 or 64",
                       .next = "use backend = \"cpu\""});
  }
  check(api_create_stream(&stream_), "make a stream");
}

Device::~Device() {
  ignore(api_synchronize(stream_));
  ignore(api_destroy_stream(stream_));
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
