#include "onnx/text_fields.h"

#include <algorithm>
#include <array>

#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

using enum TextKind;
using Fields = std::span<const TextField>;

// Of messages that nothing is read of.
Fields no_fields() { return {}; }

// Messages that contain each other.
Fields type_fields();
Fields graph_fields();

Fields dimension_fields() {
  using namespace tensor_shape_proto_dimension;
  static constexpr std::array kFields = {
      TextField{"dim_value", kDimValue, kInteger},
      TextField{"dim_param", kDimParam, kBytes},
      TextField{"denotation", kDenotation, kBytes},
  };
  return kFields;
}

Fields shape_fields() {
  using namespace tensor_shape_proto;
  static constexpr std::array kFields = {
      TextField{"dim", kDim, kMessage, dimension_fields},
  };
  return kFields;
}

Fields entry_fields() {
  using namespace string_string_entry_proto;
  static constexpr std::array kFields = {
      TextField{"key", kKey, kBytes},
      TextField{"value", kValue, kBytes},
  };
  return kFields;
}

Fields opset_fields() {
  using namespace operator_set_id_proto;
  static constexpr std::array kFields = {
      TextField{"domain", kDomain, kBytes},
      TextField{"version", kVersion, kInteger},
  };
  return kFields;
}

Fields tensor_type_fields() {
  using namespace type_proto_tensor;
  static constexpr std::array kFields = {
      TextField{"elem_type", kElemType, kInteger},
      TextField{"shape", kShape, kMessage, shape_fields},
  };
  return kFields;
}

Fields sparse_tensor_type_fields() {
  using namespace type_proto_sparse_tensor;
  static constexpr std::array kFields = {
      TextField{"elem_type", kElemType, kInteger},
      TextField{"shape", kShape, kMessage, shape_fields},
  };
  return kFields;
}

Fields sequence_type_fields() {
  using namespace type_proto_sequence;
  static constexpr std::array kFields = {
      TextField{"elem_type", kElemType, kMessage, type_fields},
  };
  return kFields;
}

Fields optional_type_fields() {
  using namespace type_proto_optional;
  static constexpr std::array kFields = {
      TextField{"elem_type", kElemType, kMessage, type_fields},
  };
  return kFields;
}

Fields map_type_fields() {
  using namespace type_proto_map;
  static constexpr std::array kFields = {
      TextField{"key_type", kKeyType, kInteger},
      TextField{"value_type", kValueType, kMessage, type_fields},
  };
  return kFields;
}

Fields type_fields() {
  using namespace type_proto;
  static constexpr std::array kFields = {
      TextField{"tensor_type", kTensorType, kMessage, tensor_type_fields},
      TextField{"sequence_type", kSequenceType, kMessage, sequence_type_fields},
      TextField{"map_type", kMapType, kMessage, map_type_fields},
      TextField{"opaque_type", kOpaqueType, kMessage, no_fields},
      TextField{"sparse_tensor_type", kSparseTensorType, kMessage,
                sparse_tensor_type_fields},
      TextField{"optional_type", kOptionalType, kMessage, optional_type_fields},
      TextField{"denotation", kDenotation, kBytes},
  };
  return kFields;
}

Fields value_info_fields() {
  using namespace value_info_proto;
  static constexpr std::array kFields = {
      TextField{"name", kName, kBytes},
      TextField{"type", kType, kMessage, type_fields},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"metadata_props", kMetadataProps, kMessage, entry_fields},
  };
  return kFields;
}

Fields tensor_fields() {
  using namespace tensor_proto;
  static constexpr std::array kFields = {
      TextField{"dims", kDims, kInteger},
      TextField{"data_type", kDataType, kInteger},
      TextField{"segment", kSegment, kMessage, no_fields},
      TextField{"float_data", kFloatData, kFloat},
      TextField{"int32_data", kInt32Data, kInteger},
      TextField{"string_data", kStringData, kBytes},
      TextField{"int64_data", kInt64Data, kInteger},
      TextField{"name", kName, kBytes},
      TextField{"raw_data", kRawData, kBytes},
      TextField{"double_data", kDoubleData, kDouble},
      TextField{"uint64_data", kUint64Data, kInteger},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"external_data", kExternalData, kMessage, entry_fields},
      TextField{"data_location", kDataLocation, kInteger},
      TextField{"metadata_props", kMetadataProps, kMessage, entry_fields},
  };
  return kFields;
}

Fields sparse_tensor_fields() {
  using namespace sparse_tensor_proto;
  static constexpr std::array kFields = {
      TextField{"values", kValues, kMessage, tensor_fields},
      TextField{"indices", kIndices, kMessage, tensor_fields},
      TextField{"dims", kDims, kInteger},
  };
  return kFields;
}

Fields attribute_fields() {
  using namespace attribute_proto;
  static constexpr std::array kFields = {
      TextField{"name", kName, kBytes},
      TextField{"f", kF, kFloat},
      TextField{"i", kI, kInteger},
      TextField{"s", kS, kBytes},
      TextField{"t", kT, kMessage, tensor_fields},
      TextField{"g", kG, kMessage, graph_fields},
      TextField{"floats", kFloats, kFloat},
      TextField{"ints", kInts, kInteger},
      TextField{"strings", kStrings, kBytes},
      TextField{"tensors", kTensors, kMessage, tensor_fields},
      TextField{"graphs", kGraphs, kMessage, graph_fields},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"tp", kTp, kMessage, type_fields},
      TextField{"type_protos", kTypeProtos, kMessage, type_fields},
      TextField{"type", kType, kInteger},
      TextField{"ref_attr_name", kRefAttrName, kBytes},
      TextField{"sparse_tensor", kSparseTensor, kMessage, sparse_tensor_fields},
      TextField{"sparse_tensors", kSparseTensors, kMessage,
                sparse_tensor_fields},
  };
  return kFields;
}

Fields node_fields() {
  using namespace node_proto;
  static constexpr std::array kFields = {
      TextField{"input", kInput, kBytes},
      TextField{"output", kOutput, kBytes},
      TextField{"name", kName, kBytes},
      TextField{"op_type", kOpType, kBytes},
      TextField{"attribute", kAttribute, kMessage, attribute_fields},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"domain", kDomain, kBytes},
      TextField{"overload", kOverload, kBytes},
      TextField{"metadata_props", kMetadataProps, kMessage, entry_fields},
  };
  return kFields;
}

Fields annotation_fields() {
  using namespace tensor_annotation;
  static constexpr std::array kFields = {
      TextField{"tensor_name", kTensorName, kBytes},
      TextField{"quant_parameter_tensor_names", kQuantParameterTensorNames,
                kMessage, entry_fields},
  };
  return kFields;
}

Fields graph_fields() {
  using namespace graph_proto;
  static constexpr std::array kFields = {
      TextField{"node", kNode, kMessage, node_fields},
      TextField{"name", kName, kBytes},
      TextField{"initializer", kInitializer, kMessage, tensor_fields},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"input", kInput, kMessage, value_info_fields},
      TextField{"output", kOutput, kMessage, value_info_fields},
      TextField{"value_info", kValueInfo, kMessage, value_info_fields},
      TextField{"quantization_annotation", kQuantizationAnnotation, kMessage,
                annotation_fields},
      TextField{"sparse_initializer", kSparseInitializer, kMessage,
                sparse_tensor_fields},
      TextField{"metadata_props", kMetadataProps, kMessage, entry_fields},
  };
  return kFields;
}

Fields function_fields() {
  using namespace function_proto;
  static constexpr std::array kFields = {
      TextField{"name", kName, kBytes},
      TextField{"input", kInput, kBytes},
      TextField{"output", kOutput, kBytes},
      TextField{"attribute", kAttribute, kBytes},
      TextField{"node", kNode, kMessage, node_fields},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"opset_import", kOpsetImport, kMessage, opset_fields},
      TextField{"domain", kDomain, kBytes},
      TextField{"attribute_proto", kAttributeProto, kMessage, attribute_fields},
      TextField{"value_info", kValueInfo, kMessage, value_info_fields},
      TextField{"overload", kOverload, kBytes},
      TextField{"metadata_props", kMetadataProps, kMessage, entry_fields},
  };
  return kFields;
}

Fields training_fields() {
  using namespace training_info_proto;
  static constexpr std::array kFields = {
      TextField{"initialization", kInitialization, kMessage, graph_fields},
      TextField{"algorithm", kAlgorithm, kMessage, graph_fields},
  };
  return kFields;
}

Fields model_fields() {
  using namespace model_proto;
  static constexpr std::array kFields = {
      TextField{"ir_version", kIrVersion, kInteger},
      TextField{"producer_name", kProducerName, kBytes},
      TextField{"producer_version", kProducerVersion, kBytes},
      TextField{"domain", kDomain, kBytes},
      TextField{"model_version", kModelVersion, kInteger},
      TextField{"doc_string", kDocString, kBytes},
      TextField{"graph", kGraph, kMessage, graph_fields},
      TextField{"opset_import", kOpsetImport, kMessage, opset_fields},
      TextField{"metadata_props", kMetadataProps, kMessage, entry_fields},
      TextField{"training_info", kTrainingInfo, kMessage, training_fields},
      TextField{"functions", kFunctions, kMessage, function_fields},
  };
  return kFields;
}

struct EnumName {
  std::string_view name;
  int64_t value;
};

// AttributeProto.AttributeType and TensorProto.DataLocation.
constexpr std::array kEnumNames = {
    EnumName{"UNDEFINED", 0},
    EnumName{"FLOAT", 1},
    EnumName{"INT", 2},
    EnumName{"STRING", 3},
    EnumName{"TENSOR", 4},
    EnumName{"GRAPH", 5},
    EnumName{"FLOATS", 6},
    EnumName{"INTS", 7},
    EnumName{"STRINGS", 8},
    EnumName{"TENSORS", 9},
    EnumName{"GRAPHS", 10},
    EnumName{"SPARSE_TENSOR", 11},
    EnumName{"SPARSE_TENSORS", 12},
    EnumName{"TYPE_PROTO", 13},
    EnumName{"TYPE_PROTOS", 14},
    EnumName{"DEFAULT", 0},
    EnumName{"EXTERNAL", 1},
};

}  // namespace

Fields model_text_fields() { return model_fields(); }

int64_t text_enum_value(std::string_view name) {
  auto row = std::ranges::find(kEnumNames, name, &EnumName::name);
  return row == kEnumNames.end() ? -1 : row->value;
}

}  // namespace tsinspect::onnx
