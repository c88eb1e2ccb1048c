// TensorFlow's dtypes, and where a TensorProto has values of them.

#pragma once

#include <cstdint>
#include <string>

#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

// One row of the table of TensorFlow's element types.
struct ElementType {
  int64_t number = 0;            // Of enum DataType.
  const char* name = "";         // TensorFlow's: "float32", "qint16".
  DType dtype = DType::kOpaque;  // kOpaque: this library has no such numbers.
  uint8_t bytes = 0;             // An element takes in a file; 0: they differ.
  // The field of a TensorProto that lists its values; 0 if there is none.
  EncodedField field;
  // Of the byte that an element takes, if not all are.
  uint8_t packed_bits = 0;

  // Whether this library reads its values.
  bool is_known() const { return field.number != 0; }
};

// The row of a DataType, also of one that stands for a reference to it
// (DT_FLOAT_REF); null if there is none.
const ElementType* find_element_type(int64_t number);

// Its name, or, where there is no such type, "data type 99".
std::string element_type_name(int64_t number);

}  // namespace tsinspect::tensorflow
