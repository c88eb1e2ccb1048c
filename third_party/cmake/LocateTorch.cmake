# Finds LibTorch and says which: that of Torch_DIR or CMAKE_PREFIX_PATH; else the
# `torch` of the active Python; else that of the tree's own .venv, where
# scripts/libtorch.sh puts it. With TSINSPECT_LIBTORCH=system, the distribution's
# alone. It is looked for anew each time CMake configures. Sets Torch_FOUND,
# TSINSPECT_TORCH_FOLDER (of TorchConfig.cmake), TSINSPECT_TORCH_VERSION,
# TSINSPECT_TORCH_PYTHON, a Python that has a torch, if not always this one, and
# TSINSPECT_TORCH_IS_PYTHONS, whether both are of the same version.

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

# Sets `result` to this Python's full path and where its torch is, if it has
# one; imports nothing of that.
function(find_torch_of_python python result)
  execute_process(
    COMMAND ${python} -c "import importlib.util as i, sys; \
print(sys.executable, *i.find_spec('torch').submodule_search_locations, sep=';')"
    OUTPUT_VARIABLE paths ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE status)
  if(status EQUAL 0)
    set(${result} ${paths} PARENT_SCOPE)
  endif()
endfunction()

# Sets `result` to the version of the torch in this folder of a Python's, less
# its suffix: "2.13.0" of "2.13.0+cpu".
function(version_of_python_torch folder result)
  set(${result} "" PARENT_SCOPE)
  if(EXISTS "${folder}/version.py")
    file(STRINGS ${folder}/version.py line REGEX "^__version__ *=")
    if(line MATCHES "['\"]([0-9.]+)")
      set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
    endif()
  endif()
endfunction()

unset(TSINSPECT_TORCH_FOLDER)
unset(TSINSPECT_TORCH_PYTHON)
unset(python_torch)
if(TSINSPECT_LIBTORCH STREQUAL "system")
  find_torch_folder(TSINSPECT_TORCH_FOLDER /usr)
  set(origin "the system")
else()
  file(TO_CMAKE_PATH "$ENV{CMAKE_PREFIX_PATH}" prefixes)
  find_torch_folder(TSINSPECT_TORCH_FOLDER ${Torch_DIR} $ENV{Torch_DIR}
    ${CMAKE_PREFIX_PATH} ${prefixes})
  set(origin "Torch_DIR or CMAKE_PREFIX_PATH")
endif()
foreach(name python3 ${PROJECT_SOURCE_DIR}/.venv/bin/python3)
  unset(python)
  find_torch_of_python(${name} python)
  if(python AND NOT TSINSPECT_TORCH_PYTHON)
    list(POP_FRONT python TSINSPECT_TORCH_PYTHON)
    list(GET python 0 python_torch)
    if(NOT TSINSPECT_TORCH_FOLDER AND TSINSPECT_LIBTORCH STREQUAL "auto")
      find_torch_folder(TSINSPECT_TORCH_FOLDER ${python})
      set(origin ${TSINSPECT_TORCH_PYTHON})
    endif()
  endif()
endforeach()

if(TSINSPECT_TORCH_FOLDER)
  use_torch(${TSINSPECT_TORCH_FOLDER})
endif()
# The scripts look for this line.
if(Torch_FOUND)
  set(TSINSPECT_TORCH_VERSION ${Torch_VERSION})
  version_of_python_torch("${python_torch}" version)
  string(COMPARE EQUAL "${version}" "${TSINSPECT_TORCH_VERSION}"
    TSINSPECT_TORCH_IS_PYTHONS)
  message(STATUS "LibTorch ${TSINSPECT_TORCH_VERSION} of ${origin}: "
    "${TSINSPECT_TORCH_FOLDER}")
else()
  message(STATUS "LibTorch not found: only what reads files is built")
endif()
