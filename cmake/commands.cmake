# noesis_command(<name> SOURCES ... LIBRARIES ...)
# An executable at the top of the build folder, installed into bin/. Building the target `commands`
# builds them all: it is what ./noesis asks for.
add_custom_target(commands)

function(noesis_command name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} noesis_flags)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  add_dependencies(commands ${name})
  set_property(GLOBAL APPEND PROPERTY NOESIS_COMMANDS ${name})
endfunction()
