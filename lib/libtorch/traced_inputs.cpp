// The record is a pickle of {method: [input, …]} in which a tensor is
//
//   _rebuild_tensor_v2(("storage", torch.FloatStorage, key, device, elements),
//                      offset, shape, strides, requires_grad, {})
//
// and dicts and lists may be wrapped: restore_type_tag(value, type). Bytes of
// storages are left out.
//
// Source: ExportModule in torch/csrc/jit/serialization/export_module.cpp.

#include "libtorch/traced_inputs.h"

#include <fmt/ranges.h>

#include "base/byte_reader.h"
#include "base/printable.h"
#include "pickle/pickle.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr int kDeepest = 32;
constexpr size_t kMostValues = 1000;

// The record cannot be made sense of: it is as if it were not there.
struct Unreadable {};

// "rand(1,3):float16"; of integers and bools, zeros and ones: those are in the
// range of whatever they index.
std::string random_text(const DTypeInfo& info,
                        const std::vector<int64_t>& shape) {
  std::string sizes = fmt::format("{}", fmt::join(shape, ","));
  bool is_floating = info.type_class == DTypeClass::kFloat ||
                     info.type_class == DTypeClass::kComplex;
  std::string text = is_floating ? fmt::format("rand({})", sizes)
                                 : fmt::format("randint(2,({}{}))", sizes,
                                               shape.size() == 1 ? "," : "");
  bool is_default =
      info.dtype == DType::kFloat32 || info.dtype == DType::kInt64;
  return is_default ? text : fmt::format("{}:{}", text, info.name);
}

class TracedReader {
 public:
  explicit TracedReader(const ObjectGraph& graph) : graph_(graph) {}

  std::optional<std::vector<std::string>> inputs(ObjectRef root,
                                                 std::string_view method) {
    ObjectRef list = unwrap(graph_.find(unwrap(root), method));
    if (graph_.kind(list) != ObjectKind::kList) return std::nullopt;
    return members(list, 0);
  }

 private:
  // The value of a restore_type_tag(value, type).
  ObjectRef unwrap(ObjectRef ref) const {
    constexpr std::string_view kTag = "torch.jit._pickle.restore_type_tag";
    if (graph_.global_name(ref) != kTag) return ref;
    auto arguments = graph_.items(graph_.arguments(ref));
    return arguments.empty() ? kNoObject : arguments[0];
  }

  std::vector<std::string> members(ObjectRef ref, int depth) {
    std::vector<std::string> result;
    for (ObjectRef item : graph_.items(ref)) {
      result.push_back(text(unwrap(item), depth + 1));
    }
    return result;
  }

  std::string text(ObjectRef ref, int depth) {
    if (depth > kDeepest || ++count_ > kMostValues) throw Unreadable();
    switch (graph_.kind(ref)) {
      case ObjectKind::kNone:
        return "None";
      case ObjectKind::kBool:
        return graph_.integer(ref) ? "True" : "False";
      case ObjectKind::kInt:
        return fmt::format("{}", graph_.integer(ref));
      case ObjectKind::kFloat:
        return fmt::format("{:#}", graph_.floating(ref));
      case ObjectKind::kString:
        return string_text(graph_.bytes(ref));
      case ObjectKind::kList:
        return fmt::format("[{}]", fmt::join(members(ref, depth), ", "));
      case ObjectKind::kTuple:
        return tuple_text(members(ref, depth));
      case ObjectKind::kDict:
        return dict_text(members(ref, depth));
      case ObjectKind::kObject:
        return tensor_text(ref);
      default:
        throw Unreadable();
    }
  }

  static std::string string_text(std::string_view text) {
    std::string result = tsinspect::quoted(text);
    if (result.find('\\') != result.npos) throw Unreadable();
    return result;
  }

  static std::string tuple_text(const std::vector<std::string>& items) {
    return fmt::format("({}{})", fmt::join(items, ", "),
                       items.size() == 1 ? "," : "");
  }

  static std::string dict_text(const std::vector<std::string>& items) {
    std::string text;
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      text += (i ? ", " : "") + items[i] + ": " + items[i + 1];
    }
    return "{" + text + "}";
  }

  std::string tensor_text(ObjectRef ref) const {
    if (graph_.global_name(ref) != "torch._utils._rebuild_tensor_v2") {
      throw Unreadable();
    }
    auto arguments = graph_.items(graph_.arguments(ref));
    if (arguments.size() < 3) throw Unreadable();
    std::vector<int64_t> shape;
    for (ObjectRef size : graph_.items(arguments[2])) {
      if (graph_.kind(size) != ObjectKind::kInt || graph_.integer(size) < 0) {
        throw Unreadable();
      }
      shape.push_back(graph_.integer(size));
    }
    return random_text(dtype(arguments[0]), shape);
  }

  const DTypeInfo& dtype(ObjectRef persistent) const {
    auto id = graph_.items(persistent);
    auto parts = graph_.items(id.empty() ? kNoObject : id[0]);
    if (parts.size() < 2) throw Unreadable();
    std::string_view name = graph_.bytes(parts[1]);
    const DTypeInfo* info =
        find_dtype_of_storage(name.substr(name.rfind('.') + 1));
    if (info == nullptr) throw Unreadable();
    return *info;
  }

  const ObjectGraph& graph_;
  size_t count_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> traced_inputs(const Model& model,
                                                      std::string_view method) {
  for (uint32_t i = 0; i < model.records.size(); ++i) {
    if (!model.records[i].name.ends_with("/traced_inputs.pkl")) continue;
    try {
      Bytes bytes = record_bytes(model, model.records[i]);
      ByteReader in(std::string_view(
          reinterpret_cast<const char*>(bytes.data.data()), bytes.data.size()));
      ObjectGraph graph;
      std::vector<Import> imports;
      ObjectRef root = read_pickle(&in, i, &graph, &imports);
      return TracedReader(graph).inputs(root, method);
    } catch (const Error&) {
      return std::nullopt;
    } catch (const Unreadable&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace tsinspect
