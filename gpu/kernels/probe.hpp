#pragma once
/// A kernel that does nothing, to see whether any starts.

#include <cstdint>

#include "gpu/team.hpp"

namespace noesis::NOESIS_GPU {

struct Probe {
  static constexpr int kTeamSize = 1;

  NOESIS_DEVICE void operator()(const Team<1>&, std::int64_t, std::int64_t) const {}
};

}  // namespace noesis::NOESIS_GPU
