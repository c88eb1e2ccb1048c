// An index of a model in several files, as Hugging Face's libraries write it
// beside them (model.safetensors.index.json, pytorch_model.bin.index.json):
//
//   {"metadata": {"total_size": 4063479808, …},
//    "weight_map": {TENSOR: "model-00001-of-00002.safetensors", …}}
//
// Source: huggingface_hub/serialization/_base.py and transformers'
// modeling_utils.py. The shards are read in the order the index first names
// them; what it says is checked against what they hold.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/name_index.h"
#include "base/printable.h"
#include "format/format.h"
#include "tensor/finding_list.h"
#include "tensor/shard_index.h"

namespace tsinspect {
namespace {

constexpr std::string_view kMapKey = "\"weight_map\"";
constexpr std::string_view kSafetensors = ".safetensors";

// Key of a step of `shard`'s paths, in the merged model's graph.
ObjectRef copy_key(const ObjectGraph& from, ObjectRef key, ObjectGraph* to) {
  if (key == kNoObject) return kNoObject;
  switch (from.kind(key)) {
    case ObjectKind::kInt:
      return to->add_int(from.integer(key));
    case ObjectKind::kBool:
      return to->add_bool(from.integer(key) != 0);
    case ObjectKind::kFloat:
      return to->add_float(from.floating(key));
    case ObjectKind::kString:
    case ObjectKind::kBytes:
      return to->add_bytes(from.kind(key), from.bytes(key));
    default:
      return to->add_none();
  }
}

template <typename T>
void append(std::vector<T>* to, std::vector<T>* from) {
  to->insert(to->end(), std::make_move_iterator(from->begin()),
             std::make_move_iterator(from->end()));
}

void shift(uint32_t* index, size_t by) {
  if (*index != kNoIndex) *index += static_cast<uint32_t>(by);
}

// Appends a shard's tables to the model's, with the indices between them moved
// along. Its object graph stays out, but for the keys of its paths.
void merge(std::string_view name, Model shard, Model* model) {
  for (Record& record : shard.records) shift(&record.file, model->files.size());
  for (Storage& s : shard.storages) shift(&s.record, model->records.size());
  for (Tensor& tensor : shard.tensors) {
    shift(&tensor.storage, model->storages.size());
    shift(&tensor.path, model->paths.size());
    tensor.module = kNoIndex;
  }
  for (PathStep& step : shard.paths) {
    shift(&step.parent, model->paths.size());
    step.key = copy_key(shard.objects, step.key, &model->objects);
  }
  for (Import& import : shard.imports) {
    shift(&import.record, model->records.size());
  }
  for (Finding& finding : shard.findings) {
    finding.where = fmt::format("{}: {}", name, finding.where);
  }
  append(&model->files, &shard.files);
  append(&model->records, &shard.records);
  append(&model->storages, &shard.storages);
  append(&model->tensors, &shard.tensors);
  append(&model->paths, &shard.paths);
  append(&model->imports, &shard.imports);
  append(&model->findings, &shard.findings);
  append(&model->inflated, &shard.inflated);
  // Text of the graph's own is viewed by keys and names; the graph stays alive
  // behind a pointer to nothing in it.
  static const std::string kNothing;
  auto graph = std::make_shared<ObjectGraph>(std::move(shard.objects));
  model->inflated.emplace_back(graph, &kNothing);
}

// The index's rows by tensor name, and which of them a shard had.
class Rows {
 public:
  Rows(const ShardIndex& index, FindingList* findings)
      : index_(index),
        names_(index.rows.size()),
        found_(index.rows.size()),
        findings_(*findings) {
    for (uint32_t i = 0; i < index.rows.size(); ++i) {
      names_.replace(index.rows[i].name, i,
                     [&](uint32_t row) { return index.rows[row].name; });
    }
  }

  void check(const Tensor& tensor, uint32_t shard) {
    std::string here = quoted(index_.shards[shard].name);
    uint32_t row = find(tensor.name);
    if (row == kNoIndex) {
      findings_.add("unlisted-tensor", Severity::kWarning, tensor.name,
                    fmt::format("is in {}, but not in the index", here));
      return;
    }
    uint32_t expected = index_.rows[row].shard;
    if (found_[row]) {
      findings_.add("repeated-tensor", Severity::kError, tensor.name,
                    fmt::format("is in {}, too", here));
    } else if (expected != shard) {
      findings_.add("wrong-shard", Severity::kError, tensor.name,
                    fmt::format("is in {}, but the index says {}", here,
                                quoted(index_.shards[expected].name)));
    }
    found_[row] = true;
  }

  // Tensors that no shard had, though the index puts them in one of `read`.
  void check_absent(const std::vector<bool>& read) {
    for (uint32_t i = 0; i < index_.rows.size(); ++i) {
      auto [name, shard] = index_.rows[i];
      if (found_[i] || !read[shard] || find(name) != i) {
        continue;
      }
      findings_.add("absent-tensor", Severity::kError, name,
                    fmt::format("the index puts it in {}, which does not have "
                                "it",
                                quoted(index_.shards[shard].name)));
    }
  }

 private:
  uint32_t find(std::string_view name) const {
    return names_.find(name, [&](uint32_t i) { return index_.rows[i].name; });
  }

  const ShardIndex& index_;
  NameIndex names_;
  std::vector<bool> found_;
  FindingList& findings_;
};

// True for an index: JSON that has a weight map. What is no JSON is told when
// it is read.
bool matches(const Input& input) {
  std::string_view text = input.data();
  size_t start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] == '{' &&
         text.find(kMapKey) != std::string_view::npos;
}

// Reads a shard that exists. An index that names an index would not end.
Model read_shard(const std::string& path, const Limits& limits) {
  if (matches(open_input(path, limits))) {
    throw Error(ErrorKind::kMalformed, "is itself an index of shards");
  }
  return read_file(path, limits);
}

std::string shard_path(const Input& input, std::string_view name) {
  if (!stays_inside(name)) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("index of shards: {} is not a file beside it",
                            quoted(name)));
  }
  return std::filesystem::path(input.file->path()).parent_path() / name;
}

// Reads the shard at `path` into the model; false if that could not be done,
// which `stopped` then tells.
bool add_shard(const std::string& path, std::string_view name,
               const Limits& limits, Model* model) {
  auto stop = [&](const Error& error) {
    if (model->stopped) return;
    model->stopped = Error(error.kind(), quoted(name) + ": " + error.what());
  };
  try {
    Model shard = read_shard(path, limits);
    if (model->files.size() == 1) {
      model->form = shard.form;
      model->producer = shard.producer;
    }
    if (shard.stopped) stop(*shard.stopped);
    merge(name, std::move(shard), model);
    return true;
  } catch (const Error& error) {
    stop(error);
    return false;
  }
}

void read(const Input& input, Model* model) {
  ShardIndex index = parse_shard_index(input.data());
  model->inflated = index.owned;
  bool safetensors = std::ranges::all_of(index.shards, [](const auto& shard) {
    return shard.name.ends_with(kSafetensors);
  });
  model->form = safetensors ? Form::kSafetensors : Form::kTorchSaveZip;
  if (index.total_size) {
    const ObjectRef item[] = {
        model->objects.add_bytes(ObjectKind::kString, "total_size"),
        model->objects.add_int(*index.total_size)};
    model->root = model->objects.add_container(ObjectKind::kDict, item);
  }

  FindingList findings(model);
  Rows rows(index, &findings);
  std::vector<bool> was_read(index.shards.size());
  for (uint32_t i = 0; i < index.shards.size(); ++i) {
    auto [name, tensor_count] = index.shards[i];
    std::string path = shard_path(input, name);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      findings.add("missing-shard", Severity::kError, name,
                   fmt::format("there is no such file; {} tensors are in it",
                               tensor_count));
      continue;
    }
    size_t begin = model->tensors.size();
    was_read[i] = add_shard(path, name, input.limits, model);
    for (size_t t = begin; t < model->tensors.size(); ++t) {
      rows.check(model->tensors[t], i);
    }
  }
  rows.check_absent(was_read);
  findings.add_rest();
}

}  // namespace

Format shards_format() {
  return {"shards", "indices of sharded models, *.index.json", matches, read};
}

}  // namespace tsinspect
