#include "analysis/find_method.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/printable.h"
#include "tsinspect/names.h"

namespace tsinspect {
namespace {

using torchscript::FunctionGraph;
using torchscript::Program;

// Names that a misspelt one is compared with.
constexpr size_t kMostCandidates = 10'000;

constexpr std::string_view kForward = "forward";

uint32_t find_module(const Model& model, std::string_view path) {
  auto found = std::ranges::find(model.modules, path, &Module::path);
  if (found == model.modules.end()) return kNoIndex;
  return static_cast<uint32_t>(found - model.modules.begin());
}

// The one module of that type; kNoIndex if there are none or several.
uint32_t only_module(const Model& model, std::string_view type) {
  uint32_t only = kNoIndex;
  for (uint32_t i = 0; i < model.modules.size(); ++i) {
    if (model.modules[i].type != type) continue;
    if (only != kNoIndex) return kNoIndex;
    only = i;
  }
  return only;
}

MethodPlace method_of(const Model& model, const Program& program,
                      std::string_view path, std::string_view method) {
  uint32_t module = find_module(model, path);
  if (module == kNoIndex) return {};
  std::string name = model.modules[module].type + '.';
  name += method;
  return {program.find(name), module};
}

std::vector<std::string> candidates(const Model& model, const Program& program,
                                    std::string_view name) {
  std::vector<std::string> all;
  for (const Module& module : model.modules) {
    if (module.type_index == kNoIndex) continue;
    for (const Method& method : model.types[module.type_index].methods) {
      if (all.size() == kMostCandidates) return all;
      all.push_back(module.path.empty() ? method.name
                                        : module.path + '.' + method.name);
    }
  }
  if (!name.starts_with("__torch__")) return all;
  for (const FunctionGraph& function : program.functions()) {
    if (all.size() == kMostCandidates) return all;
    all.push_back(function.name);
  }
  return all;
}

[[noreturn]] void fail_not_found(const Model& model, const Program& program,
                                 std::string_view name) {
  std::string message = "no method is named " + quoted(name);
  auto all = candidates(model, program, name);
  std::vector<std::string_view> names(all.begin(), all.end());
  std::string near = closest_name(name, names);
  if (names.empty()) message += "; the modules of this file have no methods";
  if (!near.empty()) message += "; did you mean " + quoted(near) + "?";
  throw Error(ErrorKind::kNotFound, message);
}

}  // namespace

MethodPlace find_method(const Model& model, const Program& program,
                        std::string_view name) {
  if (const FunctionGraph* function = program.find(name)) {
    if (function->owner == nullptr) return {function, kNoIndex};
    return {function, only_module(model, function->owner->name)};
  }
  size_t dot = name.rfind('.');
  bool has_path = dot != std::string_view::npos;
  MethodPlace place =
      method_of(model, program, has_path ? name.substr(0, dot) : "",
                has_path ? name.substr(dot + 1) : name);
  if (place.function != nullptr) return place;
  place = method_of(model, program, name, kForward);
  if (place.function != nullptr) return place;
  fail_not_found(model, program, name);
}

}  // namespace tsinspect
