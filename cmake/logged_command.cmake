# cmake -DLOG=FILE "-DCOMMAND=program;argument;..." -P logged_command.cmake
# Runs a command whose diagnostics are to be kept, and shows them where it fails.
execute_process(COMMAND ${COMMAND} OUTPUT_FILE ${LOG} ERROR_FILE ${LOG} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  file(READ ${LOG} text)
  message(FATAL_ERROR "failed: ${COMMAND}\n${text}")
endif()
