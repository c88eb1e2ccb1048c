#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "tsinspect/diff.h"
#include "tsinspect/module_tree.h"
#include "tsinspect/object_tree.h"

namespace tsinspect {
namespace {

// What a hostile file may cost: pairs of objects looked at, and changes told.
constexpr size_t kMostPairs = 1'000'000;
constexpr size_t kMostChanges = 10'000;
constexpr size_t kMostPathBytes = 4096;

// Objects of which a part may be only tensors; more of them count as not.
constexpr size_t kMostTensorParts = 100'000;

// Attribute of a state_dict: the version of every module in it.
constexpr std::string_view kMetadata = "_metadata";

// What stands for a tensor, or for the bytes of one.
bool is_tensor_like(const ObjectGraph& graph, ObjectRef ref) {
  if (graph.kind(ref) == ObjectKind::kPersistent) return true;
  if (is_tensor(graph, ref)) return true;
  return graph.kind(ref) == ObjectKind::kObject &&
         graph.global_name(ref).ends_with("multiarray._reconstruct");
}

// An object's arguments, what it holds, and under which name each.
struct Part {
  std::string key;  // Unique among an object's parts: "'lr'", "0", ".name".
  std::string step;
  ObjectRef value;
};

std::vector<Part> parts_of(const ObjectGraph& graph, ObjectRef ref) {
  std::vector<Part> parts;
  if (graph.kind(ref) == ObjectKind::kObject) {
    ObjectRef arguments = graph.arguments(ref);
    if (arguments != kNoObject && !graph.items(arguments).empty()) {
      parts.push_back({"(", "__args__", arguments});
    }
  }
  for (const Member& member : members(graph, ref)) {
    if (member.value == kNoObject) continue;
    std::string step = step_name(graph, member);
    // An int key 0 and a string key "0" differ, and so does an attribute "0".
    char kind = '.';
    if (member.access == Member::Access::kIndex) kind = '#';
    if (member.access == Member::Access::kKey) {
      kind = static_cast<char>('A' + static_cast<int>(graph.kind(member.key)));
    }
    parts.push_back({kind + step, std::move(step), member.value});
  }
  return parts;
}

bool holds_tensors_only(const ObjectGraph& graph, ObjectRef top) {
  std::set<ObjectRef> seen;
  std::vector<ObjectRef> open = {top};
  bool any = false;
  while (!open.empty()) {
    ObjectRef ref = open.back();
    open.pop_back();
    if (is_tensor_like(graph, ref)) {
      any = true;
      continue;
    }
    if (!seen.insert(ref).second) continue;
    if (seen.size() > kMostTensorParts) return false;
    auto inside = members(graph, ref);
    if (inside.empty()) return false;
    for (const Member& member : inside) {
      if (member.value == kNoObject) continue;
      if (step_name(graph, member) != kMetadata) open.push_back(member.value);
    }
  }
  return any;
}

// True if the comparison of tensors says it already.
bool is_of_tensors(const ObjectGraph& graph, const Part& part) {
  return part.step == kMetadata || holds_tensors_only(graph, part.value);
}

bool equal_scalars(const ObjectGraph& a, ObjectRef x, const ObjectGraph& b,
                   ObjectRef y) {
  switch (a.kind(x)) {
    case ObjectKind::kNone:
      return true;
    case ObjectKind::kBool:
    case ObjectKind::kInt:
      return a.integer(x) == b.integer(y);
    case ObjectKind::kFloat: {
      double p = a.floating(x), q = b.floating(y);
      return p == q || (p != p && q != q);
    }
    default:
      return a.bytes(x) == b.bytes(y);
  }
}

// Walks two graphs at once with a stack of its own, so that neither depth nor
// cycles matter; a pair of objects is looked at once.
class Walk {
 public:
  Walk(const ObjectGraph& a, const ObjectGraph& b) : a_(a), b_(b) {}

  ObjectsDiff run(ObjectRef a, ObjectRef b) {
    result_.compared = true;
    places_.push_back({SIZE_MAX, ""});
    open_.push_back({a, b, 0});
    while (!open_.empty()) {
      if (seen_.size() >= kMostPairs ||
          result_.changes.size() >= kMostChanges) {
        result_.complete = false;
        break;
      }
      Pair pair = open_.back();
      open_.pop_back();
      if (seen_.insert({pair.a, pair.b}).second) compare(pair);
    }
    return std::move(result_);
  }

 private:
  struct Place {
    size_t parent;
    std::string step;
  };
  struct Pair {
    ObjectRef a, b;
    size_t place;
  };

  void compare(const Pair& pair) {
    bool tensor_a = is_tensor_like(a_, pair.a);
    bool tensor_b = is_tensor_like(b_, pair.b);
    if (tensor_a && tensor_b) return;
    if (a_.kind(pair.a) != b_.kind(pair.b) ||
        unmangled(type_name(a_, pair.a)) != unmangled(type_name(b_, pair.b))) {
      return report(ObjectDiff::Kind::kChanged, pair);
    }
    bool is_leaf =
        is_scalar(a_, pair.a) || a_.kind(pair.a) == ObjectKind::kGlobal;
    if (is_leaf) {
      if (!equal_scalars(a_, pair.a, b_, pair.b)) {
        report(ObjectDiff::Kind::kChanged, pair);
      }
      return;
    }
    compare_parts(pair);
  }

  void compare_parts(const Pair& pair) {
    auto of_a = parts_of(a_, pair.a), of_b = parts_of(b_, pair.b);
    std::unordered_map<std::string_view, ObjectRef> found;
    for (const Part& part : of_b) found[part.key] = part.value;
    size_t first = open_.size();
    bool is_metadata = places_[pair.place].step == kMetadata;
    for (const Part& part : of_a) {
      auto other = found.find(part.key);
      if (other == found.end()) {
        if (is_metadata || is_of_tensors(a_, part)) continue;
        report(ObjectDiff::Kind::kRemoved,
               {part.value, kNoObject, place(pair.place, part.step)});
        continue;
      }
      ObjectRef value = other->second;
      found.erase(other);
      open_.push_back({part.value, value, place(pair.place, part.step)});
    }
    for (const Part& part : of_b) {
      auto left = found.find(part.key);
      if (left == found.end() || left->second != part.value) continue;
      if (is_metadata || is_of_tensors(b_, part)) continue;
      report(ObjectDiff::Kind::kAdded,
             {kNoObject, part.value, place(pair.place, part.step)});
    }
    // The stack gives back the last one first.
    std::reverse(open_.begin() + static_cast<ptrdiff_t>(first), open_.end());
  }

  size_t place(size_t parent, const std::string& step) {
    places_.push_back({parent, step});
    return places_.size() - 1;
  }

  std::string path_of(size_t place) const {
    std::string path;
    for (; place != 0; place = places_[place].parent) {
      if (path.size() > kMostPathBytes) return "…" + path;
      path = places_[place].step + (path.empty() ? "" : ".") + path;
    }
    return path;
  }

  void report(ObjectDiff::Kind kind, const Pair& pair) {
    if (result_.changes.size() >= kMostChanges) {
      result_.complete = false;
      return;
    }
    result_.changes.push_back({kind, path_of(pair.place), pair.a, pair.b});
  }

  const ObjectGraph& a_;
  const ObjectGraph& b_;
  std::vector<Place> places_;
  std::vector<Pair> open_;
  std::set<std::pair<ObjectRef, ObjectRef>> seen_;
  ObjectsDiff result_;
};

// Forms that keep the same objects.
int family(Form form) {
  switch (form) {
    case Form::kTorchScript:
    case Form::kTorchScriptFrozen:
    case Form::kMobile:
      return 1;
    case Form::kTorchSaveZip:
    case Form::kTorchSaveLegacy:
    case Form::kTorchSaveTar:
    case Form::kPickle:
      return 2;
    default:
      return 0;
  }
}

}  // namespace

ObjectsDiff diff_objects(const Model& a, const Model& b) {
  if (a.root == kNoObject || b.root == kNoObject) return {};
  if (family(a.form) == 0 || family(a.form) != family(b.form)) return {};
  return Walk(a.objects, b.objects).run(a.root, b.root);
}

}  // namespace tsinspect
