# Flags every noesis target is compiled with. Contraction is off, so that a*b+c means the same on
# every instruction set; where a fused multiply-add is meant, the code says fma.
add_library(noesis_flags INTERFACE)
target_compile_options(noesis_flags INTERFACE
  -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow
  -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms on `"a" + std::string` (GCC bug 105651) and on aggregates with string members.
  target_compile_options(noesis_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(NOESIS_WERROR)
  target_compile_options(noesis_flags INTERFACE -Werror)
endif()

# noesis_precompile(<target> <owner> [header...]): with NOESIS_PRECOMPILE, the usual headers of the standard
# library and these. One target owns what was precompiled, and others of the same flags take it over.
set(NOESIS_PRECOMPILED <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <cstring> <filesystem> <fstream>
  <functional> <iostream> <limits> <map> <memory> <mutex> <numeric> <optional> <random> <ranges> <span> <sstream>
  <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>)
function(noesis_precompile target owner)
  if(NOT NOESIS_PRECOMPILE)
    return()
  endif()
  # Without it ccache would not know which headers a source depends on.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  if(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${NOESIS_PRECOMPILED} ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# noesis_library(<folder> SOURCES ... HEADERS ... PUBLIC deps ... PRIVATE deps ...)
# One target a folder, noesis::<folder>, with its public headers installed under include/noesis/.
function(noesis_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  add_library(noesis_${name} STATIC ${ARG_SOURCES})
  add_library(noesis::${name} ALIAS noesis_${name})
  target_sources(noesis_${name} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
  target_link_libraries(noesis_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE}
    $<BUILD_INTERFACE:noesis_flags>)
  target_include_directories(noesis_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/noesis>)
  noesis_precompile(noesis_${name} noesis_core)
  set_target_properties(noesis_${name} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  set_property(GLOBAL APPEND PROPERTY NOESIS_LIBRARIES noesis_${name})
endfunction()
