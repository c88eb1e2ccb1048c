// The TorchScript source of an archive: finding a part of it by name, and
// saying what its constants are and which Python it was made from.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tsinspect/layers.h"
#include "tsinspect/limits.h"
#include "tsinspect/model.h"

namespace tsinspect {

namespace torchscript {
class DebugRecord;
}

// A class of a record of source. The views are into the model.
struct CodeClass {
  std::string_view name;  // Qualified: "__torch__.models.Net".
  std::string_view kind;  // "Module", "NamedTuple", …: its base; may be empty.
  std::vector<std::string_view> methods;  // Those that are hooks are last.
};

// One record of source, `code/**.py`. The views are into the model.
struct CodeRecord {
  std::string_view name;  // As the archive has it.
  std::string_view text;
  std::vector<CodeClass> classes;
  std::vector<std::string> functions;  // Qualified; those of no class.
};

// All source of a model, in the order of its records. Throws
// Error(kUnsupported) for a model that can have none, and Error(kNotFound) for
// one that has none.
std::vector<CodeRecord> code_records(const Model& model);

// A class, function, method or record.
struct CodePart {
  std::string name;       // Qualified; of a record, as the archive has it.
  CodePlace place;        // Where it begins.
  std::string_view text;  // Whole lines. A view into the model.
};

// What a user calls `name`: a record ("code/__torch__/models.py"), a qualified
// name or its end ("__torch__.models.Net.forward", "Net", "functional.relu";
// `___torch_mangle_3` may be left out), a module's path, which stands for its
// class ("layer1.conv1"), or that and a method ("layer1.conv1.forward";
// "forward" of the root). Throws as code_records() does, and Error(kNotFound),
// which says what was meant or could be, for what is none or several of those.
CodePart find_code(const Model& model, std::string_view name);

// Something to say about a line of code.
struct CodeNote {
  // Where the line begins that the note stands above, or ends that it stands
  // behind; in bytes of the text.
  uint32_t offset = 0;
  bool above = false;
  std::string text;  // As it is in the file: not fit for a terminal.
};

// What a model's constants are, for whoever reads code that uses them.
class ConstantNotes {
 public:
  // The model must outlive this.
  explicit ConstantNotes(const Model& model);

  // Behind each line of `text` that uses constants, what they are:
  // "c0: conv1.weight float32 [8, 3, 3, 3]".
  std::vector<CodeNote> notes(std::string_view text) const;

 private:
  std::string describe(std::string_view name) const;

  const Model& model_;
  std::unordered_map<std::string_view, uint32_t> rows_;  // By "CONSTANTS.c0".
};

// A call on the stack of Python calls that traced some code.
struct Frame {
  std::string file;
  uint64_t line = 0;
  std::string function;
};

// The Python that some code was made from.
struct Origin {
  uint64_t offset = 0;       // Where the code begins, in bytes of its record.
  std::string file;          // As recorded; empty if it is not.
  uint64_t line = 0;         // From 1; 0 for code that nothing is known of.
  std::string text;          // That line; empty for traced code.
  std::vector<Frame> stack;  // Of traced code, the innermost call first.
};

// What the debug record of a code record says. Nothing else reads debug
// records, which are larger than the code.
class CodeOrigins {
 public:
  // None, if the model has no such debug record. Throws Error for one that
  // cannot be read.
  CodeOrigins(const Model& model, std::string_view code_record,
              const Limits& limits = {});
  CodeOrigins(CodeOrigins&&) noexcept;
  ~CodeOrigins();

  // Stretches of code, in order; each goes on up to the next one.
  size_t size() const;
  uint64_t offset(size_t index) const;

  // What one of them was made from. Throws Error(kLimit) once all that was
  // given is more than Limits::metadata_bytes allow: the file shares it.
  Origin at(size_t index);

  // Of all that was given, the first absolute path of a file, if possible one
  // below somebody's home; empty if there is none.
  const std::string& absolute_path() const { return absolute_path_; }

 private:
  void keep_path(const std::string& file);

  std::unique_ptr<const torchscript::DebugRecord> record_;
  uint64_t bytes_left_;
  std::string absolute_path_;
};

// The first and behind the last of the stretches that a part touches.
std::pair<size_t, size_t> origins_of(const CodeOrigins& origins,
                                     const CodePart& part);

// Above each line of a part that was made from another line of Python than the
// one before: "models.py:20: return self.head(x)"; of traced code, where the
// innermost call stands that is not torch.nn.Module's own:
// "models.py:20: forward".
std::vector<CodeNote> origin_notes(CodeOrigins* origins, const CodePart& part);

// That files name paths of the machine they were saved on; `path` is one.
Finding path_finding(const std::string& path);

}  // namespace tsinspect
