// Every kernel in both precisions, as loops on the host.
#define NOESIS_KERNEL_REAL float
#include "gpu/kernels/instances.inl"
#define NOESIS_KERNEL_REAL double
#include "gpu/kernels/instances.inl"
