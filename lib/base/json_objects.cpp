#include "base/json_objects.h"

#include <string>
#include <vector>

#include "base/json.h"

namespace tsinspect {
namespace {

class Builder : public JsonHandler {
 public:
  Builder(std::string_view text, ObjectGraph* graph)
      : text_(text), graph_(*graph) {}

  ObjectRef root() const { return root_; }

  void begin_object(uint32_t) override { open(ObjectKind::kDict); }
  void begin_array(uint32_t) override { open(ObjectKind::kList); }
  void end_object(uint32_t) override { open_.pop_back(); }
  void end_array(uint32_t) override { open_.pop_back(); }
  void key(uint32_t, std::string_view text) override { key_ = add_text(text); }
  void string(uint32_t, std::string_view text) override { add(add_text(text)); }
  void integer(uint32_t, int64_t value) override { add(graph_.add_int(value)); }
  void number(uint32_t, double value) override { add(graph_.add_float(value)); }
  void boolean(uint32_t, bool value) override { add(graph_.add_bool(value)); }
  void null(uint32_t) override { add(graph_.add_none()); }

 private:
  ObjectRef add_text(std::string_view text) {
    bool lies_in_source = text.data() >= text_.data() &&
                          text.data() < text_.data() + text_.size();
    if (!lies_in_source) text = graph_.own(std::string(text));
    return graph_.add_bytes(ObjectKind::kString, text);
  }

  void open(ObjectKind kind) {
    ObjectRef container = graph_.add_container(kind, {});
    add(container);
    open_.push_back(container);
  }

  void add(ObjectRef value) {
    if (open_.empty()) {
      root_ = value;
    } else if (graph_.kind(open_.back()) == ObjectKind::kDict) {
      const ObjectRef pair[] = {key_, value};
      graph_.append(open_.back(), pair);
    } else {
      graph_.append(open_.back(), {&value, 1});
    }
  }

  std::string_view text_;
  ObjectGraph& graph_;
  std::vector<ObjectRef> open_;  // The containers around the next value.
  ObjectRef key_ = kNoObject;
  ObjectRef root_ = kNoObject;
};

}  // namespace

ObjectRef read_json_objects(std::string_view text, const char* what,
                            uint64_t base, ObjectGraph* graph) {
  Builder builder(text, graph);
  read_json(text, what, base, &builder);
  return builder.root();
}

}  // namespace tsinspect
