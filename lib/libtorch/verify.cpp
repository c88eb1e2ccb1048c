#include "libtorch/verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/printable.h"
#include "libtorch/archive_loader.h"
#include "libtorch/errors.h"
#include "libtorch/raw_archive.h"
#include "libtorch/refuse.h"
#include "libtorch/their_reading.h"
#include "libtorch/torch.h"
#include "tsinspect/dtype.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr const char* kCannotRead = "LibTorch cannot read it";
constexpr size_t kPieceBytes = size_t{1} << 20;

std::string text_of(const std::vector<int64_t>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ", "));
}

std::string text_of(bool value) { return value ? "True" : "False"; }

bool math_bit(const Tensor& tensor, bool TensorDetails::*bit) {
  return tensor.details != nullptr && (*tensor.details).*bit;
}

const Quantization* quantization_of(const Tensor& tensor) {
  bool has = tensor.details != nullptr && tensor.details->quantization;
  return has ? &*tensor.details->quantization : nullptr;
}

std::string text_of(const Quantization* q) {
  if (q == nullptr) return "none";
  if (q->scales.empty()) {
    return fmt::format("{} scale {} zero point {}", q->scheme, q->scale,
                       q->zero_point);
  }
  return fmt::format("{} axis {} scales [{}] zero points [{}]", q->scheme,
                     q->axis, fmt::join(q->scales, ", "),
                     fmt::join(q->zero_points, ", "));
}

// Number of leading bytes that are the same in both.
uint64_t equal_bytes(const Model& a, const Tensor& of_a, const Model& b,
                     const Tensor& of_b) {
  ValueReader in_a(a, of_a), in_b(b, of_b);
  uint64_t item = std::max<uint64_t>(of_a.element_bits() / 8, 1);
  uint64_t size = in_a.size_bytes();
  std::vector<std::byte> room_a, room_b;
  for (uint64_t at = 0; at < size;) {
    size_t piece = std::min<uint64_t>(size - at, kPieceBytes / item * item);
    auto bytes_a = in_a.read(at, piece, &room_a);
    auto bytes_b = in_b.read(at, piece, &room_b);
    if (std::memcmp(bytes_a.data(), bytes_b.data(), piece) != 0) {
      return at +
             (std::ranges::mismatch(bytes_a, bytes_b).in1 - bytes_a.begin());
    }
    in_a.release(bytes_a);
    at += piece;
  }
  return size;
}

class Comparison {
 public:
  explicit Comparison(const Model& ours) : ours_(ours) {}

  // `whole` is all that LibTorch makes of the file, `raw` what it reads where
  // code has replaced that by something else.
  void compare(TheirReading* whole, TheirReading* raw) {
    for (const Tensor& tensor : ours_.tensors) {
      TheirReading* theirs = whole;
      uint32_t row = whole->take(tensor.name);
      if (row == kNoIndex && may_be_raw(tensor, *whole)) {
        theirs = raw;
        row = raw->take(tensor.name);
      }
      if (row == kNoIndex) {
        report("missing-tensor", tensor.name, "LibTorch does not find it");
        continue;
      }
      compare_tensors(tensor, theirs->model(), theirs->model().tensors[row],
                      theirs == whole && is_torchscript(ours_.form));
    }
    for (uint32_t row : whole->left()) {
      report("extra-tensor", whole->model().tensors[row].name,
             "only LibTorch finds it");
    }
  }

  void compare_modules(const TheirReading& theirs) {
    std::unordered_map<std::string_view, std::string_view> ours;
    for (const Module& module : ours_.modules) {
      ours.emplace(module.path, module.type);
      auto found = theirs.modules().find(module.path);
      if (found == theirs.modules().end()) {
        // A module in a state that `__setstate__` makes attributes of has a
        // path of its own once it is loaded.
        if (theirs.is_made(module.path)) continue;
        report("missing-module", module.path, "LibTorch does not find it");
      } else {
        ++result_.modules;
        differ("module-type", module.path, module.type, found->second);
      }
    }
    for (const auto& [path, type] : theirs.modules()) {
      if (!ours.contains(path) && !theirs.is_made(path)) {
        report("extra-module", path, "only LibTorch finds it");
      }
    }
  }

  VerifyResult take_result() { return std::move(result_); }

 private:
  // What a mobile file's bytecode has, and a state, are in no attribute.
  static bool may_be_raw(const Tensor& tensor, const TheirReading& whole) {
    return tensor.name.starts_with("bytecode.") || whole.is_made(tensor.name);
  }

  void report(const char* rule, const std::string& where, std::string message) {
    result_.differences.push_back(
        {rule, Severity::kError, where, std::move(message)});
  }

  bool differ(const char* rule, const std::string& where,
              const std::string& ours, const std::string& theirs) {
    if (ours == theirs) return false;
    report(rule, where,
           fmt::format("{} here, {} in LibTorch", printable(ours),
                       printable(theirs)));
    return true;
  }

  void compare_tensors(const Tensor& ours, const Model& model,
                       const Tensor& theirs, bool has_role) {
    ++result_.tensors;
    const std::string& name = ours.name;
    if (has_role && ours.role != Role::kConstant) {
      differ("role", name, to_string(ours.role), to_string(theirs.role));
    }
    if (ours.requires_grad && has_role) {
      differ("requires-grad", name, text_of(*ours.requires_grad),
             text_of(theirs.requires_grad.value_or(false)));
    }
    differ("strides", name, text_of(ours.strides), text_of(theirs.strides));
    differ("offset", name, std::to_string(ours.storage_offset),
           std::to_string(theirs.storage_offset));
    differ("quantization", name, text_of(quantization_of(ours)),
           text_of(quantization_of(theirs)));
    for (auto bit : {&TensorDetails::conjugate, &TensorDetails::negative}) {
      differ("math-bits", name, text_of(math_bit(ours, bit)),
             text_of(math_bit(theirs, bit)));
    }
    if (differ("dtype", name, dtype_info(ours.dtype).name,
               dtype_info(theirs.dtype).name) ||
        differ("shape", name, text_of(ours.shape), text_of(theirs.shape))) {
      return;
    }
    compare_values(ours, model, theirs);
  }

  void compare_values(const Tensor& ours, const Model& model,
                      const Tensor& theirs) {
    bool has_data = ours.storage != kNoIndex;
    if (has_data != (theirs.storage != kNoIndex)) {
      report("values", ours.name,
             has_data ? "LibTorch has no data for it"
                      : "only LibTorch has data for it");
      return;
    }
    if (!has_data) return;
    uint64_t equal = equal_bytes(ours_, ours, model, theirs);
    result_.value_bytes += ours.size_bytes();
    if (equal != ours.size_bytes()) {
      report("values", ours.name,
             fmt::format("they differ from byte {} on", equal));
    }
  }

  const Model& ours_;
  VerifyResult result_;
};

bool is_in_bytecode(const Tensor& tensor) {
  return tensor.name.starts_with("bytecode.");
}

bool has_bytecode_tensors(const Model& model) {
  return model.form == Form::kMobile &&
         std::ranges::any_of(model.tensors, is_in_bytecode);
}

VerifyResult verify_script(const Model& model) {
  TheirReading whole, raw;
  translate_errors(ErrorKind::kUnsupported, kCannotRead, [&] {
    torch::jit::Module module = torch::jit::load(model.path, at::kCPU);
    whole.add_module("", *module._ivalue());
    if (model.root != kNoObject && model.constants != kNoObject) {
      c10::IValue constants = read_raw(model.path, "constants");
      size_t i = 0;
      for (const c10::IValue& value : constants.toTupleRef().elements()) {
        whole.add_value("CONSTANTS.c" + std::to_string(i++), value,
                        Role::kConstant);
      }
      raw.add_value("", read_raw(model.path, "data"), Role::kTensor);
    }
    if (has_bytecode_tensors(model)) {
      raw.add_value("bytecode", read_raw(model.path, "bytecode", "constants/"),
                    Role::kConstant);
    }
  });
  Comparison comparison(model);
  comparison.compare(&whole, &raw);
  comparison.compare_modules(whole);
  VerifyResult result = comparison.take_result();
  result.reader = "torch::jit::load";
  return result;
}

VerifyResult verify_zip(const Model& model) {
  if (model.producer.big_endian) {
    throw Error(ErrorKind::kUnsupported,
                "LibTorch takes the big-endian values of a pickle for its own "
                "byte order");
  }
  TheirReading whole, raw;
  translate_errors(ErrorKind::kUnsupported, kCannotRead, [&] {
    whole.add_value("", read_plain(model.path, "data"), Role::kTensor);
  });
  Comparison comparison(model);
  comparison.compare(&whole, &raw);
  VerifyResult result = comparison.take_result();
  result.reader = "torch::jit::readArchiveAndTensors";
  return result;
}

}  // namespace

VerifyResult verify(const Model& model, const VerifyRequest& request) {
  load_libraries(request.libraries);
  if (is_torchscript(model.form)) {
    refuse_outside_calls(model, request.trust);
    return verify_script(model);
  }
  if (model.form == Form::kTorchSaveZip) return verify_zip(model);
  throw Error(
      ErrorKind::kUnsupported,
      fmt::format("LibTorch has no reader for {}", to_string(model.form)));
}

}  // namespace tsinspect
