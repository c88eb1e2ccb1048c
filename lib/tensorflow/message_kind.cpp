// Tells TensorFlow's messages from each other and from all else:
//
//   SavedModel      1 a number, 2 MetaGraphDef, nothing else
//   MetaGraphDef    1 MetaInfoDef, 2 GraphDef, …
//   GraphDef        1 NodeDef, 2 FunctionDefLibrary, 4 VersionDef, …
//   NodeDef         1 and 2 text: its name and operator

#include <algorithm>

#include "base/protobuf_fields.h"
#include "tensorflow/saved_model.h"

namespace tsinspect::tensorflow {
namespace {

// Names have letters, digits and a few signs.
bool is_name(const ProtobufField& field) {
  return field.is_bytes() && !field.bytes.empty() &&
         std::ranges::all_of(field.bytes,
                             [](char c) { return c > ' ' && c < '\x7f'; });
}

bool has_none_from(const ProtobufFields& fields, size_t first) {
  return std::all_of(fields.begin() + static_cast<std::ptrdiff_t>(first),
                     fields.end(),
                     [](const ProtobufField& f) { return f.is_absent(); });
}

// A message's field, or no field at all.
bool may_be_message(const ProtobufField& field) {
  return field.is_absent() || field.is_bytes();
}

bool is_graph_def(const ProtobufFields& fields) {
  constexpr size_t kFields = 6;
  if (!fields[1].is_bytes() || !may_be_message(fields[2]) ||
      !may_be_message(fields[4]) || !has_none_from(fields, kFields)) {
    return false;
  }
  ProtobufFields node = protobuf_fields(fields[1].bytes);
  return is_name(node[1]) && is_name(node[2]) && may_be_message(node[5]);
}

bool is_meta_graph_def(const ProtobufFields& fields) {
  constexpr size_t kFields = 8;
  return may_be_message(fields[1]) && fields[2].is_bytes() &&
         has_none_from(fields, kFields) &&
         is_graph_def(protobuf_fields(fields[2].bytes));
}

bool is_saved_model(const ProtobufFields& fields) {
  constexpr size_t kFields = 3;
  if (!fields[1].is_varint() || !fields[2].is_bytes() ||
      !has_none_from(fields, kFields)) {
    return false;
  }
  ProtobufFields meta = protobuf_fields(fields[2].bytes);
  return may_be_message(meta[1]) && may_be_message(meta[2]) &&
         (meta[1].is_bytes() || meta[2].is_bytes());
}

}  // namespace

MessageKind message_kind(std::string_view file) {
  ProtobufFields fields = protobuf_fields(file);
  if (is_saved_model(fields)) return MessageKind::kSavedModel;
  if (is_graph_def(fields)) return MessageKind::kGraphDef;
  if (is_meta_graph_def(fields)) return MessageKind::kMetaGraphDef;
  return MessageKind::kOther;
}

}  // namespace tsinspect::tensorflow
