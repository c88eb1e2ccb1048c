// Loading TorchScript into LibTorch without reading its weights.
//
//   #include <tsinspect/libtorch/load.h>
//
//   tsinspect::LoadedModule model = tsinspect::load("resnet18.pt");
//   model.module.eval();
//   at::Tensor out = model.module.forward({torch::rand({1, 3, 224, 224})})
//                        .toTensor();                      // [1, 1000]
//   if (!model.mapped) log(model.why_not_mapped);

#pragma once

#include <torch/script.h>

#include <string>

#include "tsinspect/error.h"

namespace tsinspect {

struct LoadOptions {
  // Where the tensors shall be. On any device but the CPU they are copied.
  at::Device device = at::kCPU;
};

struct LoadedModule {
  torch::jit::Module module;

  // Whether the weights lie in the mapped file. An operation in place makes
  // copies of the pages it writes to; the file is never changed. The mapping
  // lasts as long as any tensor that lies in it. The file must not be cut while
  // it is in use, as with any mapping.
  bool mapped = false;

  // Why torch::jit::load read it instead, or, of a mapped module, which of its
  // storages had to be copied; empty where nothing was.
  std::string why_not_mapped;

  std::string path;  // Of the file that was loaded.
};

// Loads a TorchScript file of any kind that torch::jit::load takes, and gives
// what that gives: the same types, code, source ranges, values and errors. The
// weights are mapped instead of read where the file allows it: archives of
// torch 1.3 and later whose records are neither compressed nor of the other
// byte order; torch::jit::load reads the rest. A storage that a file names
// several times is one storage here.
//
// Loading executes: a class's `__setstate__` runs. Ask outside_calls()
// (program.h) first about a file you do not trust.
//
// Throws Error: kIo, kMalformed and kLimit for a file that open_model()
// (model.h) does not take, kUnsupported for one that is no TorchScript, kFailed
// for what LibTorch refuses, with its message.
LoadedModule load(const std::string& path, const LoadOptions& options = {});

}  // namespace tsinspect
