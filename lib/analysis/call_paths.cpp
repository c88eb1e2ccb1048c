#include "analysis/call_paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace tsinspect {
namespace {

// Files of torch whose frames are between those of two modules, and the one
// that starts a trace.
constexpr std::string_view kModule = "torch/nn/modules/module.py";
constexpr std::string_view kTrace = "torch/jit/";

// Modules that have no parameters of their own stay in a path.
constexpr std::string_view kOwnModules = "torch/nn/modules/";
constexpr std::string_view kContainer = "torch/nn/modules/container.py";

// As many modules as a trace can be inside of each other, and as many as are
// told apart: later ones have no path. Real files have no longer names.
constexpr size_t kMostCalls = 64;
constexpr size_t kMostInstances = 1 << 16;
constexpr size_t kLongestStem = 128;

bool is_leaf(std::string_view file) {
  return file.find(kOwnModules) != file.npos && !file.ends_with(kContainer);
}

// "block" of "/home/user/net/block.py".
std::string_view stem(std::string_view file) {
  file.remove_prefix(std::min(file.find_last_of("/\\") + 1, file.size()));
  return file.substr(0, file.rfind('.'));
}

}  // namespace

std::vector<CallPaths::Call> CallPaths::module_calls(
    const std::vector<Frame>& stack) {
  std::vector<Call> calls;
  bool is_inside = false;
  for (const Frame& frame : stack) {  // From the innermost on.
    std::string_view file = frame.file;
    if (file.find(kTrace) != file.npos || calls.size() > kMostCalls) break;
    if (file.ends_with(kModule)) {
      is_inside = false;
      continue;
    }
    if (!is_inside) calls.emplace_back();
    is_inside = true;
    // The outermost frame's file stays.
    calls.back().file = file;
    calls.back().lines.push_back(frame.line);
  }
  std::ranges::reverse(calls);
  for (Call& call : calls) std::ranges::reverse(call.lines);
  return calls;
}

size_t CallPaths::kept(const std::vector<Call>& calls,
                       const std::vector<std::string>& steps) const {
  size_t level = 1;
  for (; level < std::min(open_.size(), calls.size()); ++level) {
    const Instance& instance = instances_[open_[level]];
    bool is_same = instance.file == calls[level].file &&
                   instance.site == calls[level - 1].lines;
    if (!is_same) break;
    // A loop may call the same again at once; a container calls all its
    // children from one line.
    bool is_next = instance.last != steps[level] &&
                   instance.seen.contains(steps[level]) &&
                   !instance.file.ends_with(kContainer);
    if (is_next) break;
  }
  return level;
}

// The level of the innermost module that a container calls, which calls each
// of its modules once; the number of levels if there is none.
size_t CallPaths::renewed_by_container(const std::vector<Call>& calls) {
  size_t level = calls.size() - 1;
  while (level > 0 && !calls[level - 1].file.ends_with(kContainer)) --level;
  return level > 0 ? level : calls.size();
}

std::string CallPaths::unique_name(uint32_t parent, std::string_view file) {
  std::string kind(stem(file).substr(0, kLongestStem));
  // A dot would cut the path.
  std::ranges::replace(kind, '.', '_');
  auto& taken = instances_[parent].child_names;
  uint32_t& count = taken[kind];
  if (count++ == 0) return kind;
  std::string name;
  do {  // A file may itself be called "block_1.py".
    name = fmt::format("{}_{}", kind, count++ - 1);
  } while (!taken.try_emplace(name, 1).second);
  return name;
}

// Makes new instances from `level` on.
void CallPaths::open(const std::vector<Call>& calls, size_t level) {
  open_.resize(std::min(level, open_.size()));
  for (; level < calls.size(); ++level) {
    Instance instance;
    instance.parent = open_.back();
    instance.name = unique_name(instance.parent, calls[level].file);
    instance.file = calls[level].file;
    instance.site = calls[level - 1].lines;
    open_.push_back(static_cast<uint32_t>(instances_.size()));
    instances_.push_back(std::move(instance));
  }
}

std::string CallPaths::path(std::string_view op,
                            const std::vector<Frame>& stack) {
  std::vector<Call> calls = module_calls(stack);
  if (calls.empty() || instances_.size() > kMostInstances) return {};
  std::string step(op);
  if (calls.size() > 1 && is_leaf(calls.back().file)) {
    step += fmt::format(" {}", fmt::join(calls.back().lines, ":"));
    calls.pop_back();
  }
  std::vector<std::string> steps(calls.size());
  for (size_t i = calls.size(); i-- > 0;) {
    steps[i] = fmt::format("{} {}", fmt::join(calls[i].lines, ":"), step);
    step = calls[i].file;
  }
  size_t level = kept(calls, steps);
  bool is_again = level == calls.size() &&
                  instances_[open_[level - 1]].last == steps.back();
  if (is_again) level = renewed_by_container(calls);
  open(calls, level);
  std::string path;
  for (size_t i = 0; i < open_.size(); ++i) {
    Instance& instance = instances_[open_[i]];
    instance.last = steps[i];
    instance.seen.insert(steps[i]);
    if (i > 0) path += (path.empty() ? "" : ".") + instance.name;
  }
  return path;
}

}  // namespace tsinspect
