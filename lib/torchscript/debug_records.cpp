// A debug record is a pickle, of torch 1.9 and later:
//
//   ("FORMAT_WITH_STRING_TABLE",
//    (text, …),                    the table
//    (entry, …))
//   entry  = (offset, range, tag)
//   range  = (source, start, end)  bytes of the source's text
//   source = (build_intlist([index, …]),  pieces of its text, in the table
//             index,                      of its file's name, in the table
//             line)                       number of its first line
//
// and of older torch, with the tag missing or in front of the range:
//
//   (entry, …)
//   source = (text, file's name or None, line)
//
// Code that has no origin has an empty text. The text of traced code is no
// Python, but the stack of calls, a line a call, the innermost first:
// "/site/models.py(20): forward".
//
// Source of truth: torch/csrc/jit/serialization/source_range_serialization.cpp.

#include "torchscript/debug_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/file.h"
#include "base/printable.h"
#include "pickle/pickle.h"

namespace tsinspect::torchscript {
namespace {

constexpr std::string_view kWithTable = "FORMAT_WITH_STRING_TABLE";

std::string_view view(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data.data()), bytes.data.size()};
}

// "models.py(20): forward"; empty for any other line.
std::optional<Frame> frame_of(std::string_view line) {
  size_t close = line.rfind("): ");
  if (close == line.npos) return std::nullopt;
  size_t open = line.rfind('(', close);
  if (open == line.npos) return std::nullopt;
  Frame frame;
  const char* end = line.data() + close;
  auto [last, error] = std::from_chars(line.data() + open + 1, end, frame.line);
  if (error != std::errc() || last != end) return std::nullopt;
  frame.file = line.substr(0, open);
  frame.function = line.substr(close + 3);
  return frame;
}

}  // namespace

// Fills a DebugRecord. Everything that is shared in the pickle is looked at
// once.
class DebugReader {
 public:
  explicit DebugReader(DebugRecord* record)
      : record_(*record), graph_(record->graph_) {}

  void read(ObjectRef top) {
    if (graph_.kind(top) != ObjectKind::kTuple) {
      throw Error(ErrorKind::kMalformed, "debug record: expected a tuple");
    }
    ObjectRef entries = top;
    auto items = graph_.items(top);
    if (items.size() == 3 && graph_.bytes(items[0]) == kWithTable) {
      table_ = graph_.items(items[1]);
      entries = items[2];
    }
    for (ObjectRef entry : graph_.items(entries)) add_entry(entry);
    std::ranges::stable_sort(record_.entries_, {}, &DebugRecord::Entry::offset);
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  using Known = std::unordered_map<ObjectRef, uint32_t>;

  std::optional<uint64_t> natural(ObjectRef ref) const {
    if (graph_.kind(ref) != ObjectKind::kInt || graph_.integer(ref) < 0) {
      return std::nullopt;
    }
    return static_cast<uint64_t>(graph_.integer(ref));
  }

  void add_entry(ObjectRef entry) {
    auto items = graph_.items(entry);
    if (items.size() < 2) return;
    auto range = std::ranges::find(items, ObjectKind::kTuple,
                                   [&](ObjectRef i) { return graph_.kind(i); });
    if (range == items.end()) return;
    auto parts = graph_.items(*range);
    auto offset = natural(items[0]);
    if (!offset || parts.size() < 2) return;
    auto start = natural(parts[1]);
    uint32_t source = add_source(parts[0]);
    if (!start || source == kNone) return;
    record_.entries_.push_back({*offset, source, *start});
  }

  uint32_t add_source(ObjectRef ref) {
    auto [known, is_new] = sources_.try_emplace(ref, kNone);
    auto items = graph_.items(ref);
    if (!is_new || items.size() < 3) return known->second;
    uint32_t text = add_text(items[0]);
    if (text == kNone) return kNone;
    auto file = natural(items[1]);
    ObjectRef name = file ? in_table(*file) : items[1];
    // Parts of no file have line 0.
    uint64_t line = std::max<uint64_t>(natural(items[2]).value_or(0), 1);
    record_.sources_.push_back({text, graph_.bytes(name), line});
    return known->second = static_cast<uint32_t>(record_.sources_.size() - 1);
  }

  ObjectRef in_table(uint64_t index) const {
    return index < table_.size() ? table_[index] : kNoObject;
  }

  // A string, or a call whose argument is a list of indices.
  uint32_t add_text(ObjectRef ref) {
    bool is_string = graph_.kind(ref) == ObjectKind::kString;
    if (!is_string) {
      auto arguments = graph_.items(graph_.arguments(ref));
      if (arguments.empty()) return kNone;
      ref = arguments[0];  // Many calls may share one list.
    }
    auto [known, is_new] = text_rows_.try_emplace(ref, kNone);
    if (!is_new) return known->second;
    std::vector<uint32_t> pieces;
    if (is_string) {
      pieces.push_back(add_piece(ref));
    } else {
      for (ObjectRef index : graph_.items(ref)) {
        ObjectRef piece = in_table(natural(index).value_or(UINT64_MAX));
        if (graph_.kind(piece) != ObjectKind::kString) return kNone;
        pieces.push_back(add_piece(piece));
      }
    }
    return known->second = record_.texts_.add_text(pieces);
  }

  uint32_t add_piece(ObjectRef ref) {
    auto [known, is_new] = pieces_.try_emplace(ref, kNone);
    if (is_new) known->second = record_.texts_.add_piece(graph_.bytes(ref));
    return known->second;
  }

  DebugRecord& record_;
  const ObjectGraph& graph_;
  std::span<const ObjectRef> table_;
  Known sources_, text_rows_, pieces_;
};

DebugRecord::DebugRecord(Bytes bytes) : bytes_(std::move(bytes)) {
  std::vector<Import> imports;
  ByteReader in(view(bytes_));
  ObjectRef top = read_pickle(&in, kNoIndex, &graph_, &imports);
  DebugReader(this).read(top);
}

std::vector<Frame> DebugRecord::stack(uint32_t text) const {
  std::vector<Frame> frames;
  for (uint64_t at = 0;
       at < texts_.size(text) && frames.size() < kMostFrames;) {
    std::string line = texts_.line_at(text, at);
    auto frame = frame_of(line);
    if (!frame) break;
    frames.push_back(std::move(*frame));
    at += line.size() + 1;
  }
  return frames;
}

Origin DebugRecord::origin(const Entry& entry) const {
  Origin origin;
  origin.offset = entry.offset;
  const Source& source = sources_[entry.source];
  if (entry.start >= texts_.size(source.text)) return origin;
  if (entry.start == 0) origin.stack = stack(source.text);
  if (!origin.stack.empty()) {
    origin.file = origin.stack[0].file;
    origin.line = origin.stack[0].line;
    return origin;
  }
  origin.file = source.file;
  origin.line =
      source.first_line + texts_.lines_before(source.text, entry.start);
  origin.text = texts_.line_at(source.text, entry.start);
  return origin;
}

std::optional<Origin> DebugRecord::find(uint64_t offset) const {
  auto behind = std::ranges::upper_bound(entries_, offset, {}, &Entry::offset);
  if (behind == entries_.begin()) return std::nullopt;
  Origin found = origin(*std::prev(behind));
  if (found.line == 0) return std::nullopt;
  return found;
}

DebugRecord read_debug_record(const Model& model, const Record& record,
                              const Limits& limits) {
  uint64_t most = limits.metadata_limit(model.files[record.file]->size());
  if (record.size_bytes > most) {
    throw Error(
        ErrorKind::kLimit,
        fmt::format("record {}: more than {} bytes", quoted(record.name), most),
        record.offset);
  }
  try {
    return DebugRecord(record_bytes(model, record, limits));
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("record {}: {}", quoted(record.name),
                                          error.what()));
  }
}

std::optional<DebugRecord> read_debug_record(const Model& model,
                                             std::string_view code_record,
                                             const Limits& limits) {
  auto record = std::ranges::find_if(model.records, [&](const Record& each) {
    return each.name.size() == code_record.size() + kDebugSuffix.size() &&
           each.name.starts_with(code_record) &&
           each.name.ends_with(kDebugSuffix);
  });
  if (record == model.records.end()) return std::nullopt;
  return read_debug_record(model, *record, limits);
}

}  // namespace tsinspect::torchscript
