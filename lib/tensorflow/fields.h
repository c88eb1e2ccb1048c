// Field numbers of TensorFlow's messages, a namespace a message. Sources: the
// .proto files under tensorflow/core/framework, /protobuf and /util of
// TensorFlow 2.21.

#pragma once

#include <cstdint>

namespace tsinspect::tensorflow {

namespace saved_model {
enum : uint32_t { kSavedModelSchemaVersion = 1, kMetaGraphs = 2 };
}

namespace meta_graph_def {
enum : uint32_t {
  kMetaInfoDef = 1,
  kGraphDef = 2,
  kCollectionDef = 4,
  kSignatureDef = 5,
  kAssetFileDef = 6,
  kObjectGraphDef = 7
};
}

namespace meta_graph_def_meta_info_def {
enum : uint32_t { kTags = 4, kTensorflowVersion = 5 };
}

namespace collection_def {
enum : uint32_t { kBytesList = 2 };
}

namespace collection_def_bytes_list {
enum : uint32_t { kValue = 1 };
}

namespace signature_def {
enum : uint32_t { kInputs = 1, kOutputs = 2, kMethodName = 3 };
}

namespace tensor_info {
enum : uint32_t {
  kName = 1,
  kDtype = 2,
  kTensorShape = 3,
  kCooSparse = 4,
  kCompositeTensor = 5
};
}

namespace asset_file_def {
enum : uint32_t { kFilename = 2 };
}

namespace graph_def {
enum : uint32_t { kNode = 1, kLibrary = 2 };
}

namespace node_def {
enum : uint32_t { kName = 1, kOp = 2, kInput = 3, kAttr = 5 };
}

namespace attr_value {
enum : uint32_t {
  kList = 1,
  kS = 2,
  kI = 3,
  kF = 4,
  kB = 5,
  kType = 6,
  kShape = 7,
  kTensor = 8,
  kPlaceholder = 9,
  kFunc = 10
};
}

namespace attr_value_list_value {
enum : uint32_t {
  kS = 2,
  kI = 3,
  kF = 4,
  kB = 5,
  kType = 6,
  kShape = 7,
  kTensor = 8,
  kFunc = 9
};
}

namespace name_attr_list {
enum : uint32_t { kName = 1 };
}

namespace tensor_proto {
enum : uint32_t {
  kDtype = 1,
  kTensorShape = 2,
  kTensorContent = 4,
  kFloatVal = 5,
  kDoubleVal = 6,
  kIntVal = 7,
  kStringVal = 8,
  kScomplexVal = 9,
  kInt64Val = 10,
  kBoolVal = 11,
  kDcomplexVal = 12,
  kHalfVal = 13,
  kUint32Val = 16,
  kUint64Val = 17,
  kFloat8Val = 18
};
}

namespace tensor_shape_proto {
enum : uint32_t { kDim = 2, kUnknownRank = 3 };
}

namespace tensor_shape_proto_dim {
enum : uint32_t { kSize = 1 };
}

namespace function_def_library {
enum : uint32_t { kFunction = 1 };
}

namespace function_def {
enum : uint32_t { kSignature = 1, kNodeDef = 3, kRet = 4 };
}

namespace op_def {
enum : uint32_t { kName = 1, kInputArg = 2, kOutputArg = 3 };
}

namespace op_def_arg_def {
enum : uint32_t { kName = 1, kType = 3 };
}

namespace variable_def {
enum : uint32_t { kVariableName = 1, kSaveSliceInfoDef = 4 };
}

namespace saved_object_graph {
enum : uint32_t { kNodes = 1, kConcreteFunctions = 2 };
}

namespace saved_object {
enum : uint32_t { kChildren = 1, kUserObject = 4, kVariable = 7 };
}

namespace saved_variable {
enum : uint32_t { kTrainable = 3, kName = 6 };
}

namespace saved_user_object {
enum : uint32_t { kIdentifier = 1 };
}

namespace saved_concrete_function {
enum : uint32_t { kOutputSignature = 4 };
}

namespace trackable_object_graph {
enum : uint32_t { kNodes = 1 };
}

namespace trackable_object_graph_trackable_object {
enum : uint32_t { kChildren = 1, kAttributes = 2 };
}

namespace trackable_object_graph_trackable_object_object_reference {
enum : uint32_t { kNodeId = 1, kLocalName = 2 };
}

namespace trackable_object_graph_trackable_object_serialized_tensor {
enum : uint32_t { kFullName = 2, kCheckpointKey = 3 };
}

namespace bundle_header_proto {
enum : uint32_t { kNumShards = 1, kEndianness = 2 };
}

namespace bundle_entry_proto {
enum : uint32_t {
  kDtype = 1,
  kShape = 2,
  kShardId = 3,
  kOffset = 4,
  kSize = 5,
  kCrc32c = 6,
  kSlices = 7
};
}

namespace tensor_slice_proto {
enum : uint32_t { kExtent = 1 };
}

namespace tensor_slice_proto_extent {
enum : uint32_t { kStart = 1, kLength = 2 };
}

namespace saved_tensor_slices {
enum : uint32_t { kMeta = 1, kData = 2 };
}

namespace saved_tensor_slice_meta {
enum : uint32_t { kTensor = 1 };
}

namespace saved_slice_meta {
enum : uint32_t { kName = 1, kShape = 2, kType = 3, kSlice = 4 };
}

namespace saved_slice {
enum : uint32_t { kData = 3 };
}

}  // namespace tsinspect::tensorflow
