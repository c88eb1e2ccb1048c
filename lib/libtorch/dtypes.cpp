#include "libtorch/dtypes.h"

#include <array>
#include <string>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

// ScalarType by its number, which LibTorch keeps the same for the sake of
// files, and which it may be too old to have a name for.
struct Row {
  int number;
  DType dtype;
};

constexpr std::array kRows = {
    Row{0, DType::kUInt8},           Row{1, DType::kInt8},
    Row{2, DType::kInt16},           Row{3, DType::kInt32},
    Row{4, DType::kInt64},           Row{5, DType::kFloat16},
    Row{6, DType::kFloat32},         Row{7, DType::kFloat64},
    Row{8, DType::kComplex32},       Row{9, DType::kComplex64},
    Row{10, DType::kComplex128},     Row{11, DType::kBool},
    Row{12, DType::kQInt8},          Row{13, DType::kQUInt8},
    Row{14, DType::kQInt32},         Row{15, DType::kBFloat16},
    Row{16, DType::kQUInt4x2},       Row{17, DType::kQUInt2x4},
    Row{23, DType::kFloat8E5M2},     Row{24, DType::kFloat8E4M3FN},
    Row{25, DType::kFloat8E5M2FNUZ}, Row{26, DType::kFloat8E4M3FNUZ},
    Row{27, DType::kUInt16},         Row{28, DType::kUInt32},
    Row{29, DType::kUInt64},         Row{44, DType::kFloat8E8M0FNU},
    Row{45, DType::kFloat4E2M1FNx2},
};

}  // namespace

DType to_dtype(at::ScalarType type) {
  for (const Row& row : kRows) {
    if (row.number == static_cast<int>(type)) return row.dtype;
  }
  throw Error(ErrorKind::kUnsupported,
              std::string("dtype ") + c10::toString(type));
}

at::ScalarType to_scalar_type(DType dtype) {
  for (const Row& row : kRows) {
    if (row.dtype != dtype) continue;
    // An older LibTorch uses the number behind its last one for something else.
    if (row.number >= static_cast<int>(at::ScalarType::Undefined)) break;
    return static_cast<at::ScalarType>(row.number);
  }
  throw Error(ErrorKind::kUnsupported, std::string(dtype_info(dtype).name) +
                                           " in LibTorch " TORCH_VERSION);
}

}  // namespace tsinspect
