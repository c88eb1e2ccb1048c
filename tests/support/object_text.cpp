#include "support/object_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/printable.h"

namespace tsinspect {
namespace {

class Writer {
 public:
  explicit Writer(const ObjectGraph& graph) : graph_(graph) {}

  std::string text(ObjectRef ref) {
    if (std::ranges::find(open_, ref) != open_.end()) return "...";
    open_.push_back(ref);
    std::string result = value(ref);
    open_.pop_back();
    return result;
  }

 private:
  std::string value(ObjectRef ref) {
    switch (graph_.kind(ref)) {
      case ObjectKind::kNone:
        return "None";
      case ObjectKind::kBool:
        return graph_.integer(ref) ? "True" : "False";
      case ObjectKind::kInt:
        return std::to_string(graph_.integer(ref));
      case ObjectKind::kBigInt:
        return big(graph_.bytes(ref));
      case ObjectKind::kFloat:
        return fmt::format("{}", graph_.floating(ref));
      case ObjectKind::kString:
        return quoted(graph_.bytes(ref));
      case ObjectKind::kBytes:
        return "b" + quoted(graph_.bytes(ref));
      case ObjectKind::kList:
        return "[" + items(ref) + "]";
      case ObjectKind::kTuple:
        return "(" + items(ref) + ")";
      case ObjectKind::kDict:
        return "{" + pairs(ref) + "}";
      case ObjectKind::kSet:
        return "set{" + items(ref) + "}";
      case ObjectKind::kFrozenSet:
        return "frozenset{" + items(ref) + "}";
      case ObjectKind::kGlobal:
        return "<" + std::string(graph_.bytes(ref)) + ">";
      case ObjectKind::kObject:
        return object(ref);
      case ObjectKind::kPersistent:
        return "@" + items(ref);
    }
    return "?";
  }

  static std::string big(std::string_view bytes) {
    std::string out = "0x";
    for (size_t i = bytes.size(); i-- > 0;) {
      out += fmt::format("{:02x}", static_cast<uint8_t>(bytes[i]));
    }
    return out;
  }

  std::string items(ObjectRef ref) {
    std::string out;
    for (ObjectRef item : graph_.items(ref)) {
      out += (out.empty() ? "" : ", ") + text(item);
    }
    return out;
  }

  std::string pairs(ObjectRef ref) {
    std::string out;
    auto all = graph_.items(ref);
    for (size_t i = 0; i + 1 < all.size(); i += 2) {
      out += (i == 0 ? "" : ", ") + text(all[i]) + ": " + text(all[i + 1]);
    }
    return out;
  }

  std::string object(ObjectRef ref) {
    std::string out = text(graph_.callable(ref)) + text(graph_.arguments(ref));
    for (ObjectRef part : {graph_.list_items(ref), graph_.dict_items(ref)}) {
      if (part != kNoObject) out += text(part);
    }
    if (ObjectRef state = graph_.state(ref); state != kNoObject) {
      out += "|" + text(state);
    }
    return out;
  }

  const ObjectGraph& graph_;
  std::vector<ObjectRef> open_;
};

}  // namespace

std::string object_text(const ObjectGraph& graph, ObjectRef ref) {
  return Writer(graph).text(ref);
}

}  // namespace tsinspect
