# Options of the build. NOESIS_WITH_* take AUTO (use it if found), ON (required) or OFF.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(GNUInstallDirs)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

option(NOESIS_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(NOESIS_FUZZ "Build the fuzzers of the loaders, and nothing else (Clang)" OFF)
option(NOESIS_WERROR "Treat warnings as errors" OFF)
# Quicker by a quarter; with it GCC finds false alarms in the standard library, and no missing #include.
option(NOESIS_PRECOMPILE "Precompile the headers of the standard library" OFF)
set(NOESIS_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")

set(NOESIS_WITH_ZMQ AUTO CACHE STRING "ZeroMQ, for the environment server: AUTO, ON or OFF")
set_property(CACHE NOESIS_WITH_ZMQ PROPERTY STRINGS AUTO ON OFF)

set(NOESIS_WITH_MPI AUTO CACHE STRING "MPI, for brains over the ranks of a job: AUTO, ON or OFF")
set_property(CACHE NOESIS_WITH_MPI PROPERTY STRINGS AUTO ON OFF)

set(NOESIS_WITH_TORCH AUTO CACHE STRING "LibTorch, for the agent: AUTO, ON or OFF")
set_property(CACHE NOESIS_WITH_TORCH PROPERTY STRINGS AUTO ON OFF)
set(NOESIS_HAVE_TORCH OFF)
if(NOT NOESIS_WITH_TORCH STREQUAL "OFF")
  # LibTorch comes from CMAKE_PREFIX_PATH, else from the project's Python environment.
  file(GLOB venv_torch ${PROJECT_SOURCE_DIR}/.venv/lib/python3.*/site-packages/torch/share/cmake)
  find_package(Torch QUIET HINTS ${venv_torch})
  if(Torch_FOUND)
    set(NOESIS_HAVE_TORCH ON)
  elseif(NOESIS_WITH_TORCH STREQUAL "ON")
    message(FATAL_ERROR "NOESIS_WITH_TORCH=ON, but LibTorch was not found. Set CMAKE_PREFIX_PATH to "
      "its folder, install torch==2.13.0 into .venv (./noesis does), or use NOESIS_WITH_TORCH=OFF.")
  endif()
endif()
message(STATUS "noesis: LibTorch ${NOESIS_HAVE_TORCH}")

if(NOESIS_SANITIZE)
  add_compile_options(-fsanitize=${NOESIS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(NOESIS_SANITIZE MATCHES "address" AND NOESIS_SANITIZE MATCHES "undefined")
    # What AddressSanitizer finds too, when it happens: a third of the time of compilation.
    add_compile_options(-fno-sanitize=null,vptr,object-size,pointer-overflow)
  endif()
  add_link_options(-fsanitize=${NOESIS_SANITIZE})
  if(NOESIS_SANITIZE MATCHES "thread")
    add_compile_definitions(NOESIS_PLAIN_THREADS)
  endif()
endif()
