#include "onnx/value_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "onnx/element_type.h"
#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

std::string dtype_name(int64_t data_type) {
  const ElementType* type = find_element_type(data_type);
  return type != nullptr ? dtype_info(type->dtype).name
                         : element_type_name(data_type);
}

Dimension read_dimension(MessageReader in) {
  using namespace tensor_shape_proto_dimension;
  Dimension dimension;
  while (in.next()) {
    if (in.field() == kDimValue) {
      // Exporters write 0 or less, too, for what they do not know; what the
      // file says is kept but for that, as no size is negative.
      dimension.size = std::max<int64_t>(in.integer("dim_value"), -1);
      dimension.symbol = {};
    } else if (in.field() == kDimParam) {
      dimension.symbol = in.bytes("dim_param");
      dimension.size = -1;
    }
  }
  return dimension;
}

std::vector<Dimension> read_shape(MessageReader in) {
  std::vector<Dimension> shape;
  while (in.next()) {
    if (in.field() != tensor_shape_proto::kDim) continue;
    shape.push_back(
        read_dimension(in.message("dim", "TensorShapeProto.Dimension")));
  }
  return shape;
}

// Reads a TypeProto. One instance reads one, with the types in it.
class TypeReader {
 public:
  TypeReader(const Limits& limits, ValueInfo* value)
      : limits_(limits), value_(value) {}

  std::string read(MessageReader in);

 private:
  using Read = std::string (TypeReader::*)(MessageReader in);
  struct Kind {
    uint32_t field;
    const char* message;
    Read read;
  };
  static const std::array<Kind, 6> kKinds;

  // Of dense and sparse tensors, whose fields have the same numbers.
  void tensor(MessageReader in) {
    using namespace type_proto_tensor;
    while (in.next()) {
      if (in.field() == kElemType) {
        const ElementType* type = find_element_type(in.integer("elem_type"));
        if (type != nullptr) value_->dtype = type->dtype;
      } else if (in.field() == kShape) {
        value_->shape = read_shape(in.message("shape", "TensorShapeProto"));
      }
    }
  }

  std::string dense(MessageReader in) {
    tensor(in);
    return "tensor";
  }

  std::string sparse(MessageReader in) {
    tensor(in);
    return "sparse_tensor";
  }

  // The type in field 1 of a sequence or optional.
  std::string element(MessageReader in) {
    std::string type;
    while (in.next()) {
      if (in.field() == type_proto_sequence::kElemType) {
        type = read(in.message("elem_type", "TypeProto"));
      }
    }
    return type;
  }

  std::string sequence(MessageReader in) {
    return fmt::format("sequence({})", element(in));
  }

  std::string optional(MessageReader in) {
    return fmt::format("optional({})", element(in));
  }

  std::string map(MessageReader in) {
    using namespace type_proto_map;
    std::string key;
    std::string value;
    while (in.next()) {
      if (in.field() == kKeyType) key = dtype_name(in.integer("key_type"));
      if (in.field() == kValueType) {
        value = read(in.message("value_type", "TypeProto"));
      }
    }
    return fmt::format("map({}, {})", key, value);
  }

  std::string opaque(MessageReader) { return "opaque"; }

  const Limits& limits_;
  ValueInfo* value_;
  uint32_t depth_ = 0;
};

const std::array<TypeReader::Kind, 6> TypeReader::kKinds = {{
    {type_proto::kTensorType, "TypeProto.Tensor", &TypeReader::dense},
    {type_proto::kSequenceType, "TypeProto.Sequence", &TypeReader::sequence},
    {type_proto::kMapType, "TypeProto.Map", &TypeReader::map},
    {type_proto::kOpaqueType, "TypeProto.Opaque", &TypeReader::opaque},
    {type_proto::kSparseTensorType, "TypeProto.SparseTensor",
     &TypeReader::sparse},
    {type_proto::kOptionalType, "TypeProto.Optional", &TypeReader::optional},
}};

std::string TypeReader::read(MessageReader in) {
  if (++depth_ > limits_.source_depth) {
    throw Error(ErrorKind::kLimit, fmt::format("types nest more than {} deep",
                                               limits_.source_depth));
  }
  std::string type;
  while (in.next()) {
    for (const Kind& kind : kKinds) {
      if (kind.field != in.field()) continue;
      type = (this->*kind.read)(in.message("type", kind.message));
      break;
    }
  }
  --depth_;
  return type;
}

}  // namespace

ValueInfo read_value_info(MessageReader in, const Limits& limits) {
  using namespace value_info_proto;
  ValueInfo value;
  while (in.next()) {
    if (in.field() == kName) value.name = in.bytes("name");
    if (in.field() == kType) {
      value.type =
          TypeReader(limits, &value).read(in.message("type", "TypeProto"));
    }
  }
  return value;
}

}  // namespace tsinspect::onnx
