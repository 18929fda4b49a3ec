# The Python module: NOESIS_WITH_PYTHON and the Python that it is built for, which is the one of .venv
# unless a wheel is built (SKBUILD, from scikit-build-core).
set(NOESIS_WITH_PYTHON AUTO CACHE STRING "Python module, by nanobind: AUTO, ON or OFF")
set_property(CACHE NOESIS_WITH_PYTHON PROPERTY STRINGS AUTO ON OFF)
set(NOESIS_HAVE_PYTHON OFF)
# A sanitizer's runtime would have to be loaded into Python first.
if(NOT NOESIS_WITH_PYTHON STREQUAL "OFF" AND NOT NOESIS_SANITIZE)
  if(NOT SKBUILD AND EXISTS ${PROJECT_SOURCE_DIR}/.venv/bin/python)
    set(Python_EXECUTABLE ${PROJECT_SOURCE_DIR}/.venv/bin/python)
  endif()
  find_package(Python 3.11 QUIET COMPONENTS Interpreter Development.Module)
  if(Python_FOUND)
    execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir
      OUTPUT_VARIABLE nanobind_dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    find_package(nanobind CONFIG QUIET HINTS ${nanobind_dir})
  endif()
  if(nanobind_FOUND)
    set(NOESIS_HAVE_PYTHON ON)
  elseif(NOESIS_WITH_PYTHON STREQUAL "ON")
    message(FATAL_ERROR "NOESIS_WITH_PYTHON=ON, but nanobind or the headers of Python were not found. "
      "Install python3-dev, and nanobind into .venv (./noesis does), or use NOESIS_WITH_PYTHON=OFF.")
  endif()
endif()
message(STATUS "noesis: Python module ${NOESIS_HAVE_PYTHON}")
