#include "onnx/tensor_proto.h"

#include <algorithm>
#include <array>

#include "onnx/entries.h"
#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

constexpr size_t kMaxRank = 1024;  // NumPy's is 64.
constexpr int64_t kExternal = 1;   // TensorProto.DataLocation.

struct PlaceKey {
  std::string_view key;
  std::string_view ExternalPlace::*value;
};
constexpr std::array kPlaceKeys = {
    PlaceKey{"location", &ExternalPlace::location},
    PlaceKey{"offset", &ExternalPlace::offset},
    PlaceKey{"length", &ExternalPlace::length},
};

void add_place(const Entry& entry, ExternalPlace* place) {
  auto row = std::ranges::find(kPlaceKeys, entry.key, &PlaceKey::key);
  if (row != kPlaceKeys.end()) place->*row->value = entry.value;
}

}  // namespace

TensorProto read_tensor_proto(MessageReader in) {
  using namespace tensor_proto;
  TensorProto tensor;
  tensor.message = in.text();
  while (in.next()) {
    switch (in.field()) {
      case kDims:
        in.integers("dims", kMaxRank, &tensor.dims);
        break;
      case kDataType:
        tensor.data_type = in.integer("data_type");
        break;
      case kSegment:
        tensor.is_segment = true;
        break;
      case kName:
        tensor.name = in.bytes("name");
        break;
      case kRawData:
        tensor.raw_data = in.bytes("raw_data");
        break;
      case kExternalData:
        add_place(read_entry(&in, "external_data"), &tensor.external);
        break;
      case kDataLocation:
        tensor.is_external = in.integer("data_location") == kExternal;
        break;
    }
  }
  return tensor;
}

SparseTensorProto read_sparse_tensor_proto(MessageReader in) {
  using namespace sparse_tensor_proto;
  SparseTensorProto tensor;
  while (in.next()) {
    switch (in.field()) {
      case kValues:
        tensor.values = read_tensor_proto(in.message("values", "TensorProto"));
        break;
      case kIndices:
        tensor.indices =
            read_tensor_proto(in.message("indices", "TensorProto"));
        break;
      case kDims:
        in.integers("dims", kMaxRank, &tensor.dims);
        break;
    }
  }
  return tensor;
}

}  // namespace tsinspect::onnx
