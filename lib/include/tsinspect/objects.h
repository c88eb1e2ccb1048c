// The values a pickle builds, read without running anything in it.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tsinspect {

// What one node of the object graph is.
enum class ObjectKind : uint8_t {
  kNone,
  kBool,
  kInt,     // Fits int64.
  kBigInt,  // Two's complement, little-endian, in bytes().
  kFloat,
  kString,  // UTF-8 as a rule; any bytes in a hostile file.
  kBytes,
  kList,
  kTuple,
  kDict,  // items(): key, value, key, value, … in insertion order.
  kSet,
  kFrozenSet,
  kGlobal,      // A Python name, "module.qualified.name", in bytes().
  kObject,      // What a call would make: callable(), arguments(), state(), …
  kPersistent,  // A persistent id; items() is the id itself.
};

// A node, by its place in the graph. Valid for the graph it came from.
using ObjectRef = uint32_t;

// "No object": what state() of an object that has none returns.
constexpr ObjectRef kNoObject = UINT32_MAX;

// All values of one or more pickles, as an arena of small nodes. Nodes may be
// shared and may form cycles; walk it with a set of nodes seen. Strings view
// into the file or record they came from, which the Model owns.
class ObjectGraph {
 public:
  size_t size() const { return nodes_.size(); }

  // kNone for kNoObject, as all that follows is empty or kNoObject for it.
  ObjectKind kind(ObjectRef ref) const {
    return ref < nodes_.size() ? nodes_[ref].kind : ObjectKind::kNone;
  }

  // kBool and kInt.
  int64_t integer(ObjectRef ref) const { return nodes_[ref].integer; }

  // kFloat.
  double floating(ObjectRef ref) const { return nodes_[ref].floating; }

  // kString, kBytes, kBigInt and kGlobal; empty for every other kind.
  std::string_view bytes(ObjectRef ref) const;

  // The members of a list, tuple, set, or a dict's keys and values in turn;
  // the id of a kPersistent. Empty for every other kind.
  std::span<const ObjectRef> items(ObjectRef ref) const;

  // Parts of a kObject; kNoObject where the pickle gives none.
  ObjectRef callable(ObjectRef ref) const;    // Mostly a kGlobal.
  ObjectRef arguments(ObjectRef ref) const;   // A kTuple.
  ObjectRef state(ObjectRef ref) const;       // What BUILD would set.
  ObjectRef list_items(ObjectRef ref) const;  // A kList, from APPENDS.
  ObjectRef dict_items(ObjectRef ref) const;  // A kDict, from SETITEMS.

  // Name of the callable of a kObject, or of a kGlobal; else empty.
  std::string_view global_name(ObjectRef ref) const;

  // Value of `key` in a dict, kNoObject if absent. Linear in the dict's size.
  // As in Python, the last of several equal keys counts.
  ObjectRef find(ObjectRef dict, std::string_view key) const;

  // Building, for readers. Text passed as string_view must outlive the graph;
  // `own` gives text that the graph keeps. Items must not lie in the graph.
  void reserve(uint64_t pickle_bytes);  // Room, as a pickle of that size needs.
  ObjectRef add_none();
  ObjectRef add_bool(bool value);
  ObjectRef add_int(int64_t value);
  ObjectRef add_float(double value);
  ObjectRef add_bytes(ObjectKind kind, std::string_view value);
  ObjectRef add_container(ObjectKind kind, std::span<const ObjectRef> items);
  ObjectRef add_object(ObjectRef callable, ObjectRef arguments);
  void append(ObjectRef container, std::span<const ObjectRef> items);
  void set_state(ObjectRef object, ObjectRef state);
  void set_list_items(ObjectRef object, ObjectRef list);
  void set_dict_items(ObjectRef object, ObjectRef dict);
  std::string_view own(std::string text);

 private:
  struct Range {
    uint32_t begin;
    uint32_t count;
  };
  struct Node {
    ObjectKind kind;
    // Length of bytes(); slots reserved in children_ for a container.
    uint32_t extent;
    union {
      int64_t integer;
      double floating;
      const char* text;
      Range children;
    };
  };

  ObjectRef add(Node node);
  ObjectRef part(ObjectRef object, uint32_t index) const;
  void set_part(ObjectRef object, uint32_t index, ObjectRef value);

  std::vector<Node> nodes_;
  std::vector<ObjectRef> children_;
  std::deque<std::string> owned_;
  std::vector<ObjectRef> small_ints_;
  ObjectRef none_ = kNoObject;
  ObjectRef bools_[2] = {kNoObject, kNoObject};
};

}  // namespace tsinspect
