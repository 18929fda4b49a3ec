// What changes the structure of a table on a device (device_connectome.hpp).

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "gpu/device_connectome.hpp"
#include "gpu/kernels/structure.hpp"
#include "gpu/launch.hpp"

namespace noesis::NOESIS_GPU {

Pruned DeviceConnectome::prune(float least, std::span<const std::uint8_t> dead,
                               std::span<const std::uint8_t> is_safe) {
  ensure(std::ssize(dead) == num_rows_ && std::ssize(is_safe) == num_rows_, "a flag a row");
  const Device& device = *device_;
  const ApiStream stream = device.stream();
  const auto flags = [&] { return DeviceBuffer<std::uint8_t>(device, num_rows_, "pruning"); };
  const auto counts = [&] { return DeviceBuffer<std::int32_t>(device, num_rows_, "pruning"); };
  DeviceBuffer<std::uint8_t> dead_flags = flags(), safe_flags = flags();
  DeviceBuffer<std::int32_t> inputs_before = counts(), outputs_before = counts();
  DeviceBuffer<std::int32_t> inputs = counts(), outputs = counts();
  DeviceBuffer<std::int32_t> found(device, 1, "pruning");
  dead_flags.upload(dead);
  safe_flags.upload(is_safe);
  const auto count = [&](float from, DeviceBuffer<std::int32_t>& in,
                         DeviceBuffer<std::int32_t>& out) {
    out.zero();
    launch(CountSurvivors{view(), dead_flags.data(), from, in.data(), out.data()}, num_rows_, 1,
           stream);
  };
  count(0, inputs_before, outputs_before);
  count(least, inputs, outputs);
  device.check_launch("prune");
  std::vector<std::int32_t> kept(static_cast<std::size_t>(num_rows_));
  inputs.download(kept);
  if (std::accumulate(kept.begin(), kept.end(), std::int64_t{0}) == num_synapses_) return {};

  // Each death may leave others without inputs or outputs: until there are no more.
  for (std::int32_t any = 1; any != 0;) {
    found.zero();
    launch(FindDead{inputs_before.data(), outputs_before.data(), inputs.data(), outputs.data(),
                    safe_flags.data(), dead_flags.data(), found.data()},
           num_rows_, 1, stream);
    device.check_launch("prune");
    found.download({&any, 1});
    if (any != 0) count(least, inputs, outputs);
  }
  launch(CloseRows{rows_.data(), sources_.data(), weights_.data(), dead_flags.data(), least},
         num_rows_, 1, stream);
  device.check_launch("prune");

  std::vector<std::uint8_t> dead_now(static_cast<std::size_t>(num_rows_));
  dead_flags.download(dead_now);
  inputs.download(count_);
  Pruned pruned;
  for (std::size_t i = 0; i < dead_now.size(); ++i) {
    if (dead_now[i] != 0 && dead[i] == 0) pruned.neurons.push_back(static_cast<std::int32_t>(i));
  }
  const std::int64_t before = num_synapses_;
  num_synapses_ = std::accumulate(count_.begin(), count_.end(), std::int64_t{0});
  pruned.num_synapses = before - num_synapses_;
  // Half of the table is room that nobody may ever need.
  if (end_ > 2 * num_synapses_) {
    try {
      compact();
    } catch (const RunError&) {  // there is no memory for two tables: it stays as it is
    }
  }
  return pruned;
}

void DeviceConnectome::compact() {
  const Device& device = *device_;
  const std::int64_t num_chunks = SumChunks::num_chunks(num_rows_);
  DeviceBuffer<std::int32_t> counts(device, num_rows_, "compaction");
  DeviceBuffer<std::int64_t> sums(device, num_chunks, "compaction"),
      begin(device, num_rows_, "compaction");
  DeviceBuffer<std::int32_t> sources(device, num_synapses_, "compaction");
  DeviceBuffer<float> weights(device, num_synapses_, "compaction");
  counts.upload(count_);
  launch(SumChunks{num_rows_, counts.data(), sums.data()}, num_chunks, 1, device.stream());
  launch(ScanChunks{num_chunks, sums.data()}, 1, 1, device.stream());
  launch(ScanRows{num_rows_, counts.data(), sums.data(), begin.data()}, num_chunks, 1,
         device.stream());
  launch(MoveRows{rows_.data(), begin.data(), sources_.data(), weights_.data(), sources.data(),
                  weights.data()},
         num_rows_, 1, device.stream());
  device.check_launch("compact");
  begin.download(begin_);
  sources_.swap(sources);
  weights_.swap(weights);
  room_ = count_;
  end_ = num_synapses_;
}

/// Room for `size` synapses in all, with some to spare where there was not.
void DeviceConnectome::make_room(std::int64_t size) {
  if (size <= sources_.size()) return;
  size = std::max(size, sources_.size() * 3 / 2);
  const auto grow = [&](auto& buffer) {
    auto larger = std::decay_t<decltype(buffer)>(*device_, size, "synapses");
    if (buffer.size() > 0) {
      device_->check(api_copy(larger.data(), buffer.data(),
                              static_cast<std::size_t>(buffer.bytes()), device_->stream()),
                     "make room for synapses");
    }
    // Slack is copied when there is room to be made again: it is not to be what nobody wrote.
    device_->check(
        api_fill(larger.data() + buffer.size(), 0,
                 static_cast<std::size_t>(larger.bytes() - buffer.bytes()), device_->stream()),
        "make room for synapses");
    buffer.swap(larger);
    device_->synchronize();  // before the old one goes
  };
  grow(sources_);
  grow(weights_);
}

void DeviceConnectome::insert(std::span<const Synapse> edges) {
  if (edges.empty()) return;
  constexpr std::int32_t kLeastRoom = 4;
  std::vector<Synapse> sorted(edges.begin(), edges.end());
  std::sort(sorted.begin(), sorted.end(), [](const Synapse& a, const Synapse& b) {
    return a.target != b.target ? a.target < b.target : a.source < b.source;
  });
  std::vector<RowEdit> edits;
  std::vector<std::int32_t> sources;
  std::vector<float> weights;
  for (const Synapse& edge : sorted) {
    const auto row = static_cast<std::size_t>(edge.target);
    if (edits.empty() || edits.back().place != place_[row]) {
      edits.push_back({begin_[row], place_[row], static_cast<std::int32_t>(sources.size()), 0});
    }
    ++edits.back().count;
    sources.push_back(edge.source);
    weights.push_back(edge.weight);
  }
  for (RowEdit& edit : edits) {
    const auto row = static_cast<std::size_t>(sorted[static_cast<std::size_t>(edit.first)].target);
    count_[row] += edit.count;
    if (count_[row] <= room_[row]) continue;
    room_[row] = std::max({2 * room_[row], count_[row], kLeastRoom});
    begin_[row] = edit.to = end_;
    end_ += room_[row];
  }
  num_synapses_ += std::ssize(sorted);
  make_room(end_);
  DeviceBuffer<RowEdit> device_edits(*device_, std::ssize(edits), "new synapses");
  DeviceBuffer<std::int32_t> device_sources(*device_, std::ssize(sources), "new synapses"),
      places(*device_, std::ssize(sources), "new synapses");
  DeviceBuffer<float> device_weights(*device_, std::ssize(weights), "new synapses");
  device_edits.upload(edits);
  device_sources.upload(sources);
  device_weights.upload(weights);
  launch(InsertSynapses{rows_.data(), sources_.data(), weights_.data(), device_edits.data(),
                        device_sources.data(), device_weights.data(), places.data()},
         std::ssize(edits), 1, device_->stream());
  device_->check_launch("add synapses");
  device_->synchronize();  // before the list goes
}

}  // namespace noesis::NOESIS_GPU
