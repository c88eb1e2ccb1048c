# Finds LibTorch and says which: that of Torch_DIR or CMAKE_PREFIX_PATH; else the
# `torch` of the active Python; else that of the tree's own .venv, where
# scripts/libtorch.sh puts it. With TSINSPECT_LIBTORCH=system, the distribution's
# alone. It is looked for anew each time CMake configures. Sets Torch_FOUND,
# TSINSPECT_TORCH_FOLDER (of TorchConfig.cmake), TSINSPECT_TORCH_VERSION, and
# TSINSPECT_TORCH_PYTHON, a Python that has a torch, if not always this one.

include(UseTorch)
set(TSINSPECT_LIBTORCH "auto" CACHE STRING
  "Which LibTorch: auto, or system for the distribution's.")
if(NOT TSINSPECT_LIBTORCH MATCHES "^(auto|system)$")
  message(FATAL_ERROR
    "TSINSPECT_LIBTORCH is '${TSINSPECT_LIBTORCH}': auto or system")
endif()

# Sets `result` to the folder of TorchConfig.cmake under the first of these
# prefixes that has one.
function(find_torch_folder result)
  unset(found CACHE)
  find_path(found TorchConfig.cmake PATHS ${ARGN} NO_DEFAULT_PATH
    PATH_SUFFIXES share/cmake/Torch lib/cmake/Torch Torch cmake/Torch
    lib/${CMAKE_LIBRARY_ARCHITECTURE}/cmake/Torch)
  if(found)
    set(${result} ${found} PARENT_SCOPE)
  endif()
  unset(found CACHE)
endfunction()

# Sets `result` to where this Python's torch is; imports nothing of it.
function(find_torch_of_python python result)
  execute_process(
    COMMAND ${python} -c "from importlib.util import find_spec as f; \
print(f('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE prefix ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE status)
  if(status EQUAL 0)
    set(${result} ${prefix} PARENT_SCOPE)
  endif()
endfunction()

unset(TSINSPECT_TORCH_FOLDER)
unset(TSINSPECT_TORCH_PYTHON)
if(TSINSPECT_LIBTORCH STREQUAL "system")
  find_torch_folder(TSINSPECT_TORCH_FOLDER /usr)
  set(origin "the system")
else()
  file(TO_CMAKE_PATH "$ENV{CMAKE_PREFIX_PATH}" prefixes)
  find_torch_folder(TSINSPECT_TORCH_FOLDER ${Torch_DIR} $ENV{Torch_DIR}
    ${CMAKE_PREFIX_PATH} ${prefixes})
  set(origin "Torch_DIR or CMAKE_PREFIX_PATH")
endif()
foreach(python python3 ${PROJECT_SOURCE_DIR}/.venv/bin/python3)
  unset(prefix)
  find_torch_of_python(${python} prefix)
  if(prefix AND NOT TSINSPECT_TORCH_PYTHON)
    set(TSINSPECT_TORCH_PYTHON ${python})
  endif()
  if(prefix AND NOT TSINSPECT_TORCH_FOLDER
     AND TSINSPECT_LIBTORCH STREQUAL "auto")
    find_torch_folder(TSINSPECT_TORCH_FOLDER ${prefix})
    set(origin ${python})
  endif()
endforeach()

if(TSINSPECT_TORCH_FOLDER)
  use_torch(${TSINSPECT_TORCH_FOLDER})
endif()
# The scripts look for this line.
if(Torch_FOUND)
  set(TSINSPECT_TORCH_VERSION ${Torch_VERSION})
  message(STATUS "LibTorch ${TSINSPECT_TORCH_VERSION} of ${origin}: "
    "${TSINSPECT_TORCH_FOLDER}")
else()
  message(STATUS "LibTorch not found: only what reads files is built")
endif()
