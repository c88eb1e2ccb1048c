#include "tsinspect/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "torchscript/library.h"
#include "tsinspect/code.h"

namespace tsinspect {
namespace {

// More calls than this say nothing more.
constexpr size_t kMostCalls = 64;

std::string_view source_text(const Model& model, std::string_view record) {
  for (const auto& source : model.source->sources()) {
    if (source.record == record) return source.tree.source;
  }
  return {};
}

// The whole line around `offset`, without its end.
CodePart line_at(const Model& model, CodePlace place) {
  std::string_view text = source_text(model, place.record);
  size_t begin = text.rfind('\n', place.offset) + 1;
  size_t end = std::min(text.find('\n', place.offset), text.size());
  CodePart line;
  line.place = {place.record, static_cast<uint32_t>(begin)};
  line.text = text.substr(begin, end - begin);
  return line;
}

// The innermost frame that is not torch's own.
std::string users_frame(const std::vector<Frame>& stack) {
  auto is_users = [](const Frame& frame) {
    return frame.file.find("/torch/") == std::string::npos;
  };
  auto frame = std::ranges::find_if(stack, is_users);
  if (frame == stack.end() || frame == stack.begin()) return {};
  return fmt::format("{}:{}: {}", frame->file, frame->line, frame->function);
}

// Opens each record's debug record once; without stretches if it cannot be
// read.
class Origins {
 public:
  explicit Origins(const Model& model) : reader_(model) {}

  CodeOrigins* open(std::string_view record) {
    auto known = open_.find(record);
    if (known != open_.end()) return &known->second;
    return &open_.emplace(record, reader_.open(record)).first->second;
  }

 private:
  OriginReader reader_;
  std::map<std::string_view, CodeOrigins> open_;
};

std::vector<std::string> python_of(Origins* records, const CodePart& line) {
  std::vector<std::string> all;
  try {
    CodeOrigins& origins = *records->open(line.place.record);
    for (CodeNote& note : origin_notes(&origins, line)) {
      all.push_back(std::move(note.text));
    }
    auto [first, last] = origins_of(origins, line);
    std::string frame;
    for (; first < last && frame.empty(); ++first) {
      frame = users_frame(origins.at(first).stack);
    }
    if (!frame.empty()) all.push_back(std::move(frame));
  } catch (const Error&) {
    all.clear();
  }
  return all;
}

}  // namespace

std::vector<ConstantCall> explain(const Model& model, uint32_t tensor) {
  std::vector<ConstantCall> calls;
  Origins origins(model);
  for (Layer& layer : layers(model)) {
    ConstantCall call;
    for (const LayerTensor& taken : layer.tensors) {
      if (taken.tensor != tensor) continue;
      call.arguments.push_back(taken.argument);
      call.through = taken.through;
    }
    if (call.arguments.empty()) continue;
    CodePart line = line_at(model, layer.place);
    call.code = line.text;
    call.python = python_of(&origins, line);
    call.layer = std::move(layer);
    calls.push_back(std::move(call));
    if (calls.size() == kMostCalls) break;
  }
  return calls;
}

}  // namespace tsinspect
