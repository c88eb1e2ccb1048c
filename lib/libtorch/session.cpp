#include "libtorch/session.h"

#include "base/printable.h"
#include "libtorch/errors.h"
#include "libtorch/input_hints.h"
#include "libtorch/inputs.h"
#include "libtorch/process.h"
#include "libtorch/refuse.h"
#include "libtorch/traced_inputs.h"
#include "tsinspect/names.h"

namespace tsinspect {
namespace {

c10::Device parse_device(const std::string& name) {
  try {
    c10::Device device(name);
    at::empty({0}, at::TensorOptions(device));  // Whether it is there.
    return device;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kUnsupported, "device " + tsinspect::quoted(name) +
                                             ": " + libtorch_message(error));
  }
}

Model open_checked(const RunRequest& request) {
  Model program = open_program(request.path);
  if (program.source == nullptr) {
    bool is_graph = program.dataflow != nullptr;
    throw Error(
        ErrorKind::kUnsupported,
        std::string("a file of form ") + to_string(program.form) +
            " has no program to run; " +
            (is_graph ? "`tsinspect expose` makes a copy of it that puts out "
                        "what is inside, for its own runtime"
                      : "TorchScript archives do"));
  }
  load_libraries(request.libraries);
  refuse_outside_calls(program, request.trust);
  return program;
}

torch::jit::Method find_method(const torch::jit::Module& module,
                               const std::string& name) {
  if (auto method = module.find_method(name)) return *method;
  std::vector<std::string> names;
  for (const auto& method : module.get_methods()) {
    names.push_back(method.name());
  }
  std::vector<std::string_view> views(names.begin(), names.end());
  std::string near = closest_name(name, views);
  std::string message = "no method is named " + tsinspect::quoted(name);
  if (!near.empty()) message += "; did you mean " + printable(near) + "?";
  std::string all;
  for (const std::string& each : names) {
    all += (all.empty() ? "" : ", ") + printable(each);
  }
  throw Error(ErrorKind::kNotFound,
              message + (all.empty() ? "; the module has none"
                                     : "; the module has: " + all));
}

// The inputs that were asked for; else ones like those it was traced with.
std::vector<std::string> input_texts(const Model& program,
                                     const torch::jit::Method& method,
                                     Session* session) {
  const RunRequest& request = session->request;
  const c10::FunctionSchema& schema = method.function().getSchema();
  if (!request.inputs.empty() || !needs_inputs(schema)) return request.inputs;
  auto traced = traced_inputs(program, request.method);
  if (!traced || traced->empty()) {
    throw Error(
        ErrorKind::kNotFound,
        missing_inputs_text(session->loaded.module, schema, request.path));
  }
  std::string list;
  for (const std::string& text : *traced) {
    list += (list.empty() ? "" : ", ") + text;
  }
  session->notes.push_back(
      "no --input: random ones, of the shapes it was traced with: " +
      printable(list));
  return *traced;
}

}  // namespace

Session open_session(const RunRequest& request) {
  Session session;
  session.request = request;
  c10::Device device = parse_device(request.device);
  if (request.threads > 0) {
    at::set_num_threads(static_cast<int>(request.threads));
  }
  Model program = open_checked(request);
  Stopwatch watch;
  session.loaded = load(request.path, LoadOptions{.device = device});
  session.load_ms = watch.restart_ms();
  torch::jit::Method method =
      find_method(session.loaded.module, request.method);
  const c10::FunctionSchema& schema = method.function().getSchema();
  session.schema = readable_schema(schema);
  session.seed();
  std::vector<std::string> texts = input_texts(program, method, &session);
  translate_errors(ErrorKind::kMalformed, "inputs", [&] {
    session.inputs = make_inputs(schema, texts, device);
  });
  return session;
}

void Session::seed() const { torch::manual_seed(request.seed); }

std::vector<c10::IValue> Session::fresh_inputs() const {
  std::vector<c10::IValue> copies;
  for (const c10::IValue& input : inputs) copies.push_back(input.deepcopy());
  return copies;
}

Captured Session::capture(CaptureOptions options) const {
  options.method = request.method;
  if (options.modules.empty() && options.operators.empty()) {
    options.modules = {"*"};
  }
  Captured result;
  translate_errors(ErrorKind::kFailed, request.method.c_str(), [&] {
    HookableModule module(loaded);
    std::vector<c10::IValue> arguments = fresh_inputs();
    seed();
    c10::AutoGradMode gradients(request.gradients);
    result = tsinspect::capture(module, std::move(arguments), options);
  });
  return result;
}

c10::IValue Session::run() {
  c10::IValue result;
  translate_errors(ErrorKind::kFailed, request.method.c_str(), [&] {
    std::vector<c10::IValue> arguments = fresh_inputs();
    seed();
    c10::AutoGradMode gradients(request.gradients);
    result =
        request.method == "forward"
            ? loaded.module(std::move(arguments))
            : loaded.module.get_method(request.method)(std::move(arguments));
  });
  return result;
}

}  // namespace tsinspect
