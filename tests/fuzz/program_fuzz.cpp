// TorchScript source of any content as a program: its operations, its types,
// and where its constants go.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "analysis/constant_flow.h"
#include "analysis/operator_kinds.h"
#include "torchscript/graph.h"
#include "tsinspect/error.h"
#include "tsinspect/program.h"

namespace {

using namespace tsinspect;
using namespace tsinspect::torchscript;

// Inputs come before what takes them, and offsets lie in the text.
void check(const FunctionGraph& function, size_t size) {
  for (OperationId id = 0; id < function.operations.size(); ++id) {
    const Operation& operation = function[id];
    if (function.offset(operation) > size) abort();
    for (size_t i = 0; i < operation.input_count; ++i) {
      function.argument_name(operation, i);
      if (function.inputs_of(operation)[i].value >= id) abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  Model model;
  auto library = std::make_shared<Library>();
  try {
    library->add("code/__torch__.py", source, {});
  } catch (const Error&) {
    return 0;
  }
  model.source = library;
  Program program(model);
  for (const FunctionGraph& function : program.functions()) {
    check(function, size);
    for (const Operation& operation : function.operations) {
      program.callee(function, operation);
    }
  }
  constant_uses(program);
  operator_names(model, program);
  operators(model);
  outside_calls(model);
  return 0;
}
