#include "libtorch/activations.h"

#include "libtorch/dtypes.h"
#include "libtorch/process.h"
#include "libtorch/session.h"
#include "libtorch/tensor_model.h"
#include "libtorch/value_leaves.h"
#include "tensor/build.h"
#include "tsinspect/libtorch/capture.h"

namespace tsinspect {
namespace {

// A tensor whose values were not kept.
uint32_t append_without_values(Model* model, const Activation& activation) {
  Tensor row;
  row.name = activation.name;
  row.dtype = to_dtype(activation.dtype);
  row.shape = activation.shape;
  row.strides = contiguous_strides(row.shape);
  model->tensors.push_back(std::move(row));
  return static_cast<uint32_t>(model->tensors.size() - 1);
}

void append(Activation activation, ActivationsResult* result) {
  ActivationRow row;
  row.name = activation.name;
  row.path = activation.context.path;
  row.method = activation.context.method;
  row.call = activation.context.call;
  row.type = activation.context.type;
  row.is_input = activation.is_input;
  row.milliseconds = activation.context.milliseconds;
  if (!activation.is_tensor) {
    row.text = value_text(activation.value);
  } else {
    row.stats = *activation.stats;
    row.tensor = activation.value.isTensor()
                     ? append_tensor(&result->values, activation.name,
                                     activation.value.toTensor())
                     : append_without_values(&result->values, activation);
  }
  result->rows.push_back(std::move(row));
}

CaptureOptions capture_options(const ActivationsRequest& request,
                               ActivationsResult* result) {
  CaptureOptions options;
  options.operators = request.operators;
  options.modules = request.modules;
  options.inputs = request.inputs;
  options.statistics = request.statistics;
  options.values = request.keep != nullptr;
  options.halt_after = request.halt_after;
  options.sink = [&request, result](Activation activation) {
    if (request.keep && !request.keep(activation.name) &&
        activation.is_tensor) {
      activation.value = {};
    }
    append(std::move(activation), result);
  };
  return options;
}

}  // namespace

ActivationsResult run_activations(const ActivationsRequest& request) {
  Session session = open_session(request.run);
  ActivationsResult result;
  result.values.path = request.run.path;
  result.schema = session.schema;
  result.notes = session.notes;
  result.mapped = session.loaded.mapped;
  result.load_ms = session.load_ms;
  Stopwatch watch;
  c10::IValue plain = session.run();
  result.run_ms = watch.restart_ms();
  Captured captured = session.capture(capture_options(request, &result));
  result.captured_ms = watch.restart_ms();
  result.halted = captured.halted;
  if (!captured.halted && !same_values(plain, captured.output)) {
    throw Error(ErrorKind::kFailed,
                "the run that was looked into gave another output than the "
                "plain one: the model is not deterministic, or tsinspect has "
                "a mistake; nothing that it saw counts");
  }
  result.peak_bytes = peak_memory_bytes();
  return result;
}

}  // namespace tsinspect
