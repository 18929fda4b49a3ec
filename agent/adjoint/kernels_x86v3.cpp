#define NOESIS_ISA isa_x86v3
#include "agent/adjoint/kernels.inl"
