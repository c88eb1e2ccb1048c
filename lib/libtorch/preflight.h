// Whether a model would load in this LibTorch, found without loading it or
// executing any of it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// An operator or a class in C++ that the model needs.
struct PreflightNeed {
  bool is_class = false;  // "__torch__.torch.classes.…"
  std::string name;       // "torchvision::nms"
  // "Tensor"; unset where the types of the arguments cannot be told, and of a
  // class.
  std::optional<std::string> overload;
  uint64_t uses = 0;
  bool in_bytecode = false;  // Of a mobile file, not of its source.
  bool is_missing = false;   // In this LibTorch, with the libraries given.
  std::string library;       // What usually provides it; empty if unknown.
  std::string first_use;     // "__torch__.Net.forward"; may be empty.
};

// A version that a file has, and those that this LibTorch reads.
struct PreflightVersion {
  uint64_t found = 0;
  uint64_t least = 0;
  uint64_t most = 0;
  bool fits() const { return found >= least && found <= most; }
};

// An operator that has changed since the file was written, and which is
// replaced by code that does what the old one did.
struct PreflightUpgrade {
  std::string name;      // "aten::div.Tensor"
  uint64_t version = 0;  // Of files, from which on the operator is the new one.
};

struct PreflightResult {
  std::vector<PreflightNeed> needs;  // Of the source, then of the bytecode.
  std::optional<PreflightVersion> file_version;
  std::optional<PreflightVersion> bytecode_version;
  std::vector<PreflightUpgrade> upgrades;
  // Why torch::jit::load would not take it, one sentence each.
  std::vector<std::string> problems;
  // Why the mobile interpreter would not take a file of its form.
  std::vector<std::string> mobile_problems;

  bool would_load() const { return problems.empty(); }
};

// Looks at what open_program() or open_partial() read of a TorchScript file.
// `libraries` are opened first, which runs their code. Throws Error:
// kUnsupported for a file without a program, kIo for a library.
PreflightResult preflight(const Model& model,
                          const std::vector<std::string>& libraries);

}  // namespace tsinspect
