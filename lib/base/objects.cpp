#include "tsinspect/objects.h"

#include <algorithm>
#include <bit>

#include "base/huge_pages.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

// Parts of a kObject, in the order of its children.
enum Part : uint32_t {
  kCallable,
  kArguments,
  kState,
  kListItems,
  kDictItems,
  kParts,
};

// Whole numbers below this, which shapes and strides are full of, are one node
// each in a graph.
constexpr int64_t kSmallInts = 4096;

// Pickles larger than this make the arena grow as it goes.
constexpr uint64_t kMaxReserved = uint64_t{64} << 20;

// Room for `more` rows. Doubling keeps many small requests linear.
template <typename T>
void make_room(std::vector<T>* table, size_t more) {
  if (table->capacity() - table->size() >= more) return;
  reserve_rows(table, std::max(table->size() + more, 2 * table->capacity()));
}

[[noreturn]] void fail_too_large(const char* what) {
  throw Error(ErrorKind::kLimit,
              std::string(what) + ": more than 4,294,967,295 of them");
}

}  // namespace

void ObjectGraph::reserve(uint64_t pickle_bytes) {
  // What torch.save writes has a node every ten bytes and a child every five.
  // Pages that are never written cost nothing.
  pickle_bytes = std::min(pickle_bytes, kMaxReserved);
  make_room(&nodes_, pickle_bytes / 8);
  make_room(&children_, pickle_bytes / 4);
}

ObjectRef ObjectGraph::add(Node node) {
  if (nodes_.size() >= kNoObject) fail_too_large("objects of a pickle");
  nodes_.push_back(node);
  return static_cast<ObjectRef>(nodes_.size() - 1);
}

std::string_view ObjectGraph::bytes(ObjectRef ref) const {
  if (ref >= nodes_.size()) return {};
  const Node& node = nodes_[ref];
  switch (node.kind) {
    case ObjectKind::kString:
    case ObjectKind::kBytes:
    case ObjectKind::kBigInt:
    case ObjectKind::kGlobal:
      return {node.text, node.extent};
    default:
      return {};
  }
}

std::span<const ObjectRef> ObjectGraph::items(ObjectRef ref) const {
  if (ref >= nodes_.size()) return {};
  const Node& node = nodes_[ref];
  switch (node.kind) {
    case ObjectKind::kList:
    case ObjectKind::kTuple:
    case ObjectKind::kDict:
    case ObjectKind::kSet:
    case ObjectKind::kFrozenSet:
    case ObjectKind::kPersistent:
      return {children_.data() + node.children.begin, node.children.count};
    default:
      return {};
  }
}

ObjectRef ObjectGraph::part(ObjectRef object, uint32_t index) const {
  if (kind(object) != ObjectKind::kObject) return kNoObject;
  const Node& node = nodes_[object];
  if (index >= node.children.count) return kNoObject;
  return children_[node.children.begin + index];
}

ObjectRef ObjectGraph::callable(ObjectRef ref) const {
  return part(ref, kCallable);
}

ObjectRef ObjectGraph::arguments(ObjectRef ref) const {
  return part(ref, kArguments);
}

ObjectRef ObjectGraph::state(ObjectRef ref) const { return part(ref, kState); }

ObjectRef ObjectGraph::list_items(ObjectRef ref) const {
  return part(ref, kListItems);
}

ObjectRef ObjectGraph::dict_items(ObjectRef ref) const {
  return part(ref, kDictItems);
}

std::string_view ObjectGraph::global_name(ObjectRef ref) const {
  if (kind(ref) == ObjectKind::kGlobal) return bytes(ref);
  ObjectRef called = callable(ref);
  if (called == kNoObject || kind(called) != ObjectKind::kGlobal) return {};
  return bytes(called);
}

ObjectRef ObjectGraph::find(ObjectRef dict, std::string_view key) const {
  if (dict == kNoObject || kind(dict) != ObjectKind::kDict) return kNoObject;
  auto pairs = items(dict);
  for (size_t i = pairs.size(); i >= 2; i -= 2) {
    ObjectRef name = pairs[i - 2];
    if (kind(name) == ObjectKind::kString && bytes(name) == key) {
      return pairs[i - 1];
    }
  }
  return kNoObject;
}

ObjectRef ObjectGraph::add_none() {
  if (none_ == kNoObject) none_ = add({ObjectKind::kNone, 0, {.integer = 0}});
  return none_;
}

ObjectRef ObjectGraph::add_bool(bool value) {
  ObjectRef& ref = bools_[value];
  if (ref == kNoObject) ref = add({ObjectKind::kBool, 0, {.integer = value}});
  return ref;
}

ObjectRef ObjectGraph::add_int(int64_t value) {
  if (value < 0 || value >= kSmallInts) {
    return add({ObjectKind::kInt, 0, {.integer = value}});
  }
  if (small_ints_.empty()) small_ints_.resize(kSmallInts, kNoObject);
  ObjectRef& ref = small_ints_[static_cast<size_t>(value)];
  if (ref == kNoObject) ref = add({ObjectKind::kInt, 0, {.integer = value}});
  return ref;
}

ObjectRef ObjectGraph::add_float(double value) {
  return add({ObjectKind::kFloat, 0, {.floating = value}});
}

ObjectRef ObjectGraph::add_bytes(ObjectKind kind, std::string_view value) {
  if (value.size() > UINT32_MAX) fail_too_large("bytes of a string");
  return add(
      {kind, static_cast<uint32_t>(value.size()), {.text = value.data()}});
}

ObjectRef ObjectGraph::add_container(ObjectKind kind,
                                     std::span<const ObjectRef> items) {
  ObjectRef ref = add({kind, 0, {.children = {0, 0}}});
  append(ref, items);
  return ref;
}

ObjectRef ObjectGraph::add_object(ObjectRef callable, ObjectRef arguments) {
  const ObjectRef parts[] = {callable, arguments};
  return add_container(ObjectKind::kObject, parts);
}

void ObjectGraph::append(ObjectRef container,
                         std::span<const ObjectRef> items) {
  Node& node = nodes_[container];
  Range& range = node.children;
  uint64_t wanted = uint64_t{range.count} + items.size();
  if (wanted > node.extent) {
    // Doubling on every move keeps the cost of appending constant, however the
    // appends to several containers interleave. The first place is exact.
    uint64_t slots = range.count == 0 ? wanted : std::bit_ceil(wanted);
    if (children_.size() + slots > UINT32_MAX) fail_too_large("items");
    auto begin = static_cast<uint32_t>(children_.size());
    if (range.count == 0) {
      children_.insert(children_.end(), items.begin(), items.end());
      range = {begin, static_cast<uint32_t>(wanted)};
      node.extent = range.count;
      return;
    }
    children_.resize(children_.size() + slots, kNoObject);
    std::copy_n(children_.begin() + range.begin, range.count,
                children_.begin() + begin);
    range.begin = begin;
    node.extent = static_cast<uint32_t>(slots);
  }
  std::copy(items.begin(), items.end(),
            children_.begin() + range.begin + range.count);
  range.count = static_cast<uint32_t>(wanted);
}

void ObjectGraph::set_part(ObjectRef object, uint32_t index, ObjectRef value) {
  constexpr ObjectRef kEmpty[kParts] = {kNoObject, kNoObject, kNoObject,
                                        kNoObject, kNoObject};
  uint32_t count = nodes_[object].children.count;
  if (count < kParts) append(object, {kEmpty, kParts - count});
  children_[nodes_[object].children.begin + index] = value;
}

void ObjectGraph::set_state(ObjectRef object, ObjectRef state) {
  set_part(object, kState, state);
}

void ObjectGraph::set_list_items(ObjectRef object, ObjectRef list) {
  set_part(object, kListItems, list);
}

void ObjectGraph::set_dict_items(ObjectRef object, ObjectRef dict) {
  set_part(object, kDictItems, dict);
}

std::string_view ObjectGraph::own(std::string text) {
  owned_.push_back(std::move(text));
  return owned_.back();
}

}  // namespace tsinspect
