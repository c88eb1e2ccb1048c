// Everything read from one model: plain data that readers fill and analyses
// read, and the bytes it stands on.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/dtype.h"
#include "tsinspect/error.h"
#include "tsinspect/limits.h"
#include "tsinspect/objects.h"

namespace tsinspect {

class File;  // A mapped file; see values.h for reading from it.

struct Dataflow;  // The graphs of an ONNX or TensorFlow model; see dataflow.h.

namespace torchscript {
class Library;  // Parsed TorchScript; see program.h for what is in it.
}

// "No row": an index into one of Model's tables that points nowhere.
constexpr uint32_t kNoIndex = UINT32_MAX;

// What kind of file a model was read from.
enum class Form : uint8_t {
  kTorchScript,        // torchscript
  kTorchScriptFrozen,  // torchscript-frozen
  kMobile,             // mobile-ptl
  kTorchSaveZip,       // torch-save-zip
  kTorchSaveLegacy,    // torch-save-legacy
  kTorchSaveTar,       // torch-save-tar
  kSafetensors,        // safetensors
  kNumpy,              // numpy
  kPickle,             // pickle
  kOnnx,               // onnx
  kTfSavedModel,       // tf-saved-model
  kTfCheckpoint,       // tf-checkpoint
  kTfFrozenPb,         // tf-frozen-pb: a GraphDef or a MetaGraphDef
};

const char* to_string(Form form);

// What a tensor is to its model, as far as the file says.
enum class Role : uint8_t {
  kParameter,    // parameter
  kBuffer,       // buffer
  kAttribute,    // attribute: of a scripted module, neither of the two above;
                 // of a node of a graph
  kConstant,     // constant
  kTensor,       // tensor: the file does not say, as in a state_dict
  kInitializer,  // initializer: of an ONNX graph
  kVariable,     // variable: TensorFlow's
};

constexpr size_t kRoleCount = 7;

const char* to_string(Role role);

// What a record's checksum is of.
enum class Checksum : uint8_t {
  kNone,
  kCrc32,         // Of the inflated bytes: zip's.
  kMaskedCrc32c,  // Of the bytes, rotated and added to: TensorFlow's.
};

// One member of the container: a zip or tar entry, a safetensors tensor's
// bytes, a storage in a legacy stream, the data of an ONNX tensor or of a
// TensorFlow variable.
struct Record {
  // Views into the file's own directory.
  std::string_view name;
  uint32_t file = 0;   // Index into Model::files.
  uint32_t crc32 = 0;  // The checksum as recorded; 0 where there is none.
  // Of the local header in a zip, of the payload elsewhere; see
  // payload_offset() in values.h.
  uint64_t offset = 0;
  uint64_t stored_bytes = 0;  // As it lies in the file.
  uint64_t size_bytes = 0;    // Once inflated.
  uint16_t method = 0;        // Zip's: 0 stored, 8 deflated.
  bool encrypted = false;
  Checksum checksum = Checksum::kNone;
  bool has_local_header = false;  // `offset` is that of a zip's local header.
};

// A repeated field of a protobuf message whose items are a tensor's elements,
// or bytes that are no field but hold them in one of these ways, too.
struct EncodedField {
  enum class Item : uint8_t {
    kVarint,
    kFixed32,
    kFixed64,
    kBytes,  // Decoded: of each item its length, 64 bits, and its bytes.
    kByte,   // One of a field of bytes.
    // Strings in a field of bytes: the lengths of all, varints, then their
    // bytes. Decoded as kBytes are.
    kLengthsFirst,
  };
  uint32_t number = 0;         // Of the field; 0: the bytes are its content.
  Item item = Item::kVarint;   // As the message's definition has it.
  uint8_t item_bytes = 0;      // Of a decoded number: its lowest ones are kept.
  bool repeats_last = false;   // Items that are not there are as the last one.
  uint64_t message_bytes = 0;  // The message begins where the storage does.
  uint8_t parts = 1;      // Items that make up an element: 2 if it is complex.
  uint8_t gap_bytes = 0;  // Between the lengths and the bytes of strings.
  // Low bits of each decoded byte that are an element, if not all are: several
  // share a byte then, the first in its lowest bits.
  uint8_t packed_bits = 0;
  uint64_t elements = 0;  // Of kLengthsFirst, and where bits are packed.
};

// A block of a tensor whose values lie in several places.
struct AssemblyPart;

// A tensor put together from blocks of it. Blocks are as the tensor is: row by
// row, in its dtype and byte order.
struct Assembly {
  std::vector<int64_t> shape;  // Of all of it.
  uint64_t item_bytes = 0;     // An element takes.
  std::vector<AssemblyPart> parts;
};

// Memory that tensors view, as it lies in a file.
struct Storage {
  std::string_view key;        // As the file names it: "0", a pickle's key.
  std::string_view device;     // As recorded: "cpu", "cuda:0"; empty if not.
  uint32_t record = kNoIndex;  // Index into Model::records.
  uint32_t tensors = 0;        // How many rows of Model::tensors view it.
  uint64_t offset = 0;         // In the record's inflated bytes.
  std::string_view memory;     // Bytes that lie in a pickle, instead of those.
  uint32_t field = kNoIndex;   // Index into Model::fields, if it is encoded.
  uint32_t assembly = kNoIndex;  // Index into Model::assemblies, if it is one.
  uint64_t size_bytes = 0;       // Decoded.
  bool big_endian = false;
};

struct AssemblyPart {
  std::vector<int64_t> start;  // Index of its first element in the tensor.
  std::vector<int64_t> shape;
  Storage storage;
};

// How integers of a quantised tensor stand for real numbers:
// real = (integer - zero_point) * scale.
struct Quantization {
  std::string scheme;  // torch's: "per_tensor_affine", "per_channel_affine", …
  double scale = 0;    // Per tensor.
  int64_t zero_point = 0;
  int64_t axis = 0;  // Per channel; `scales` and `zero_points` have one entry
  std::vector<double> scales;       // a channel. Empty where they lie in a
  std::vector<double> zero_points;  // compressed record or were not readable.
};

// A name for a constant whose own, CONSTANTS.c3, says nothing.
struct RecoveredName {
  std::string name;  // "layer1.conv1.weight", or "conv2d_3.weight".
  // How it was found: "content", "transposed", "folded", "structure", "part" by
  // comparing with the original; "call-stack", "consumer", "packed" without.
  std::string evidence;
  std::string detail;  // In words: "folded with layer1.bn1".
  // Other tensors of the original that are the same, and became one constant.
  std::vector<std::string> also = {};
  // Modules and tensors of the original that were folded in: "layer1.bn1".
  std::vector<std::string> folded = {};
  // The call that takes the constant: its operator ("aten::conv2d"), the
  // argument, and where it stands; empty where nothing takes it.
  std::string op = {};
  std::string argument = {};
  std::string_view record = {};
  uint32_t offset = 0;  // In bytes of the record's text.
};

// What only few tensors have.
struct TensorDetails {
  std::optional<RecoveredName> recovered;
  std::optional<Quantization> quantization;
  // Layout of the tensor this is a part of ("sparse_coo", "sparse_csr",
  // "jagged", …), with that tensor's shape; empty for a plain tensor.
  std::string layout;
  std::vector<int64_t> whole_shape;
  std::string python_class;   // Of a tensor subclass: "my.module.MyTensor".
  std::string opaque_type;    // NumPy's type string for DType::kOpaque: "<U5".
  uint32_t opaque_bytes = 0;  // An element's size for DType::kOpaque.
  // Of all elements for DType::kString: 8 for each, and their texts' lengths.
  uint64_t string_bytes = 0;
  // Tensors that say what real numbers this one's integers stand for, or its
  // real numbers will be as integers, in a graph that quantises; empty if none
  // do.
  std::string scale;
  std::string zero_point;
  // Why there is no storage: "external data 'w.bin': no such file". Empty where
  // the tensor never had any.
  std::string no_data;
  bool conjugate = false;  // The values are the conjugate of the bytes.
  bool negative = false;   // The values are the negative of the bytes.
};

struct Tensor {
  std::string name;  // Dotted key path, as a Python user would type it.
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // In elements, as torch counts them.
  int64_t storage_offset = 0;    // In elements.
  uint32_t storage = kNoIndex;   // kNoIndex: no data.
  uint32_t path = kNoIndex;      // Index into Model::paths.
  uint32_t module = kNoIndex;    // Owner, index into Model::modules.
  DType dtype = DType::kFloat32;
  Role role = Role::kTensor;
  std::optional<bool> requires_grad;
  std::shared_ptr<const TensorDetails> details;  // Null for most.

  // Product of the shape; readers have checked that it does not overflow.
  uint64_t elements() const;
  // Bits of an element: the dtype's, or the details' for kOpaque. 0 for
  // kString.
  uint64_t element_bits() const;
  // Bytes of the values laid out contiguously.
  uint64_t size_bytes() const;
  bool is_contiguous() const;
  // Null where its own name is all there is.
  const RecoveredName* recovered() const;
  // The recovered name, or its own where there is none.
  std::string_view display_name() const;
};

// One step of a typed key path, linked to the step before it.
struct PathStep {
  uint32_t parent = kNoIndex;  // Index into Model::paths.
  ObjectRef key = kNoObject;   // In Model::objects: a string, int, tuple, …
  bool is_attribute = false;   // `.key` in Python, not `[key]`.
};

// A submodule of a scripted or pickled module, before its children.
struct Module {
  std::string path;            // Dotted; empty for the root.
  std::string type;            // "__torch__.torch.nn.…" or the Python class.
  uint32_t parent = kNoIndex;  // Index into Model::modules.
  uint32_t type_index = kNoIndex;  // Index into Model::types.
  std::optional<bool> training;
};

// A method of a scripted class. `schema` is LibTorch's text for it:
// "forward(__torch__.Net self, Tensor x, int n=2) -> Tensor".
struct Method {
  std::string name;
  std::string schema;
};

// A class of the archive's TorchScript source that a module has.
struct ScriptType {
  std::string name;
  std::vector<Method> methods;
  std::vector<std::string> forward_hooks;
  std::vector<std::string> forward_pre_hooks;
};

// A name that a pickle imports, and whether it calls what it imported.
struct Import {
  std::string_view name;       // "torch._utils._rebuild_tensor_v2"
  uint32_t record = kNoIndex;  // The pickle; kNoIndex: the file itself.
  uint64_t offset = 0;         // Of the opcode, in that record.
  uint32_t calls = 0;          // How often the pickle calls it.
};

enum class Severity : uint8_t { kInfo, kWarning, kError };

const char* to_string(Severity severity);

// Something worth telling the user about a file that was read.
struct Finding {
  std::string rule;  // Kebab-case, stable across releases.
  Severity severity = Severity::kWarning;
  std::string where;  // A record, tensor or module name.
  std::string message;
};

struct Producer {
  std::string file_version;   // The archive's `version`; empty if none.
  std::string torch_version;  // As far as the file tells: "1.6 or later".
  std::string metadata;       // A producer string the file carries.
  bool big_endian = false;
};

// One model, from one file or the several files of a sharded one. Copying is
// not possible; moving keeps every view valid.
struct Model {
  Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  std::string path;  // As it was given, or the file it was resolved to.
  Form form = Form::kPickle;
  Producer producer;
  std::vector<std::shared_ptr<const File>> files;

  std::vector<Record> records;
  std::vector<Storage> storages;
  std::vector<EncodedField> fields;
  std::vector<Assembly> assemblies;
  std::vector<Tensor> tensors;
  std::vector<PathStep> paths;
  std::vector<Module> modules;  // Each before its children.
  std::vector<ScriptType> types;
  std::vector<Import> imports;
  ObjectGraph objects;
  ObjectRef root = kNoObject;       // The top value, where the form has one.
  ObjectRef constants = kNoObject;  // What code calls CONSTANTS: a tuple.
  ObjectRef bytecode = kNoObject;   // A mobile file's functions: a tuple.

  std::vector<Finding> findings;
  std::optional<Error> stopped;  // The error that ended the read early.

  // Inflated records that strings and views above point into.
  std::vector<std::shared_ptr<const std::string>> inflated;
  // What else keeps alive the memory that storages view.
  std::vector<std::shared_ptr<const void>> owned;

  // The archive's TorchScript source, parsed down to signatures; null for a
  // file of any other form.
  std::shared_ptr<const torchscript::Library> source;

  // The graphs of an ONNX or TensorFlow model; null for any other form, and
  // for a checkpoint.
  std::shared_ptr<const Dataflow> dataflow;
};

// Reads the model at `path`: a file of any form the library knows, told by its
// content; an index of shards; or a folder that holds one model. Nothing in
// the file is executed, and nothing proportional to its tensors' data is read.
// Throws Error.
Model open_model(const std::string& path, const Limits& limits = {});

// The same for a file that ends too soon or contradicts itself: what was read
// until then, with the error in `stopped`. Throws Error where that is nothing.
Model open_partial(const std::string& path, const Limits& limits = {});

// As open_model(), but of a TorchScript model that is not frozen only what its
// program needs: no modules, and none of their tensors.
Model open_program(const std::string& path, const Limits& limits = {});

// The dotted name of a step of a key path, and its steps from the root, each as
// Python would write the key: `'weight'`, `0`, `(1, 2)`.
std::vector<std::string> key_path(const Model& model, uint32_t path);

}  // namespace tsinspect
