// Writing a model's tensors to a file of another format.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tsinspect/model.h"
#include "tsinspect/names.h"

namespace tsinspect {

// A format that tensors can be written in.
struct ExportFormat {
  const char* name;         // "safetensors"
  const char* suffix;       // Of its files: ".safetensors".
  const char* description;  // One line, for people.
  bool has_metadata;        // Keeps texts under names beside the tensors.
};

// All of them, in the order a help text lists them.
std::span<const ExportFormat> export_formats();

// The row of a name ("npz"), or of a path's suffix ("out/weights.npz"); null if
// there is none.
const ExportFormat* find_export_format(std::string_view name);
const ExportFormat* find_export_format_of(std::string_view path);

// Gives tensors that fit `from` a new name. A `*` in `from` stands for any
// characters, dots included; the stars of `to` stand, in order, for what those
// of `from` did: "encoder.*.w" to "enc.*.weight".
struct RenameRule {
  std::string from;
  std::string to;
};

// The name that a rule gives; empty if it does not fit.
std::optional<std::string> renamed(std::string_view name,
                                   const RenameRule& rule);

// What becomes of tensors that are the same memory, where the format cannot say
// so. A .pt keeps them tied.
enum class Ties : uint8_t { kDuplicate, kRefuse };

struct ExportOptions {
  const ExportFormat* format = nullptr;  // Null: by the suffix of the path.
  std::vector<std::string> names;        // Empty: all tensors.
  NameFilter filter;  // On a tensor's own name, or the recovered one.
  bool recovered_names = false;  // Write those of frozen models' constants.
  std::vector<std::string> strip_prefixes;  // The first that fits is cut off.
  std::vector<RenameRule> renames;          // Then the first that fits counts.
  // What floating and quantised tensors become, rounded to nearest, ties to
  // even, and integers of less than a byte; all others stay as they are. Those
  // integers alone become int8 or uint8. Empty: every tensor stays.
  std::optional<DType> dtype;
  Ties ties = Ties::kDuplicate;
  // Added to what the file has. "": removed.
  std::vector<std::pair<std::string, std::string>> metadata;
  bool force = false;  // Replace an existing file.
  // Called now and then with the bytes of values read so far and in all. If it
  // returns false, nothing is written, and Error(kIo) is thrown.
  std::function<bool(uint64_t done, uint64_t total)> progress;
};

struct ExportedTensor {
  uint32_t tensor;   // Index into Model::tensors.
  std::string name;  // In the new file; empty where the format has no names.
  DType dtype;       // In the new file.
  uint64_t size_bytes = 0;
  // Index into ExportResult::tensors of an earlier row that is the same memory
  // in the model; kNoIndex if none.
  uint32_t tied_to = kNoIndex;
  // Values that were numbers and are infinite or NaN in the new dtype, or were
  // infinite and the new dtype has no infinity.
  uint64_t overflowed = 0;
};

struct ExportResult {
  const ExportFormat* format = nullptr;
  std::vector<ExportedTensor> tensors;  // In the new file's order.
  // Rows of Model::tensors that nobody named and the format has no place for:
  // texts.
  std::vector<uint32_t> left_out;
  uint64_t file_bytes = 0;
  bool keeps_ties = false;        // Tied tensors share their bytes in the file.
  bool dropped_metadata = false;  // The model has some, the format no place.
};

// Converting to these is possible: the floating dtypes but for those that lack
// a sign or share a byte, int8 and uint8.
bool is_export_dtype(DType dtype);

// Writes tensors to `path`: beside it first, then renamed, so that nobody ever
// sees half a file, and whatever is thrown leaves nothing behind. Values are
// streamed. They become contiguous and little-endian; of an unchanged dtype
// they are the same bytes. The model may have been read from `path` itself.
//
// Throws Error: kUnsupported, before anything is written, for what the format
// cannot hold, naming the tensor; kNotFound for a name that no tensor has, or
// where none is left; kIo where `path` exists already, or cannot be written.
ExportResult export_tensors(const Model& model, const std::string& path,
                            const ExportOptions& options,
                            const Limits& limits = {});

}  // namespace tsinspect
