#pragma once
/// A device, its streams, and memory that belongs to it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "gpu/gpu_api.hpp"

namespace noesis::NOESIS_GPU {

/// The device that a batch runs on, and the stream that all of its kernels go through in order.
/// What goes to and from the host has a stream of its own each and passes through pinned memory, in
/// pieces, of which one is copied while the next is made ready. Events keep the three in order. Not
/// thread-safe; what it made must not outlive it.
class Device {
 public:
  /// @throws ConfigError when there is no such device, or one that no kernel was built for.
  explicit Device(int index = 0);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// e.g. "cuda (NVIDIA H100 80GB HBM3)"
  const std::string& name() const noexcept { return name_; }
  ApiStream stream() const noexcept { return stream_; }
  std::int64_t free_bytes() const;
  std::int64_t total_bytes() const;

  /// Waits until everything is done. @throws RunError as check() does.
  void synchronize() const;
  /// @throws RunError naming what was being done and on which device. Errors of kernels come up
  ///   here late, at the next call that waits.
  void check(ApiError error, const char* doing) const;
  /// After launches.
  void check_launch(const char* doing) const { check(api_last_error(), doing); }

  void* allocate(std::int64_t bytes, const char* what) const;

  /// The host's memory -> the device's, after the kernels before and before those after. The host's
  /// has been read on return; the device may still be at work.
  void upload(void* to, const void* from, std::int64_t bytes) const;
  /// The device's memory, as the kernels before leave it -> the host's, which has been written on
  /// return.
  void download(void* to, const void* from, std::int64_t bytes) const;

 private:
  static constexpr std::int64_t kPieceBytes = std::int64_t{4} << 20;

  /// A stream, and pieces of pinned memory that its copies pass through.
  struct Lane {
    ApiStream stream{};
    std::array<void*, 2> pieces{};
    std::array<ApiEvent, 2> done{};
    ApiEvent kernels{};  // those before a copy
    std::size_t next = 0;
  };
  void open(Lane& lane);
  static void close(Lane& lane) noexcept;
  /// Work of `later` waits for what is in `earlier` now.
  void order(ApiStream earlier, ApiEvent event, ApiStream later) const;
  void require_kernels() const;

  std::string name_;
  ApiStream stream_{};
  mutable Lane up_, down_;
};

/// Number of devices that can be used, 0 where there is no driver. `reason` says why none can.
int num_devices(std::string* reason = nullptr);

/// Owns `size` values in a device's memory, not initialised. Copies are in order with the kernels
/// of the device's stream (Device::upload(), Device::download()).
template <class V>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(const Device& device, std::int64_t size, const char* what)
      : device_(&device),
        size_(size),
        data_(static_cast<V*>(device.allocate(size * static_cast<std::int64_t>(sizeof(V)), what))) {
  }
  ~DeviceBuffer() {
    if (data_ != nullptr) ignore(api_free(data_));
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept { swap(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    DeviceBuffer gone(std::move(other));
    swap(gone);
    return *this;
  }

  V* data() noexcept { return data_; }
  const V* data() const noexcept { return data_; }
  std::int64_t size() const noexcept { return size_; }
  std::int64_t bytes() const noexcept { return size_ * static_cast<std::int64_t>(sizeof(V)); }

  void zero() {
    if (size_ == 0) return;
    device_->check(api_fill(data_, 0, static_cast<std::size_t>(bytes()), device_->stream()),
                   "zero");
  }
  /// values -> the buffer from `first` on
  void upload(std::span<const V> values, std::int64_t first = 0) {
    if (values.empty()) return;
    device_->upload(data_ + first, values.data(), static_cast<std::int64_t>(values.size_bytes()));
  }
  void download(std::span<V> values, std::int64_t first = 0) const {
    if (values.empty()) return;
    device_->download(values.data(), data_ + first, static_cast<std::int64_t>(values.size_bytes()));
  }
  void swap(DeviceBuffer& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
  }

 private:
  const Device* device_ = nullptr;
  std::int64_t size_ = 0;
  V* data_ = nullptr;
};

}  // namespace noesis::NOESIS_GPU
