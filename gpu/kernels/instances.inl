// The kernels of one precision, NOESIS_KERNEL_REAL, and with NOESIS_KERNELS_OF_ALL = 1 those of
// none; what is built for a device is what stands here.
#include "gpu/kernels/adaptive.hpp"
#include "gpu/kernels/delayed.hpp"
#include "gpu/kernels/learning.hpp"
#include "gpu/kernels/levels.hpp"
#include "gpu/kernels/plasticity.hpp"
#include "gpu/kernels/pointwise.hpp"
#include "gpu/kernels/probe.hpp"
#include "gpu/kernels/product.hpp"
#include "gpu/kernels/rosenbrock.hpp"
#include "gpu/kernels/stage.hpp"
#include "gpu/kernels/structure.hpp"
#include "gpu/launch_kernel.hpp"
#include "physics/models/models.hpp"
#include "physics/state.hpp"

namespace noesis::NOESIS_GPU {

#define NOESIS_INSTANTIATE_KERNEL(...) \
  template void launch(const __VA_ARGS__&, std::int64_t, std::int64_t, ApiStream);
#define NOESIS_INSTANTIATE_MODEL(...)                                                  \
  NOESIS_INSTANTIATE_KERNEL(Stage<__VA_ARGS__, 1, true>)                               \
  NOESIS_INSTANTIATE_KERNEL(Stage<__VA_ARGS__, kTileWidth<NOESIS_KERNEL_REAL>, false>) \
  NOESIS_INSTANTIATE_KERNEL(Stage<__VA_ARGS__, kTileWidth<NOESIS_KERNEL_REAL>, true>)  \
  NOESIS_INSTANTIATE_KERNEL(Rosenbrock<__VA_ARGS__, 1>)                                \
  NOESIS_INSTANTIATE_KERNEL(Rosenbrock<__VA_ARGS__, kTileWidth<NOESIS_KERNEL_REAL>>)   \
  NOESIS_INSTANTIATE_KERNEL(Output<__VA_ARGS__>)

NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE_MODEL, NOESIS_KERNEL_REAL)
NOESIS_INSTANTIATE_KERNEL(Product<NOESIS_KERNEL_REAL, 1>)
NOESIS_INSTANTIATE_KERNEL(Product<NOESIS_KERNEL_REAL, kTileWidth<NOESIS_KERNEL_REAL>>)
NOESIS_INSTANTIATE_KERNEL(DelayedInput<NOESIS_KERNEL_REAL, 1>)
NOESIS_INSTANTIATE_KERNEL(DelayedInput<NOESIS_KERNEL_REAL, kTileWidth<NOESIS_KERNEL_REAL>>)
NOESIS_INSTANTIATE_KERNEL(Combine<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(FindErrors<NOESIS_KERNEL_REAL, 1>)
NOESIS_INSTANTIATE_KERNEL(FindErrors<NOESIS_KERNEL_REAL, kTileWidth<NOESIS_KERNEL_REAL>>)
NOESIS_INSTANTIATE_KERNEL(CommitStep<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(Interpolate<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(AdaptBias<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(ChangeWeights<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(AdaptResponse<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(GrowElements<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(DrawNoise<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(Pin<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(Gather<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(Scatter<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(SumLevels<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(FindNonFinite<NOESIS_KERNEL_REAL>)

#if NOESIS_KERNELS_OF_ALL
NOESIS_INSTANTIATE_KERNEL(Probe)
NOESIS_INSTANTIATE_KERNEL(AddLevels)
NOESIS_INSTANTIATE_KERNEL(ReduceErrors)
NOESIS_INSTANTIATE_KERNEL(CountSurvivors)
NOESIS_INSTANTIATE_KERNEL(FindDead)
NOESIS_INSTANTIATE_KERNEL(CloseRows)
NOESIS_INSTANTIATE_KERNEL(SumChunks)
NOESIS_INSTANTIATE_KERNEL(ScanChunks)
NOESIS_INSTANTIATE_KERNEL(ScanRows)
NOESIS_INSTANTIATE_KERNEL(MoveRows)
NOESIS_INSTANTIATE_KERNEL(InsertSynapses)
NOESIS_INSTANTIATE_KERNEL(DecaySpared)
#endif

#undef NOESIS_INSTANTIATE_KERNEL
#undef NOESIS_INSTANTIATE_MODEL
#undef NOESIS_KERNEL_REAL
#undef NOESIS_KERNELS_OF_ALL

}  // namespace noesis::NOESIS_GPU
