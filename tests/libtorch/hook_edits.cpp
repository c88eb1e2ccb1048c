// Runs a model with a hook that puts other values in place, and writes what was
// captured behind it as a golden file:
//
//   hook_edits MODEL PATH in|out half|zeros|negative INPUTS OUT.npz
//
// hooks_against_python.py compares that with the same hooks in Python.

#include <cstdio>
#include <map>
#include <string>

#include "export/golden.h"
#include "libtorch/captured_record.h"
#include "libtorch/session.h"

namespace tsinspect {
namespace {

using Change = at::Tensor (*)(const at::Tensor&);

const std::map<std::string, Change> kChanges = {
    {"half", [](const at::Tensor& x) { return x * 0.5; }},
    {"zeros", [](const at::Tensor& x) { return at::zeros_like(x); }},
    {"negative", [](const at::Tensor& x) { return -x; }}};

// The value with every tensor in it changed.
c10::IValue changed(const c10::IValue& value, Change change) {
  if (value.isTensor()) return change(value.toTensor());
  if (value.isTuple()) {
    std::vector<c10::IValue> elements;
    for (const c10::IValue& element : value.toTupleRef().elements()) {
      elements.push_back(changed(element, change));
    }
    return c10::ivalue::Tuple::create(std::move(elements));
  }
  if (value.isList()) {
    auto list = value.toList().copy();
    for (size_t i = 0; i < list.size(); ++i) {
      list.set(i, changed(list.get(i), change));
    }
    return list;
  }
  if (value.isGenericDict()) {
    auto dict = value.toGenericDict().copy();
    for (const auto& entry : value.toGenericDict()) {
      dict.insert_or_assign(entry.key(), changed(entry.value(), change));
    }
    return dict;
  }
  return value;
}

void run(const std::vector<std::string>& words) {
  RunRequest request;
  request.path = words.at(0);
  request.inputs = {words.at(4)};
  request.threads = 1;
  Session session = open_session(request);
  HookableModule module(session.loaded);
  Change change = kChanges.at(words.at(3));
  HookHandle handle =
      words.at(2) == "in"
          ? module.register_forward_pre_hook(
                words.at(1),
                [change](const HookContext&, auto inputs) {
                  std::vector<c10::IValue> result;
                  for (const c10::IValue& input : inputs) {
                    result.push_back(changed(input, change));
                  }
                  return std::optional(std::move(result));
                })
          : module.register_forward_hook(
                words.at(1),
                [change](const HookContext&, auto, const c10::IValue& output) {
                  return std::optional(changed(output, change));
                });
  torch::NoGradGuard no_grad;
  Captured captured = capture(module, session.fresh_inputs(), {.inputs = true});
  write_golden(to_record(captured, "forward"), words.at(5), true);
}

}  // namespace
}  // namespace tsinspect

int main(int argc, char** argv) {
  try {
    tsinspect::run({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hook_edits: %s\n", error.what());
    return 1;
  }
}
