#include "physics/kernels/kernels.hpp"
#include "physics/models/models.hpp"

namespace noesis {

#define NOESIS_DECLARE_ISA(isa)         \
  namespace isa {                       \
  template <class Model>                \
  const KernelSet<Model>& kernel_set(); \
  template <class T>                    \
  ProductFn<T> product(int width);      \
  template <class T>                    \
  DelayedFn<T> delayed(int width);      \
  }
NOESIS_DECLARE_ISA(isa_baseline)
#ifdef NOESIS_X86_KERNELS
NOESIS_DECLARE_ISA(isa_x86v3)
NOESIS_DECLARE_ISA(isa_x86v4)
#endif

InstructionSet best_instruction_set() noexcept {
#ifdef NOESIS_X86_KERNELS
  static const InstructionSet best = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return InstructionSet::kX86v4;
    if (__builtin_cpu_supports("x86-64-v3")) return InstructionSet::kX86v3;
    return InstructionSet::kBaseline;
  }();
  return best;
#else
  return InstructionSet::kBaseline;
#endif
}

const char* name_of(InstructionSet set) noexcept {
  switch (set) {
    case InstructionSet::kX86v3:
      return "x86-64-v3";
    case InstructionSet::kX86v4:
      return "x86-64-v4";
    case InstructionSet::kBaseline:
      break;
  }
  return "baseline";
}

template <class Model>
const KernelSet<Model>& kernels_for([[maybe_unused]] InstructionSet set) {
#ifdef NOESIS_X86_KERNELS
  if (set == InstructionSet::kX86v4) return isa_x86v4::kernel_set<Model>();
  if (set == InstructionSet::kX86v3) return isa_x86v3::kernel_set<Model>();
#endif
  return isa_baseline::kernel_set<Model>();
}

template <Real T>
ProductFn<T> product_kernel(int width, [[maybe_unused]] InstructionSet set) {
#ifdef NOESIS_X86_KERNELS
  if (set == InstructionSet::kX86v4) return isa_x86v4::product<T>(width);
  if (set == InstructionSet::kX86v3) return isa_x86v3::product<T>(width);
#endif
  return isa_baseline::product<T>(width);
}

template <Real T>
DelayedFn<T> delayed_kernel(int width, [[maybe_unused]] InstructionSet set) {
#ifdef NOESIS_X86_KERNELS
  if (set == InstructionSet::kX86v4) return isa_x86v4::delayed<T>(width);
  if (set == InstructionSet::kX86v3) return isa_x86v3::delayed<T>(width);
#endif
  return isa_baseline::delayed<T>(width);
}

#define NOESIS_INSTANTIATE(...) \
  template const KernelSet<__VA_ARGS__>& kernels_for<__VA_ARGS__>(InstructionSet);
NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE, float)
NOESIS_FOR_EACH_MODEL(NOESIS_INSTANTIATE, double)
template ProductFn<float> product_kernel<float>(int, InstructionSet);
template ProductFn<double> product_kernel<double>(int, InstructionSet);
template DelayedFn<float> delayed_kernel<float>(int, InstructionSet);
template DelayedFn<double> delayed_kernel<double>(int, InstructionSet);

}  // namespace noesis
