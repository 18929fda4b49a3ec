// Every kernel in double precision.
#define NOESIS_KERNEL_REAL double
#include "gpu/kernels/instances.inl"
