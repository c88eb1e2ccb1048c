// A tensor's external_data is a list of keys and values, both text:
//
//   location   path of the file from the model's folder
//   offset     of the values' first byte in it; 0 if there is none
//   length     of the values in bytes
//   checksum   SHA-1 of the file, which is not looked at
//
// Source: TensorProto.external_data in onnx.proto, and docs/ExternalData.md.

#include "onnx/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/checked.h"
#include "base/file.h"
#include "base/printable.h"

namespace tsinspect::onnx {
namespace {

namespace fs = std::filesystem;

constexpr size_t kColumns = 100;

// Whether a file lies below a folder, both without symlinks.
bool is_below(const fs::path& file, const fs::path& folder) {
  auto [rest, end] =
      std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return rest == folder.end();
}

// The folder that a path's file really lies in; empty if it has none.
fs::path real_folder(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  return error ? fs::path() : real.parent_path();
}

fs::path folder_of(const std::string& path) {
  fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// Why a file must not be opened; empty if it may. A model that is a symlink
// may have its data where it really lies: caches keep both that way.
std::string refusal(const std::string& model, const fs::path& path) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) return "no such file";
  fs::path folder = fs::canonical(folder_of(model), error);
  fs::path model_folder = real_folder(model);
  bool is_beside = !error && is_below(real, folder);
  bool is_beside_real = !model_folder.empty() && is_below(real, model_folder);
  if (!is_beside && !is_beside_real) {
    return "a symlink leads out of the model's folder";
  }
  if (!fs::is_regular_file(real, error)) return "not a regular file";
  return "";
}

std::string shown(std::string_view text) { return printable(text, kColumns); }

// A number as the model writes it, or `absent` where it does not.
std::optional<uint64_t> number(std::string_view text, uint64_t absent) {
  if (text.empty()) return absent;
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

// Why a file does not have the values where the model says; empty if it has.
std::string misplaced(const ExternalPlace& place, uint64_t size_bytes,
                      uint64_t file_bytes) {
  auto offset = number(place.offset, 0);
  if (!offset) {
    return fmt::format("offset '{}' is no number", shown(place.offset));
  }
  auto length = number(place.length, size_bytes);
  if (!length) {
    return fmt::format("length '{}' is no number", shown(place.length));
  }
  if (*length != size_bytes) {
    return fmt::format("length is {} where the shape needs {} bytes", *length,
                       size_bytes);
  }
  auto end = checked_add(*offset, *length);
  if (!end || *end > file_bytes) {
    return fmt::format("{} bytes at {} exceed the file's {}", *length, *offset,
                       file_bytes);
  }
  return "";
}

std::string about(std::string_view location, const std::string& problem) {
  return fmt::format("external data '{}': {}", shown(location), problem);
}

}  // namespace

ExternalFiles::Entry ExternalFiles::open(std::string_view location) const {
  if (location.empty()) return {kNoIndex, "no location is given"};
  if (!stays_inside(location)) {
    return {kNoIndex, "its path leads out of the model's folder"};
  }
  fs::path path = folder_of(path_) / location;
  std::string problem = refusal(path_, path);
  if (!problem.empty()) return {kNoIndex, problem};
  try {
    model_->files.push_back(File::open(path));
  } catch (const Error& error) {
    return {kNoIndex, error.what()};
  }
  return {static_cast<uint32_t>(model_->files.size() - 1), ""};
}

ExternalValues ExternalFiles::find(const std::string& tensor,
                                   const ExternalPlace& place,
                                   uint64_t size_bytes) {
  auto [found, is_new] = entries_.try_emplace(place.location);
  Entry& entry = found->second;
  if (is_new) entry = open(place.location);
  ++entry.tensors;
  ExternalValues values;
  if (entry.file == kNoIndex) {
    values.problem = about(place.location, entry.problem);
    return values;
  }
  std::string_view file = model_->files[entry.file]->data();
  std::string problem = misplaced(place, size_bytes, file.size());
  if (!problem.empty()) {
    values.problem = about(place.location, problem);
    findings_.add("external-data", Severity::kError, tensor, values.problem);
    return values;
  }
  values.file = entry.file;
  values.bytes = file.substr(*number(place.offset, 0), size_bytes);
  return values;
}

void ExternalFiles::report() {
  for (const auto& [location, entry] : entries_) {
    if (entry.file != kNoIndex) continue;
    findings_.add(
        "external-data", Severity::kError, location,
        fmt::format("{}; {} tensor{} in it", entry.problem, entry.tensors,
                    entry.tensors == 1 ? " is" : "s are"));
  }
  findings_.add_rest();
}

}  // namespace tsinspect::onnx
