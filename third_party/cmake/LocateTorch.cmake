# Finds LibTorch and says which: `find_package(Torch)` where Torch_DIR or
# CMAKE_PREFIX_PATH lead to one; else the `torch` of the active Python; else that
# of the tree's own .venv, where scripts/run.sh puts it. With
# TSINSPECT_LIBTORCH=system, the distribution's alone. Sets Torch_FOUND,
# TSINSPECT_TORCH_ORIGIN and TSINSPECT_TORCH_VERSION.

set(TSINSPECT_LIBTORCH "auto" CACHE STRING
  "Which LibTorch: auto, or system for the distribution's.")

function(torch_of_python python result)
  execute_process(
    COMMAND ${python} -c "from importlib.util import find_spec as f; \
print(f('torch').submodule_search_locations[0] + '/share/cmake')"
    OUTPUT_VARIABLE prefix ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE status)
  if(status EQUAL 0 AND EXISTS ${prefix}/Torch)
    set(${result} ${prefix} PARENT_SCOPE)
  endif()
endfunction()

if(TSINSPECT_LIBTORCH STREQUAL "system")
  find_package(Torch QUIET PATHS /usr NO_DEFAULT_PATH)
  set(TSINSPECT_TORCH_ORIGIN "the system")
else()
  find_package(Torch QUIET NO_SYSTEM_ENVIRONMENT_PATH NO_CMAKE_SYSTEM_PATH
    NO_CMAKE_PACKAGE_REGISTRY)
  set(TSINSPECT_TORCH_ORIGIN "Torch_DIR or CMAKE_PREFIX_PATH")
  foreach(python python3 ${PROJECT_SOURCE_DIR}/.venv/bin/python3)
    if(NOT Torch_FOUND)
      unset(prefix)
      torch_of_python(${python} prefix)
      if(prefix)
        # Or what Torch's glue looks for would be the system's.
        list(PREPEND CMAKE_PREFIX_PATH ${prefix})
        list(PREPEND CMAKE_LIBRARY_PATH ${prefix}/../../lib)
        find_package(Torch QUIET)
        set(TSINSPECT_TORCH_ORIGIN ${python})
      endif()
    endif()
  endforeach()
endif()

if(Torch_FOUND)
  set(TSINSPECT_TORCH_VERSION ${Torch_VERSION})
  message(STATUS "LibTorch ${TSINSPECT_TORCH_VERSION}, found by "
    "${TSINSPECT_TORCH_ORIGIN}: ${TORCH_INSTALL_PREFIX}")
else()
  message(STATUS "LibTorch not found: only what does not run models is built")
endif()
