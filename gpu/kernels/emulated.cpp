// Every kernel in both precisions, as loops on the host.
#define NOESIS_KERNEL_REAL float
#define NOESIS_KERNELS_OF_ALL 0
#include "gpu/kernels/instances.inl"
#define NOESIS_KERNEL_REAL double
#define NOESIS_KERNELS_OF_ALL 1
#include "gpu/kernels/instances.inl"
