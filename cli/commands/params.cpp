#include "tensor_listing.h"

namespace tsinspect::cli {
namespace {

bool has(const Model& model, Role role) {
  for (const Tensor& tensor : model.tensors) {
    if (tensor.role == role) return true;
  }
  return false;
}

Listing choose(const Model& model) {
  if (model.form == Form::kTorchScriptFrozen) {
    return {"tensor",
            {Role::kParameter, Role::kConstant},
            "frozen: its parameters have become constants; all constants are "
            "listed",
            has(model, Role::kParameter)};
  }
  if (has(model, Role::kTensor)) {
    bool mixed = has(model, Role::kParameter);
    return {"tensor",
            {Role::kParameter, Role::kTensor},
            "the file does not say which are parameters; all tensors are "
            "listed",
            mixed};
  }
  return {"parameter", {Role::kParameter}};
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
