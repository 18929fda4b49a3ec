// The kernels of one precision, NOESIS_KERNEL_REAL; what is built for a device is what stands here.
#include "gpu/kernels/plasticity.hpp"
#include "gpu/kernels/pointwise.hpp"
#include "gpu/kernels/product.hpp"
#include "gpu/kernels/stage.hpp"
#include "gpu/launch_kernel.hpp"
#include "physics/models/models.hpp"
#include "physics/state.hpp"

namespace noesis::NOESIS_GPU {

#define NOESIS_INSTANTIATE_KERNEL(...) \
  template void launch(const __VA_ARGS__&, std::int64_t, std::int64_t, ApiStream);
#define NOESIS_INSTANTIATE_MODEL(...)                                           \
  NOESIS_INSTANTIATE_KERNEL(Stage<__VA_ARGS__, 1>)                              \
  NOESIS_INSTANTIATE_KERNEL(Stage<__VA_ARGS__, kTileWidth<NOESIS_KERNEL_REAL>>) \
  NOESIS_INSTANTIATE_KERNEL(Output<__VA_ARGS__>)

NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE_MODEL, NOESIS_KERNEL_REAL)
NOESIS_INSTANTIATE_KERNEL(Product<NOESIS_KERNEL_REAL, 1>)
NOESIS_INSTANTIATE_KERNEL(Product<NOESIS_KERNEL_REAL, kTileWidth<NOESIS_KERNEL_REAL>>)
NOESIS_INSTANTIATE_KERNEL(AdaptBias<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(ChangeWeights<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(DrawNoise<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(Pin<NOESIS_KERNEL_REAL>)
NOESIS_INSTANTIATE_KERNEL(FindNonFinite<NOESIS_KERNEL_REAL>)

#undef NOESIS_INSTANTIATE_KERNEL
#undef NOESIS_INSTANTIATE_MODEL
#undef NOESIS_KERNEL_REAL

}  // namespace noesis::NOESIS_GPU
