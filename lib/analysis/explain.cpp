#include "tsinspect/explain.h"

#include <algorithm>

#include "torchscript/library.h"
#include "tsinspect/code.h"

namespace tsinspect {
namespace {

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

std::vector<std::string> python_of(const Model& model, const CodePart& line) {
  std::vector<std::string> all;
  try {
    CodeOrigins origins(model, line.place.record);
    for (CodeNote& note : origin_notes(&origins, line)) {
      all.push_back(std::move(note.text));
    }
  } catch (const Error&) {
    all.clear();
  }
  return all;
}

}  // namespace

std::vector<ConstantCall> explain(const Model& model, uint32_t tensor) {
  std::vector<ConstantCall> calls;
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
    call.python = python_of(model, line);
    call.layer = std::move(layer);
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace tsinspect
