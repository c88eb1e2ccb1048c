// The fields of ONNX's messages by name, for models written as text.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tsinspect::onnx {

enum class TextKind : uint8_t { kInteger, kFloat, kDouble, kBytes, kMessage };

struct TextField {
  std::string_view name;
  uint32_t number;
  TextKind kind;
  // Of the message in it, which may be the one that it is in.
  std::span<const TextField> (*fields)() = nullptr;
};

std::span<const TextField> model_text_fields();

// The value of an enum's name, of any of ONNX's enums; -1 if it is none.
int64_t text_enum_value(std::string_view name);

}  // namespace tsinspect::onnx
