#define NOESIS_ISA isa_baseline
#include "agent/adjoint/kernels.inl"
