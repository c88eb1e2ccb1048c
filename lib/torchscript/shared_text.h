// Texts that are made of pieces which they share, so that all of them together
// can be far longer than the file that they were read from.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tsinspect::torchscript {

// Pieces and texts are known by the index they were given. Memory is linear in
// the pieces' bytes and the texts' numbers of pieces; looking something up
// takes logarithmic time. Adding throws Error(kLimit) for 4 GiB or more.
class SharedTexts {
 public:
  // A line that is longer is cut to this many bytes on either side of the place
  // that it was looked up for.
  static constexpr size_t kMostLineBytes = 2048;

  // The bytes must outlive this.
  uint32_t add_piece(std::string_view bytes);

  // The pieces, one behind the other.
  uint32_t add_text(std::span<const uint32_t> pieces);

  uint32_t size(uint32_t text) const { return texts_[text].size; }

  // How many lines of a text end before a place in it.
  uint64_t lines_before(uint32_t text, uint64_t at) const;

  // The line around a place in a text, without its end; empty outside of it.
  std::string line_at(uint32_t text, uint64_t at) const;

 private:
  struct Piece {
    std::string_view bytes;
    std::vector<uint32_t> newlines;  // Where they stand.
  };
  struct Part {
    uint32_t piece;
    uint32_t begin;         // In the text.
    uint32_t lines_before;  // That end before it.
  };
  struct Text {
    std::vector<Part> parts;  // None is empty.
    uint32_t size = 0;
    uint32_t lines = 0;
  };

  // The part that the byte at a place before the end lies in.
  static size_t part_at(const Text& text, uint64_t at);

  std::vector<Piece> pieces_;
  std::vector<Text> texts_;
};

}  // namespace tsinspect::torchscript
