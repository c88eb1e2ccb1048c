#include "tsinspect/code.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/code_definitions.h"

namespace tsinspect {
namespace {

using torchscript::ClassInfo;
using torchscript::Library;
using torchscript::MethodInfo;
using torchscript::NodeId;
using torchscript::NodeKind;
using torchscript::Tree;

template <typename Visit>
void for_each_method(const ClassInfo& info, Visit visit) {
  for (const MethodInfo& method : info.methods) visit(method);
  for (const MethodInfo& hook : info.hooks) visit(hook);
}

// A function of a record that is a method of the record's legacy module, which
// is its last class and whose methods stand in the same order.
bool is_legacy_method(const Library::Source& source, NodeId id) {
  if (source.classes.empty()) return false;
  const ClassInfo& last = source.classes.back();
  return last.node == source.tree.root &&
         std::ranges::binary_search(last.methods, id, {}, &MethodInfo::node);
}

CodeClass class_of(const ClassInfo& info) {
  CodeClass shown = {info.name, to_string(info.kind), {}};
  for_each_method(info, [&](const MethodInfo& method) {
    shown.methods.push_back(method.name);
  });
  return shown;
}

}  // namespace

const Library& library_of(const Model& model) {
  if (model.source == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("a {} file has no code; TorchScript archives "
                            "(torch.jit.save) have",
                            to_string(model.form)));
  }
  if (!model.source->sources().empty()) return *model.source;
  throw Error(ErrorKind::kUnsupported,
              model.bytecode == kNoObject
                  ? "this archive has no source that can be read"
                  : "this file has bytecode and no source; `tsinspect ops` "
                    "lists its operators");
}

std::vector<CodeDefinition> functions(const Library::Source& source) {
  std::vector<CodeDefinition> all;
  const Tree& tree = source.tree;
  for (NodeId id : tree.children(tree.root)) {
    if (tree.kind(id) != NodeKind::kFunction) continue;
    if (is_legacy_method(source, id)) continue;
    std::string_view name = tree.text(as_function(tree, id).name);
    all.push_back({fmt::format("{}.{}", source.prefix, name), id});
  }
  return all;
}

std::vector<CodeDefinition> classes(const Library::Source& source) {
  std::vector<CodeDefinition> all;
  for (const ClassInfo& info : source.classes) {
    all.push_back({info.name, info.node});
    for_each_method(info, [&](const MethodInfo& method) {
      all.push_back(
          {fmt::format("{}.{}", info.name, method.name), method.node});
    });
  }
  return all;
}

std::vector<CodeRecord> code_records(const Model& model) {
  std::vector<CodeRecord> records;
  for (const Library::Source& source : library_of(model).sources()) {
    CodeRecord& record = records.emplace_back(
        CodeRecord{source.record, source.tree.source, {}, {}});
    for (const ClassInfo& info : source.classes) {
      record.classes.push_back(class_of(info));
    }
    for (CodeDefinition& function : functions(source)) {
      record.functions.push_back(std::move(function.name));
    }
  }
  return records;
}

CodePart whole_record(const CodeRecord& record) {
  return {std::string(record.name), {record.name, 0}, record.text};
}

}  // namespace tsinspect
