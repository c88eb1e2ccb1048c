#include "render/explanation.h"

#include "base/printable.h"
#include "render/layers.h"
#include "render/text.h"
#include "tsinspect/explain.h"

namespace tsinspect::cli {
namespace {

// More calls than this are only counted.
constexpr size_t kMostCalls = 20;

std::string trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return printable(line);
}

void print_name(Output& out, const Tensor& tensor) {
  const RecoveredName* name = tensor.recovered();
  out.print("{}: {} {}\n", printable(tensor.display_name()),
            dtype_info(tensor.dtype).name, shape_text(tensor.shape));
  if (name == nullptr) return out.text("  its own name, not recovered\n");
  out.print("  in file   {}\n  named by  {}: {}\n", printable(tensor.name),
            name->evidence, printable(name->detail));
  for (const std::string& also : name->also) {
    out.print("  also      {}\n", printable(also));
  }
}

void print_call(Output& out, const Model& model, const ConstantCall& call) {
  out.print("  taken by  {}\n", layer_text(model, call.layer));
  out.print("            as {} of {}{}{}\n",
            printable(fmt::format("{}", fmt::join(call.arguments, ", "))),
            printable(call.layer.op), call.through.empty() ? "" : ", through ",
            printable(fmt::format("{}", fmt::join(call.through, ", "))));
  out.print("  code      {}:{}\n            {}\n",
            printable(call.layer.place.record), call.layer.place.offset,
            trimmed(call.code));
  for (const std::string& line : call.python) {
    out.print("  Python    {}\n", trimmed(line));
  }
}

}  // namespace

void print_explanation(Output& out, const Model& model, uint32_t tensor) {
  print_name(out, model.tensors[tensor]);
  if (model.source == nullptr) return;
  std::vector<ConstantCall> calls = explain(model, tensor);
  for (size_t i = 0; i < std::min(calls.size(), kMostCalls); ++i) {
    print_call(out, model, calls[i]);
  }
  if (calls.size() > kMostCalls) {
    out.print("  … and {}\n", counted(calls.size() - kMostCalls, "more call"));
  }
  if (calls.empty() && model.tensors[tensor].role == Role::kConstant) {
    out.text("  no call takes it\n");
  }
}

void write_explanation(Json& json, const Model& model, uint32_t tensor) {
  json.key("calls");
  json.begin_array();
  std::vector<ConstantCall> calls;
  if (model.source != nullptr) calls = explain(model, tensor);
  for (const ConstantCall& call : calls) {
    json.begin_object();
    json.member("layer", call.layer.name);
    json.member("operator", call.layer.op);
    json.member("record", call.layer.place.record);
    json.member("offset", call.layer.place.offset);
    json.member("code", call.code);
    json.key("python");
    json.begin_array();
    for (const std::string& line : call.python) json.value(line);
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

}  // namespace tsinspect::cli
