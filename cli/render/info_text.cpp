#include <algorithm>

#include "base/printable.h"
#include "render/dataflow.h"
#include "render/info.h"
#include "render/layers.h"
#include "render/text.h"
#include "tsinspect/module_tree.h"

namespace tsinspect::cli {
namespace {

// How much of each list fits one screen.
constexpr size_t kTopLevel = 12;
constexpr size_t kSettings = 12;
constexpr size_t kMethods = 6;
constexpr size_t kHidden = 3;
constexpr size_t kNames = 5;
constexpr size_t kFindings = 10;
constexpr size_t kLayers = 200;
constexpr size_t kNameColumns = 60;

// A storage is worth a line if more than this is in it that no tensor shows.
constexpr uint64_t kWorthTelling = 1024;

std::string size(uint64_t bytes) {
  return std::string(std::string_view(size_text(bytes)));
}

std::string count(uint64_t number) {
  return std::string(std::string_view(count_text(number)));
}

// Labelled lines; a label is printed once for the lines that belong to it.
class Lines {
 public:
  explicit Lines(Output& out) : out_(out) {}

  void add(const char* label, const std::string& text) {
    bool again = std::string_view(label) == label_;
    out_.print("  {:<12}{}\n", again ? "" : label, text);
    label_ = label;
  }
  // "… and 12 more", where not everything was told.
  void add_rest(const char* label, size_t all, size_t told) {
    if (all > told) add(label, "… and " + count(all - told) + " more");
  }

 private:
  Output& out_;
  std::string_view label_;
};

void join(std::string* text, const std::string& part,
          const char* separator = ", ") {
  if (!text->empty()) *text += separator;
  *text += part;
}

void print_producer(Lines& lines, const Model& model) {
  const Producer& producer = model.producer;
  // What ONNX calls the version of its files.
  const char* version =
      model.form == Form::kOnnx ? "IR version " : "file version ";
  std::string text;
  if (!producer.torch_version.empty()) {
    join(&text, "torch " + printable(producer.torch_version, kNameColumns));
  }
  if (!producer.metadata.empty()) {
    join(&text, printable(producer.metadata, kNameColumns));
  }
  if (!producer.file_version.empty()) {
    join(&text, version + printable(producer.file_version, kNameColumns));
  }
  join(&text, producer.big_endian ? "big-endian" : "little-endian");
  lines.add("producer", text);
}

void print_sizes(Lines& lines, const Model& model, const Summary& summary) {
  std::string text = size(summary.file_bytes);
  if (model.files.size() > 1) {
    text += " in " + counted(model.files.size(), "file");
  }
  text += ": tensor data " + size(summary.stored_bytes);
  if (summary.stored_bytes != summary.storage_bytes) {
    text += " (" + size(summary.storage_bytes) + " inflated)";
  }
  lines.add("size", text + ", the rest " + size(summary.overhead_bytes()));
}

void print_tensors(Lines& lines, const Summary& summary) {
  if (summary.tensors.tensors == 0) return lines.add("tensors", "none");
  std::string text = count(summary.tensors.tensors) + " (" +
                     counted(summary.tensors.elements, "element") + ", " +
                     size(summary.tensors.bytes) + ")";
  if (summary.tied > 0) text += ", " + count(summary.tied) + " tied";
  lines.add("tensors", text);
  for (size_t i = 0; i < summary.by_role.size(); ++i) {
    const TensorTotals& totals = summary.by_role[i];
    Role role = static_cast<Role>(i);
    if (totals.tensors == 0 || role == Role::kTensor) continue;
    lines.add("tensors", counted(totals.tensors, to_string(role)) + " (" +
                             counted(totals.elements, "element") + ", " +
                             size(totals.bytes) + ")");
  }
  std::string dtypes;
  for (size_t i = 0; i < summary.by_dtype.size(); ++i) {
    const TensorTotals& totals = summary.by_dtype[i];
    if (totals.tensors == 0) continue;
    join(&dtypes, std::string(dtype_info(static_cast<DType>(i)).name) + " " +
                      count(totals.tensors));
  }
  lines.add("dtypes", dtypes);
}

void print_storages(Lines& lines, const Model& model, const Summary& summary) {
  if (summary.shared_storages > 0) {
    lines.add("storages", count(summary.shared_storages) + " of " +
                              count(model.storages.size()) +
                              " seen by several tensors");
  }
  size_t told = 0, worth = 0;
  for (const HiddenBytes& hidden : summary.hidden) {
    uint64_t all = model.storages[hidden.storage].size_bytes;
    if (all - hidden.visible_bytes < kWorthTelling) continue;
    if (++worth > kHidden) continue;
    ++told;
    if (hidden.tensor == kNoIndex) {
      lines.add("storages", "no tensor shows a storage of " + size(all));
    } else {
      lines.add(
          "storages",
          printable(model.tensors[hidden.tensor].name, kNameColumns) +
              (model.storages[hidden.storage].tensors > 1 ? " and others view "
                                                          : " views ") +
              size(hidden.visible_bytes) + " of a storage of " + size(all));
    }
  }
  lines.add_rest("storages", worth, told);
}

void print_top_level(Lines& lines, const Model& model, const Summary& summary) {
  if (summary.top_type.empty() || summary.top_level.empty()) return;
  const ObjectGraph& graph = model.objects;
  auto all_tensors =
      std::all_of(summary.top_level.begin(), summary.top_level.end(),
                  [&](const NamedObject& object) {
                    return is_tensor(graph, object.value);
                  });
  std::string text = brief(graph, model.root);
  if (all_tensors) return lines.add("top level", text + ", all tensors");
  lines.add("top level", text);
  size_t told = 0;
  for (const NamedObject& object : summary.top_level) {
    if (told == kTopLevel) break;
    ++told;
    lines.add("top level", "  " + printable(object.name, kNameColumns) + ": " +
                               brief(graph, object.value));
  }
  lines.add_rest("top level", summary.top_level.size(), told);
}

void print_settings(Lines& lines, const Model& model, const Summary& summary) {
  std::string text;
  size_t told = 0;
  for (const NamedObject& object : summary.hyper_parameters) {
    if (told == kSettings) break;
    ++told;
    join(&text, printable(object.name, kNameColumns) + " " +
                    one_line(model.objects, object.value, 40));
  }
  if (!text.empty()) lines.add("settings", text);
  lines.add_rest("settings", summary.hyper_parameters.size(), told);
}

// The schema without the type of `self`, which repeats the module's.
std::string signature(const std::string& schema) {
  size_t open = schema.find('(');
  size_t self = schema.find(" self", open);
  if (open == std::string::npos || self == std::string::npos) {
    return printable(schema, 200);
  }
  std::string_view rest = std::string_view(schema).substr(self + 5);
  if (rest.starts_with(", ")) rest.remove_prefix(2);
  return printable(schema.substr(0, open + 1) + std::string(rest), 200);
}

void print_modules(Lines& lines, const Model& model) {
  if (model.modules.empty()) return;
  const Module& root = model.modules[0];
  std::string text = count(model.modules.size()) + ", the root is a " +
                     printable(short_type(root.type), kNameColumns);
  if (root.training) {
    text += *root.training ? " in training mode" : " in evaluation mode";
  }
  lines.add("modules", text);
  size_t all = 0, told = 0;
  for (const Module& module : model.modules) {
    if (module.type_index == kNoIndex) continue;
    const auto& methods = model.types[module.type_index].methods;
    all += methods.size();
    if (&module != &root) continue;
    for (const Method& method : methods) {
      if (told == kMethods) break;
      ++told;
      lines.add("methods", signature(method.schema));
    }
  }
  if (all > told) {
    lines.add("methods", "… and " + count(all - told) +
                             " more, most of submodules: see --json");
  }
}

void print_layers(Lines& lines, const Model& model,
                  std::span<const Layer> layers) {
  if (layers.empty()) return;
  lines.add("layers", count(layers.size()));
  size_t told = std::min(layers.size(), kLayers);
  for (const Layer& layer : layers.first(told)) {
    lines.add("layers", "  " + layer_text(model, layer));
  }
  lines.add_rest("layers", layers.size(), told);
}

void print_hooks(Lines& lines, const Model& model) {
  size_t all = 0, told = 0;
  for (const Module& module : model.modules) {
    if (module.type_index == kNoIndex) continue;
    const ScriptType& type = model.types[module.type_index];
    auto add = [&](const std::vector<std::string>& hooks, const char* kind) {
      for (const std::string& hook : hooks) {
        if (++all > kMethods) continue;
        ++told;
        lines.add(
            "hooks",
            fmt::format("{} {} of {}", kind, printable(hook, kNameColumns),
                        module.path.empty()
                            ? "(root)"
                            : printable(module.path, kNameColumns)));
      }
    };
    add(type.forward_pre_hooks, "forward pre-hook");
    add(type.forward_hooks, "forward hook");
  }
  lines.add_rest("hooks", all, told);
}

void print_imports(Lines& lines, const Model& model, const Summary& summary) {
  if (summary.unknown_imports.empty()) return;
  std::string text = "not of torch or NumPy: ";
  size_t told = std::min(kNames, summary.unknown_imports.size());
  for (size_t i = 0; i < told; ++i) {
    const Import& import = model.imports[summary.unknown_imports[i]];
    text += (i ? ", " : "") + printable(import.name, kNameColumns);
  }
  lines.add("imports", text);
  lines.add_rest("imports", summary.unknown_imports.size(), told);
}

void print_findings(Lines& lines, const Model& model) {
  size_t told = 0;
  for (const Finding& finding : model.findings) {
    if (told == kFindings) break;
    ++told;
    std::string text =
        std::string(to_string(finding.severity)) + ": " + finding.rule + ": ";
    if (!finding.where.empty()) {
      text += printable(finding.where, kNameColumns) + ": ";
    }
    lines.add("findings", text + finding.message);
  }
  lines.add_rest("findings", model.findings.size(), told);
}

}  // namespace

void print_info(Output& out, const std::string& file, const Model& model,
                const Summary& summary, std::span<const Layer> layers) {
  out.print("{}: {}\n", printable(file), to_string(model.form));
  Lines lines(out);
  print_producer(lines, model);
  print_sizes(lines, model, summary);
  print_tensors(lines, summary);
  print_storages(lines, model, summary);
  print_top_level(lines, model, summary);
  print_settings(lines, model, summary);
  if (model.dataflow != nullptr) {
    for (const auto& [label, text] : dataflow_lines(model)) {
      lines.add(label, text);
    }
  }
  print_modules(lines, model);
  print_layers(lines, model, layers);
  print_hooks(lines, model);
  print_imports(lines, model, summary);
  print_findings(lines, model);
  if (!model.records.empty()) {
    lines.add("records", count(model.records.size()));
  }
}

}  // namespace tsinspect::cli
