// Changing a protobuf message without understanding all of it: every byte that
// no edit is about stays as it is, but for the lengths of what grows or
// shrinks.

#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace tsinspect {

// Text in order, some of it a view of what was there, some of it new.
class PieceList {
 public:
  // A view of what outlives the list.
  void view(std::string_view bytes);
  // A copy of the bytes.
  void copy(std::string bytes);
  void take(PieceList other);

  uint64_t size() const { return size_; }
  void write(const std::function<void(std::string_view)>& sink) const;
  std::string text() const;

 private:
  std::vector<std::string_view> pieces_;
  std::list<std::string> owned_;
  uint64_t size_ = 0;
};

// Edits to a message and to messages at any depth in it. Messages are told
// apart by where they lie.
class MessageEdits {
 public:
  // Puts `bytes`, which are whole fields, in the place of `where`, which is
  // whole fields of `message`, or nothing: then they are put between two.
  void replace(std::string_view message, std::string_view where,
               std::string bytes);
  // Adds fields behind the last one.
  void append(std::string_view message, std::string bytes);

  // Adds the edits of another.
  void take(MessageEdits other);

  // The whole of `root` as the edits have it; views of it stay views. Throws
  // Error(kMalformed), and for edits that overlap or lie nowhere in it.
  PieceList apply(std::string_view root);

 private:
  struct Edit {
    std::string_view message;
    std::string_view where;
    std::string bytes;
  };
  using Edits = std::vector<Edit*>;

  // The message with those edits, all of which are in it.
  PieceList apply(std::string_view message, std::string_view root,
                  const Edits& edits, int depth);

  std::list<Edit> edits_;
};

// One field of wire type 2, tag and length first.
std::string bytes_field(uint32_t number, std::string_view content);
// One field of wire type 0.
std::string varint_field(uint32_t number, uint64_t value);

}  // namespace tsinspect
