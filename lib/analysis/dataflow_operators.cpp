#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "analysis/program_parts.h"
#include "base/file.h"
#include "onnx/attribute_values.h"
#include "tensorflow/attribute_values.h"
#include "tsinspect/dataflow.h"

namespace tsinspect {
namespace {

// Domains of the operators that ONNX itself defines.
constexpr std::array<std::string_view, 5> kOnnxDomains = {
    "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training",
    "ai.onnx.preview.training"};

constexpr std::array<std::string_view, 4> kOnnxControl = {"If", "Loop", "Scan",
                                                          "SequenceMap"};

constexpr std::array<std::string_view, 14> kTensorFlowControl = {
    "If",
    "StatelessIf",
    "While",
    "StatelessWhile",
    "Case",
    "StatelessCase",
    "For",
    "Switch",
    "RefSwitch",
    "Merge",
    "Enter",
    "Exit",
    "NextIteration",
    "LoopCond"};

// TensorFlow's operators that reach outside of the process. Source: the
// operators that TensorFlow 2.21 registers.
struct Outside {
  std::string_view name;
  std::string_view reason;
};
constexpr std::array kOutside = {
    Outside{"ReadFile", "reads a file"},
    Outside{"FileSystemSetConfiguration", "sets a file system up"},
    Outside{"WriteFile", "writes a file"},
    Outside{"MatchingFiles", "lists files"},
    Outside{"MatchingFilesDataset", "lists files"},
    Outside{"ExperimentalMatchingFilesDataset", "lists files"},
    Outside{"Save", "writes a file"},
    Outside{"SaveSlices", "writes a file"},
    Outside{"SaveV2", "writes a file"},
    Outside{"SaveDataset", "writes files"},
    Outside{"SaveDatasetV2", "writes files"},
    Outside{"DatasetToTFRecord", "writes a file"},
    Outside{"ExperimentalDatasetToTFRecord", "writes a file"},
    Outside{"DistributedSave", "writes files"},
    Outside{"MergeV2Checkpoints", "moves and deletes files"},
    Outside{"Restore", "reads a file"},
    Outside{"RestoreSlice", "reads a file"},
    Outside{"RestoreV2", "reads a file"},
    Outside{"LoadDataset", "reads files"},
    Outside{"InitializeTableFromTextFile", "reads a file"},
    Outside{"InitializeTableFromTextFileV2", "reads a file"},
    Outside{"ImmutableConst", "maps a file"},
    Outside{"TextLineReader", "reads files"},
    Outside{"TextLineReaderV2", "reads files"},
    Outside{"TextLineDataset", "reads files"},
    Outside{"FixedLengthRecordReader", "reads files"},
    Outside{"FixedLengthRecordReaderV2", "reads files"},
    Outside{"FixedLengthRecordDataset", "reads files"},
    Outside{"FixedLengthRecordDatasetV2", "reads files"},
    Outside{"TFRecordReader", "reads files"},
    Outside{"TFRecordReaderV2", "reads files"},
    Outside{"TFRecordDataset", "reads files"},
    Outside{"TFRecordDatasetV2", "reads files"},
    Outside{"WholeFileReader", "reads files"},
    Outside{"WholeFileReaderV2", "reads files"},
    Outside{"CSVDataset", "reads files"},
    Outside{"CSVDatasetV2", "reads files"},
    Outside{"LMDBDataset", "reads files"},
    Outside{"LMDBReader", "reads files"},
    Outside{"SqlDataset", "reads a database"},
    Outside{"ExperimentalSqlDataset", "reads a database"},
    Outside{"CacheDataset", "reads or writes files"},
    Outside{"CacheDatasetV2", "reads or writes files"},
    Outside{"SnapshotDataset", "reads or writes files"},
    Outside{"SnapshotDatasetV2", "reads or writes files"},
    Outside{"DebugIdentity", "sends values to where it is told"},
    Outside{"DebugIdentityV2", "writes files"},
    Outside{"DebugIdentityV3", "writes files"},
    Outside{"DebugNumericSummaryV2", "writes files"},
    Outside{"CreateSummaryFileWriter", "writes a file"},
    Outside{"CreateSummaryDbWriter", "writes a database"},
    Outside{"WriteSummary", "writes a file"},
    Outside{"WriteScalarSummary", "writes a file"},
    Outside{"WriteAudioSummary", "writes a file"},
    Outside{"WriteHistogramSummary", "writes a file"},
    Outside{"WriteImageSummary", "writes a file"},
    Outside{"WriteGraphSummary", "writes a file"},
    Outside{"WriteRawProtoSummary", "writes a file"},
    Outside{"Print", "prints"},
    Outside{"PrintV2", "prints, or writes a file"},
    Outside{"PyFunc", "calls Python"},
    Outside{"PyFuncStateless", "calls Python"},
    Outside{"EagerPyFunc", "calls Python"},
    Outside{"RpcCall", "calls another process"},
    Outside{"RpcServer", "serves other processes"},
    Outside{"RpcServerStart", "serves other processes"},
    Outside{"RpcClient", "calls another process"},
    Outside{"RemoteCall", "may call another process"},
    Outside{"_Send", "sends to another device or process"},
    Outside{"_Recv", "takes from another device or process"},
    Outside{"DataServiceDataset", "calls another process"},
    Outside{"DataServiceDatasetV2", "calls another process"},
    Outside{"DataServiceDatasetV3", "calls another process"},
    Outside{"DataServiceDatasetV4", "calls another process"},
    Outside{"LoadAndRemapMatrix", "reads a file"},
    Outside{"GenerateVocabRemapping", "reads a file"},
};

std::string_view file_text(const Model& model) {
  return model.files.empty() ? std::string_view() : model.files[0]->data();
}

// Where a message lies in the model's file; its whole file where it does not.
uint64_t offset_of(const Model& model, std::string_view message) {
  std::string_view file = file_text(model);
  bool is_inside = message.data() >= file.data() &&
                   message.data() + message.size() <= file.data() + file.size();
  return is_inside ? static_cast<uint64_t>(message.data() - file.data()) : 0;
}

std::string qualified(const DataflowNode& node) {
  if (node.domain.empty() || node.domain == "ai.onnx") {
    return std::string(node.op);
  }
  return fmt::format("{}::{}", node.domain, node.op);
}

// What tells the operators of a model's graphs apart.
class OperatorKinds {
 public:
  explicit OperatorKinds(const Model& model)
      : is_onnx_(model.form == Form::kOnnx) {
    for (const DataflowGraph& graph : model.dataflow->graphs) {
      if (graph.kind == DataflowGraphKind::kFunction) {
        functions_.insert(graph.name);
      }
    }
  }

  OperatorKind kind_of(const DataflowNode& node) const {
    if (functions_.contains(node.op)) return OperatorKind::kFunction;
    if (!is_onnx_) {
      return contains(kTensorFlowControl, node.op) ? OperatorKind::kControlFlow
                                                   : OperatorKind::kBuiltin;
    }
    if (!contains(kOnnxDomains, node.domain)) return OperatorKind::kCustom;
    return contains(kOnnxControl, node.op) ? OperatorKind::kControlFlow
                                           : OperatorKind::kBuiltin;
  }

 private:
  static bool contains(std::span<const std::string_view> names,
                       std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  }

  bool is_onnx_;
  std::unordered_set<std::string_view> functions_;
};

// Functions and graphs that a node's attributes name.
std::vector<std::string> runs_of(const Model& model, const DataflowNode& node) {
  std::vector<std::string> names;
  for (const NodeAttribute& attribute : node_attributes(model, node)) {
    if (attribute.type != "function" && attribute.type != "graph") continue;
    for (const AttributeItem& item : attribute.items) {
      names.push_back(std::get<std::string>(item));
    }
  }
  return names;
}

OperatorUse use_of(const Model& model, const DataflowNode& node) {
  const Dataflow& flow = *model.dataflow;
  OperatorUse use;
  use.function = flow.graphs[node.graph].scope;
  use.place.offset = offset_of(model, node.message);
  use.node = node.name;
  auto outputs = flow.of(node.outputs);
  if (use.node.empty() && !outputs.empty()) use.node = outputs[0];
  return use;
}

}  // namespace

std::vector<NodeAttribute> node_attributes(const Model& model,
                                           const DataflowNode& node) {
  std::string_view file = file_text(model);
  // Errors count from the message where it is in no file.
  if (offset_of(model, node.message) == 0) file = node.message;
  return model.form == Form::kOnnx
             ? onnx::node_attributes(node.message, file)
             : tensorflow::node_attributes(node.message, file);
}

std::vector<OperatorCount> dataflow_operators(const Model& model) {
  OperatorKinds kinds(model);
  OperatorInventory inventory;
  for (const DataflowNode& node : model.dataflow->nodes) {
    OperatorKind kind = kinds.kind_of(node);
    OperatorUse use = use_of(model, node);
    bool may_run = kind != OperatorKind::kBuiltin ||
                   node.op.find("Call") != node.op.npos ||
                   node.op.find("Dataset") != node.op.npos;
    if (may_run) use.runs = runs_of(model, node);
    inventory.add(qualified(node), std::string(), kind, std::move(use));
  }
  return inventory.take();
}

// ONNX has no operators that do; its custom ones are told as such.
std::vector<OutsideCall> dataflow_outside_calls(const Model& model) {
  std::vector<OutsideCall> calls;
  if (model.form == Form::kOnnx) return calls;
  for (const DataflowNode& node : model.dataflow->nodes) {
    auto row = std::ranges::find(kOutside, node.op, &Outside::name);
    if (row == kOutside.end()) continue;
    calls.push_back({qualified(node), std::string(row->reason),
                     use_of(model, node), false});
  }
  return calls;
}

}  // namespace tsinspect
