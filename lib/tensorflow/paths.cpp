// The file "checkpoint" beside checkpoints is a CheckpointState message as
// text:
//
//   model_checkpoint_path: "model-200"
//   all_model_checkpoint_paths: "model-100"
//   …
//
// Its paths may be absolute, from where the checkpoints were written; only
// their last part is looked at. Source: python/training/checkpoint_state.proto
// of TensorFlow 2.21.

#include "tensorflow/paths.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "tsinspect/error.h"

namespace tsinspect::tensorflow {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStateName = "checkpoint";
constexpr std::string_view kStateKey = "model_checkpoint_path:";
constexpr std::string_view kIndexSuffix = ".index";
constexpr std::string_view kShardMark = ".data-";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The text between the first two quotes; empty if there are none.
std::string_view quoted_part(std::string_view text) {
  size_t begin = text.find('"');
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + 1);
  size_t end = text.find('"');
  return end == std::string_view::npos ? std::string_view()
                                       : text.substr(0, end);
}

}  // namespace

bool is_checkpoint_state(std::string_view text) {
  return text.starts_with(kStateKey);
}

std::string checkpoint_of_state(const std::string& path,
                                std::string_view text) {
  if (!is_checkpoint_state(text)) return "";
  std::string_view named = quoted_part(text.substr(0, text.find('\n')));
  if (named.find('\0') != std::string_view::npos) return "";
  std::string name = fs::path(named).filename();
  if (name.empty() || name == "..") return "";
  fs::path file = fs::path(path).parent_path() / name;
  if (is_file(file.string() + std::string(kIndexSuffix))) {
    return file.string() + std::string(kIndexSuffix);
  }
  return is_file(file) ? file.string() : "";
}

std::string checkpoint_in_folder(const std::string& folder) {
  fs::path state = fs::path(folder) / kStateName;
  if (!is_file(state)) return "";
  try {
    auto file = File::open(state);
    return checkpoint_of_state(state, file->data());
  } catch (const Error&) {
    return "";
  }
}

bool is_shard_name(std::string_view path) {
  constexpr std::string_view kPattern = ".data-00000-of-00000";
  if (path.size() < kPattern.size()) return false;
  path.remove_prefix(path.size() - kPattern.size());
  auto fits = [](char c, char pattern) {
    return pattern == '0' ? c >= '0' && c <= '9' : c == pattern;
  };
  return std::equal(path.begin(), path.end(), kPattern.begin(), fits);
}

std::string index_of_shard(std::string_view path) {
  return std::string(path.substr(0, path.rfind(kShardMark))) +
         std::string(kIndexSuffix);
}

std::string with_index(const std::string& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) return path;
  std::string index = path + std::string(kIndexSuffix);
  return is_file(index) ? index : path;
}

}  // namespace tsinspect::tensorflow
