// Every kernel in double precision.
#define NOESIS_KERNEL_REAL double
#define NOESIS_KERNELS_OF_ALL 1
#include "gpu/kernels/instances.inl"
