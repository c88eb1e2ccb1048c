// Picks and names the tensors, refuses what cannot be written, and has a writer
// write the rest.

#include "tsinspect/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/name_index.h"
#include "base/printable.h"
#include "export/convert.h"
#include "export/writer.h"
#include "tsinspect/listing.h"

namespace tsinspect {

Writer csv_writer();
Writer npy_writer();
Writer npz_writer();
Writer safetensors_writer();
Writer torch_pt_writer();

namespace {

std::span<const Writer> writers() {
  static const std::array kWriters = {
      safetensors_writer(), npz_writer(), npy_writer(),
      torch_pt_writer(),    csv_writer(),
  };
  return kWriters;
}

const Writer& writer_of(const ExportFormat& format) {
  return *std::ranges::find_if(writers(), [&](const Writer& writer) {
    return std::string_view(writer.format.name) == format.name;
  });
}

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(ErrorKind::kUnsupported, problem);
}

std::string new_name(std::string_view name, const ExportOptions& options) {
  for (const std::string& prefix : options.strip_prefixes) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    break;
  }
  for (const RenameRule& rule : options.renames) {
    if (auto result = renamed(name, rule)) return *result;
  }
  return std::string(name);
}

[[noreturn]] void fail_not_found(const Model& model, const std::string& name) {
  std::vector<std::string_view> names;
  for (const Tensor& tensor : model.tensors) {
    names.push_back(tensor.display_name());
  }
  std::string near = closest_name(name, names);
  throw Error(ErrorKind::kNotFound,
              "no tensor is named " + quoted(name) +
                  (near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
}

// Which rows of Model::tensors the caller named, as they are or as a terminal
// shows them.
std::vector<bool> named_rows(const Model& model,
                             const std::vector<std::string>& names) {
  std::vector<bool> rows(model.tensors.size(), names.empty());
  for (const std::string& name : names) {
    bool found = false;
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::string& own = model.tensors[i].name;
      bool is_it = own == name || model.tensors[i].display_name() == name ||
                   printable(own) == name;
      if (!is_it) continue;
      rows[i] = found = true;
    }
    if (!found) fail_not_found(model, name);
  }
  return rows;
}

DType dtype_of(const Tensor& tensor, const ExportOptions& options) {
  bool becomes_other = options.dtype && converts(tensor, *options.dtype);
  return becomes_other ? *options.dtype : tensor.dtype;
}

// Texts are left out, unless they are named, where the format has no place for
// them: what they say is mostly about the file.
bool is_left_out(const Tensor& tensor, const ExportOptions& options,
                 const Writer& writer) {
  return options.names.empty() && tensor.dtype == DType::kString &&
         !writer.holds(tensor, tensor.dtype);
}

std::vector<ExportedTensor> pick(const Model& model,
                                 const ExportOptions& options,
                                 const Writer& writer,
                                 std::vector<uint32_t>* left_out) {
  std::vector<ExportedTensor> rows;
  std::vector<bool> wanted = named_rows(model, options.names);
  std::vector<uint32_t> ties = tied_tensors(model);
  std::vector<uint32_t> place(model.tensors.size(), kNoIndex);
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    const Tensor& tensor = model.tensors[i];
    std::string_view shown = tensor.display_name();
    if (!wanted[i] || !options.filter.matches(tensor.name, shown)) continue;
    if (is_left_out(tensor, options, writer)) {
      left_out->push_back(i);
      continue;
    }
    std::string_view name = options.recovered_names ? shown : tensor.name;
    ExportedTensor row = {.tensor = i,
                          .name = new_name(name, options),
                          .dtype = dtype_of(tensor, options)};
    row.size_bytes = row.dtype == tensor.dtype
                         ? tensor.size_bytes()
                         : tensor.elements() * dtype_info(row.dtype).bits / 8;
    // The first of the tied tensors that is written.
    uint32_t first = ties.empty() || ties[i] == kNoIndex ? i : ties[i];
    if (place[first] == kNoIndex) {
      place[first] = static_cast<uint32_t>(rows.size());
    } else {
      row.tied_to = place[first];
    }
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) return rows;
  throw Error(ErrorKind::kNotFound, model.tensors.empty()
                                        ? "there is no tensor to export"
                                        : "no tensor is left to export");
}

void check_names(const ExportJob& job, const Writer& writer) {
  const auto& rows = job.tensors;
  if (writer.one_tensor) {
    if (rows.size() == 1) return;
    refuse(fmt::format("{} holds one tensor, not {}: name the one to export",
                       writer.format.name, rows.size()));
  }
  NameIndex index(rows.size());
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const std::string& name = rows[i].name;
    const std::string& own = job.source(rows[i]).name;
    if (name.empty()) {
      refuse(own.empty() ? "the tensor has no name: give it one with --rename "
                           "=NAME"
                         : fmt::format("nothing is left of the name '{}'",
                                       printable(own)));
    }
    std::string problem = valid_utf8(name) != name ? "it is not UTF-8"
                                                   : writer.name_problem(name);
    if (!problem.empty()) {
      refuse(fmt::format("{} cannot keep the name '{}': {}; --rename it",
                         writer.format.name, printable(name), problem));
    }
    uint32_t earlier = index.find_or_add(name, i, [&](uint32_t row) {
      return std::string_view(rows[row].name);
    });
    if (earlier == NameIndex::kNone) continue;
    refuse(fmt::format(
        "two tensors would be named '{}': '{}' and '{}'", printable(name),
        printable(job.source(rows[earlier]).name), printable(own)));
  }
}

const char* advice(const Tensor& tensor) {
  DTypeClass type_class = dtype_info(tensor.dtype).type_class;
  if (is_packed_integer(tensor.dtype)) {
    return type_class == DTypeClass::kSigned ? "convert it with --dtype int8"
                                             : "convert it with --dtype uint8";
  }
  if (!converts_from(tensor)) return "leave it out with --filter";
  return type_class == DTypeClass::kQuantized
             ? "--dtype float32 dequantises it"
             : "convert it with --dtype float32";
}

// As the file calls it.
std::string type_name(const Tensor& tensor) {
  if (tensor.dtype != DType::kOpaque) return dtype_info(tensor.dtype).name;
  return "NumPy type " + printable(tensor.details->opaque_type, 40);
}

// Why it has no data, as far as that is known.
std::string reason(const Tensor& tensor) {
  if (!tensor.details || tensor.details->no_data.empty()) return "";
  return fmt::format(" ({})", tensor.details->no_data);
}

void check_tensors(const ExportJob& job, const Writer& writer) {
  size_t refused = 0;
  const Tensor* first = nullptr;
  for (const ExportedTensor& row : job.tensors) {
    const Tensor& tensor = job.source(row);
    if (tensor.storage == kNoIndex) {
      refuse(
          fmt::format("tensor '{}' has no data{}; leave it out with --filter",
                      printable(tensor.name), reason(tensor)));
    }
    if (writer.holds(tensor, row.dtype)) continue;
    if (refused++ == 0) first = &tensor;
  }
  if (refused == 0) return;
  std::string others =
      refused > 1 ? fmt::format(" (and {} more)", refused - 1) : "";
  refuse(fmt::format("tensor '{}'{}: {} has no {}; {}", printable(first->name),
                     others, writer.format.name, type_name(*first),
                     advice(*first)));
}

// A dtype that is for few tensors is no wish to leave all as they are.
void check_conversion(const ExportJob& job, const ExportOptions& options) {
  if (!options.dtype) return;
  const DTypeInfo& to = dtype_info(*options.dtype);
  if (to.type_class == DTypeClass::kFloat) return;
  for (const ExportedTensor& row : job.tensors) {
    if (converts(job.source(row), to.dtype)) return;
  }
  refuse(
      fmt::format("no tensor becomes {}: it is for integers that share a "
                  "byte, like int4",
                  to.name));
}

void check_ties(const ExportJob& job, const Writer& writer, Ties ties) {
  if (writer.keeps_ties || ties == Ties::kDuplicate) return;
  for (const ExportedTensor& row : job.tensors) {
    if (row.tied_to == kNoIndex) continue;
    refuse(fmt::format(
        "tensors '{}' and '{}' are the same memory, which {} cannot say",
        printable(job.source(job.tensors[row.tied_to]).name),
        printable(job.source(row).name), writer.format.name));
  }
}

void set(std::vector<std::pair<std::string, std::string>>* metadata,
         const std::string& key, const std::string& value) {
  std::erase_if(*metadata, [&](const auto& pair) { return pair.first == key; });
  if (!value.empty()) metadata->emplace_back(key, value);
}

// What a safetensors file says of itself is kept. Readers of those ask which
// framework's layout the tensors have; but TensorFlow's, ours is torch's.
std::vector<std::pair<std::string, std::string>> metadata_of(
    const Model& model, const ExportOptions& options) {
  std::vector<std::pair<std::string, std::string>> metadata;
  bool is_tensorflow = model.form == Form::kTfSavedModel ||
                       model.form == Form::kTfCheckpoint ||
                       model.form == Form::kTfFrozenPb;
  if (model.form != Form::kSafetensors) {
    metadata.emplace_back("format", is_tensorflow ? "tf" : "pt");
  } else if (model.root != kNoObject) {
    auto items = model.objects.items(model.root);
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      if (model.objects.kind(items[i + 1]) != ObjectKind::kString) continue;
      metadata.emplace_back(valid_utf8(model.objects.bytes(items[i])),
                            valid_utf8(model.objects.bytes(items[i + 1])));
    }
  }
  for (const auto& [key, value] : options.metadata) set(&metadata, key, value);
  return metadata;
}

}  // namespace

std::span<const ExportFormat> export_formats() {
  static const auto kFormats = [] {
    std::vector<ExportFormat> formats;
    for (const Writer& writer : writers()) formats.push_back(writer.format);
    return formats;
  }();
  return kFormats;
}

const ExportFormat* find_export_format(std::string_view name) {
  auto row = std::ranges::find(export_formats(), name, &ExportFormat::name);
  return row == export_formats().end() ? nullptr : &*row;
}

const ExportFormat* find_export_format_of(std::string_view path) {
  auto row = std::ranges::find_if(export_formats(), [&](const ExportFormat& f) {
    return path.ends_with(f.suffix);
  });
  return row == export_formats().end() ? nullptr : &*row;
}

bool is_export_dtype(DType dtype) { return converts_to(dtype); }

ExportResult export_tensors(const Model& model, const std::string& path,
                            const ExportOptions& options,
                            const Limits& limits) {
  const ExportFormat* format =
      options.format ? options.format : find_export_format_of(path);
  if (format == nullptr) {
    refuse(
        fmt::format("no format has the suffix of {}", tsinspect::quoted(path)));
  }
  if (model.stopped) throw *model.stopped;
  const Writer& writer = writer_of(*format);
  ExportJob job(model, options, limits);
  std::vector<uint32_t> left_out;
  job.tensors = pick(model, options, writer, &left_out);
  check_conversion(job, options);
  check_names(job, writer);
  check_tensors(job, writer);
  check_ties(job, writer, options.ties);
  job.metadata = metadata_of(model, options);
  if (writer.prepare) writer.prepare(&job);
  for (const ExportedTensor& row : job.tensors) {
    if (writer.keeps_ties && row.tied_to != kNoIndex) continue;
    job.total_bytes += job.source(row).size_bytes();
  }

  AtomicFile file(path, options.force);
  writer.write(&job, &file);
  ExportResult result;
  result.format = format;
  result.file_bytes = file.position();
  file.commit();
  result.tensors = std::move(job.tensors);
  result.left_out = std::move(left_out);
  result.keeps_ties = writer.keeps_ties;
  result.dropped_metadata = !format->has_metadata &&
                            model.form == Form::kSafetensors &&
                            !job.metadata.empty();
  return result;
}

}  // namespace tsinspect
