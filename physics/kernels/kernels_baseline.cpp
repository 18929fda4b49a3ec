#define NOESIS_ISA isa_baseline
#include "physics/kernels/kernels.inl"
