// Every kernel in single precision.
#define NOESIS_KERNEL_REAL float
#define NOESIS_KERNELS_OF_ALL 0
#include "gpu/kernels/instances.inl"
