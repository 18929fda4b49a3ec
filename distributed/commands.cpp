#include "distributed/commands.hpp"

#include "core/digest.hpp"

namespace noesis {

template <Real T>
void gather_rows(const T* plane, std::span<const std::int32_t> ids, int width, T* rows) {
  for (std::size_t r = 0; r < ids.size(); ++r) {
    std::memcpy(rows + r * static_cast<std::size_t>(width), plane + std::int64_t{ids[r]} * width,
                static_cast<std::size_t>(width) * sizeof(T));
  }
}

template <Real T>
void scatter_rows(const T* rows, std::span<const std::int32_t> ids, int width, T* plane) {
  for (std::size_t r = 0; r < ids.size(); ++r) {
    std::memcpy(plane + std::int64_t{ids[r]} * width, rows + r * static_cast<std::size_t>(width),
                static_cast<std::size_t>(width) * sizeof(T));
  }
}

std::string digest_rows(const WorkerPlan& plan, const WireRows& synapses,
                        const WireRows& gap_junctions) {
  Digest digest;
  const auto add = [&](const auto& values) {
    const auto count = static_cast<std::uint64_t>(values.size());
    digest.update(&count, sizeof count);
    digest.update(values.data(), values.size() * sizeof(values[0]));
  };
  add(plan.ids);
  for (const PeerPlan& peer : plan.peers) {
    add(peer.send);
    add(std::vector<std::int64_t>{peer.rank, peer.send_first, peer.send_count, peer.halo_first,
                                  peer.halo_count});
  }
  for (const WireRows* rows : {&synapses, &gap_junctions}) {
    add(rows->counts);
    add(rows->sources);
    add(rows->weights);
    add(rows->steps);
  }
  return digest.hex();
}

template void gather_rows(const float*, std::span<const std::int32_t>, int, float*);
template void gather_rows(const double*, std::span<const std::int32_t>, int, double*);
template void scatter_rows(const float*, std::span<const std::int32_t>, int, float*);
template void scatter_rows(const double*, std::span<const std::int32_t>, int, double*);

}  // namespace noesis
