// What a device and its sparse product are worth, for `noesis bench gpu`.

#include "gpu/measure.hpp"

#include <algorithm>
#include <vector>

#include "gpu/device.hpp"
#include "gpu/device_connectome.hpp"
#include "gpu/kernels/product.hpp"
#include "gpu/launch.hpp"
#include "physics/state.hpp"

namespace noesis::NOESIS_GPU {
namespace {

constexpr int kTurns = 25;

/// Median seconds of a piece of work on the device, after some that warm it up.
template <class Work>
double median_seconds(const Device& device, const Work& work) {
  ApiEvent begin{}, end{};
  device.check(api_create_event(&begin), "make an event");
  device.check(api_create_event(&end), "make an event");
  std::vector<double> seconds;
  for (int turn = 0; turn < kTurns + 3; ++turn) {
    device.check(api_record(begin, device.stream()), "time");
    work();
    device.check_launch("time");
    device.check(api_record(end, device.stream()), "time");
    device.synchronize();
    float milliseconds = 0;
    device.check(api_elapsed(&milliseconds, begin, end), "time");
    if (turn >= 3) seconds.push_back(1e-3 * static_cast<double>(milliseconds));
  }
  ignore(api_destroy_event(begin));
  ignore(api_destroy_event(end));
  std::nth_element(seconds.begin(), seconds.begin() + kTurns / 2, seconds.end());
  return seconds[kTurns / 2];
}

}  // namespace

std::int64_t device_memory() { return Device().total_bytes(); }

double copy_bandwidth() {
  constexpr std::int64_t kBytes = std::int64_t{1} << 30;
  const Device device;
  DeviceBuffer<char> from(device, kBytes, "a copy"), to(device, kBytes, "a copy");
  from.zero();
  const double seconds = median_seconds(device, [&] {
    device.check(api_copy(to.data(), from.data(), kBytes, device.stream()), "copy");
  });
  return 2.0 * static_cast<double>(kBytes) / seconds;
}

template <Real T>
double product_seconds(const SynapseView& table, std::int64_t num_neurons, std::int64_t num_envs,
                       std::vector<T>* result) {
  const Device device;
  const int width = num_envs == 1 ? 1 : kTileWidth<T>;
  const std::int64_t tiles = (num_envs + width - 1) / width;
  const DeviceConnectome connectome(device, table, num_neurons, RowOrder::kByLength);
  const auto size = static_cast<std::size_t>(tiles * num_neurons * width);
  std::vector<T> values(size);
  for (std::size_t n = 0; n < size; ++n) values[n] = static_cast<T>(n % 1009) / T(1009);
  DeviceBuffer<T> x(device, std::ssize(values), "rates"), y(device, std::ssize(values), "rates");
  x.upload(values);
  y.zero();
  const BatchView batch = {num_envs, num_neurons};
  const double seconds = median_seconds(device, [&] {
    if (width == 1) {
      launch(Product<T, 1>{batch, connectome.view(), x.data(), y.data()}, num_neurons, tiles,
             device.stream());
    } else {
      launch(Product<T, kTileWidth<T>>{batch, connectome.view(), x.data(), y.data()}, num_neurons,
             tiles, device.stream());
    }
  });
  if (result != nullptr) {
    result->resize(size);
    y.download(*result);
  }
  return seconds;
}

template double product_seconds(const SynapseView&, std::int64_t, std::int64_t,
                                std::vector<float>*);
template double product_seconds(const SynapseView&, std::int64_t, std::int64_t,
                                std::vector<double>*);

}  // namespace noesis::NOESIS_GPU
