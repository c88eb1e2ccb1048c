#include <span>

#include "base/file.h"
#include "base/protobuf.h"
#include "base/release_pages.h"
#include "export/atomic_file.h"
#include "export/companion_files.h"
#include "export/expose_form.h"
#include "export/onnx_exposer.h"
#include "export/onnx_type.h"
#include "onnx/text.h"
#include "onnx/value_info.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

ExposedValue describe(const OnnxValue& value, Exposure* result) {
  auto text = std::make_shared<const std::string>(
      onnx_value_info(value.name, value.type));
  result->owned.push_back(text);
  MessageReader in(*text, *text, "ValueInfoProto");
  return {onnx::read_value_info(in, {}), std::string(value.op), ""};
}

// Writes what is mostly a view of a mapped file, without keeping that in
// memory.
void write(const PieceList& pieces, std::string_view mapping, AtomicFile* out) {
  constexpr size_t kPieceBytes = size_t{1} << 20;
  pieces.write([&](std::string_view piece) {
    for (size_t at = 0; at < piece.size(); at += kPieceBytes) {
      std::string_view part = piece.substr(at, kPieceBytes);
      out->write(part);
      release_pages(mapping, std::as_bytes(std::span(part)));
    }
  });
}

}  // namespace

Exposure expose_onnx(const Model& model, const ExposeFileOptions& options) {
  std::string_view file = model.files.at(0)->data();
  std::string from_text;
  if (onnx::looks_like_text(file)) {
    from_text = onnx::model_of_text(file, {});
    file = from_text;
  }
  OnnxModel graphs = read_onnx_model(file);
  infer_onnx_types(&graphs);
  OnnxExposer exposer(&graphs, options.nodes);
  Exposure result;
  for (const OnnxValue& value : exposer.run()) {
    result.values.push_back(describe(value, &result));
  }
  result.left_out = std::move(exposer.left_out());
  check_exposed(result, options);
  PieceList edited = exposer.edits().apply(file);
  AtomicFile out(options.output, options.replace);
  write(edited, model.files[0]->data(), &out);
  result.file_bytes = out.position();
  result.companions = copy_companions(model, options.output);
  out.commit();
  return result;
}

}  // namespace tsinspect
