# What of the GPU toolkits is there: NOESIS_HAVE_CUDA with NOESIS_NVCC, NOESIS_CUDART,
# NOESIS_CUDA_INCLUDE_DIR; NOESIS_HAVE_HIP with NOESIS_HIPCC, NOESIS_HIP_LIBRARY, NOESIS_HIP_OPTIONS.
set(NOESIS_WITH_CUDA AUTO CACHE STRING "CUDA backend: AUTO, ON or OFF")
set(NOESIS_WITH_HIP AUTO CACHE STRING "HIP backend: AUTO, ON or OFF")
set_property(CACHE NOESIS_WITH_CUDA NOESIS_WITH_HIP PROPERTY STRINGS AUTO ON OFF)
set(NOESIS_CUDA_ARCHITECTURES 80 90 CACHE STRING "Compute capabilities to build CUDA kernels for")
set(NOESIS_HIP_ARCHITECTURES gfx90a gfx1030 CACHE STRING "Processors to build HIP kernels for")

set(NOESIS_HAVE_CUDA OFF)
if(NOT NOESIS_WITH_CUDA STREQUAL "OFF")
  find_package(CUDAToolkit QUIET)
  if(CUDAToolkit_FOUND AND CUDAToolkit_VERSION VERSION_GREATER_EQUAL 12)
    set(NOESIS_NVCC ${CUDAToolkit_NVCC_EXECUTABLE})
    list(GET CUDAToolkit_INCLUDE_DIRS 0 NOESIS_CUDA_INCLUDE_DIR)
    find_library(NOESIS_CUDART cudart_static HINTS ${CUDAToolkit_LIBRARY_DIR}
      ${NOESIS_CUDA_INCLUDE_DIR}/../lib64 ${NOESIS_CUDA_INCLUDE_DIR}/../lib)
    if(NOESIS_NVCC AND NOESIS_CUDART)
      set(NOESIS_HAVE_CUDA ON)
    endif()
  endif()
  if(NOESIS_WITH_CUDA STREQUAL "ON" AND NOT NOESIS_HAVE_CUDA)
    message(FATAL_ERROR "NOESIS_WITH_CUDA=ON, but no CUDA toolkit >= 12 was found (nvcc and "
      "cudart_static). Put nvcc on the PATH or set CUDAToolkit_ROOT, or use NOESIS_WITH_CUDA=OFF.")
  endif()
endif()

set(NOESIS_HAVE_HIP OFF)
if(NOT NOESIS_WITH_HIP STREQUAL "OFF")
  find_program(NOESIS_HIPCC hipcc HINTS $ENV{ROCM_PATH}/bin /opt/rocm/bin)
  find_library(NOESIS_HIP_LIBRARY amdhip64 HINTS $ENV{ROCM_PATH}/lib /opt/rocm/lib)
  find_path(NOESIS_HIP_INCLUDE_DIR hip/hip_runtime_api.h
    HINTS $ENV{ROCM_PATH}/include /opt/rocm/include)
  # Debian puts the bitcode that every kernel is linked with where hipcc does not look.
  find_path(NOESIS_HIP_BITCODE ocml.bc HINTS $ENV{ROCM_PATH}/amdgcn/bitcode
    /opt/rocm/amdgcn/bitcode /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/amdgcn/bitcode)
  if(NOESIS_HIPCC AND NOESIS_HIP_LIBRARY AND NOESIS_HIP_INCLUDE_DIR AND NOESIS_HIP_BITCODE)
    set(NOESIS_HAVE_HIP ON)
    # Else hipcc takes nvcc where it finds one.
    set(NOESIS_HIP_ENVIRONMENT ${CMAKE_COMMAND} -E env HIP_PLATFORM=amd)
    set(NOESIS_HIP_OPTIONS --rocm-device-lib-path=${NOESIS_HIP_BITCODE})
    if(NOESIS_HIP_BITCODE MATCHES "^/usr/lib/")
      list(APPEND NOESIS_HIP_OPTIONS --rocm-path=/usr)
    endif()
  elseif(NOESIS_WITH_HIP STREQUAL "ON")
    message(FATAL_ERROR "NOESIS_WITH_HIP=ON, but HIP was not found (hipcc, libamdhip64, "
      "hip_runtime_api.h, ocml.bc). On Debian: apt-get install hipcc rocm-device-libs "
      "libamdhip64-dev; or use NOESIS_WITH_HIP=OFF.")
  endif()
endif()
message(STATUS "noesis: CUDA ${NOESIS_HAVE_CUDA}, HIP ${NOESIS_HAVE_HIP}")
