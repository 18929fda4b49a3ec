#pragma once
/// NOESIS_WIDE before a function compiles it for several instruction sets, of which the program
/// takes the processor's best when it starts. The bits are the same, since contraction is off
/// (math.hpp). For what is neither a kernel (physics/kernels) nor rare: where code is compiled for
/// any x86-64, each fused multiply-add is a call. Not for templates. What such a function calls
/// has to be inlined into it to gain. Not under the thread sanitizer, which is not there yet when a
/// program chooses.

#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__) && !defined(__SANITIZE_THREAD__)
#define NOESIS_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define NOESIS_WIDE
#endif
