// LibTorch's own reading of a file against the core's.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

struct VerifyRequest {
  bool trust = false;  // Execute what reaches outside of the process.
  std::vector<std::string> libraries = {};  // Of custom operators and classes.
};

struct VerifyResult {
  std::string reader;        // "torch::jit::load"
  uint64_t tensors = 0;      // That both read, the same or not.
  uint64_t modules = 0;      // The same of modules.
  uint64_t value_bytes = 0;  // That were compared.

  // What the two do not agree on. Rules: missing-tensor and missing-module
  // (LibTorch has it not), extra-tensor and extra-module (the core has it not),
  // and role, dtype, shape, strides, offset, requires-grad, quantization,
  // math-bits, values, module-type of what both have.
  std::vector<Finding> differences;
};

// Loads the model's file into LibTorch, which executes TorchScript, and
// compares all that both say: names, roles, dtypes, shapes, strides,
// requires_grad, quantisation and every byte. Where a class makes its
// attributes of a state of its own in `__setstate__`, the state is compared.
//
// Throws Error: kRefused as refuse_outside_calls() (refuse.h), kUnsupported for
// a file that LibTorch cannot read, with its message, kIo for a library.
VerifyResult verify(const Model& model, const VerifyRequest& request);

}  // namespace tsinspect
