#include "tsinspect/object_tree.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

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

constexpr std::array<std::string_view, 5> kTensorCalls = {
    "torch._utils._rebuild_", "torch._tensor._rebuild_", "torch._rebuild_",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct"};

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
