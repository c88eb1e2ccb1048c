// Whole files as torch.save writes them, and what was read from one.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/pickle_builder.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Names, or keys of storages, and the bytes of each.
using NamedBytes = std::vector<std::pair<std::string, std::string>>;

// The zip form of `value`, code of a pickle, and its storages.
std::string torch_zip(const pkl::Code& value, const NamedBytes& storages = {});

// The model in a file of these bytes.
Model opened(std::string_view bytes);

// "name role dtype [shape] [strides]+offset @storage" of each tensor, with
// "grad" behind if it requires a gradient.
std::vector<std::string> tensor_lines(const Model& model);

// "path: type" of each module, with "training" or "eval" where it says so.
std::vector<std::string> module_lines(const Model& model);

// The values of a tensor, or of the tensor in that row, as bytes.
std::string value_bytes(const Model& model, const Tensor& tensor);
std::string value_bytes(const Model& model, size_t row);

}  // namespace tsinspect
