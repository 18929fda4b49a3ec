#define NOESIS_ISA isa_x86v3
#include "physics/kernels/kernels.inl"
