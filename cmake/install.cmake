# Installs every noesis:: library with its headers (include/noesis/<folder>/) and every command, and
# a CMake package: find_package(noesis) gives the libraries without LibTorch, find_package(noesis
# COMPONENTS agent) also noesis::agent.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/noesis)

# What a consumer must find for each target that our libraries link to.
set(find_for_TBB::tbb "find_dependency(TBB)")
set(find_for_Eigen3::Eigen "find_dependency(Eigen3 3.4 NO_MODULE)")
set(find_for_Boost::headers "find_dependency(Boost)")
set(find_for_Threads::Threads "find_dependency(Threads)")
set(find_for_MPI::MPI_CXX "find_dependency(MPI COMPONENTS CXX)")
set(find_for_CLI11::CLI11 "find_dependency(CLI11)")
set(find_for_nlohmann_json::nlohmann_json "find_dependency(nlohmann_json)")
set(find_for_tomlplusplus::tomlplusplus "find_dependency(tomlplusplus)")
set(find_for_hdf5::hdf5 "enable_language(C)\nfind_dependency(HDF5 COMPONENTS C)")
set(find_for_libzip::zip "find_dependency(libzip)")
foreach(module fftw3 fftw3f hdf5 libxxhash libzip libzmq)
  string(TOUPPER ${module} name)
  set(find_for_PkgConfig::${name}
    "find_dependency(PkgConfig)\npkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})")
endforeach()

get_property(libraries GLOBAL PROPERTY NOESIS_LIBRARIES)
get_property(commands GLOBAL PROPERTY NOESIS_COMMANDS)
set(NOESIS_DEPENDENCIES "")
foreach(library ${libraries})
  target_compile_features(${library} PUBLIC cxx_std_20)
  set(export_set noesisTargets)
  if(library STREQUAL "noesis_agent")
    set(export_set noesisAgentTargets)
  else()
    get_target_property(links ${library} LINK_LIBRARIES)
    foreach(link ${links})
      if(link MATCHES "^noesis|^\\$<|^-|NOTFOUND$")
        continue()
      elseif(NOT DEFINED find_for_${link})
        message(FATAL_ERROR "cmake/install.cmake: ${library} links to ${link}; say how an installed "
          "noesis finds it (find_for_${link})")
      endif()
      list(APPEND NOESIS_DEPENDENCIES "${find_for_${link}}")
    endforeach()
  endif()
  install(TARGETS ${library} EXPORT ${export_set}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/noesis)
endforeach()
list(REMOVE_DUPLICATES NOESIS_DEPENDENCIES)
list(JOIN NOESIS_DEPENDENCIES "\n" NOESIS_DEPENDENCIES)

install(TARGETS ${commands} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT noesisTargets NAMESPACE noesis:: DESTINATION ${package_dir})
if(TARGET noesis_agent)
  install(EXPORT noesisAgentTargets NAMESPACE noesis:: DESTINATION ${package_dir})
endif()
configure_package_config_file(cmake/noesisConfig.cmake.in ${PROJECT_BINARY_DIR}/noesisConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/noesisConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/noesisConfig.cmake ${PROJECT_BINARY_DIR}/noesisConfigVersion.cmake
  DESTINATION ${package_dir})
