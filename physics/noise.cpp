#include "physics/noise.hpp"

#include <algorithm>
#include <array>

#include "core/rng.hpp"

namespace noesis {
namespace {

constexpr std::int64_t kBlock = 64;

using PairsFn = void (*)(std::uint64_t, std::uint64_t, std::uint32_t, const std::int32_t*,
                         std::int64_t, std::int64_t, double*, double*);

std::uint32_t id_of(const std::int32_t* ids, std::int64_t first_id, std::int64_t k) {
  return static_cast<std::uint32_t>(ids != nullptr ? ids[k] : first_id + k);
}

void baseline_pairs(std::uint64_t seed, std::uint64_t step, std::uint32_t slot,
                    const std::int32_t* ids, std::int64_t first_id, std::int64_t count,
                    double* first, double* second) {
  for (std::int64_t k = 0; k < count; ++k) {
    const RandomPair n = normal_pair(seed, Stream::kNoise, step, id_of(ids, first_id, k), slot);
    first[k] = n.first;
    second[k] = n.second;
  }
}

#ifdef NOESIS_X86_KERNELS
/// The same bits, eight times as fast: a fused multiply-add is an instruction here and a call
/// there, and of the two loops the second becomes SIMD code, which the two in one did not.
__attribute__((target("arch=x86-64-v3"))) void wide_pairs(std::uint64_t seed, std::uint64_t step,
                                                          std::uint32_t slot,
                                                          const std::int32_t* ids,
                                                          std::int64_t first_id, std::int64_t count,
                                                          double* first, double* second) {
  for (std::int64_t k = 0; k < count; ++k) {
    const RandomPair u = uniform_pair(seed, Stream::kNoise, step, id_of(ids, first_id, k), slot);
    first[k] = u.first;
    second[k] = u.second;
  }
  for (std::int64_t k = 0; k < count; ++k) {  // Box-Muller, as normal_pair()
    const double radius = math::sqrt(-2.0 * math::log(first[k])), turns = second[k];
    first[k] = radius * math::cos_turns(turns);
    second[k] = radius * math::sin_turns(turns);
  }
}
#endif

PairsFn best_pairs() {
#ifdef NOESIS_X86_KERNELS
  if (best_instruction_set() != InstructionSet::kBaseline) return wide_pairs;
#endif
  return baseline_pairs;
}

}  // namespace

void normal_pairs(std::uint64_t seed, std::uint64_t step, std::uint32_t slot,
                  const std::int32_t* ids, std::int64_t first_id, std::int64_t count, double* first,
                  double* second) {
  static const PairsFn best = best_pairs();
  best(seed, step, slot, ids, first_id, count, first, second);
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
