#include "pickle/machine.h"

#include <fmt/format.h>

#include <charconv>

#include "pickle/text.h"

namespace tsinspect {
namespace {

// Names of globals may take so many times the pickle's size, and so much more:
// strings in the memo could be joined to names again and again.
constexpr uint64_t kNameRatio = 16;
constexpr uint64_t kSpareNameBytes = uint64_t{64} << 10;

}  // namespace

void Machine::fail(const std::string& message) const {
  throw Error(ErrorKind::kMalformed, "pickle: " + message, opcode_at_);
}

ObjectRef Machine::top() {
  size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) fail("the stack is empty");
  return stack_.back();
}

ObjectRef Machine::pop() {
  ObjectRef value = top();
  stack_.pop_back();
  return value;
}

size_t Machine::pop_mark() {
  if (marks_.empty()) fail("there is no mark on the stack");
  size_t begin = marks_.back();
  marks_.pop_back();
  return begin;
}

ObjectRef Machine::take(ObjectKind kind, size_t begin) {
  ObjectRef ref = graph_.add_container(kind, std::span(stack_).subspan(begin));
  stack_.resize(begin);
  return ref;
}

void Machine::push_integer(std::string_view little_endian) {
  push(little_endian.size() <= 8
           ? graph_.add_int(small_integer(little_endian))
           : graph_.add_bytes(ObjectKind::kBigInt, little_endian));
}

void Machine::push_text(std::string_view text) {
  push(graph_.add_bytes(ObjectKind::kString, text));
}

void Machine::push_global(std::string_view module, std::string_view name) {
  name_bytes_ += module.size() + name.size();
  if (name_bytes_ > kNameRatio * consumed() + kSpareNameBytes) {
    throw Error(ErrorKind::kLimit,
                "pickle: names of globals take too many bytes", opcode_at_);
  }
  std::string full = fmt::format("{}.{}", module, name);
  auto [entry, is_new] = globals_.try_emplace(std::move(full));
  Global& global = entry->second;
  if (is_new) {
    std::string_view text = graph_.own(entry->first);
    global = {graph_.add_bytes(ObjectKind::kGlobal, text), imports_.size()};
    imports_.push_back({text, record_, opcode_at_, 0});
    import_of_.emplace(global.object, global.import);
  }
  push(global.object);
}

void Machine::push_object(ObjectRef callable, ObjectRef arguments) {
  if (graph_.kind(callable) == ObjectKind::kGlobal) {
    auto import = import_of_.find(callable);
    if (import != import_of_.end()) ++imports_[import->second].calls;
  }
  push(graph_.add_object(callable, arguments));
}

void Machine::append(ObjectRef target, size_t begin) {
  auto values = std::span(stack_).subspan(begin);
  switch (graph_.kind(target)) {
    case ObjectKind::kList:
    case ObjectKind::kSet:
      graph_.append(target, values);
      break;
    case ObjectKind::kObject:
      if (graph_.list_items(target) == kNoObject) {
        graph_.set_list_items(target,
                              graph_.add_container(ObjectKind::kList, {}));
      }
      graph_.append(graph_.list_items(target), values);
      break;
    default:
      fail("items are appended to something that is no list");
  }
  stack_.resize(begin);
}

void Machine::set_items(ObjectRef target, size_t begin) {
  auto values = std::span(stack_).subspan(begin);
  if (values.size() % 2 != 0) fail("a key without a value");
  switch (graph_.kind(target)) {
    case ObjectKind::kDict:
      graph_.append(target, values);
      break;
    case ObjectKind::kObject:
      if (graph_.dict_items(target) == kNoObject) {
        graph_.set_dict_items(target,
                              graph_.add_container(ObjectKind::kDict, {}));
      }
      graph_.append(graph_.dict_items(target), values);
      break;
    default:
      fail("items are set in something that is no dict");
  }
  stack_.resize(begin);
}

void Machine::build(ObjectRef state) {
  // State of a module or a class, which only exploits set, has no place in the
  // graph; what it imports and calls is known all the same.
  if (graph_.kind(top()) == ObjectKind::kObject) graph_.set_state(top(), state);
}

void Machine::memoize(uint64_t index, ObjectRef value) {
  // Every entry takes two bytes of pickle at least.
  if (index >= consumed()) {
    far_memo_[index] = value;
    return;
  }
  ++memoized_;
  if (index == memo_.size()) return memo_.push_back(value);
  if (index > memo_.size()) memo_.resize(index + 1, kNoObject);
  memo_[index] = value;
}

void Machine::push_memo(uint64_t index) {
  if (index < memo_.size() && memo_[index] != kNoObject) {
    return push(memo_[index]);
  }
  auto entry = far_memo_.find(index);
  if (entry == far_memo_.end()) {
    fail(fmt::format("there is no memo entry {}", index));
  }
  push(entry->second);
}

uint64_t Machine::memo_line() {
  std::string_view line = in_.line("memo index");
  uint64_t index = 0;
  auto [end, error] =
      std::from_chars(line.data(), line.data() + line.size(), index);
  if (error != std::errc() || end != line.data() + line.size()) {
    fail("a memo index is no number");
  }
  return index;
}

}  // namespace tsinspect
