#include "onnx/attribute.h"

#include "onnx/fields.h"

namespace tsinspect::onnx {

Attribute read_attribute_proto(MessageReader in) {
  using namespace attribute_proto;
  Attribute attribute;
  attribute.message = in.text();
  while (in.next()) {
    switch (in.field()) {
      case kName:
        attribute.name = in.bytes("name");
        break;
      case kType:
        attribute.type = in.integer("type");
        break;
      case kRefAttrName:
        attribute.is_reference = !in.bytes("ref_attr_name").empty();
        break;
      case kT:
        attribute.tensor = in.bytes("t");
        break;
      case kTensors:
        attribute.tensors.push_back(in.bytes("tensors"));
        break;
      case kSparseTensor:
        attribute.sparse_tensor = in.bytes("sparse_tensor");
        break;
      case kSparseTensors:
        attribute.sparse_tensors.push_back(in.bytes("sparse_tensors"));
        break;
      case kG:
        attribute.graph = in.bytes("g");
        break;
      case kGraphs:
        attribute.graphs.push_back(in.bytes("graphs"));
        break;
    }
  }
  return attribute;
}

}  // namespace tsinspect::onnx
