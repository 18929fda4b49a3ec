#include "physics/noise.hpp"

#include <algorithm>
#include <array>

#include "core/rng.hpp"
#include "core/wide.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kBlock = 64;

}  // namespace

NOESIS_WIDE void normal_pairs(std::uint64_t seed, std::uint64_t step, std::uint32_t slot,
                              const std::int32_t* ids, std::int64_t first_id, std::int64_t count,
                              double* first, double* second) {
  for (std::int64_t k = 0; k < count; ++k) {
    const auto id = static_cast<std::uint32_t>(ids != nullptr ? ids[k] : first_id + k);
    const RandomPair u = uniform_pair(seed, Stream::kNoise, step, id, slot);
    first[k] = u.first;
    second[k] = u.second;
  }
  for (std::int64_t k = 0; k < count; ++k) {  // a loop of its own becomes SIMD code
    const RandomPair n = normal_pair_of({first[k], second[k]});
    first[k] = n.first;
    second[k] = n.second;
  }
}

template <Real T>
void draw_noise(std::int64_t step, double scale, const NoiseKeys& keys, std::int64_t first_env,
                const Surgeon<T>& surgeon, const ThreadArena& arena, State<T>& increment) {
  const BatchShape& shape = increment.shape();
  const bool holds = surgeon.holds_any();
  arena.parallel_for(shape.num_neurons, 4 * kBlock, [&](std::int64_t begin, std::int64_t end) {
    std::array<double, kBlock> first, second;
    for (std::int64_t e = 0; e < shape.num_envs; ++e) {
      const std::int64_t env = first_env + e;
      const auto own_step =
          static_cast<std::uint64_t>(step - keys.episode_start[static_cast<std::size_t>(env)]);
      for (std::int64_t i = begin; i < end; i += kBlock) {
        const std::int64_t count = std::min(kBlock, end - i);
        for (int c = 0; c < shape.num_components; c += 2) {
          normal_pairs(keys.seeds[static_cast<std::size_t>(env)], own_step,
                       static_cast<std::uint32_t>(c / 2),
                       keys.ids != nullptr ? keys.ids + i : nullptr, i, count, first.data(),
                       second.data());
          const auto put = [&](int component, const std::array<double, kBlock>& values) {
            for (std::int64_t k = 0; k < count; ++k) {
              increment.at(e, component, i + k) =
                  holds && surgeon.holds(env, component, i + k)
                      ? T(0)
                      : static_cast<T>(scale * values[static_cast<std::size_t>(k)]);
            }
          };
          put(c, first);
          if (c + 1 < shape.num_components) put(c + 1, second);
        }
      }
    }
  });
}

template void draw_noise(std::int64_t, double, const NoiseKeys&, std::int64_t,
                         const Surgeon<float>&, const ThreadArena&, State<float>&);
template void draw_noise(std::int64_t, double, const NoiseKeys&, std::int64_t,
                         const Surgeon<double>&, const ThreadArena&, State<double>&);

}  // namespace noesis
