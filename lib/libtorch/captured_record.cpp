#include "libtorch/captured_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json_text.h"
#include "base/printable.h"
#include "libtorch/tensor_model.h"
#include "libtorch/value_leaves.h"
#include "libtorch/version.h"

namespace tsinspect {
namespace {

std::string json_of(const c10::IValue& value) {
  std::string out;
  if (value.isNone()) return "null";
  if (value.isBool()) return value.toBool() ? "true" : "false";
  if (value.isInt()) return fmt::to_string(value.toInt());
  if (value.isString()) {
    append_json_string(&out, valid_utf8(value.toStringRef()));
    return out;
  }
  if (value.isDouble()) {
    double number = value.toDouble();
    out = fmt::to_string(number);
    return std::isfinite(number) ? out : '"' + out + '"';
  }
  if (!value.isList()) return {};
  for (const c10::IValue& item : value.toListRef()) {
    std::string text = json_of(item);
    if (text.empty()) return {};
    out += (out.empty() ? "" : ",") + text;
  }
  return '[' + out + ']';
}

class Recording {
 public:
  explicit Recording(RunRecord* record) : record_(*record) {}

  void add(RunValue value, const c10::IValue& ivalue) {
    if (!ivalue.isTensor()) {
      value.type = ivalue.type()->annotation_str();
      value.json = json_of(ivalue);
      record_.values.push_back(std::move(value));
    } else if (ivalue.toTensor().defined()) {
      add_tensor(std::move(value), ivalue.toTensor());
    }
  }

 private:
  // A sparse tensor is several.
  void add_tensor(RunValue value, const at::Tensor& tensor) {
    uint32_t row = append_tensor(&record_.model, value.name, tensor);
    for (; row < record_.model.tensors.size(); ++row) {
      value.name = record_.model.tensors[row].name;
      append_value(&record_, value, row);
    }
  }

  RunRecord& record_;
};

// What the model returned, under the name of the root module.
void add_output(const std::string& method, const c10::IValue& output,
                Recording* recording) {
  HookContext context;
  context.method = method;
  for_each_leaf(output, [&](const std::string& place, const auto& leaf) {
    RunValue value = {.name = context.name(), .path = "", .method = method};
    if (!place.empty()) value.name += "@out." + place;
    recording->add(std::move(value), leaf);
  });
}

bool is_of_root(const Activation& activation) {
  return activation.context.path.empty() && !activation.context.is_operator();
}

}  // namespace

RunRecord to_record(const Captured& captured, const std::string& method) {
  RunRecord record;
  record.method = method;
  record.producer = "torch " + libtorch_version();
  Recording recording(&record);
  for (const Activation& activation : captured.activations) {
    const HookContext& context = activation.context;
    recording.add({.name = activation.name,
                   .path = context.path,
                   .method = context.method,
                   .call = context.call},
                  activation.value);
  }
  if (std::none_of(captured.activations.begin(), captured.activations.end(),
                   is_of_root)) {
    add_output(method, captured.output, &recording);
  }
  return record;
}

}  // namespace tsinspect
