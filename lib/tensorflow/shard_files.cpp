#include "tensorflow/shard_files.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/checked.h"
#include "base/file.h"
#include "base/printable.h"

namespace tsinspect::tensorflow {
namespace {

std::string name_of(const std::string& path) {
  return tsinspect::quoted(std::filesystem::path(path).filename().string());
}

}  // namespace

std::string ShardFiles::path_of(int64_t shard) const {
  return fmt::format("{}.data-{:05}-of-{:05}", prefix_, shard, shards_);
}

ShardFiles::Shard ShardFiles::open(int64_t number) const {
  if (number < 0 || number >= shards_) {
    return {kNoIndex, fmt::format("the index puts it in shard {} of {}", number,
                                  shards_)};
  }
  std::string path = path_of(number);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return {kNoIndex, fmt::format("{}: no such file", name_of(path))};
  }
  try {
    model_->files.push_back(File::open(path));
  } catch (const Error& error) {
    return {kNoIndex, fmt::format("{}: {}", name_of(path), error.what())};
  }
  return {static_cast<uint32_t>(model_->files.size() - 1), ""};
}

ShardBytes ShardFiles::find(std::string_view variable,
                            const BundleEntry& entry) {
  auto [found, is_new] = opened_.try_emplace(entry.shard);
  Shard& shard = found->second;
  if (is_new) shard = open(entry.shard);
  ++shard.variables;
  if (shard.file == kNoIndex) return {kNoIndex, {}, shard.problem};
  // An empty file is mapped nowhere, but has bytes for what needs none.
  std::string_view data = model_->files[shard.file]->data();
  if (data.empty()) data = "";
  auto end = checked_add(entry.offset, entry.size);
  if (end && *end <= data.size()) {
    return {shard.file, data.substr(entry.offset, entry.size), ""};
  }
  std::string problem = fmt::format("{}: {} bytes at {} exceed the file's {}",
                                    name_of(path_of(entry.shard)), entry.size,
                                    entry.offset, data.size());
  findings_.add("truncated-shard", Severity::kError, variable, problem);
  return {kNoIndex, {}, problem};
}

void ShardFiles::report() {
  for (const auto& [number, shard] : opened_) {
    if (shard.file != kNoIndex) continue;
    findings_.add(
        "missing-shard", Severity::kError, fmt::format("shard {}", number),
        fmt::format("{}; {} variable{} in it", shard.problem, shard.variables,
                    shard.variables == 1 ? " is" : "s are"));
  }
  findings_.add_rest();
}

}  // namespace tsinspect::tensorflow
