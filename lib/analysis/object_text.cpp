// What objects look like in text: the half of object_tree.h that writes.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "rebuild/numpy_scalar.h"
#include "tsinspect/dtype.h"
#include "tsinspect/object_tree.h"

namespace tsinspect {
namespace {

ObjectRef item(const ObjectGraph& graph, ObjectRef container, size_t index) {
  if (container == kNoObject) return kNoObject;
  auto items = graph.items(container);
  return index < items.size() ? items[index] : kNoObject;
}

std::string integer_text(const ObjectGraph& graph, ObjectRef ref) {
  if (graph.kind(ref) == ObjectKind::kInt) {
    return std::to_string(graph.integer(ref));
  }
  std::string_view bytes = graph.bytes(ref);  // Two's complement.
  bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
  std::string digits;
  int carry = 1;
  for (char c : bytes.substr(0, 64)) {
    int byte = static_cast<uint8_t>(c);
    if (negative) {
      byte = (byte ^ 0xff) + carry;
      carry = byte >> 8;
      byte &= 0xff;
    }
    digits = fmt::format("{:02x}", byte) + digits;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return (negative ? "-0x" : "0x") + std::string(bytes.size() > 64 ? "…" : "") +
         digits;
}

std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  bool whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return whole ? text + ".0" : text;
}

// " [64, 3, 7, 7]" of a tuple; empty if it is none of integers.
std::string shape_text(const ObjectGraph& graph, ObjectRef shape) {
  constexpr size_t kMaxDimensions = 64;
  if (shape == kNoObject || graph.kind(shape) != ObjectKind::kTuple) return {};
  auto sizes = graph.items(shape);
  std::string text = " [";
  for (size_t i = 0; i < std::min(sizes.size(), kMaxDimensions); ++i) {
    if (graph.kind(sizes[i]) != ObjectKind::kInt) return {};
    text += (i ? ", " : "") + std::to_string(graph.integer(sizes[i]));
  }
  return text + ']';
}

// "array f8 [2, 3]", from the state ([version,] shape, dtype, …).
std::string array_text(const ObjectGraph& graph, ObjectRef ref) {
  ObjectRef state = graph.state(ref);
  bool has_version = state != kNoObject && graph.items(state).size() > 4;
  ObjectRef dtype = item(graph, state, has_version ? 2 : 1);
  std::string text = "array";
  if (dtype != kNoObject) {
    ObjectRef type = item(graph, graph.arguments(dtype), 0);
    if (type != kNoObject) text += ' ' + printable(graph.bytes(type), 20);
  }
  return text + shape_text(graph, item(graph, state, has_version ? 1 : 0));
}

// "tensor float32 [64, 3, 7, 7]", as far as the call's arguments say.
std::string tensor_text(const ObjectGraph& graph, ObjectRef ref) {
  if (graph.global_name(ref).starts_with("numpy.")) {
    return array_text(graph, ref);
  }
  ObjectRef arguments = graph.arguments(ref);
  for (int level = 0; level < 4; ++level) {
    ObjectRef inner = item(graph, arguments, 0);
    if (inner == kNoObject) return "tensor";
    if (is_tensor(graph, inner)) {  // A Parameter around its data.
      arguments = graph.arguments(inner);
    } else if (graph.kind(inner) == ObjectKind::kGlobal) {
      arguments = item(graph, arguments, 2);  // _rebuild_from_type_v2.
    } else {
      break;
    }
  }
  std::string text = "tensor";
  ObjectRef storage = item(graph, arguments, 0);
  if (storage == kNoObject) return text;
  ObjectRef id = item(graph, storage, 0);
  ObjectRef storage_class = item(graph, id, 1);
  if (storage_class != kNoObject) {
    std::string_view name = graph.global_name(storage_class);
    const DTypeInfo* info =
        find_dtype_of_storage(name.substr(name.rfind('.') + 1));
    if (info != nullptr) text += std::string(" ") + info->name;
  }
  return text + shape_text(graph, item(graph, arguments, 2));
}

// Writes one line of Python until it is long enough. Everything written makes
// the line longer, so that its length bounds the depth as well.
class OneLine {
 public:
  OneLine(const ObjectGraph& graph, size_t max_columns)
      : graph_(graph), max_(max_columns) {}

  void write(ObjectRef ref) {
    if (full()) return;
    if (ref == kNoObject) {
      text_ += "?";
      return;
    }
    switch (graph_.kind(ref)) {
      case ObjectKind::kNone:
        text_ += "None";
        break;
      case ObjectKind::kBool:
        text_ += graph_.integer(ref) ? "True" : "False";
        break;
      case ObjectKind::kInt:
      case ObjectKind::kBigInt:
        text_ += integer_text(graph_, ref);
        break;
      case ObjectKind::kFloat:
        text_ += float_text(graph_.floating(ref));
        break;
      case ObjectKind::kString:
        write_string(graph_.bytes(ref));
        break;
      case ObjectKind::kBytes:
        text_ += 'b';
        write_string(graph_.bytes(ref));
        break;
      case ObjectKind::kList:
        write_items(ref, "[", "]");
        break;
      case ObjectKind::kTuple:
        write_items(ref, "(", graph_.items(ref).size() == 1 ? ",)" : ")");
        break;
      case ObjectKind::kSet:
        write_items(ref, "{", "}");
        break;
      case ObjectKind::kFrozenSet:
        write_items(ref, "frozenset({", "})");
        break;
      case ObjectKind::kDict:
        write_members(ref, "{", "}");
        break;
      case ObjectKind::kGlobal:
        text_ += "<class " + printable(graph_.bytes(ref), max_) + ">";
        break;
      case ObjectKind::kPersistent:
        write_items(ref, "<storage ", ">");
        break;
      case ObjectKind::kObject:
        write_object(ref);
        break;
    }
  }

  std::string take() {
    if (!full()) return std::move(text_);
    size_t end = max_;
    while (end > 0 && (text_[end] & 0xc0) == 0x80) --end;
    return text_.substr(0, end) + "…";
  }

 private:
  bool full() const { return text_.size() > max_; }

  void write_string(std::string_view text) {
    text_ += quoted(text.substr(0, 4 * max_ + 4));
  }

  void write_items(ObjectRef ref, const char* begin, const char* end) {
    text_ += begin;
    const char* comma = "";
    for (ObjectRef value : graph_.items(ref)) {
      if (full()) return;
      text_ += std::exchange(comma, ", ");
      write(value);
    }
    text_ += end;
  }

  void write_members(ObjectRef ref, const char* begin, const char* end) {
    text_ += begin;
    const char* comma = "";
    for (const Member& member : members(graph_, ref)) {
      if (full()) return;
      text_ += std::exchange(comma, ", ");
      if (member.access == Member::Access::kKey) {
        write(member.key);
        text_ += ": ";
      } else if (member.access == Member::Access::kAttribute) {
        text_ += printable(step_name(graph_, member), max_) + "=";
      }
      write(member.value);
    }
    text_ += end;
  }

  void write_object(ObjectRef ref) {
    if (is_tensor(graph_, ref)) {
      text_ += '<' + tensor_text(graph_, ref) + '>';
      return;
    }
    if (auto value = numpy_scalar_text(graph_, ref)) {
      text_ += *value;
      return;
    }
    text_ += printable(type_name(graph_, ref), max_);
    bool plain = graph_.state(ref) == kNoObject &&
                 graph_.list_items(ref) == kNoObject &&
                 graph_.dict_items(ref) == kNoObject;
    if (plain && graph_.arguments(ref) != kNoObject) {
      write_items(graph_.arguments(ref), "(", ")");
    } else {
      write_members(ref, "(", ")");
    }
  }

  const ObjectGraph& graph_;
  size_t max_;
  std::string text_;
};

size_t pairs(const ObjectGraph& graph, ObjectRef dict) {
  return dict == kNoObject ? 0 : graph.items(dict).size() / 2;
}

std::string with_count(std::string name, size_t count, const char* noun) {
  return fmt::format("{}, {} {}{}", name, count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string one_line(const ObjectGraph& graph, ObjectRef ref,
                     size_t max_columns) {
  OneLine line(graph, max_columns);
  line.write(ref);
  return line.take();
}

std::string brief(const ObjectGraph& graph, ObjectRef ref) {
  if (is_scalar(graph, ref)) return one_line(graph, ref);
  if (is_tensor(graph, ref)) return tensor_text(graph, ref);
  if (auto value = numpy_scalar_text(graph, ref)) return *value;
  std::string name = printable(type_name(graph, ref), 60);
  switch (graph.kind(ref)) {
    case ObjectKind::kDict:
      return with_count(name, pairs(graph, ref), "key");
    case ObjectKind::kList:
    case ObjectKind::kTuple:
    case ObjectKind::kSet:
    case ObjectKind::kFrozenSet:
      return with_count(name, graph.items(ref).size(), "item");
    case ObjectKind::kObject:
      break;
    default:
      return one_line(graph, ref);
  }
  if (size_t keys = pairs(graph, graph.dict_items(ref)); keys > 0) {
    return with_count(name, keys, "key");
  }
  size_t count = members(graph, ref).size();
  if (count == 0) return one_line(graph, ref);
  bool is_list = graph.list_items(ref) != kNoObject;
  return with_count(name, count, is_list ? "item" : "attribute");
}

}  // namespace tsinspect
