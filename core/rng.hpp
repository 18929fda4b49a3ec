#pragma once
/// Counter-based random numbers (Philox 4x32-10; Salmon et al., SC 2011; Random123). A number is a
/// pure function of (seed, stream, step, id), so it is the same for any batch position, partition,
/// thread count or order of evaluation, on CPU and GPU. There is no state to keep or to race on.

#if defined(__HIPCC__) && !defined(R123_CUDA_DEVICE)  // what Random123 knows of CUDA only
#define R123_CUDA_DEVICE __host__ __device__
#define R123_USE_SSE 0
#define R123_ASSERT(condition)
#endif
#include <Random123/philox.h>

#include <cstdint>

#include "core/math.hpp"

namespace noesis {

/// What a random number is for. Values are part of the file format: append, never renumber.
enum class Stream : std::uint32_t {
  kInitialState = 0,
  kNoise = 1,
  kBias = 2,
  kWeights = 3,
  kTopology = 4,
  kObservation = 5,
  kTask = 6,
  kResampling = 7,
  kAgent = 8,
  kSurrogate = 9,
  kVerdict = 10,
  kNeurogenesis = 11,
  kStructural = 12,
};

struct RandomPair {
  double first;
  double second;
};

/// Four 32-bit words for (seed, stream, step, id). `step` and `id` are used modulo 2^64 and 2^32;
/// `id` is a stable neuron or synapse id below 2^32.
NOESIS_HOST_DEVICE r123::Philox4x32::ctr_type philox(std::uint64_t seed, Stream stream,
                                                     std::uint64_t step, std::uint32_t id,
                                                     std::uint32_t slot = 0) {
  // Key: the seed. Counter: step (64 bits), id (32), stream and slot (16 each).
  const r123::Philox4x32::ctr_type counter = {
      {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), id,
       (static_cast<std::uint32_t>(stream) << 16) | (slot & 0xffffu)}};
  const r123::Philox4x32::key_type key = {
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  return r123::Philox4x32{}(counter, key);
}

/// Uniform in the open interval (0, 1) with 53 bits, from two words.
NOESIS_HOST_DEVICE double unit_open(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32) | low;
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

/// Two independent uniforms in (0, 1).
NOESIS_HOST_DEVICE RandomPair uniform_pair(std::uint64_t seed, Stream stream, std::uint64_t step,
                                           std::uint32_t id, std::uint32_t slot = 0) {
  const auto word = philox(seed, stream, step, id, slot);
  return {unit_open(word[0], word[1]), unit_open(word[2], word[3])};
}

/// Two independent standard normals from two uniforms (Box-Muller).
NOESIS_HOST_DEVICE RandomPair normal_pair_of(RandomPair uniform) {
  const double radius = math::sqrt(-2.0 * math::log(uniform.first));
  return {radius * math::cos_turns(uniform.second), radius * math::sin_turns(uniform.second)};
}

/// Two independent standard normals, of which neurons with two components use both. (Kernels, and
/// loops over many, do the same by uniform_pair() and normal_pair_of().)
RandomPair normal_pair(std::uint64_t seed, Stream stream, std::uint64_t step, std::uint32_t id,
                       std::uint32_t slot = 0);

/// A sequential generator over one stream, for building structure (a generator, a shuffle): the
/// n-th draw is the Philox word of step n / 2, so that a sequence can be resumed at any point.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, Stream stream, std::uint32_t id = 0)
      : seed_(seed), stream_(stream), id_(id) {}

  /// Uniform in (0, 1).
  double uniform() {
    const RandomPair u = uniform_pair(seed_, stream_, count_ / 2, id_, 0);
    return count_++ % 2 == 0 ? u.first : u.second;
  }
  /// Standard normal.
  double normal() {
    const RandomPair n = normal_pair(seed_, stream_, count_ / 2, id_, 1);
    return count_++ % 2 == 0 ? n.first : n.second;
  }
  /// Uniform integer in [0, bound), bound >= 1 (multiply-shift; bias below 2^-20 for bounds <
  /// 2^32).
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>(uniform() * static_cast<double>(bound));
  }

 private:
  std::uint64_t seed_;
  Stream stream_;
  std::uint32_t id_;
  std::uint64_t count_ = 0;
};

}  // namespace noesis
