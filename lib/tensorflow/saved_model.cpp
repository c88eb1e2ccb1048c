// A SavedModel is a folder:
//
//   saved_model.pb                            SavedModel: MetaGraphDef …, each
//                                             a GraphDef and what goes with it
//   variables/variables.index                 a checkpoint
//   variables/variables.data-00000-of-00001   …
//   assets/                                   files that the graphs read
//
// Source: core/protobuf/saved_model.proto and meta_graph.proto of TensorFlow
// 2.21.

#include "tensorflow/saved_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <unordered_set>

#include "base/budget.h"
#include "base/file.h"
#include "tensorflow/checkpoint.h"
#include "tensorflow/fields.h"
#include "tensorflow/graph.h"
#include "tensorflow/meta_graph.h"
#include "tensorflow/object_graph.h"

namespace tsinspect::tensorflow {
namespace {

namespace fs = std::filesystem;

// One a way to use the model: to serve it, to train it, on a GPU.
constexpr size_t kMostMetaGraphs = 64;

constexpr const char* kVariables = "variables/variables.index";

// Operators that make a variable.
constexpr std::array<std::string_view, 4> kVariableOps = {
    "VarHandleOp", "Variable", "VariableV2", "AutoReloadVariable"};

bool has_variables(const Dataflow& flow) {
  return std::ranges::any_of(flow.nodes, [](const DataflowNode& node) {
    return std::ranges::find(kVariableOps, node.op) != kVariableOps.end();
  });
}

// Reads the file as one or more meta graphs.
class Reader {
 public:
  Reader(const Limits& limits, Model* model)
      : limits_(limits),
        model_(model),
        text_(model->files[0]->data()),
        budget_(limits, text_.size()),
        flow_(std::make_shared<Dataflow>()),
        graphs_(0, &budget_, flow_.get(), model) {
    model->dataflow = flow_;
  }

  void read_saved_model() {
    std::vector<MetaGraph> metas;
    MessageReader in(text_, text_, "SavedModel");
    while (in.next()) {
      if (in.field() != saved_model::kMetaGraphs) continue;
      if (metas.size() == kMostMetaGraphs) {
        throw Error(ErrorKind::kLimit,
                    fmt::format("more than {} meta graphs", kMostMetaGraphs),
                    in.offset());
      }
      metas.push_back(
          read_meta_graph(in.message("meta_graphs", "MetaGraphDef"), &budget_));
    }
    bool has_checkpoint = add_variables();
    for (const MetaGraph& meta : metas) add(meta);
    if (!has_checkpoint && has_variables(*flow_)) {
      model_->findings.push_back({"missing-variables", Severity::kError,
                                  kVariables, "there is no such file"});
    }
    std::string_view objects = metas.empty() ? "" : metas[0].object_graph;
    read_object_graph(objects, limits_, model_);
  }

  void read_meta_graph_def() {
    MetaGraph meta = read_meta_graph({text_, text_, "MetaGraphDef"}, &budget_);
    add(meta);
    if (meta.signatures.empty()) graphs_.find_outputs(0);
  }

  void read_graph_def() {
    graphs_.read(text_, "");
    graphs_.find_outputs(0);
  }

 private:
  // Whether there is a checkpoint.
  bool add_variables() {
    fs::path path = fs::path(model_->files[0]->path()).parent_path();
    path /= kVariables;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return false;
    try {
      model_->files.push_back(File::open(path));
      read_checkpoint(static_cast<uint32_t>(model_->files.size() - 1), limits_,
                      model_);
    } catch (const Error& error) {
      model_->stopped =
          Error(error.kind(), fmt::format("{}: {}", kVariables, error.what()));
    }
    return true;
  }

  void add(const MetaGraph& meta) {
    graphs_.read(meta.graph.data() == nullptr ? text_.substr(0, 0) : meta.graph,
                 scope_of(meta));
    if (model_->producer.metadata.empty() && !meta.tensorflow_version.empty()) {
      model_->producer.metadata =
          fmt::format("TensorFlow {}", meta.tensorflow_version);
    }
    for (std::string_view entry : meta.signatures) {
      flow_->signatures.push_back(read_signature(entry, text_, &budget_));
    }
    for (std::string_view tag : meta.tags) {
      if (known_tags_.insert(tag).second) flow_->tags.push_back(tag);
    }
    for (std::string_view name : meta.assets) {
      if (known_assets_.insert(name).second) flow_->assets.push_back(name);
    }
    note_trainable(meta, text_, &budget_, model_);
  }

  // Empty for the first meta graph; the others go by their tags.
  std::string scope_of(const MetaGraph& meta) {
    if (flow_->graphs.empty()) return "";
    std::string scope = fmt::format("{}", fmt::join(meta.tags, "+"));
    bool is_taken = std::ranges::any_of(
        flow_->graphs,
        [&](const DataflowGraph& graph) { return graph.scope == scope; });
    if (!is_taken && !scope.empty()) return scope;
    return fmt::format("meta_graph_{}", ++unnamed_);
  }

  const Limits& limits_;
  Model* model_;
  std::string_view text_;
  Budget budget_;
  std::shared_ptr<Dataflow> flow_;
  GraphReader graphs_;
  std::unordered_set<std::string_view> known_tags_;
  std::unordered_set<std::string_view> known_assets_;
  uint32_t unnamed_ = 0;  // Meta graphs.
};

}  // namespace

void read_saved_model(const Limits& limits, Model* model) {
  Reader(limits, model).read_saved_model();
}

void read_graph_def(const Limits& limits, Model* model) {
  Reader(limits, model).read_graph_def();
}

void read_meta_graph_def(const Limits& limits, Model* model) {
  Reader(limits, model).read_meta_graph_def();
}

}  // namespace tsinspect::tensorflow
