// The pickle machine: a stack, marks and a memo, as CPython's Lib/pickle.py has
// them, over nodes of an ObjectGraph.

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_reader.h"
#include "tsinspect/model.h"

namespace tsinspect {

class Machine {
 public:
  Machine(ByteReader* in, uint32_t record, ObjectGraph* graph,
          std::vector<Import>* imports)
      : in_(*in),
        graph_(*graph),
        imports_(*imports),
        record_(record),
        begin_(in->position()) {}

  // Runs to STOP and returns the top value.
  ObjectRef run();

 private:
  friend struct Operations;  // What each opcode does; see opcodes.cpp.

  [[noreturn]] void fail(const std::string& message) const;

  // Bytes of the pickle read so far.
  uint64_t consumed() const { return in_.position() - begin_; }

  void push(ObjectRef value) { stack_.push_back(value); }
  ObjectRef pop();
  ObjectRef top();
  // Where the values above the topmost mark begin; the mark is gone.
  size_t pop_mark();
  // A tuple, list, … of all values from `begin` on, which leave the stack.
  ObjectRef take(ObjectKind kind, size_t begin);

  void push_integer(std::string_view little_endian);
  void push_text(std::string_view text);
  void push_global(std::string_view module, std::string_view name);
  void push_object(ObjectRef callable, ObjectRef arguments);
  void append(ObjectRef target, size_t begin);
  void set_items(ObjectRef target, size_t begin);
  void build(ObjectRef state);
  void memoize(uint64_t index, ObjectRef value);
  void push_memo(uint64_t index);
  uint64_t memo_line();

  ByteReader& in_;
  ObjectGraph& graph_;
  std::vector<Import>& imports_;
  uint32_t record_;
  uint64_t begin_;  // Position of the pickle in `in_`.
  uint64_t opcode_at_ = 0;

  std::vector<ObjectRef> stack_;
  std::vector<size_t> marks_;
  std::vector<ObjectRef> memo_;
  // Memo entries whose index no sane pickle of this size would use.
  std::unordered_map<uint64_t, ObjectRef> far_memo_;
  uint64_t memoized_ = 0;
  uint64_t name_bytes_ = 0;  // Of the globals named so far.
  bool stopped_ = false;

  struct Global {
    ObjectRef object;
    size_t import;
  };
  std::unordered_map<std::string, Global> globals_;
  std::unordered_map<ObjectRef, size_t> import_of_;
};

}  // namespace tsinspect
