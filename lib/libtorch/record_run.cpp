#include "libtorch/record_run.h"

#include "libtorch/captured_record.h"
#include "libtorch/errors.h"
#include "libtorch/session.h"
#include "tsinspect/libtorch/capture.h"

namespace tsinspect {

RecordedRun record_run(const RunRequest& request,
                       const RecordOptions& options) {
  Session session = open_session(request);
  RecordedRun result;
  result.notes = session.notes;
  Captured captured;
  translate_errors(ErrorKind::kFailed, request.method.c_str(), [&] {
    HookableModule module(session.loaded);
    CaptureOptions capture_options;
    capture_options.method = request.method;
    capture_options.modules = options.modules;
    capture_options.operators = options.operators;
    capture_options.inputs = true;
    std::vector<c10::IValue> inputs = session.fresh_inputs();
    session.seed();
    c10::AutoGradMode gradients(request.gradients);
    captured = capture(module, std::move(inputs), capture_options);
  });
  result.record = to_record(captured, request.method);
  result.record.model.path = request.path;
  return result;
}

}  // namespace tsinspect
