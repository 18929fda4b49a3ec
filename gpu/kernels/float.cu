// Every kernel in single precision.
#define NOESIS_KERNEL_REAL float
#include "gpu/kernels/instances.inl"
