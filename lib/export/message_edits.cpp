#include "export/message_edits.h"

#include <algorithm>
#include <protozero/pbf_writer.hpp>
#include <protozero/varint.hpp>

#include "base/protobuf.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

constexpr int kMaxDepth = 200;

const char* end_of(std::string_view text) { return text.data() + text.size(); }

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

bool holds(std::string_view outer, std::string_view inner) {
  return inner.data() >= outer.data() && end_of(inner) <= end_of(outer);
}

bool is_same(std::string_view a, std::string_view b) {
  return a.data() == b.data() && a.size() == b.size();
}

[[noreturn]] void fail(const char* problem) {
  throw Error(ErrorKind::kMalformed, problem);
}

std::string varint(uint64_t value) {
  std::string text;
  protozero::add_varint_to_buffer(&text, value);
  return text;
}

// Where the length of a field begins that has this content: behind its tag.
const char* length_place(const char* tag, std::string_view content) {
  const char* at = tag;
  while (at < content.data() && (static_cast<uint8_t>(*at) & 0x80) != 0) ++at;
  return at + 1;
}

}  // namespace

void PieceList::view(std::string_view bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  if (!pieces_.empty() && end_of(pieces_.back()) == bytes.data()) {
    pieces_.back() = between(pieces_.back().data(), end_of(bytes));
  } else {
    pieces_.push_back(bytes);
  }
}

void PieceList::copy(std::string bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  pieces_.push_back(owned_.emplace_back(std::move(bytes)));
}

void PieceList::take(PieceList other) {
  size_ += other.size_;
  pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end());
  owned_.splice(owned_.end(), other.owned_);
}

void PieceList::write(const std::function<void(std::string_view)>& sink) const {
  for (std::string_view piece : pieces_) sink(piece);
}

std::string PieceList::text() const {
  std::string text;
  text.reserve(size_);
  write([&](std::string_view piece) { text += piece; });
  return text;
}

void MessageEdits::replace(std::string_view message, std::string_view where,
                           std::string bytes) {
  edits_.push_back({message, where, std::move(bytes)});
}

void MessageEdits::append(std::string_view message, std::string bytes) {
  replace(message, between(end_of(message), end_of(message)), std::move(bytes));
}

void MessageEdits::take(MessageEdits other) {
  edits_.splice(edits_.end(), other.edits_);
}

PieceList MessageEdits::apply(std::string_view root) {
  Edits edits;
  for (Edit& edit : edits_) {
    if (!holds(root, edit.message) || !holds(edit.message, edit.where)) {
      fail("an edit lies outside of the message");
    }
    edits.push_back(&edit);
  }
  // By place, so that those of one field stand side by side; in the order they
  // were made where several are put in one place.
  std::ranges::stable_sort(edits, [](const Edit* a, const Edit* b) {
    return a->where.data() < b->where.data();
  });
  return apply(root, root, edits, 0);
}

PieceList MessageEdits::apply(std::string_view message, std::string_view root,
                              const Edits& edits, int depth) {
  if (depth > kMaxDepth) fail("messages are nested too deep to be changed");
  Edits own;
  Edits inner;
  for (Edit* edit : edits) {
    (is_same(edit->message, message) ? own : inner).push_back(edit);
  }
  PieceList out;
  const char* done = message.data();  // What is before it is in `out`.
  auto next_own = own.begin();
  auto put_own = [&](const char* until) {
    for (; next_own != own.end() && (*next_own)->where.data() <= until;
         ++next_own) {
      std::string_view where = (*next_own)->where;
      if (where.data() < done) fail("two edits overlap");
      out.view(between(done, where.data()));
      out.copy((*next_own)->bytes);
      done = end_of(where);
    }
  };
  auto next_inner = inner.begin();
  MessageReader reader(message, root, "message");
  while (next_inner != inner.end() && reader.next()) {
    if (!reader.is_bytes()) continue;
    const char* tag = root.data() + reader.offset();
    std::string_view content = reader.bytes("field");
    auto last = std::find_if_not(
        next_inner, inner.end(),
        [&](const Edit* edit) { return holds(content, edit->message); });
    if (last == next_inner) continue;
    put_own(tag);
    if (tag < done) fail("two edits overlap");
    PieceList part = apply(content, root, {next_inner, last}, depth + 1);
    out.view(between(done, length_place(tag, content)));
    out.copy(varint(part.size()));
    out.take(std::move(part));
    done = end_of(content);
    next_inner = last;
  }
  if (next_inner != inner.end()) fail("an edit is of no message in it");
  put_own(end_of(message));
  out.view(between(done, end_of(message)));
  return out;
}

std::string bytes_field(uint32_t number, std::string_view content) {
  std::string text;
  protozero::pbf_writer(text).add_bytes(number, content.data(), content.size());
  return text;
}

std::string varint_field(uint32_t number, uint64_t value) {
  std::string text;
  protozero::pbf_writer(text).add_uint64(number, value);
  return text;
}

}  // namespace tsinspect
