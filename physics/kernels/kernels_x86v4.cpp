#define NOESIS_ISA isa_x86v4
#include "physics/kernels/kernels.inl"
