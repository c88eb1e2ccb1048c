#include "tensor/safetensors_header.h"

#include <fmt/format.h>

#include <functional>

#include "base/json.h"
#include "base/printable.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

constexpr std::string_view kMetadataKey = "__metadata__";
constexpr size_t kNameColumns = 100;

// No tensor library comes near it, and a hostile shape costs memory.
constexpr size_t kMaxDimensions = 1024;

enum class Field : uint8_t { kDType, kShape, kOffsets, kOther };

[[noreturn]] void fail(const SafetensorsEntry& entry,
                       const std::string& problem) {
  throw Error(ErrorKind::kMalformed,
              fmt::format("safetensors header: tensor '{}': {}",
                          printable(entry.name, kNameColumns), problem));
}

// Takes the header's JSON apart. Depth 1 is a tensor or the metadata, depth 2
// its fields, depth 3 the numbers of a shape or of offsets.
class HeaderReader : public JsonHandler {
 public:
  HeaderReader(std::string_view text, uint64_t base)
      : text_(text), base_(base) {}

  SafetensorsHeader header;

  void begin_array(uint32_t depth) override {
    if (depth == 0) fail_header("it is an array, not an object");
    if (in_metadata_) fail_metadata();
    bool fits =
        depth == 2 && (field_ == Field::kShape || field_ == Field::kOffsets);
    if (!fits) unexpected(depth);
  }

  void begin_object(uint32_t depth) override {
    if (depth == 1 && !in_metadata_) {
      header.entries.emplace_back().name = name_;
      fields_seen_ = 0;
      offset_count_ = 0;
    }
    if (depth >= 2) unexpected(depth);
  }

  void end_object(uint32_t depth) override {
    if (depth != 1) return;
    if (!in_metadata_) check_complete();
    in_metadata_ = false;
  }

  void key(uint32_t depth, std::string_view text) override {
    if (depth == 1) {
      in_metadata_ = text == kMetadataKey;
      if (in_metadata_ && std::exchange(header.has_metadata, true)) {
        fail_header("__metadata__ occurs twice");
      }
      if (!in_metadata_) name_ = keep(text);
    } else if (depth == 2 && in_metadata_) {
      header.metadata.emplace_back(keep(text), "");
    } else if (depth == 2) {
      field_ = begin_field(text);
    }
  }

  void string(uint32_t depth, std::string_view text) override {
    if (depth == 2 && in_metadata_) {
      header.metadata.back().second = keep(text);
      return;
    }
    if (depth == 2 && field_ == Field::kDType) {
      entry().dtype = keep(text);
      return;
    }
    unexpected(depth);
  }

  void integer(uint32_t depth, int64_t value) override {
    if (depth != 3 || field_ == Field::kOther || field_ == Field::kDType ||
        in_metadata_) {
      return unexpected(depth);
    }
    if (value < 0) fail(entry(), "a negative number in its shape or offsets");
    if (field_ == Field::kShape) {
      if (entry().shape.size() >= kMaxDimensions) {
        throw Error(
            ErrorKind::kLimit,
            fmt::format("tensor '{}' has more than {} dimensions",
                        printable(name_, kNameColumns), kMaxDimensions));
      }
      entry().shape.push_back(value);
      return;
    }
    if (offset_count_ == 2) fail(entry(), "more than two data_offsets");
    entry().offsets[offset_count_++] = static_cast<uint64_t>(value);
  }

  void number(uint32_t depth, double) override {
    if (depth == 3 && !in_metadata_ && field_ == Field::kShape) {
      fail(entry(), "a dimension that overflows or is not a whole number");
    }
    unexpected(depth);
  }

  void boolean(uint32_t depth, bool) override { unexpected(depth); }

  void null(uint32_t depth) override {
    if (depth != 1 || !in_metadata_) unexpected(depth);
    in_metadata_ = false;
  }

 private:
  SafetensorsEntry& entry() { return header.entries.back(); }

  [[noreturn]] void fail_header(const char* problem) const {
    throw Error(ErrorKind::kMalformed,
                fmt::format("safetensors header: {}", problem), base_);
  }

  [[noreturn]] void fail_metadata() const {
    fail_header("__metadata__ is not an object of strings");
  }

  // A value of a kind the format has no place for. Unknown fields of a tensor
  // may hold anything.
  void unexpected(uint32_t depth) {
    if (in_metadata_) fail_metadata();
    if (depth == 1) fail_header("a tensor's entry is not an object");
    if (field_ != Field::kOther) {
      fail(entry(), "a field has a value of the wrong type");
    }
  }

  Field begin_field(std::string_view text) {
    Field field = text == "dtype"          ? Field::kDType
                  : text == "shape"        ? Field::kShape
                  : text == "data_offsets" ? Field::kOffsets
                                           : Field::kOther;
    if (field == Field::kOther) return field;
    uint8_t bit = 1 << static_cast<int>(field);
    if (fields_seen_ & bit) fail(entry(), "a field occurs twice");
    fields_seen_ |= bit;
    return field;
  }

  void check_complete() {
    constexpr uint8_t kAllFields = 7;
    if (fields_seen_ != kAllFields) {
      fail(entry(), "dtype, shape or data_offsets is missing");
    }
    if (offset_count_ != 2) fail(entry(), "data_offsets are not two");
  }

  // Text that outlives this call.
  std::string_view keep(std::string_view text) {
    auto inside = std::less_equal<>();
    if (inside(text_.data(), text.data()) &&
        inside(text.data() + text.size(), text_.data() + text_.size())) {
      return text;
    }
    auto owned = std::make_shared<const std::string>(text);
    header.owned.push_back(owned);
    return *owned;
  }

  std::string_view text_;
  uint64_t base_;
  std::string_view name_;
  Field field_ = Field::kOther;
  bool in_metadata_ = false;
  uint8_t fields_seen_ = 0;  // Of the last entry; a bit for each Field.
  uint8_t offset_count_ = 0;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t base,
                                           uint64_t readable_behind) {
  HeaderReader reader(text, base);
  read_json(text, "safetensors header", base, &reader, readable_behind);
  return std::move(reader.header);
}

}  // namespace tsinspect
