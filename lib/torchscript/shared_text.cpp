#include "torchscript/shared_text.h"

#include <tsinspect/error.h>

#include <algorithm>
#include <limits>

namespace tsinspect::torchscript {
namespace {

void check_size(uint64_t size_bytes) {
  if (size_bytes > std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorKind::kLimit, "source text of 4 GiB or more");
  }
}

}  // namespace

uint32_t SharedTexts::add_piece(std::string_view bytes) {
  check_size(bytes.size());
  Piece& piece = pieces_.emplace_back(Piece{bytes, {}});
  for (size_t at = bytes.find('\n'); at != bytes.npos;
       at = bytes.find('\n', at + 1)) {
    piece.newlines.push_back(static_cast<uint32_t>(at));
  }
  return static_cast<uint32_t>(pieces_.size() - 1);
}

uint32_t SharedTexts::add_text(std::span<const uint32_t> pieces) {
  Text& text = texts_.emplace_back();
  for (uint32_t index : pieces) {
    const Piece& piece = pieces_[index];
    if (piece.bytes.empty()) continue;
    text.parts.push_back({index, text.size, text.lines});
    check_size(uint64_t{text.size} + piece.bytes.size());
    text.size += static_cast<uint32_t>(piece.bytes.size());
    text.lines += static_cast<uint32_t>(piece.newlines.size());
  }
  return static_cast<uint32_t>(texts_.size() - 1);
}

size_t SharedTexts::part_at(const Text& text, uint64_t at) {
  auto behind = std::upper_bound(
      text.parts.begin(), text.parts.end(), at,
      [](uint64_t place, const Part& part) { return place < part.begin; });
  return static_cast<size_t>(behind - text.parts.begin()) - 1;
}

uint64_t SharedTexts::lines_before(uint32_t text, uint64_t at) const {
  const Text& whole = texts_[text];
  if (at >= whole.size) return whole.lines;
  const Part& part = whole.parts[part_at(whole, at)];
  const auto& newlines = pieces_[part.piece].newlines;
  auto behind =
      std::lower_bound(newlines.begin(), newlines.end(), at - part.begin);
  return part.lines_before + static_cast<uint64_t>(behind - newlines.begin());
}

std::string SharedTexts::line_at(uint32_t text, uint64_t at) const {
  const Text& whole = texts_[text];
  if (at >= whole.size) return {};
  size_t here = part_at(whole, at);
  auto bytes = [&](size_t i) { return pieces_[whole.parts[i].piece].bytes; };

  size_t column = at - whole.parts[here].begin;
  std::string line;
  std::string_view rest = bytes(here).substr(0, column);
  for (size_t i = here; line.size() < kMostLineBytes; rest = bytes(--i)) {
    size_t room = kMostLineBytes - line.size();
    rest.remove_prefix(rest.size() - std::min(rest.size(), room));
    size_t end = rest.rfind('\n');
    line.insert(0, end == rest.npos ? rest : rest.substr(end + 1));
    if (end != rest.npos || i == 0) break;
  }

  size_t most = line.size() + kMostLineBytes;
  rest = bytes(here).substr(column);
  for (size_t i = here; line.size() < most; rest = bytes(++i)) {
    rest = rest.substr(0, most - line.size());
    size_t end = rest.find('\n');
    line += rest.substr(0, end);
    if (end != rest.npos || i + 1 == whole.parts.size()) break;
  }
  return line;
}

}  // namespace tsinspect::torchscript
