#include "libtorch/refuse.h"

#include <dlfcn.h>

#include <algorithm>

#include "base/printable.h"
#include "libtorch/torch.h"
#include "tsinspect/program.h"

namespace tsinspect {
namespace {

constexpr std::string_view kOwnNamespaces[] = {"aten::", "prim::"};
constexpr std::string_view kClasses = "__torch__.torch.classes.";
constexpr size_t kMostNamed = 3;

bool is_own(std::string_view name) {
  return std::ranges::any_of(kOwnNamespaces, [&](std::string_view own) {
    return name.starts_with(own);
  });
}

// Whether a library that was loaded supplies what is not LibTorch's own.
bool is_supplied(const std::string& name) {
  if (name.starts_with(kClasses)) {
    return torch::getCustomClass(name) != nullptr;
  }
  if (is_own(name) || name.find("::") == std::string::npos) return false;
  auto symbol = c10::Symbol::fromQualString(name);
  return !torch::jit::getAllOperatorsFor(symbol).empty();
}

std::string describe(const OutsideCall& call) {
  std::string text = printable(call.name) + " " + call.reason;
  if (!call.use.function.empty()) {
    text += " in " + printable(call.use.function);
  }
  if (!call.use.place.record.empty()) {
    text += " (" + printable(call.use.place.record) + ", byte " +
            std::to_string(call.use.place.offset) + ")";
  }
  return text;
}

bool any_at_load(const std::vector<OutsideCall>& calls) {
  return std::ranges::any_of(calls, &OutsideCall::at_load);
}

}  // namespace

void load_libraries(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) continue;
    const char* reason = dlerror();
    throw Error(ErrorKind::kIo, "cannot load the library " +
                                    tsinspect::quoted(path) + ": " +
                                    printable(reason ? reason : ""));
  }
}

void refuse_outside_calls(const Model& program, bool trust) {
  if (trust) return;
  std::vector<OutsideCall> calls = outside_calls(program);
  std::erase_if(calls,
                [](const OutsideCall& c) { return is_supplied(c.name); });
  if (calls.empty()) return;
  std::ranges::stable_sort(calls, std::greater<>(), &OutsideCall::at_load);
  std::string message = "executing it could reach outside of the process";
  if (any_at_load(calls)) message += ", already as it is loaded";
  for (size_t i = 0; i < std::min(calls.size(), kMostNamed); ++i) {
    message += (i == 0 ? ": " : "; ") + describe(calls[i]);
  }
  if (calls.size() > kMostNamed) {
    message += "; and " + std::to_string(calls.size() - kMostNamed) + " more";
  }
  throw Error(ErrorKind::kRefused,
              message +
                  ". --library loads what supplies an operator or class; "
                  "--trust executes the file as it is");
}

}  // namespace tsinspect
