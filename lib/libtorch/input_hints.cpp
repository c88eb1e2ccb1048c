#include "libtorch/input_hints.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "libtorch/inputs.h"
#include "tsinspect/error.h"
#include "tsinspect/recovered_names.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using Shape = std::vector<int64_t>;

// A kind of layer that fixes what goes into it.
struct LayerKind {
  const char* module;  // The end of its class's name.
  const char* op;      // What takes the weight in a frozen model.
  const char* weight;
  size_t dimensions;  // Of the weight.
  size_t input_size;  // Which of these is the size of the input's features,
  const char* input;  // {} in this.
};

constexpr LayerKind kLayers[] = {
    {".Conv1d", "aten::conv1d", "weight", 3, 1, "rand(1,{},1000)"},
    {".Conv2d", "aten::conv2d", "weight", 4, 1, "rand(1,{},224,224)"},
    {".Conv3d", "aten::conv3d", "weight", 5, 1, "rand(1,{},16,112,112)"},
    {"", "aten::_convolution", "weight", 4, 1, "rand(1,{},224,224)"},
    {"", "aten::_convolution", "weight", 3, 1, "rand(1,{},1000)"},
    {".Linear", "aten::linear", "weight", 2, 1, "rand(1,{})"},
    {"", "aten::addmm", "mat2", 2, 0, "rand(1,{})"},
    {"", "aten::matmul", "other", 2, 0, "rand(1,{})"},
    {".Embedding", "aten::embedding", "weight", 2, 0, "randint({},(1,16))"},
    {".LSTM", "", "weight_ih_l0", 2, 1, "rand(16,1,{})"},
    {".GRU", "", "weight_ih_l0", 2, 1, "rand(16,1,{})"},
    {".RNN", "", "weight_ih_l0", 2, 1, "rand(16,1,{})"},
};

// An input, and the weight that it was taken from.
struct Suggestion {
  std::string input;
  std::string reason;
};

Suggestion suggestion(const LayerKind& layer, const std::string& name,
                      const Shape& shape) {
  return {fmt::format(fmt::runtime(layer.input), shape[layer.input_size]),
          fmt::format("{} is [{}]", printable(name), fmt::join(shape, ", "))};
}

std::optional<Suggestion> of_module(const torch::jit::Module& module,
                                    const std::string& path) {
  auto name = module.type()->name();
  if (!name) return std::nullopt;
  for (const LayerKind& layer : kLayers) {
    if (!*layer.module || !name->qualifiedName().ends_with(layer.module) ||
        !module.hasattr(layer.weight)) {
      continue;
    }
    auto value = module.attr(layer.weight);
    if (!value.isTensor() || !value.toTensor().defined()) continue;
    Shape shape = value.toTensor().sizes().vec();
    if (shape.size() != layer.dimensions) continue;
    std::string dot = path.empty() ? "" : ".";
    return suggestion(layer, path + dot + layer.weight, shape);
  }
  return std::nullopt;
}

// Of the first layer, in the order of their definition.
std::optional<Suggestion> of_modules(const torch::jit::Module& root) {
  for (const auto& row : root.named_modules()) {
    if (auto found = of_module(row.value, row.name)) return found;
  }
  return std::nullopt;
}

// Of the first layer in a frozen model's code.
std::optional<Suggestion> of_constants(Model* model) {
  recover_names(model);
  std::optional<Suggestion> best;
  uint32_t first = UINT32_MAX;
  for (const Tensor& tensor : model->tensors) {
    const RecoveredName* recovered = tensor.recovered();
    if (recovered == nullptr || recovered->offset >= first) continue;
    for (const LayerKind& layer : kLayers) {
      if (!*layer.op || recovered->op != layer.op ||
          recovered->argument != layer.weight ||
          tensor.shape.size() != layer.dimensions) {
        continue;
      }
      first = recovered->offset;
      best = suggestion(layer, recovered->name, tensor.shape);
      break;
    }
  }
  return best;
}

// Lines of extra files that may say more.
std::string extra_files_text(const Model& model) {
  constexpr size_t kColumns = 120;
  constexpr uint64_t kMostBytes = 64 << 10;
  constexpr std::string_view kHints[] = {"input", "shape", "size"};
  std::string text;
  for (const Record& record : model.records) {
    size_t extra = record.name.find("/extra/");
    if (extra == record.name.npos || record.size_bytes > kMostBytes) continue;
    Bytes bytes = record_bytes(model, record);
    std::string_view content(reinterpret_cast<const char*>(bytes.data.data()),
                             bytes.data.size());
    bool is_hint = std::ranges::any_of(kHints, [&](std::string_view word) {
      return content.find(word) != content.npos;
    });
    if (!is_hint) continue;
    text += fmt::format("\n  its extra file {}: {}",
                        printable(record.name.substr(extra + 7)),
                        printable(content, kColumns));
  }
  return text;
}

struct TypeExample {
  c10::TypeKind kind;
  const char* text;
};
constexpr TypeExample kExamples[] = {
    {c10::TypeKind::IntType, "1"},
    {c10::TypeKind::FloatType, "0.5"},
    {c10::TypeKind::NumberType, "1"},
    {c10::TypeKind::BoolType, "True"},
    {c10::TypeKind::StringType, "\"text\""},
    {c10::TypeKind::OptionalType, "None"},
};

// A value of the type, with `tensor` for each tensor.
std::string example_of(const c10::TypePtr& type, const std::string& tensor) {
  auto parts = type->containedTypes();
  switch (type->kind()) {
    case c10::TypeKind::ListType:
      return "[" + example_of(parts[0], tensor) + "]";
    case c10::TypeKind::DictType:
      return "{" + example_of(parts[0], tensor) + ": " +
             example_of(parts[1], tensor) + "}";
    case c10::TypeKind::TupleType: {
      std::string text;
      for (const auto& part : parts) text += example_of(part, tensor) + ", ";
      return "(" + text + ")";
    }
    default:
      break;
  }
  for (const TypeExample& row : kExamples) {
    if (row.kind == type->kind()) return row.text;
  }
  return tensor;
}

std::string options_text(const c10::FunctionSchema& schema,
                         const std::string& tensor) {
  std::string text;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    const c10::Argument& argument = schema.arguments()[i];
    if (argument.default_value()) continue;
    text += fmt::format(" --input '{}'", example_of(argument.type(), tensor));
  }
  return text;
}

}  // namespace

std::string missing_inputs_text(const torch::jit::Module& module,
                                const c10::FunctionSchema& schema,
                                const std::string& path) {
  std::string text = "no input for " + printable(readable_schema(schema));
  Model model = open_model(path);
  auto found = of_modules(module);
  if (!found) found = of_constants(&model);
  std::string tensor = found ? found->input : "rand(1)";
  text += "\n  for example:" + options_text(schema, tensor);
  if (found) text += "\n  as the weight " + found->reason;
  return text + extra_files_text(model);
}

}  // namespace tsinspect
