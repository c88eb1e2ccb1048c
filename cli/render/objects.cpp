#include "render/objects.h"

#include <algorithm>

#include "base/printable.h"
#include "render/text.h"
#include "tsinspect/object_tree.h"

namespace tsinspect::cli {
namespace {

// What is printed of a graph that may be endless: levels, members of one
// object, columns of one text, and lines in all.
struct Bounds {
  size_t depth;
  size_t members;
  size_t columns;
  size_t lines;
};

constexpr Bounds kScreen = {6, 20, 100, 400};
constexpr Bounds kFull = {100, SIZE_MAX, 1 << 20, 1'000'000};

struct Brackets {
  std::string begin;
  const char* end;
};

Brackets brackets_of(const ObjectGraph& graph, ObjectRef ref) {
  switch (graph.kind(ref)) {
    case ObjectKind::kList:
      return {"[", "]"};
    case ObjectKind::kTuple:
      return {"(", ")"};
    case ObjectKind::kDict:
    case ObjectKind::kSet:
      return {"{", "}"};
    case ObjectKind::kFrozenSet:
      return {"frozenset({", "})"};
    default:
      return {printable(type_name(graph, ref)) + "(", ")"};
  }
}

bool is_leaf(const ObjectGraph& graph, ObjectRef ref,
             const std::vector<Member>& inside) {
  return is_tensor(graph, ref) || inside.empty();
}

// Both walks go no deeper than Bounds::depth, so they may recurse.
class TextWalk {
 public:
  TextWalk(Output& out, const ObjectGraph& graph, const Bounds& bounds)
      : out_(out), graph_(graph), bounds_(bounds), lines_left_(bounds.lines) {}

  void write(ObjectRef ref, size_t depth) {
    if (ref == kNoObject) return out_.text("?");
    auto inside = members(graph_, ref);
    if (is_leaf(graph_, ref, inside)) {
      return out_.text(one_line(graph_, ref, bounds_.columns));
    }
    constexpr size_t kShort = 60;
    std::string line = one_line(graph_, ref, kShort);
    if (!line.ends_with("…")) return out_.text(line);
    if (depth == bounds_.depth || lines_left_ == 0) {
      return out_.print("<{}>", brief(graph_, ref));
    }
    Brackets brackets = brackets_of(graph_, ref);
    out_.print("{}\n", brackets.begin);
    size_t shown = 0;
    for (const Member& member : inside) {
      if (shown == bounds_.members || lines_left_ == 0) break;
      ++shown;
      --lines_left_;
      write_member(member, depth);
    }
    if (shown < inside.size()) {
      out_.spaces(2 * (depth + 1));
      out_.print("… {} more\n",
                 std::string_view(count_text(inside.size() - shown)));
    }
    out_.spaces(2 * depth);
    out_.text(brackets.end);
  }

 private:
  void write_member(const Member& member, size_t depth) {
    out_.spaces(2 * (depth + 1));
    if (member.access == Member::Access::kKey) {
      out_.print("{}: ", one_line(graph_, member.key, bounds_.columns));
    } else if (member.access == Member::Access::kAttribute) {
      out_.print("{}=", printable(step_name(graph_, member)));
    }
    write(member.value, depth + 1);
    out_.text(",\n");
  }

  Output& out_;
  const ObjectGraph& graph_;
  const Bounds& bounds_;
  size_t lines_left_;
};

class JsonWalk {
 public:
  JsonWalk(Json& json, const ObjectGraph& graph, const Bounds& bounds)
      : json_(json), graph_(graph), bounds_(bounds), left_(bounds.lines) {}

  void write(ObjectRef ref, size_t depth) {
    if (ref == kNoObject) return json_.null();
    switch (graph_.kind(ref)) {
      case ObjectKind::kNone:
        return json_.null();
      case ObjectKind::kBool:
        return json_.value(graph_.integer(ref) != 0);
      case ObjectKind::kInt:
        return json_.value(graph_.integer(ref));
      case ObjectKind::kFloat:
        return json_.value(graph_.floating(ref));
      case ObjectKind::kString:
        return json_.value(graph_.bytes(ref));
      case ObjectKind::kList:
      case ObjectKind::kTuple:
      case ObjectKind::kSet:
      case ObjectKind::kFrozenSet:
        return write_members(ref, depth, false);
      case ObjectKind::kDict:
        return write_members(ref, depth, true);
      case ObjectKind::kObject:
        if (is_tensor(graph_, ref)) return json_.value(brief(graph_, ref));
        return write_members(ref, depth, true);
      default:
        return json_.value(one_line(graph_, ref, bounds_.columns));
    }
  }

  bool complete() const { return complete_; }

 private:
  void write_members(ObjectRef ref, size_t depth, bool keys) {
    if (depth == bounds_.depth || left_ == 0) {
      complete_ = false;
      return json_.value(brief(graph_, ref));
    }
    keys ? json_.begin_object() : json_.begin_array();
    if (graph_.kind(ref) == ObjectKind::kObject) {
      json_.member("__class__", type_name(graph_, ref));
    }
    size_t shown = 0;
    for (const Member& member : members(graph_, ref)) {
      if (shown == bounds_.members || left_ == 0) {
        complete_ = false;
        break;
      }
      ++shown;
      --left_;
      if (keys) json_.key(step_name(graph_, member));
      write(member.value, depth + 1);
    }
    keys ? json_.end_object() : json_.end_array();
  }

  Json& json_;
  const ObjectGraph& graph_;
  const Bounds& bounds_;
  size_t left_;
  bool complete_ = true;
};

}  // namespace

void print_object(Output& out, const ObjectGraph& graph, ObjectRef ref,
                  bool full) {
  TextWalk(out, graph, full ? kFull : kScreen).write(ref, 0);
  out.put('\n');
}

bool write_object(Json& json, const ObjectGraph& graph, ObjectRef ref,
                  bool full) {
  JsonWalk walk(json, graph, full ? kFull : kScreen);
  walk.write(ref, 0);
  return walk.complete();
}

}  // namespace tsinspect::cli
