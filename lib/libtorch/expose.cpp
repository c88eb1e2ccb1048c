#include "libtorch/expose.h"

#include <fmt/format.h>

#include <map>

#include "base/printable.h"
#include "export/atomic_file.h"
#include "libtorch/errors.h"
#include "libtorch/expose_graph.h"
#include "libtorch/operator_places.h"
#include "libtorch/session.h"
#include "libtorch/value_leaves.h"
#include "tsinspect/libtorch/capture.h"

namespace tsinspect {
namespace {

// The calls and operators that the reference saw.
ExposeSelection selection_of(const Captured& reference,
                             const std::string& path) {
  std::set<std::pair<std::string, std::string>> calls;
  std::set<std::string> operators;
  for (const Activation& row : reference.activations) {
    if (row.context.is_operator()) {
      operators.insert(row.context.path);
    } else {
      calls.emplace(row.context.path, row.context.method);
    }
  }
  ExposeSelection selection;
  selection.modules = [calls](const std::string& module,
                              const std::string& method) {
    return calls.contains({module, method});
  };
  if (operators.empty()) return selection;
  auto places = std::make_shared<OperatorPlaces>(path);
  selection.operators = [places, operators](const torch::jit::Node& node) {
    std::string name = places->name_of(node);
    return operators.contains(name) ? name : std::string();
  };
  return selection;
}

void save(const torch::jit::Module& module, AtomicFile* file) {
  translate_errors(ErrorKind::kFailed, "writing it", [&] {
    torch::jit::ExportModule(module, [&](const void* data, size_t size) {
      file->write(std::span(static_cast<const std::byte*>(data), size));
      return size;
    });
  });
}

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kFailed,
              "what was written gives " + what + "; nothing was kept");
}

// Runs the written file and compares it with the model and the reference.
void verify(const Session& session, const std::string& path,
            const Captured& reference, ExposeResult* result) {
  c10::IValue output;
  translate_errors(ErrorKind::kFailed, "running what was written", [&] {
    torch::jit::Module module = torch::jit::load(path);
    session.seed();
    torch::NoGradGuard no_grad;
    output = module.get_method(session.request.method)(session.fresh_inputs());
  });
  const auto& parts = output.toTupleRef().elements();
  if (!same_values(parts.at(0), reference.output)) fail("another output");
  std::map<std::string, c10::IValue> expected;
  for (const Activation& row : reference.activations) {
    if (row.is_tensor) expected.emplace(row.name, row.value);
  }
  auto names = parts.at(1).toListRef();
  auto values = parts.at(2).toListRef();
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i].toStringRef();
    auto found = expected.extract(name);
    if (!found) fail("an activation that is not there: " + printable(name));
    if (!same_values(found.mapped(), values[i])) {
      fail("another value of " + printable(name));
    }
    result->names.push_back(name);
  }
  for (const auto& [name, value] : expected) result->left_out.push_back(name);
}

}  // namespace

ExposeResult expose(const ExposeRequest& request) {
  AtomicFile file(request.output, request.replace);
  Session session = open_session(request.run);
  ExposeResult result;
  result.notes = session.notes;
  // What hooks see of the same run.
  CaptureOptions options;
  options.modules = request.modules;
  options.operators = request.operators;
  Captured reference = session.capture(std::move(options));
  torch::jit::Module exposed;
  translate_errors(ErrorKind::kFailed, request.run.method.c_str(), [&] {
    exposed = with_activations(session.loaded.module, request.run.method,
                               selection_of(reference, session.loaded.path));
  });
  save(exposed, &file);
  result.file_bytes = file.position();
  verify(session, file.flushed(), reference, &result);
  file.commit();
  return result;
}

}  // namespace tsinspect
