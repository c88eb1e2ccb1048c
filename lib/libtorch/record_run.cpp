#include "libtorch/record_run.h"

#include "libtorch/captured_record.h"
#include "libtorch/session.h"

namespace tsinspect {

RecordedRun record_run(const RunRequest& request,
                       const RecordOptions& options) {
  Session session = open_session(request);
  RecordedRun result;
  result.notes = session.notes;
  CaptureOptions capture_options;
  capture_options.modules = options.modules;
  capture_options.operators = options.operators;
  capture_options.inputs = true;
  Captured captured = session.capture(std::move(capture_options));
  result.record = to_record(captured, request.method);
  result.record.model.path = request.path;
  return result;
}

}  // namespace tsinspect
