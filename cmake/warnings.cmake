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
  set_target_properties(noesis_${name} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  set_property(GLOBAL APPEND PROPERTY NOESIS_LIBRARIES noesis_${name})
endfunction()
