#include "onnx/entries.h"

#include "onnx/fields.h"

namespace tsinspect::onnx {

Entry read_entry(MessageReader* in, const char* what) {
  using namespace string_string_entry_proto;
  MessageReader entry = in->message(what, "StringStringEntryProto");
  Entry result;
  while (entry.next()) {
    if (entry.field() == kKey) result.key = entry.bytes("key");
    if (entry.field() == kValue) result.value = entry.bytes("value");
  }
  return result;
}

}  // namespace tsinspect::onnx
