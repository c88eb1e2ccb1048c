#include <algorithm>
#include <array>

#include "tensor_listing.h"

namespace tsinspect::cli {
namespace {

bool has(const Model& model, Role role) {
  for (const Tensor& tensor : model.tensors) {
    if (tensor.role == role) return true;
  }
  return false;
}

// Which tensors stand in for parameters where the file has others, and what to
// tell of that.
struct Stand {
  bool (*applies)(const Model& model);
  bool (*is_listed)(const Tensor& tensor);
  const char* note;
};

template <Role role>
bool is_parameter_or(const Tensor& tensor) {
  return is_parameter(tensor) || tensor.role == role;
}

template <Role role>
bool unsaid(const Model& model) {
  return std::ranges::any_of(model.tensors, [](const Tensor& tensor) {
    return tensor.role == role && !tensor.requires_grad;
  });
}

bool is_torchscript_frozen(const Model& model) {
  return model.form == Form::kTorchScriptFrozen;
}

// A graph whose weights are constants, as freezing leaves them.
bool is_graph_of_constants(const Model& model) {
  return model.dataflow != nullptr &&
         std::ranges::none_of(model.tensors, is_parameter) &&
         has(model, Role::kConstant);
}

constexpr std::array kStands = {
    Stand{is_torchscript_frozen, is_parameter_or<Role::kConstant>,
          "frozen: its parameters have become constants; all constants are "
          "listed"},
    Stand{is_graph_of_constants, is_parameter_or<Role::kConstant>,
          "frozen: its variables have become constants; all constants are "
          "listed"},
    Stand{[](const Model& model) { return has(model, Role::kTensor); },
          is_parameter_or<Role::kTensor>,
          "the file does not say which are parameters; all tensors are "
          "listed"},
    Stand{unsaid<Role::kInitializer>, is_parameter,
          "the file does not say which are trained; all initializers are "
          "listed"},
    Stand{unsaid<Role::kVariable>, is_parameter,
          "the file does not say which are trained; all variables are listed"},
};

Listing choose(const Model& model) {
  for (const Stand& row : kStands) {
    if (!row.applies(model)) continue;
    bool mixed = row.is_listed != is_parameter && has(model, Role::kParameter);
    return {"tensor", row.is_listed, row.note, mixed};
  }
  return {"parameter", is_parameter};
}

Action setup(Options* options) { return setup_listing(options, choose); }

}  // namespace

Command params_command() {
  return {"params", "Named parameters, as a table with totals",
          "  tsinspect params model.pt\n"
          "  tsinspect params model.pt --filter 'layer1.*' --filter '!*.bias'\n"
          "  tsinspect params model.pt --sort -bytes --top 10\n"
          "  tsinspect params model.pt --json --sha256\n",
          setup};
}

}  // namespace tsinspect::cli
