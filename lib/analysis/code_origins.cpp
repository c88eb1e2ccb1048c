#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/printable.h"
#include "torchscript/debug_records.h"
#include "tsinspect/code.h"

namespace tsinspect {
namespace {

// Whose calls every traced module goes through.
constexpr std::string_view kModuleFile = "torch/nn/modules/module.py";

// Folders below which people's own lie.
constexpr std::array<std::string_view, 3> kHomes = {"/home/", "/Users/",
                                                    "/root/"};

bool has_drive(std::string_view path) {
  return path.size() > 2 && path[1] == ':' &&
         (path[2] == '\\' || path[2] == '/');
}

bool is_absolute(std::string_view path) {
  return path.starts_with('/') || has_drive(path);
}

bool is_at_home(std::string_view path) {
  return has_drive(path) || std::ranges::any_of(kHomes, [&](auto home) {
           return path.starts_with(home);
         });
}

// Bytes that an origin takes, about.
uint64_t size_of(const Origin& origin) {
  uint64_t bytes = sizeof(Origin) + origin.file.size() + origin.text.size();
  for (const Frame& frame : origin.stack) {
    bytes += sizeof(Frame) + frame.file.size() + frame.function.size();
  }
  return bytes;
}

// The innermost call of what somebody wrote as a module.
const Frame& written_frame(const std::vector<Frame>& stack) {
  auto found = std::ranges::find_if(stack, [](const Frame& frame) {
    std::string file = frame.file;
    std::ranges::replace(file, '\\', '/');
    return !file.ends_with(kModuleFile);
  });
  return found == stack.end() ? stack[0] : *found;
}

std::string note_text(const Origin& origin) {
  if (!origin.stack.empty()) {
    const Frame& frame = written_frame(origin.stack);
    return fmt::format("{}:{}: {}", frame.file, frame.line, frame.function);
  }
  std::string_view text = origin.text;
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::string file = origin.file.empty() ? "" : origin.file + ":";
  return fmt::format("{}{}: {}", file, origin.line, text);
}

}  // namespace

CodeOrigins::CodeOrigins(const Model& model, std::string_view code_record,
                         const Limits& limits)
    : bytes_left_(limits.metadata_limit(model.files[0]->size())) {
  auto record = torchscript::read_debug_record(model, code_record, limits);
  if (!record) return;
  record_ = std::make_unique<torchscript::DebugRecord>(std::move(*record));
}

CodeOrigins::CodeOrigins(CodeOrigins&&) noexcept = default;
CodeOrigins::~CodeOrigins() = default;

size_t CodeOrigins::size() const {
  return record_ == nullptr ? 0 : record_->entries().size();
}

uint64_t CodeOrigins::offset(size_t index) const {
  return record_->entries()[index].offset;
}

Origin CodeOrigins::at(size_t index) {
  Origin origin = record_->origin(record_->entries()[index]);
  uint64_t bytes = size_of(origin);
  if (bytes > bytes_left_) {
    throw Error(ErrorKind::kLimit,
                "a debug record shares its texts so often that they are too "
                "long to be shown");
  }
  bytes_left_ -= bytes;
  keep_path(origin.file);
  for (const Frame& frame : origin.stack) keep_path(frame.file);
  return origin;
}

void CodeOrigins::keep_path(const std::string& file) {
  if (!is_absolute(file) || is_at_home(absolute_path_)) return;
  if (absolute_path_.empty() || is_at_home(file)) absolute_path_ = file;
}

std::pair<size_t, size_t> origins_of(const CodeOrigins& origins,
                                     const CodePart& part) {
  auto first_behind = [&](uint64_t offset) {
    size_t begin = 0, end = origins.size();
    while (begin < end) {
      size_t middle = begin + (end - begin) / 2;
      origins.offset(middle) > offset ? end = middle : begin = middle + 1;
    }
    return begin;
  };
  size_t first = first_behind(part.place.offset);
  size_t last = first_behind(part.place.offset + part.text.size());
  return {first == 0 ? 0 : first - 1, last};
}

// Only stretches that begin in a line tell of it: what goes on from the line
// before is the rest of a statement around both, the `if` of an `else`.
std::vector<CodeNote> origin_notes(CodeOrigins* origins, const CodePart& part) {
  std::vector<CodeNote> notes;
  auto [next, last] = origins_of(*origins, part);
  for (size_t begin = 0, end = 0; begin < part.text.size(); begin = end + 1) {
    end = std::min(part.text.find('\n', begin), part.text.size());
    Origin origin;
    for (; next < last && origins->offset(next) < part.place.offset + end;
         ++next) {
      bool in_line = origins->offset(next) >= part.place.offset + begin;
      if (in_line && origin.line == 0) origin = origins->at(next);
    }
    if (origin.line == 0) continue;
    std::string note = note_text(origin);
    if (!notes.empty() && notes.back().text == note) continue;
    notes.push_back({static_cast<uint32_t>(begin), true, std::move(note)});
  }
  return notes;
}

Finding path_finding(const std::string& path) {
  return {"absolute-path", Severity::kInfo, "",
          fmt::format("debug records name files of the machine that the model "
                      "was saved on, such as {}",
                      quoted(path))};
}

}  // namespace tsinspect
