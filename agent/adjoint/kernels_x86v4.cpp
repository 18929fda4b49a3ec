#define NOESIS_ISA isa_x86v4
#include "agent/adjoint/kernels.inl"
