// A model that is loaded and has its inputs: what every command that runs one
// starts from.

#pragma once

#include <string>
#include <vector>

#include "libtorch/run_request.h"
#include "libtorch/torch.h"
#include "tsinspect/libtorch/capture.h"
#include "tsinspect/libtorch/load.h"

namespace tsinspect {

struct Session {
  RunRequest request;
  LoadedModule loaded;
  // One value for each argument of the method's schema behind `self`, of the
  // argument's type and on the request's device.
  std::vector<c10::IValue> inputs;
  // What the user should know of that: "no --input: random ones of …".
  std::vector<std::string> notes;
  std::string schema;  // "forward(Tensor x, int n=2) -> Tensor"
  double load_ms = 0;

  // Runs the method on copies of `inputs`, with the request's seed and
  // gradients: every run begins alike, as far as the module lets it. `forward`
  // is called as Python calls it, with the hooks that are compiled into the
  // root module. Throws Error(kFailed) with what LibTorch says.
  c10::IValue run();

  // The same with hooks: see capture(), which it throws as, too. Of `options`
  // the method is the request's, and an empty selection is everything with a
  // path.
  Captured capture(CaptureOptions options) const;

  // Copies of `inputs`, for a model that changes them.
  std::vector<c10::IValue> fresh_inputs() const;

  // Sets the generators of random numbers back to the request's seed.
  void seed() const;
};

// Refuses a file whose code reaches outside of the process, unless it is to be
// trusted; opens the libraries; loads the module and makes its inputs.
//
// Throws Error: kRefused; kUnsupported for a file that has no program, or a
// device that is not there; kNotFound for a method that is not there, with the
// ones that are, and for inputs that are missing, with what is wanted;
// kMalformed for an input that makes no sense; kFailed where loading fails.
Session open_session(const RunRequest& request);

}  // namespace tsinspect
