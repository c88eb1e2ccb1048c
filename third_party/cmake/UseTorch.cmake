# use_torch(FOLDER): find_package(Torch) with the TorchConfig.cmake of FOLDER,
# and with nothing of another LibTorch. Its own search for Caffe2 and libc10.so
# prefers a LibTorch that the distribution installed, and so mixes the two.

macro(use_torch folder)
  foreach(library TORCH c10 C10_CUDA kineto)
    unset(${library}_LIBRARY CACHE)
  endforeach()
  get_filename_component(use_torch_prefix ${folder}/../../.. ABSOLUTE)
  set(use_torch_prefixes ${CMAKE_PREFIX_PATH})
  list(PREPEND CMAKE_PREFIX_PATH ${use_torch_prefix})
  get_filename_component(Caffe2_DIR ${folder}/../Caffe2 ABSOLUTE)
  set(Caffe2_DIR ${Caffe2_DIR} CACHE PATH "Of the LibTorch in use." FORCE)
  set(Torch_DIR ${folder})
  find_package(Torch QUIET PATHS ${folder} NO_DEFAULT_PATH)
  unset(Torch_DIR)
  set(CMAKE_PREFIX_PATH ${use_torch_prefixes})
endmacro()
