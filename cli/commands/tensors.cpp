#include "tensor_listing.h"

namespace tsinspect::cli {
namespace {

Listing choose(const Model&) {
  return {.noun = "tensor",
          .is_listed = [](const Tensor&) { return true; },
          .role_column = true};
}

Action setup(Options* options) { return setup_listing(options, choose); }

}  // namespace

Command tensors_command() {
  return {"tensors", "Every tensor in the file, whatever its role",
          "  tsinspect tensors checkpoint.pt\n"
          "  tsinspect tensors checkpoint.pt --filter 'optimizer.*'\n"
          "  tsinspect tensors a.pt b.safetensors --csv > tensors.csv\n",
          setup};
}

}  // namespace tsinspect::cli
