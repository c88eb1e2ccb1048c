// Loads a TorchScript archive over the mapped file.

#pragma once

#include <memory>
#include <string>

#include "libtorch/torch.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Whether a file of this form is what torch::jit::load reads.
bool is_torchscript(Form form);

// Why torch::jit::load has to read this file; empty if load_mapped() may.
std::string why_not_mapped(const Model& model);

// Does what torch::jit::load does, with storages that lie in the file: with
// copies only of those that do not lie there as they are, of which *copied
// tells, if there are any. Throws Error, and whatever LibTorch throws.
torch::jit::Module load_mapped(const Model& model, std::string* copied);

}  // namespace tsinspect
