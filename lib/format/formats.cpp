// The table of formats, and what opens a path with it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include "format/format.h"
#include "format/identify.h"
#include "zip/zip.h"

namespace tsinspect {

Format torchscript_format();
Format torchscript_json_format();
Format torch_zip_format();
Format torch_legacy_format();
Format torch_tar_format();
Format safetensors_format();
Format numpy_format();
Format shards_format();
Format onnx_format();
Format onnx_text_format();
Format tf_checkpoint_format();
Format tf_saved_model_format();
Format tf_graph_format();
Format pickle_format();

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kIndexSuffixes = {
    ".safetensors.index.json", ".bin.index.json"};

// A SavedModel's graphs, in its folder.
constexpr std::string_view kSavedModel = "saved_model.pb";

// How the files end that are models, in a folder; elsewhere the content tells.
constexpr std::array<std::string_view, 11> kModelSuffixes = {
    ".safetensors", ".bin", ".pt",  ".pth", ".ckpt", ".th",
    ".ptl",         ".jit", ".npz", ".npy", ".onnx"};

// Read beside a model, but no models.
constexpr std::array<std::string_view, 6> kCompanions = {
    "training_args.bin", "optimizer.bin", "optimizer.pt",
    "scheduler.pt",      "scaler.pt",     "rng_state.pth"};

constexpr const char* kDamagedZipAdvice =
    "the zip is cut off or damaged, as after a download that broke off; get it "
    "again and compare its size";

constexpr size_t kNamesShown = 10;

template <size_t N>
bool ends_with_one_of(std::string_view name,
                      const std::array<std::string_view, N>& suffixes) {
  return std::ranges::any_of(
      suffixes, [&](std::string_view s) { return name.ends_with(s); });
}

// Names of the files in a folder, sorted. Throws Error(kIo).
std::vector<std::string> file_names(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) names.push_back(it->path().filename());
  }
  if (error) {
    throw Error(ErrorKind::kIo, "cannot read folder: " + error.message());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> only_ending(
    const std::vector<std::string>& names,
    const std::function<bool(std::string_view)>& take) {
  std::vector<std::string> result;
  std::ranges::copy_if(names, std::back_inserter(result), take);
  return result;
}

[[noreturn]] void fail_folder(const std::string& path,
                              const std::vector<std::string>& models) {
  if (models.empty()) {
    std::string known = identify_folder(path);
    throw Error(ErrorKind::kUnsupported,
                known.empty() ? "folder without a model file" : known);
  }
  throw Error(ErrorKind::kUnsupported,
              "folder with several model files; choose one: " +
                  name_list(models, kNamesShown));
}

// The one file in a folder that is its model: an index of shards if there is
// exactly one, else the only model file.
std::string resolve_folder(const std::string& path) {
  auto names = file_names(path);
  if (std::ranges::find(names, kSavedModel) != names.end()) {
    return fs::path(path) / kSavedModel;
  }
  auto indices = only_ending(names, [](std::string_view name) {
    return ends_with_one_of(name, kIndexSuffixes);
  });
  if (indices.size() == 1) return fs::path(path) / indices[0];
  if (indices.size() > 1) fail_folder(path, indices);
  auto models = only_ending(names, [](std::string_view name) {
    return ends_with_one_of(name, kModelSuffixes) &&
           std::ranges::find(kCompanions, name) == kCompanions.end();
  });
  if (models.size() == 1) return fs::path(path) / models[0];
  fail_folder(path, models);
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> kFormats = {
      torchscript_format(),  // Before torch_zip: it has a data.pkl, too.
      torchscript_json_format(),
      torch_zip_format(),       //
      torch_legacy_format(),    // Before pickle: it is several of them.
      torch_tar_format(),       //
      safetensors_format(),     //
      numpy_format(),           //
      shards_format(),          //
      onnx_format(),            //
      onnx_text_format(),       //
      tf_checkpoint_format(),   //
      tf_saved_model_format(),  //
      tf_graph_format(),        //
      pickle_format(),          // Last: a few bytes are enough for a pickle.
  };
  return kFormats;
}

Input open_input(const std::string& path, const Limits& limits) {
  Input input;
  input.limits = limits;
  input.file = File::open(path);
  if (!looks_like_zip(input.data())) return input;
  try {
    input.records =
        read_zip_directory(input.data(), &input.findings, &input.names);
    input.is_zip = true;
  } catch (const Error& error) {
    // A zip's end may also stand at the end of something else.
    if (!input.data().starts_with("PK")) return input;
    throw Error(error.kind(),
                fmt::format("{}; {}", error.what(), kDamagedZipAdvice));
  }
  return input;
}

Model read_file(const std::string& path, const Limits& limits,
                bool program_only) {
  Input input = open_input(path, limits);
  input.program_only = program_only;
  for (const Format& format : formats()) {
    if (!format.matches(input)) continue;
    Model model;
    model.path = path;
    model.files = {input.file};
    model.records = std::move(input.records);
    model.findings = std::move(input.findings);
    try {
      format.read(input, &model);
    } catch (const Error& error) {
      if (model.records.empty() && model.objects.size() == 0) throw;
      model.stopped = error;
    }
    return model;
  }
  throw Error(ErrorKind::kUnsupported, identify(input));
}

namespace {

Model open(const std::string& path, const Limits& limits, bool program_only) {
  std::error_code ignored;
  bool is_folder = fs::is_directory(path, ignored);
  return read_file(is_folder ? resolve_folder(path) : path, limits,
                   program_only);
}

// Throws what ended the read, if anything did.
Model whole(Model model) {
  if (model.stopped) throw *model.stopped;
  return model;
}

}  // namespace

Model open_partial(const std::string& path, const Limits& limits) {
  return open(path, limits, false);
}

Model open_model(const std::string& path, const Limits& limits) {
  return whole(open(path, limits, false));
}

Model open_program(const std::string& path, const Limits& limits) {
  return whole(open(path, limits, true));
}

}  // namespace tsinspect
