// A dict of tensors, as torch.save writes it, for torch.load and
// torch::pickle_load:
//
//   archive/data.pkl     the dict: {name: _rebuild_tensor_v2(storage, …), …}
//   archive/byteorder    "little"
//   archive/data/0 …     the storages' bytes
//   archive/version      "3"
//
// LibTorch's unpickler wants a dict (it makes None of an OrderedDict), its
// items set by SETITEMS (torch 1.13 has no SETITEM), and integers of 64 bits in
// 8 bytes. It lacks _rebuild_tensor_v3, by which torch.save writes the dtypes
// that have no storage class of their own; only Python reads those.
//
// Source: torch/_tensor.py, torch/serialization.py and
// torch/csrc/jit/serialization/unpickler.cpp of torch 2.13.

#include <fmt/format.h>

#include <map>

#include "export/writer.h"
#include "export/zip_writer.h"

namespace tsinspect {
namespace {

constexpr std::string_view kFolder = "archive/";

// The few opcodes of protocol 2 that a dict of tensors takes. What is named
// more than once goes to the memo.
class PickleWriter {
 public:
  PickleWriter() { out_ = "\x80\x02"; }

  void op(char opcode) { out_ += opcode; }

  void global(const char* module, const char* name) {
    remembered(fmt::format("c{}\n{}\n", module, name));
  }
  void text(std::string_view text) { out_ += text_op(text); }
  void shared_text(std::string_view text) { remembered(text_op(text)); }

  void integer(uint64_t value) {
    if (value < 1u << 8) {
      put('K', value, 1);
    } else if (value < 1u << 16) {
      put('M', value, 2);
    } else if (value <= INT32_MAX) {
      put('J', value, 4);
    } else {
      op('\x8a');
      put(8, value, 8);
    }
  }

  void integers(std::span<const int64_t> values) {
    if (values.empty()) return op(')');
    op('(');
    for (int64_t value : values) integer(static_cast<uint64_t>(value));
    op('t');
  }

  std::string finish() {
    op('.');
    return std::move(out_);
  }

 private:
  void put(char opcode, uint64_t value, int bytes) {
    op(opcode);
    for (int i = 0; i < bytes; ++i) op(static_cast<char>(value >> 8 * i));
  }

  static std::string text_op(std::string_view text) {
    std::string out = "X";
    for (int i = 0; i < 4; ++i) out += static_cast<char>(text.size() >> 8 * i);
    return out.append(text);
  }

  // `code` pushes a value; the second time, the memo does.
  void remembered(const std::string& code) {
    auto [place, is_new] = memo_.try_emplace(code, memo_.size());
    if (!is_new) return put('h', place->second, 1);
    out_ += code;
    put('q', place->second, 1);
  }

  std::string out_;
  std::map<std::string, size_t> memo_;  // Its globals and texts are few.
};

bool has_storage_class(DType dtype) {
  return dtype_info(dtype).storage_class != nullptr;
}

bool holds(const Tensor&, DType dtype) {
  DTypeClass type_class = dtype_info(dtype).type_class;
  return is_numeric(dtype) && type_class != DTypeClass::kQuantized &&
         dtype_info(dtype).bits >= 8;
}

std::vector<int64_t> strides_of(std::span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

void write_tensor(const Tensor& tensor, DType dtype, std::string_view key,
                  PickleWriter* out) {
  const DTypeInfo& info = dtype_info(dtype);
  bool typed = has_storage_class(dtype);
  out->global("torch._utils",
              typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
  out->op('(');
  out->op('(');
  out->shared_text("storage");
  if (typed) {
    out->global("torch", info.storage_class);
  } else {
    out->global("torch.storage", "UntypedStorage");
  }
  out->text(key);
  out->shared_text("cpu");
  uint64_t elements = tensor.elements();
  out->integer(typed ? elements : elements * info.bits / 8);
  out->op('t');
  out->op('Q');  // The storage of that persistent id.
  out->integer(0);
  out->integers(tensor.shape);
  out->integers(strides_of(tensor.shape));
  out->op('\x89');                            // requires_grad
  out->global("collections", "OrderedDict");  // Backward hooks: none.
  out->op(')');
  out->op('R');
  if (!typed) out->global("torch", info.name);
  out->op('t');
  out->op('R');
}

// The row whose storage a row views.
size_t storage_row(const ExportJob& job, size_t row) {
  uint32_t tied_to = job.tensors[row].tied_to;
  return tied_to == kNoIndex ? row : tied_to;
}

std::string pickle_of(const ExportJob& job) {
  std::vector<std::string> keys;
  size_t storages = 0;
  PickleWriter out;
  out.op('}');
  out.op('(');
  for (size_t i = 0; i < job.tensors.size(); ++i) {
    size_t first = storage_row(job, i);
    keys.push_back(first == i ? std::to_string(storages++) : keys[first]);
    const ExportedTensor& row = job.tensors[i];
    out.text(row.name);
    write_tensor(job.source(row), row.dtype, keys.back(), &out);
  }
  out.op('u');
  return out.finish();
}

void write(ExportJob* job, AtomicFile* file) {
  auto path = [](std::string_view name) {
    return std::string(kFolder).append(name);
  };
  ZipWriter zip(file);
  zip.add(path("data.pkl"), pickle_of(*job));
  zip.add(path("byteorder"), "little");
  size_t storages = 0;
  for (size_t i = 0; i < job->tensors.size(); ++i) {
    if (storage_row(*job, i) != i) continue;
    ExportedTensor& row = job->tensors[i];
    zip.begin(path(fmt::format("data/{}", storages++)), row.size_bytes);
    job->copy_values(&row, [&](auto bytes) { zip.write(bytes); });
    zip.end();
  }
  zip.add(path("version"), "3\n");
  zip.finish();
}

}  // namespace

Writer torch_pt_writer() {
  return {.format = {"pt", ".pt",
                     "a dict for torch.load and torch::pickle_load", false},
          .keeps_ties = true,
          .holds = holds,
          .name_problem = no_name_problem,
          .prepare = nullptr,
          .write = write};
}

}  // namespace tsinspect
