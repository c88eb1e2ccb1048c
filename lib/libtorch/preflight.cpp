#include "libtorch/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/printable.h"
#include "libtorch/providers.h"
#include "libtorch/refuse.h"
#include "libtorch/torch.h"
#include "tsinspect/program.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr std::string_view kClasses = "__torch__.torch.classes.";

bool is_operator_name(const std::string& name) {
  return name.find("::") != std::string::npos;
}

// Overloads under a name: operators, and functions that LibTorch has as
// TorchScript.
size_t overloads_of(const std::string& name,
                    const std::optional<std::string>& overload) {
  auto symbol = c10::Symbol::fromQualString(name);
  size_t count = 0;
  for (const auto& op : torch::jit::getAllOperatorsFor(symbol)) {
    count += !overload || op->schema().overload_name() == *overload;
  }
  for (const auto* function : torch::jit::getAllBuiltinFunctionsFor(symbol)) {
    const auto& schema =
        const_cast<torch::jit::Function*>(function)->getSchema();
    count += !overload || schema.overload_name() == *overload;
  }
  return count;
}

// What the compiler makes itself is under no name in the registry.
bool is_known(const std::string& name) {
  if (name.starts_with("prim::") || !is_operator_name(name)) return true;
  return overloads_of(name, std::nullopt) > 0;
}

// In bytecode an operator has its overload's name, and no other will do.
bool is_known_to_bytecode(const PreflightNeed& need) {
  if (!is_operator_name(need.name)) return true;
  return overloads_of(need.name, need.overload) > 0;
}

std::string full_name(const PreflightNeed& need) {
  std::string text = printable(need.name);
  if (need.overload && !need.overload->empty()) {
    text += "." + printable(*need.overload);
  }
  return text;
}

void add_operators(const std::vector<OperatorCount>& rows, bool in_bytecode,
                   PreflightResult* result) {
  for (const OperatorCount& row : rows) {
    if (row.kind == OperatorKind::kControlFlow) continue;
    PreflightNeed need{.name = row.name, .overload = row.overload};
    need.uses = row.uses.size();
    need.in_bytecode = in_bytecode;
    need.is_missing =
        in_bytecode ? !is_known_to_bytecode(need) : !is_known(row.name);
    need.library = provider_of(row.name);
    if (!row.uses.empty()) need.first_use = row.uses.front().function;
    result->needs.push_back(std::move(need));
  }
}

void add_class(const std::string& name, uint64_t uses,
               PreflightResult* result) {
  for (PreflightNeed& need : result->needs) {
    if (!need.is_class || need.name != name) continue;
    need.uses += uses;
    return;
  }
  PreflightNeed need{.is_class = true, .name = name};
  need.uses = uses;
  need.is_missing = torch::getCustomClass(name) == nullptr;
  need.library = provider_of(name);
  result->needs.push_back(std::move(need));
}

// Classes that a source text names: "__torch__.torch.classes." and two words.
void add_classes_of_text(std::string_view text, PreflightResult* result) {
  for (size_t at = 0; (at = text.find(kClasses, at)) != text.npos;) {
    size_t end = at + kClasses.size();
    for (int dots = 0; end < text.size(); ++end) {
      bool is_word = std::isalnum(static_cast<unsigned char>(text[end])) != 0 ||
                     text[end] == '_';
      if (!is_word && (text[end] != '.' || dots++ > 0)) break;
    }
    add_class(std::string(text.substr(at, end - at)), 1, result);
    at = end;
  }
}

// Those that pickles make, and those that code names, as types at least.
void add_classes(const Model& model, PreflightResult* result) {
  for (const Import& import : model.imports) {
    if (!import.name.starts_with(kClasses)) continue;
    add_class(std::string(import.name), import.calls, result);
  }
  for (const Record& record : model.records) {
    if (!record.name.ends_with(".py")) continue;
    Bytes bytes = record_bytes(model, record);
    add_classes_of_text(
        {reinterpret_cast<const char*>(bytes.data.data()), bytes.data.size()},
        result);
  }
}

std::string missing_text(const PreflightNeed& need) {
  std::string text =
      need.is_class
          ? fmt::format("the class {} is not registered", printable(need.name))
          : fmt::format(
                "no operator {} in this LibTorch",
                need.in_bytecode ? full_name(need) : printable(need.name));
  if (!need.library.empty()) text += "; it is of " + need.library;
  return text;
}

void add_missing(PreflightResult* result) {
  std::set<std::string> seen;
  for (const PreflightNeed& need : result->needs) {
    if (!need.is_missing) continue;
    std::string text = missing_text(need);
    if (!seen.insert(text).second) continue;
    (need.in_bytecode ? result->mobile_problems : result->problems)
        .push_back(text);
  }
}

std::string version_text(const char* what, const PreflightVersion& version) {
  return fmt::format("{} {}, where this LibTorch reads {} to {}", what,
                     version.found, version.least, version.most);
}

void add_file_version(const Model& model, PreflightResult* result) {
  const std::string& text = model.producer.file_version;
  PreflightVersion version;
  auto end = text.data() + text.size();
  if (std::from_chars(text.data(), end, version.found).ec != std::errc()) {
    return;
  }
  version.least = caffe2::serialize::kMinSupportedFileFormatVersion;
  version.most = caffe2::serialize::kMaxSupportedFileFormatVersion;
  result->file_version = version;
  if (version.fits()) return;
  result->problems.push_back(version_text("file version", version));
}

void add_bytecode_version(const Model& model, PreflightResult* result) {
  auto items = model.objects.items(model.bytecode);
  if (items.empty() || model.objects.kind(items[0]) != ObjectKind::kInt) {
    return;
  }
  PreflightVersion version;
  version.found = static_cast<uint64_t>(model.objects.integer(items[0]));
  version.least = caffe2::serialize::kMinSupportedBytecodeVersion;
  version.most = caffe2::serialize::kMaxSupportedBytecodeVersion;
  result->bytecode_version = version;
  if (version.fits()) return;
  result->mobile_problems.push_back(version_text("bytecode version", version));
}

#if __has_include(<torch/csrc/jit/operator_upgraders/version_map.h>)
void add_upgrades(PreflightResult* result) {
  if (!result->file_version) return;
  uint64_t found = result->file_version->found;
  std::set<std::string> seen;
  for (const PreflightNeed& need : result->needs) {
    std::string name = full_name(need);
    auto entry = torch::jit::get_operator_version_map().find(name);
    if (entry == torch::jit::get_operator_version_map().end()) continue;
    if (!seen.insert(name).second) continue;
    for (const auto& upgrader : entry->second) {
      auto version = static_cast<uint64_t>(upgrader.bumped_at_version);
      if (found < version) result->upgrades.push_back({name, version});
    }
  }
}
#else
void add_upgrades(PreflightResult*) {}
#endif

// What the source has that cannot be read, and where reading ended.
void add_unreadable(const Model& model, const ProgramSummary& program,
                    PreflightResult* result) {
  auto add = [&](const Finding& finding) {
    if (finding.rule != "unreadable-source") return;
    result->problems.push_back(fmt::format("{} cannot be read: {}",
                                           printable(finding.where),
                                           printable(finding.message)));
  };
  std::ranges::for_each(model.findings, add);
  std::ranges::for_each(program.findings, add);
  for (const OutsideCall& call : program.outside_calls) {
    if (call.name != "prim::PythonOp") continue;
    result->problems.push_back("it calls Python, in " +
                               printable(call.use.function));
  }
  if (model.stopped) {
    result->problems.push_back(fmt::format(
        "{}: {}", to_string(model.stopped->kind()), model.stopped->what()));
  }
}

}  // namespace

PreflightResult preflight(const Model& model,
                          const std::vector<std::string>& libraries) {
  if (model.source == nullptr && model.bytecode == kNoObject &&
      !model.stopped) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("a file of form {} has no program; TorchScript "
                            "archives do",
                            to_string(model.form)));
  }
  load_libraries(libraries);
  ProgramSummary program = summarize_program(model);
  PreflightResult result;
  add_operators(program.operators, false, &result);
  add_classes(model, &result);
  add_operators(program.bytecode_operators, true, &result);
  add_file_version(model, &result);
  add_bytecode_version(model, &result);
  add_missing(&result);
  add_unreadable(model, program, &result);
  add_upgrades(&result);
  return result;
}

}  // namespace tsinspect
