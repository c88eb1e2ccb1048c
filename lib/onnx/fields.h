// Field numbers of ONNX's messages, a namespace a message. Source: onnx.proto
// of ONNX 1.23.

#pragma once

#include <cstdint>

namespace tsinspect::onnx {

namespace model_proto {
enum : uint32_t {
  kIrVersion = 1,
  kProducerName = 2,
  kProducerVersion = 3,
  kDomain = 4,
  kModelVersion = 5,
  kDocString = 6,
  kGraph = 7,
  kOpsetImport = 8,
  kMetadataProps = 14,
  kTrainingInfo = 20,
  kFunctions = 25
};
}

namespace operator_set_id_proto {
enum : uint32_t { kDomain = 1, kVersion = 2 };
}

namespace string_string_entry_proto {
enum : uint32_t { kKey = 1, kValue = 2 };
}

namespace training_info_proto {
enum : uint32_t { kInitialization = 1, kAlgorithm = 2 };
}

namespace graph_proto {
enum : uint32_t {
  kNode = 1,
  kName = 2,
  kInitializer = 5,
  kDocString = 10,
  kInput = 11,
  kOutput = 12,
  kValueInfo = 13,
  kQuantizationAnnotation = 14,
  kSparseInitializer = 15,
  kMetadataProps = 16
};
}

namespace function_proto {
enum : uint32_t {
  kName = 1,
  kInput = 4,
  kOutput = 5,
  kAttribute = 6,
  kNode = 7,
  kDocString = 8,
  kOpsetImport = 9,
  kDomain = 10,
  kAttributeProto = 11,
  kValueInfo = 12,
  kOverload = 13,
  kMetadataProps = 14
};
}

namespace node_proto {
enum : uint32_t {
  kInput = 1,
  kOutput = 2,
  kName = 3,
  kOpType = 4,
  kAttribute = 5,
  kDocString = 6,
  kDomain = 7,
  kOverload = 8,
  kMetadataProps = 9
};
}

namespace attribute_proto {
enum : uint32_t {
  kName = 1,
  kF = 2,
  kI = 3,
  kS = 4,
  kT = 5,
  kG = 6,
  kFloats = 7,
  kInts = 8,
  kStrings = 9,
  kTensors = 10,
  kGraphs = 11,
  kDocString = 13,
  kTp = 14,
  kTypeProtos = 15,
  kType = 20,
  kRefAttrName = 21,
  kSparseTensor = 22,
  kSparseTensors = 23
};
}

namespace tensor_proto {
enum : uint32_t {
  kDims = 1,
  kDataType = 2,
  kSegment = 3,
  kFloatData = 4,
  kInt32Data = 5,
  kStringData = 6,
  kInt64Data = 7,
  kName = 8,
  kRawData = 9,
  kDoubleData = 10,
  kUint64Data = 11,
  kDocString = 12,
  kExternalData = 13,
  kDataLocation = 14,
  kMetadataProps = 16
};
}

namespace sparse_tensor_proto {
enum : uint32_t { kValues = 1, kIndices = 2, kDims = 3 };
}

namespace value_info_proto {
enum : uint32_t { kName = 1, kType = 2, kDocString = 3, kMetadataProps = 4 };
}

namespace type_proto {
enum : uint32_t {
  kTensorType = 1,
  kSequenceType = 4,
  kMapType = 5,
  kDenotation = 6,
  kOpaqueType = 7,
  kSparseTensorType = 8,
  kOptionalType = 9
};
}

namespace tensor_shape_proto {
enum : uint32_t { kDim = 1 };
}

namespace tensor_annotation {
enum : uint32_t { kTensorName = 1, kQuantParameterTensorNames = 2 };
}

namespace type_proto_tensor {
enum : uint32_t { kElemType = 1, kShape = 2 };
}

namespace type_proto_sequence {
enum : uint32_t { kElemType = 1 };
}

namespace type_proto_map {
enum : uint32_t { kKeyType = 1, kValueType = 2 };
}

namespace type_proto_optional {
enum : uint32_t { kElemType = 1 };
}

namespace type_proto_sparse_tensor {
enum : uint32_t { kElemType = 1, kShape = 2 };
}

namespace tensor_shape_proto_dimension {
enum : uint32_t { kDimValue = 1, kDimParam = 2, kDenotation = 3 };
}

}  // namespace tsinspect::onnx
