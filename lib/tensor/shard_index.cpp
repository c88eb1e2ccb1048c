#include "tensor/shard_index.h"

#include <functional>
#include <map>
#include <utility>

#include "base/json.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

enum class Section : uint8_t { kMetadata, kWeightMap, kOther };

class IndexReader : public JsonHandler {
 public:
  explicit IndexReader(std::string_view text) : text_(text) {}

  ShardIndex index;
  bool has_map = false;

  void key(uint32_t depth, std::string_view text) override {
    if (depth == 1) {
      section_ = text == "metadata"     ? Section::kMetadata
                 : text == "weight_map" ? Section::kWeightMap
                                        : Section::kOther;
      has_map |= section_ == Section::kWeightMap;
    } else if (depth == 2) {
      name_ = keep(text);
    }
  }

  void string(uint32_t depth, std::string_view text) override {
    if (depth != 2 || section_ != Section::kWeightMap) return unexpected(depth);
    uint32_t shard = find_shard(text);
    ++index.shards[shard].tensor_count;
    index.rows.push_back({name_, shard});
  }

  void integer(uint32_t depth, int64_t value) override {
    if (depth == 2 && section_ == Section::kMetadata && name_ == "total_size") {
      index.total_size = value;
    }
    unexpected(depth);
  }

  void begin_object(uint32_t depth) override {
    if (depth > 1) unexpected(depth);
  }
  void begin_array(uint32_t depth) override { unexpected(depth); }
  void number(uint32_t depth, double) override { unexpected(depth); }
  void boolean(uint32_t depth, bool) override { unexpected(depth); }
  void null(uint32_t depth) override { unexpected(depth); }

 private:
  void unexpected(uint32_t depth) const {
    if (depth > 0 && section_ != Section::kWeightMap) return;
    throw Error(ErrorKind::kMalformed,
                "index of shards: weight_map is not an object of strings");
  }

  // Most tensors are in the shard of the one before.
  uint32_t find_shard(std::string_view name) {
    if (!index.rows.empty()) {
      uint32_t last = index.rows.back().shard;
      if (index.shards[last].name == name) return last;
    }
    auto [row, added] = rows_of_.try_emplace(
        std::string(name), static_cast<uint32_t>(index.shards.size()));
    if (added) index.shards.push_back({keep(name)});
    return row->second;
  }

  // Text that outlives this call.
  std::string_view keep(std::string_view text) {
    std::less_equal<> inside;
    if (inside(text_.data(), text.data()) &&
        inside(text.data() + text.size(), text_.data() + text_.size())) {
      return text;
    }
    index.owned.push_back(std::make_shared<const std::string>(text));
    return *index.owned.back();
  }

  std::string_view text_;
  Section section_ = Section::kOther;
  std::string_view name_;
  std::map<std::string, uint32_t> rows_of_;
};

}  // namespace

ShardIndex parse_shard_index(std::string_view text) {
  IndexReader reader(text);
  read_json(text, "index of shards", 0, &reader);
  if (!reader.has_map) {
    throw Error(ErrorKind::kMalformed, "index of shards: no weight_map");
  }
  return std::move(reader.index);
}

}  // namespace tsinspect
