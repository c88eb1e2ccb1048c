// A tensor's values are either in tensor_content, as they lie in memory, or in
// the field for its dtype, one by one. Fewer values than elements are enough:
// the last one stands for all that are not there, zero where there is none.
//
// What lies differently: strings in tensor_content, which have all their
// lengths first; types of less than a byte, which take a byte an element.
// Sources: tensor.proto, framework/tensor.cc and lib/core/coding of TensorFlow
// 2.21; tensor_util.MakeNdarray.

#include "tensorflow/tensor_proto.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "tensorflow/element_type.h"
#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {
namespace {

using Item = EncodedField::Item;

// Values that lie as in memory, in a field of bytes or on their own.
void set_content(const ElementType& type, std::string_view content,
                 ProtoTensor* row) {
  if (type.packed_bits == 0 && type.dtype != DType::kString) {
    row->raw = content;
    return;
  }
  row->message = content;
  row->field = {};
  row->field.elements = checked_elements(row->shape).value_or(0);
  if (type.dtype == DType::kString) {
    row->field.item = Item::kLengthsFirst;
  } else {
    row->field.item = Item::kByte;
    row->field.item_bytes = 1;
    row->field.packed_bits = type.packed_bits;
  }
}

void set_field(const ElementType& type, std::string_view message,
               ProtoTensor* row) {
  row->message = message;
  row->field = type.field;
  row->field.repeats_last = true;
  if (type.packed_bits != 0) {
    row->field.packed_bits = type.packed_bits;
    row->field.elements = checked_elements(row->shape).value_or(0);
  }
}

}  // namespace

TensorProto read_tensor_proto(MessageReader in) {
  TensorProto tensor;
  tensor.message = in.text();
  tensor.shape = std::vector<int64_t>();
  while (in.next()) {
    switch (in.field()) {
      case tensor_proto::kDtype:
        tensor.dtype = in.integer("dtype");
        break;
      case tensor_proto::kTensorShape:
        tensor.shape =
            read_shape(in.message("tensor_shape", "TensorShapeProto"));
        break;
      case tensor_proto::kTensorContent:
        tensor.content = in.bytes("tensor_content");
        break;
      default:
        break;
    }
  }
  return tensor;
}

void set_type(int64_t number, std::string_view message,
              std::string_view content, ProtoTensor* row) {
  const ElementType* type = find_element_type(number);
  if (type == nullptr || !type->is_known()) {
    row->dtype = DType::kOpaque;
    row->opaque_type = element_type_name(number);
    row->no_data =
        fmt::format("values of type {} are not read", row->opaque_type);
    return;
  }
  row->dtype = type->dtype;
  if (type->dtype == DType::kOpaque) {
    row->opaque_type = type->name;
    row->opaque_bytes = type->bytes;
  }
  if (content.data() == nullptr) {
    set_field(*type, message, row);
  } else {
    set_content(*type, content, row);
  }
}

ProtoTensor proto_tensor(const TensorProto& tensor) {
  ProtoTensor row;
  row.shape = tensor.shape.value();
  bool has_content = !tensor.content.empty();
  set_type(tensor.dtype, tensor.message,
           has_content ? tensor.content : std::string_view(), &row);
  return row;
}

}  // namespace tsinspect::tensorflow
