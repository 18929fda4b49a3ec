#include "agent/adjoint/kernels.hpp"
#include "physics/models/models.hpp"

namespace noesis::adjoint {

#define NOESIS_DECLARE_ISA(isa)                   \
  namespace isa {                                 \
  template <class Model>                          \
  const KernelSet<Model>& kernel_set();           \
  WeightGradientFn weight_gradient_of(int width); \
  }
NOESIS_DECLARE_ISA(isa_baseline)
#ifdef NOESIS_X86_KERNELS
NOESIS_DECLARE_ISA(isa_x86v3)
NOESIS_DECLARE_ISA(isa_x86v4)
#endif

template <class Model>
const KernelSet<Model>& kernels_for([[maybe_unused]] InstructionSet set) {
#ifdef NOESIS_X86_KERNELS
  if (set == InstructionSet::kX86v4) return isa_x86v4::kernel_set<Model>();
  if (set == InstructionSet::kX86v3) return isa_x86v3::kernel_set<Model>();
#endif
  return isa_baseline::kernel_set<Model>();
}

WeightGradientFn weight_gradient(int width, [[maybe_unused]] InstructionSet set) {
#ifdef NOESIS_X86_KERNELS
  if (set == InstructionSet::kX86v4) return isa_x86v4::weight_gradient_of(width);
  if (set == InstructionSet::kX86v3) return isa_x86v3::weight_gradient_of(width);
#endif
  return isa_baseline::weight_gradient_of(width);
}

#define NOESIS_INSTANTIATE(...) \
  template const KernelSet<__VA_ARGS__>& kernels_for<__VA_ARGS__>(InstructionSet);
NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE, double)
#undef NOESIS_INSTANTIATE

}  // namespace noesis::adjoint
