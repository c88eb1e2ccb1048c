// A debug record is a pickle of a tuple of rows, sorted by their offset in the
// source text:
//
//   (offset, (source, start, end), tag)
//   source: (text, file name or None, number of its first line)
//
// or, from torch 1.12 on, with texts in a table that rows point into:
//
//   ("FORMAT_WITH_STRING_TABLE", (text, …), rows)
//   source: ([index of a line, …], index of the file name, number of its first)
//
// Source: torch/csrc/jit/serialization/source_range_serialization.cpp.

#include "libtorch/debug_ranges.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace tsinspect {
namespace {

using torch::jit::Source;
using torch::jit::SourceRange;
using torch::jit::SourceRangeUnpickler;
using torch::jit::TaggedRange;

// LibTorch's optional, whichever that is.
using Found =
    decltype(std::declval<SourceRangeUnpickler&>().findSourceRangeThatGenerated(
        std::declval<const SourceRange&>()));
using View = decltype(std::declval<const c10::IValue&>().toStringView());

constexpr const char* kWithTable = "FORMAT_WITH_STRING_TABLE";

class Reader {
 public:
  std::vector<TaggedRange> read(const std::string& record) {
    c10::IValue top = torch::jit::unpickle(record.data(), record.size());
    const auto& items = top.toTupleRef().elements();
    if (items.empty()) return {};
    if (!items[0].isString() || items[0].toStringRef() != kWithTable) {
      return read_rows(top);
    }
    for (const c10::IValue& text : items.at(1).toTupleRef().elements()) {
      table_.push_back(std::make_shared<std::string>(text.toStringRef()));
    }
    return read_rows(items.at(2));
  }

 private:
  std::vector<TaggedRange> read_rows(const c10::IValue& rows) {
    std::vector<TaggedRange> ranges;
    for (const c10::IValue& row : rows.toTupleRef().elements()) {
      const auto& fields = row.toTupleRef().elements();
      const auto& range = fields.at(1).toTupleRef().elements();
      std::shared_ptr<Source> source = read_source(range.at(0));
      int64_t start = range.at(1).toInt();
      int64_t end = range.at(2).toInt();
      // Ranges of no text have an end all the same, by which LibTorch tells
      // them from no range; what else lies outside of its text would be read
      // from there.
      auto size = std::max<int64_t>(static_cast<int64_t>(source->size()), 1);
      start = std::clamp<int64_t>(start, 0, size);
      end = std::clamp(end, start, size);
      ranges.emplace_back(fields.at(0).toInt(),
                          SourceRange(source, start, end));
    }
    return ranges;
  }

  std::shared_ptr<Source> read_source(const c10::IValue& value) {
    const auto& fields = value.toTupleRef().elements();
    auto& source = sources_[&value.toTupleRef()];
    if (source != nullptr) return source;
    int64_t first_line = fields.at(2).toInt();
    if (table_.empty()) {
      source = std::make_shared<Source>(fields.at(0).toStringRef(),
                                        fields.at(1).toOptional<std::string>(),
                                        first_line);
      return source;
    }
    std::vector<View> pieces;
    std::vector<std::shared_ptr<std::string>> owners;
    for (int64_t line : fields.at(0).toIntList()) {
      owners.push_back(table_.at(line));
      pieces.emplace_back(*owners.back());
    }
    torch::jit::StringCordView text(std::move(pieces), std::move(owners));
    source = std::make_shared<Source>(
        std::move(text), *table_.at(fields.at(1).toInt()), first_line);
    return source;
  }

  std::vector<std::shared_ptr<std::string>> table_;
  std::unordered_map<const void*, std::shared_ptr<Source>> sources_;
};

class DebugRanges final : public SourceRangeUnpickler {
 public:
  explicit DebugRanges(std::string record) : record_(std::move(record)) {}

  Found findSourceRangeThatGenerated(const SourceRange& range) override {
    std::call_once(once_, [this] { read(); });
    auto behind = std::upper_bound(
        ranges_.begin(), ranges_.end(), range.start(),
        [](size_t at, const TaggedRange& row) { return at < row.bytes; });
    if (behind == ranges_.begin()) return {};
    return (behind - 1)->range;
  }

 private:
  void read() {
    try {
      ranges_ = Reader().read(record_);
    } catch (const std::exception&) {
      ranges_.clear();
    }
    record_ = {};
  }

  std::string record_;
  std::once_flag once_;
  std::vector<TaggedRange> ranges_;
};

}  // namespace

std::shared_ptr<SourceRangeUnpickler> debug_ranges(std::string record) {
  return std::make_shared<DebugRanges>(std::move(record));
}

}  // namespace tsinspect
