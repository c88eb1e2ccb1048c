#include "export/tf_types.h"

#include <algorithm>
#include <array>
#include <span>

namespace tsinspect {
namespace {

using Op = std::string_view;

constexpr int64_t kFloat = 1, kInt32 = 3, kString = 7, kInt64 = 9, kBool = 10;
constexpr int64_t kResource = 20, kVariant = 21, kRef = 100;

// All outputs are of the type that the attribute T names. Sorted.
constexpr std::array kOfT = std::to_array<Op>({
    "Abs",
    "Acos",
    "Acosh",
    "Add",
    "AddN",
    "AddV2",
    "Asin",
    "Asinh",
    "Assign",
    "AssignAdd",
    "AssignSub",
    "Atan",
    "Atan2",
    "Atanh",
    "AvgPool",
    "AvgPool3D",
    "BatchMatMul",
    "BatchMatMulV2",
    "BatchToSpaceND",
    "BiasAdd",
    "BroadcastTo",
    "Ceil",
    "ClipByValue",
    "Concat",
    "ConcatV2",
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv3D",
    "Conv3DBackpropInputV2",
    "Cos",
    "Cosh",
    "Cumprod",
    "Cumsum",
    "DepthToSpace",
    "DepthwiseConv2dNative",
    "Div",
    "DivNoNan",
    "DynamicStitch",
    "Einsum",
    "Elu",
    "Erf",
    "Erfc",
    "Exp",
    "ExpandDims",
    "Expm1",
    "Fill",
    "Floor",
    "FloorDiv",
    "FloorMod",
    "Identity",
    "InvertPermutation",
    "L2Loss",
    "Lgamma",
    "LinSpace",
    "Log",
    "Log1p",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool3D",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "MirrorPad",
    "Mod",
    "Mul",
    "MulNoNan",
    "Neg",
    "OneHot",
    "OnesLike",
    "Pack",
    "Pad",
    "PadV2",
    "ParallelConcat",
    "Pow",
    "PreventGradient",
    "Prod",
    "RealDiv",
    "Reciprocal",
    "Relu",
    "Relu6",
    "Reshape",
    "ResizeNearestNeighbor",
    "Reverse",
    "ReverseSequence",
    "ReverseV2",
    "Rint",
    "Roll",
    "Round",
    "Rsqrt",
    "ScatterNd",
    "Select",
    "SelectV2",
    "Selu",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Slice",
    "Snapshot",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpaceToBatchND",
    "SpaceToDepth",
    "Split",
    "SplitV",
    "Sqrt",
    "Square",
    "SquaredDifference",
    "Squeeze",
    "StopGradient",
    "StridedSlice",
    "Sub",
    "Sum",
    "Tan",
    "Tanh",
    "TensorScatterAdd",
    "TensorScatterUpdate",
    "Tile",
    "Transpose",
    "TruncateDiv",
    "TruncateMod",
    "Unpack",
    "Xdivy",
    "Xlogy",
    "ZerosLike",
});

// Comparisons and the like. Sorted.
constexpr std::array kOfBool = std::to_array<Op>({
    "All",
    "Any",
    "Equal",
    "Greater",
    "GreaterEqual",
    "IsFinite",
    "IsInf",
    "IsNan",
    "Less",
    "LessEqual",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "NotEqual",
    "RegexFullMatch",
    "StaticRegexFullMatch",
    "VarIsInitializedOp",
});

// What tells the type of one output, or of all where `number` is negative. The
// first row that fits counts.
struct Row {
  Op op;
  std::string_view port;  // Empty: any.
  int number;             // Among all of the operator's outputs.
  const char* attr;       // Null: it is always `type`.
  int64_t type;           // Where the attribute is not there: its default.
};

constexpr Row kRows[] = {
    {"ArgMax", "", -1, "output_type", kInt64},
    {"ArgMin", "", -1, "output_type", kInt64},
    {"AsString", "", -1, nullptr, kString},
    {"Bucketize", "", -1, nullptr, kInt32},
    {"Cast", "", -1, "DstT", 0},
    {"Const", "", -1, "dtype", 0},
    {"FusedBatchNorm", "", -1, "T", 0},
    {"FusedBatchNormV2", "y", 0, "T", 0},
    {"FusedBatchNormV2", "", -1, "U", 0},
    {"FusedBatchNormV3", "y", 0, "T", 0},
    {"FusedBatchNormV3", "", -1, "U", 0},
    {"Gather", "", -1, "Tparams", 0},
    {"GatherNd", "", -1, "Tparams", 0},
    {"GatherV2", "", -1, "Tparams", 0},
    {"LRN", "", -1, "T", kFloat},
    {"LeakyRelu", "", -1, "T", kFloat},
    {"LookupTableFindV2", "", -1, "Tout", 0},
    {"MaxPool", "", -1, "T", kFloat},
    {"MaxPoolV2", "", -1, "T", kFloat},
    {"Multinomial", "", -1, "output_dtype", kInt64},
    {"Placeholder", "", -1, "dtype", 0},
    {"PlaceholderWithDefault", "", -1, "dtype", 0},
    {"RandomStandardNormal", "", -1, "dtype", 0},
    {"RandomUniform", "", -1, "dtype", 0},
    {"RandomUniformInt", "", -1, "Tout", 0},
    {"Range", "", -1, "Tidx", kInt32},
    {"Rank", "", -1, nullptr, kInt32},
    {"ReadVariableOp", "", -1, "dtype", 0},
    {"ResizeBicubic", "", -1, nullptr, kFloat},
    {"ResizeBilinear", "", -1, nullptr, kFloat},
    {"ResourceGather", "", -1, "dtype", 0},
    {"ResourceGatherNd", "", -1, "dtype", 0},
    {"Shape", "", -1, "out_type", kInt32},
    {"ShapeN", "", -1, "out_type", kInt32},
    {"Size", "", -1, "out_type", kInt32},
    {"StatelessRandomNormalV2", "", -1, "dtype", kFloat},
    {"StatelessRandomUniformV2", "", -1, "dtype", kFloat},
    {"StringJoin", "", -1, nullptr, kString},
    {"StringLower", "", -1, nullptr, kString},
    {"StringToHashBucketFast", "", -1, nullptr, kInt64},
    {"StringToNumber", "", -1, "out_type", kFloat},
    {"TensorListStack", "", -1, "element_dtype", 0},
    {"TopKV2", "values", 0, "T", 0},
    {"TopKV2", "indices", 1, nullptr, kInt32},
    {"TruncatedNormal", "", -1, "dtype", 0},
    {"Variable", "", -1, "dtype", 0},
    {"VariableShape", "", -1, "out_type", kInt32},
    {"VariableV2", "", -1, "dtype", 0},
    {"Where", "", -1, nullptr, kInt64},
};

// A list of types, one for each output.
struct ListRow {
  Op op;
  const char* attr;
};

constexpr ListRow kLists[] = {
    {"Case", "Tout"},
    {"IdentityN", "T"},
    {"If", "Tout"},
    {"PartitionedCall", "Tout"},
    {"StatefulPartitionedCall", "Tout"},
    {"StatelessCase", "Tout"},
    {"StatelessIf", "Tout"},
    {"StatelessWhile", "T"},
    {"While", "T"},
};

int64_t type_attr(const TfNode& node, const char* name, int64_t absent) {
  auto attr = node.attrs.find(name);
  return attr == node.attrs.end() ? absent : tf_type(attr->second);
}

int64_t declared_type(const TfNode& node, std::string_view port,
                      size_t number) {
  if (std::ranges::binary_search(kOfT, node.op)) {
    return type_attr(node, "T", 0);
  }
  if (std::ranges::binary_search(kOfBool, node.op)) return kBool;
  for (const Row& row : kRows) {
    if (row.op != node.op) continue;
    bool fits = row.number < 0 ||
                (port.empty() ? static_cast<size_t>(row.number) == number
                              : row.port == port);
    if (!fits) continue;
    return row.attr == nullptr ? row.type : type_attr(node, row.attr, row.type);
  }
  for (const ListRow& row : kLists) {
    auto attr = node.attrs.find(row.attr);
    if (row.op != node.op || attr == node.attrs.end()) continue;
    auto types = tf_types(attr->second);
    return number < types.size() ? types[number] : 0;
  }
  return 0;
}

struct DTypeRow {
  int64_t type;
  DType dtype;
};

constexpr DTypeRow kDTypes[] = {
    {1, DType::kFloat32},       {2, DType::kFloat64},
    {3, DType::kInt32},         {4, DType::kUInt8},
    {5, DType::kInt16},         {6, DType::kInt8},
    {7, DType::kString},        {8, DType::kComplex64},
    {9, DType::kInt64},         {10, DType::kBool},
    {11, DType::kQInt8},        {12, DType::kQUInt8},
    {13, DType::kQInt32},       {14, DType::kBFloat16},
    {17, DType::kUInt16},       {18, DType::kComplex128},
    {19, DType::kFloat16},      {22, DType::kUInt32},
    {23, DType::kUInt64},       {24, DType::kFloat8E5M2},
    {25, DType::kFloat8E4M3FN}, {29, DType::kInt4},
    {30, DType::kUInt4},
};

}  // namespace

int64_t tf_output_type(const TfNode& node, std::string_view port,
                       size_t number) {
  int64_t type = declared_type(node, port, number);
  if (type > kRef) type -= kRef;  // Of a variable: a reference to such.
  return type == kResource || type == kVariant ? 0 : type;
}

bool tf_is_handle(const TfNode& node, std::string_view port, size_t number) {
  if (node.op.ends_with("HandleOp") || node.op.ends_with("TableV2") ||
      node.op.starts_with("TensorList")) {
    return true;
  }
  int64_t type = declared_type(node, port, number);
  return type == kResource || type == kVariant;
}

std::optional<DType> tf_dtype(int64_t type) {
  auto row = std::ranges::find(kDTypes, type, &DTypeRow::type);
  if (row == std::end(kDTypes)) return std::nullopt;
  return row->dtype;
}

}  // namespace tsinspect
