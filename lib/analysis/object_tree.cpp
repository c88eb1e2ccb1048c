#include "tsinspect/object_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/printable.h"
#include "tsinspect/dtype.h"

namespace tsinspect {
namespace {

constexpr std::array kKindNames = {
    "None", "bool",      "int",    "int",    "float",
    "str",  "bytes",     "list",   "tuple",  "dict",
    "set",  "frozenset", "global", "object", "persistent id"};

// Ways to call a class by another name; the class is the first argument.
constexpr std::array<std::string_view, 4> kConstructors = {
    "copy_reg._reconstructor", "copyreg._reconstructor", "copyreg.__newobj__",
    "copy_reg.__newobj__"};

constexpr std::array<std::string_view, 3> kTensorCalls = {
    "torch._utils._rebuild_", "torch._tensor._rebuild_", "torch._rebuild_"};

// What holds the members of a torch.nn.Module that Python gives as attributes.
constexpr std::array<std::string_view, 3> kModuleDicts = {
    "_parameters", "_buffers", "_modules"};

ObjectRef item(const ObjectGraph& graph, ObjectRef container, size_t index) {
  if (container == kNoObject) return kNoObject;
  auto items = graph.items(container);
  return index < items.size() ? items[index] : kNoObject;
}

void add_pairs(const ObjectGraph& graph, ObjectRef dict, Member::Access access,
               std::vector<Member>* out) {
  if (dict == kNoObject) return;
  auto pairs = graph.items(dict);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    out->push_back({access, pairs[i], 0, pairs[i + 1]});
  }
}

void add_items(const ObjectGraph& graph, ObjectRef list,
               std::vector<Member>* out) {
  if (list == kNoObject) return;
  auto items = graph.items(list);
  for (uint32_t i = 0; i < items.size(); ++i) {
    out->push_back({Member::Access::kIndex, kNoObject, i, items[i]});
  }
}

// The state that BUILD sets: a dict of attributes, a pair of such dicts (the
// second of slots), or whatever __setstate__ would take.
void add_state(const ObjectGraph& graph, ObjectRef state,
               std::vector<Member>* out) {
  if (state == kNoObject) return;
  auto is_dict = [&](ObjectRef ref) {
    return ref != kNoObject && graph.kind(ref) == ObjectKind::kDict;
  };
  ObjectRef first = item(graph, state, 0), second = item(graph, state, 1);
  if (is_dict(state)) {
    add_pairs(graph, state, Member::Access::kAttribute, out);
  } else if (graph.kind(state) == ObjectKind::kTuple &&
             graph.items(state).size() == 2 && is_dict(second)) {
    if (is_dict(first)) {
      add_pairs(graph, first, Member::Access::kAttribute, out);
    }
    add_pairs(graph, second, Member::Access::kAttribute, out);
  } else {
    out->push_back({Member::Access::kAttribute, kNoObject, 0, state});
  }
}

// Members, and what a module's `_modules` and the like hold.
std::vector<Member> reachable(const ObjectGraph& graph, ObjectRef ref) {
  std::vector<Member> all = members(graph, ref);
  size_t own = all.size();
  for (size_t i = 0; i < own; ++i) {
    if (all[i].access != Member::Access::kAttribute) continue;
    std::string name = step_name(graph, all[i]);
    if (std::find(kModuleDicts.begin(), kModuleDicts.end(), name) ==
        kModuleDicts.end()) {
      continue;
    }
    auto inner = members(graph, all[i].value);
    all.insert(all.end(), inner.begin(), inner.end());
  }
  return all;
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

// "tensor float32 [64, 3, 7, 7]", as far as the call's arguments say.
std::string tensor_text(const ObjectGraph& graph, ObjectRef ref) {
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
  ObjectRef shape = item(graph, arguments, 2);
  if (shape != kNoObject && graph.kind(shape) == ObjectKind::kTuple) {
    text += " [";
    for (size_t i = 0; i < std::min<size_t>(graph.items(shape).size(), 64);
         ++i) {
      ObjectRef size = graph.items(shape)[i];
      if (graph.kind(size) != ObjectKind::kInt) return "tensor";
      text += (i ? ", " : "") + std::to_string(graph.integer(size));
    }
    text += ']';
  }
  return text;
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

std::vector<Member> members(const ObjectGraph& graph, ObjectRef ref) {
  std::vector<Member> all;
  switch (graph.kind(ref)) {
    case ObjectKind::kDict:
      add_pairs(graph, ref, Member::Access::kKey, &all);
      break;
    case ObjectKind::kList:
    case ObjectKind::kTuple:
    case ObjectKind::kSet:
    case ObjectKind::kFrozenSet:
      add_items(graph, ref, &all);
      break;
    case ObjectKind::kObject:
      add_pairs(graph, graph.dict_items(ref), Member::Access::kKey, &all);
      add_items(graph, graph.list_items(ref), &all);
      add_state(graph, graph.state(ref), &all);
      break;
    default:
      break;
  }
  return all;
}

std::string step_name(const ObjectGraph& graph, const Member& member) {
  if (member.access == Member::Access::kIndex) {
    return std::to_string(member.index);
  }
  if (member.key == kNoObject) return "__state__";
  if (graph.kind(member.key) == ObjectKind::kString) {
    return std::string(graph.bytes(member.key));
  }
  return one_line(graph, member.key, 200);
}

std::string type_name(const ObjectGraph& graph, ObjectRef ref) {
  ObjectKind kind = graph.kind(ref);
  if (kind != ObjectKind::kObject) {
    return kKindNames[static_cast<size_t>(kind)];
  }
  if (is_tensor(graph, ref)) return "tensor";
  std::string_view name = graph.global_name(ref);
  if (std::find(kConstructors.begin(), kConstructors.end(), name) !=
      kConstructors.end()) {
    ObjectRef made = item(graph, graph.arguments(ref), 0);
    if (made != kNoObject && graph.kind(made) == ObjectKind::kGlobal) {
      name = graph.bytes(made);
    }
  }
  return name.empty() ? "object" : std::string(name);
}

bool is_scalar(const ObjectGraph& graph, ObjectRef ref) {
  return graph.kind(ref) <= ObjectKind::kBytes;
}

bool is_tensor(const ObjectGraph& graph, ObjectRef ref) {
  if (graph.kind(ref) != ObjectKind::kObject) return false;
  std::string_view name = graph.global_name(ref);
  return std::any_of(kTensorCalls.begin(), kTensorCalls.end(),
                     [&](auto prefix) { return name.starts_with(prefix); });
}

std::string one_line(const ObjectGraph& graph, ObjectRef ref,
                     size_t max_columns) {
  OneLine line(graph, max_columns);
  line.write(ref);
  return line.take();
}

std::string brief(const ObjectGraph& graph, ObjectRef ref) {
  if (is_scalar(graph, ref)) return one_line(graph, ref);
  if (is_tensor(graph, ref)) return tensor_text(graph, ref);
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

ObjectRef lookup(const ObjectGraph& graph, ObjectRef root,
                 std::string_view path) {
  // Places reached so far: an object, and how much of the path led there. Few
  // are ever needed; the bound keeps a hostile file from making it many.
  constexpr size_t kMaxPlaces = 10'000;
  using Place = std::pair<ObjectRef, size_t>;
  if (root == kNoObject || path.empty()) return root;
  std::set<Place> seen;
  std::vector<Place> open = {{root, 0}};
  while (!open.empty() && seen.size() < kMaxPlaces) {
    auto [ref, begin] = open.back();
    open.pop_back();
    if (begin > path.size()) return ref;
    if (!seen.insert({ref, begin}).second) continue;
    std::string_view rest = path.substr(begin);
    size_t first = open.size();
    for (const Member& member : reachable(graph, ref)) {
      std::string name = step_name(graph, member);
      if (!rest.starts_with(name)) continue;
      if (name.size() < rest.size() && rest[name.size()] != '.') continue;
      open.push_back({member.value, begin + name.size() + 1});
    }
    // The longest key is tried first: it stands last.
    std::stable_sort(open.begin() + static_cast<ptrdiff_t>(first), open.end(),
                     [](auto a, auto b) { return a.second < b.second; });
  }
  return kNoObject;
}

}  // namespace tsinspect
