#include "format/identify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "base/printable.h"
#include "tensorflow/paths.h"

namespace tsinspect {

namespace {

using Data = std::string_view;

constexpr const char* kExportFirst =
    "save the weights with torch.save or safetensors in the framework that "
    "wrote it";
constexpr const char* kUnpack = "unpack it and open the model inside";
constexpr const char* kNotModel = "this is not a model file";
constexpr const char* kNotRead = "not read by this version";
constexpr const char* kSaveAsPb =
    "load it in TensorFlow and save it in binary form, as .pb";

// Bytes at a fixed place.
struct Magic {
  uint32_t offset;
  std::string_view bytes;
  const char* what;
  const char* advice;
};

using namespace std::string_view_literals;

constexpr std::array kMagics = {
    Magic{4, "PTMF"sv, "PyTorch mobile model in FlatBuffer form",
          "not read by this version; convert it back with "
          "torch.jit.jit_module_from_flatbuffer and save it"},
    Magic{4, "TFL3"sv, "TensorFlow Lite model", kNotRead},
    Magic{0, "\x89HDF\r\n\x1a\n"sv, "HDF5 file (Keras weights, .h5)",
          kExportFirst},
    Magic{0, "GGUF"sv, "GGUF model (llama.cpp)", "use llama.cpp's gguf tools"},
    Magic{0, "lmgg"sv, "GGML model (llama.cpp)", "convert it to GGUF"},
    Magic{0, "tjgg"sv, "GGML model (llama.cpp)", "convert it to GGUF"},
    Magic{0, "version https://git-lfs.github.com/spec/"sv, "Git LFS pointer",
          "the model itself was not fetched; run `git lfs pull`"},
    Magic{0, "\x1f\x8b"sv, "gzip (perhaps .tar.gz)", kUnpack},
    Magic{0, "BZh"sv, "bzip2", kUnpack},
    Magic{0,
          "\xfd"
          "7zXZ\0"sv,
          "xz", kUnpack},
    Magic{0, "\x28\xb5\x2f\xfd"sv, "zstd", kUnpack},
    Magic{0, "7z\xbc\xaf\x27\x1c"sv, "7-Zip archive", kUnpack},
    Magic{0, "Rar!\x1a\x07"sv, "RAR archive", kUnpack},
    Magic{257, "ustar"sv, "tar archive", kUnpack},
    Magic{0,
          "\x7f"
          "ELF"sv,
          "ELF program or library", kNotModel},
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "PNG image", kNotModel},
    Magic{0, "%PDF-"sv, "PDF document", kNotModel},
    Magic{0, "SQLite format 3\0"sv, "SQLite database", kNotModel},
    Magic{0, "tree\nversion="sv, "LightGBM model", kExportFirst},
    Magic{0, "\x04\0\0\0\x01\0\0\0\x03\0\0\0"sv, "Lua Torch 7 file (.t7)",
          "convert it with torchfile or load_lua of PyTorch 0.4"},
};

// Length of the text at the start of the file that is looked at.
constexpr size_t kHead = 4096;

Data head(Data data) { return data.substr(0, kHead); }

// The text without white space and a byte order mark before it, lower case.
std::string text_start(Data data) {
  data = head(data);
  if (data.starts_with("\xef\xbb\xbf")) data.remove_prefix(3);
  size_t start = std::min(data.find_first_not_of(" \t\r\n"), data.size());
  std::string text(data.substr(start, 256));
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

bool is_text(Data data) {
  return std::ranges::none_of(head(data), [](unsigned char c) {
    return c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
  });
}

bool is_html(Data data) {
  std::string text = text_start(data);
  return text.starts_with("<!doctype html") || text.starts_with("<html") ||
         (text.starts_with("<?xml") && text.find("<html") != text.npos);
}

bool is_openvino(Data data) {
  std::string text = text_start(data);
  return text.starts_with("<?xml") && text.find("<net ") != text.npos;
}

bool is_xml(Data data) { return text_start(data).starts_with("<?xml"); }

bool is_json(Data data) {
  std::string text = text_start(data);
  return is_text(data) && (text.starts_with('{') || text.starts_with("[{"));
}

// A GraphDef, a MetaGraphDef or a SavedModel.
bool is_tensorflow_text(Data data) {
  std::string text = text_start(data);
  return is_text(data) &&
         (text.starts_with("node {") || text.starts_with("meta_info_def {") ||
          text.starts_with("saved_model_schema_version:"));
}

// Core ML's Model: specificationVersion 1, description 2, and a kind of model
// from 200 on.
bool is_core_ml(Data data) {
  Data rest = data.substr(0, 2);
  return rest.size() == 2 && rest[0] == 8 && rest[1] < 16 &&
         head(data).find("com.github.apple.coremltools") != Data::npos;
}

struct Shape {
  bool (*matches)(Data data);
  const char* what;
  const char* advice;
};

constexpr std::array kShapes = {
    Shape{is_html, "HTML page",
          "the download got an error or login page in place of the model; get "
          "it again, signed in if need be"},
    Shape{is_openvino, "OpenVINO model description (.xml)", kExportFirst},
    Shape{is_xml, "XML", kNotModel},
    Shape{is_json, "JSON without a weight_map",
          "open the model file or the *.index.json beside it"},
    Shape{is_core_ml, "Core ML model", kExportFirst},
    Shape{is_tensorflow_text, "TensorFlow graph as text", kSaveAsPb},
    Shape{is_text, "text", kNotModel},
};

// A member that only one kind of zip has: its whole name, behind the top folder
// if there is one, or its end.
struct Member {
  std::string_view name;
  const char* what;
  const char* advice;
};

constexpr std::array kMembers = {
    Member{".data/extern_modules", "torch.package archive",
           "not read by this version; it is loaded with "
           "torch.package.PackageImporter"},
    Member{"serialized_exported_program.json", "torch.export program (.pt2)",
           "not read by this version; it is loaded with torch.export.load"},
    Member{"archive_format", "torch.export program (.pt2)",
           "not read by this version; it is loaded with torch.export.load"},
    Member{"model.weights.h5", "Keras 3 model (.keras)", kExportFirst},
    Member{"MAR-INF/MANIFEST.json", "TorchServe archive (.mar)", kUnpack},
    Member{"saved_model.pb", "zip of a TensorFlow SavedModel", kUnpack},
    Member{"[Content_Types].xml", "Office document", kNotModel},
    Member{"META-INF/MANIFEST.MF", "Java archive", kNotModel},
    Member{".dist-info/WHEEL", "Python wheel", kNotModel},
    Member{".safetensors", "zip that holds model files", kUnpack},
    Member{".pt", "zip that holds model files", kUnpack},
    Member{".pth", "zip that holds model files", kUnpack},
    Member{".ckpt", "zip that holds model files", kUnpack},
    Member{".onnx", "zip that holds model files", kUnpack},
};

std::string sentence(std::string_view what, std::string_view advice) {
  return fmt::format("{}; {}", what, advice);
}

std::string identify_zip(const Input& input) {
  const auto& records = input.records;
  if (records.empty()) return sentence("empty zip", kNotModel);
  if (std::ranges::all_of(records, &Record::encrypted)) {
    return sentence("encrypted zip", "unpack it with its password");
  }
  for (const Member& member : kMembers) {
    bool found = std::ranges::any_of(records, [&](const Record& r) {
      return r.name.ends_with(member.name);
    });
    if (found) return sentence(member.what, member.advice);
  }
  std::vector<std::string> names;
  for (const Record& record : records) names.emplace_back(record.name);
  return sentence(
      fmt::format("zip without data.pkl: it holds {}", name_list(names, 4)),
      kUnpack);
}

std::string hexadecimal(Data data) {
  std::string text;
  for (char c : data) {
    text += fmt::format(" {:02x}", static_cast<uint8_t>(c));
  }
  return text;
}

}  // namespace

std::string name_list(const std::vector<std::string>& names, size_t most) {
  constexpr size_t kColumns = 60;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) {
    shown.push_back(printable(names[i], kColumns));
  }
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() == shown.size()) return text;
  return fmt::format("{} and {} more", text, names.size() - shown.size());
}

std::string identify(const Input& input) {
  Data data = input.data();
  if (data.empty()) {
    return sentence("empty file", "writing or downloading it failed");
  }
  if (input.is_zip) return identify_zip(input);
  for (const Magic& magic : kMagics) {
    if (data.size() >= magic.offset &&
        data.substr(magic.offset).starts_with(magic.bytes)) {
      return sentence(magic.what, magic.advice);
    }
  }
  for (const Shape& shape : kShapes) {
    if (shape.matches(data)) return sentence(shape.what, shape.advice);
  }
  if (tensorflow::is_shard_name(input.file->path())) {
    return sentence("data of a TensorFlow checkpoint",
                    "its index, which ends in .index, is not beside it");
  }
  return sentence(
      fmt::format("no model file of a known kind: it begins with{}",
                  hexadecimal(data.substr(0, 8))),
      "see which program wrote it, and save its weights with torch.save or "
      "safetensors there");
}

std::string identify_folder(const std::string& path) {
  std::filesystem::path folder(path);
  std::error_code ignored;
  auto has = [&](const char* name) {
    return std::filesystem::exists(folder / name, ignored);
  };
  if (has("saved_model.pbtxt")) {
    return sentence("TensorFlow SavedModel as text", kSaveAsPb);
  }
  if (has(".metadata")) {
    return sentence(
        "distributed checkpoint",
        "not read by this version; `python -m "
        "torch.distributed.checkpoint.format_utils dcp_to_torch` makes one "
        "file of it");
  }
  return "";
}

}  // namespace tsinspect
