// What is different between two models.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tsinspect/limits.h"
#include "tsinspect/model.h"
#include "tsinspect/names.h"

namespace tsinspect {

// Two values are within tolerance if |a - b| <= atol + rtol * |a|: A is the
// reference.
struct Tolerance {
  double atol = 0;
  double rtol = 0;

  bool is_exact() const { return atol == 0 && rtol == 0; }
};

// `atol` instead of the general one, for the tensors whose name matches.
struct NamedTolerance {
  std::string glob;
  double atol;
};

// A name of A, and what B calls it. Each `*` of `from` stands for any
// characters, the first `*` of `to` for what the first of them stood for.
struct NameMap {
  std::string from;
  std::string to;
};

struct DiffOptions {
  // On the names that the models have in common, of tensors, modules and their
  // methods. Objects are not compared if it is not empty.
  NameFilter filter;
  std::vector<std::string> strip_prefixes;  // From names of both that have one.
  std::vector<NameMap> maps;                // The first that fits counts.
  Tolerance tolerance;
  std::vector<NamedTolerance> tolerances;  // The last that matches counts.
  // A NaN in both models at the same place is a difference. If not, it is
  // equal, whatever its bits; NaN in one of them only always is a difference.
  bool nan_differs = false;
  unsigned threads = 0;  // 0: as many as there are cores.
  Limits limits;
  // Called now and then, by any thread, with how many bytes more of A's are
  // settled. May be empty.
  std::function<void(uint64_t bytes)> progress;
};

// How the values of two tensors of one shape differ. Computed in float64, sums
// too, and in long double where 64-bit integers need it; quantised values are
// those they stand for, complex differences are magnitudes. Elements that are
// not finite in both are left out of the means, the SQNR and the cosine.
struct ValueDiff {
  uint64_t elements = 0;
  uint64_t different = 0;   // Elements that are not equal.
  uint64_t beyond = 0;      // Elements out of tolerance.
  uint64_t nan_in_one = 0;  // NaN in one of the two only; counted above, too.
  uint64_t nan_in_both = 0;
  // False for values that are not numbers: only the counts and the place are
  // meaningful then.
  bool has_metrics = true;
  double max_abs = 0;   // Of |a - b|; infinite if an infinity is in one only.
  double max_rel = 0;   // Of |a - b| / |a|; infinite where only a is 0.
  double mean_abs = 0;  // Of |a - b|, over all elements.
  double rmse = 0;      // Root of the mean of |a - b|^2.
  double sqnr_db = 0;   // 10 log10(sum |a|^2 / sum |a - b|^2).
  double cosine = 0;    // sum a b / sqrt(sum |a|^2 * sum |b|^2); NaN if 0 / 0.
  // Where the largest difference is, and the values there as torch prints
  // them: the first NaN that is in one only; else the first largest |a - b|.
  std::vector<int64_t> at;
  std::string a_at;
  std::string b_at;
};

// What is to say of two tensors that belong together.
enum class Change : uint8_t {
  kNone,   // Equal, or within tolerance.
  kValue,  // value
  kDType,  // dtype: and what it does to the values. Also other quantisation.
  kShape,  // shape: the values are not compared.
  kData,   // data: only one of the two has data in its file.
};

const char* to_string(Change change);

// How B has A's values in another order: A cut into the dimensions of
// `shape_a` and those put in another order is B cut into `shape_b`.
struct Layout {
  // "HWIO→OIHW" for what a layer's kernel is known by; "transposed",
  // "transposed (1, 2, 0)", "reshaped"; "transposed, inputs [16, 8]→[8, 16]"
  // where the inputs are a flattened image; "reordered" where the same values
  // stand in no such order, and the rest is empty.
  std::string name;
  std::vector<int64_t> shape_a;
  std::vector<int64_t> shape_b;
  std::vector<int64_t> order;  // Dimension i of B is order[i] of A.
};

struct TensorDiff {
  std::string name;  // The one in common: of B, without prefixes.
  uint32_t a = 0;    // Rows of Model::tensors.
  uint32_t b = 0;
  Change change = Change::kNone;
  // Matched by content, or as another framework's name for it.
  bool renamed = false;
  // Set where B has the values in another order: they were compared so.
  std::optional<Layout> layout;
  // One is a frozen model's constant that was made of the other, by folding or
  // transposing: their values are not compared.
  bool derived = false;
  // Values are equal but not all their bits: -0 and 0, or NaNs.
  bool other_bits = false;
  // Set where values were compared and differ, if only within tolerance or in
  // their bits.
  std::optional<ValueDiff> values;
};

// A tensor that could not be read, and thus not be compared.
struct DiffFailure {
  bool in_b = false;  // The model it is in.
  uint32_t row = 0;
  Error error;
};

// A difference between the objects of two models: the epoch, an optimizer's
// settings.
struct ObjectDiff {
  enum class Kind : uint8_t { kAdded, kRemoved, kChanged };

  Kind kind = Kind::kChanged;
  std::string path;  // Dotted, as lookup() takes it; printable() makes it safe.
  ObjectRef a = kNoObject;  // kNoObject if added.
  ObjectRef b = kNoObject;  // kNoObject if removed.
};

const char* to_string(ObjectDiff::Kind kind);

// The objects of two models side by side.
struct ObjectsDiff {
  std::vector<ObjectDiff> changes;  // In A's order, what B adds last.
  // Whether both have objects, in forms that keep the same ones.
  bool compared = false;
  // False if a bound on the work was met: there may be more changes.
  bool complete = true;
};

// A line of the two versions of a function.
struct CodeLine {
  enum class Kind : uint8_t {
    kSame,
    kRemoved,  // In A only.
    kAdded,    // In B only.
    kSkipped,  // Instead of lines that are in both.
  };

  Kind kind = Kind::kSame;
  std::string text;  // As its file has it; printable() makes it safe.
};

// A method or function whose code differs, or that one of the models has not.
struct MethodDiff {
  // "layer1.conv1.forward", or a qualified name for what is of no module.
  std::string name;
  ObjectDiff::Kind kind = ObjectDiff::Kind::kChanged;
  uint32_t modules = 1;  // That share this code; the name is the first one's.
  // Of a changed one: what differs, with some lines around. Empty where that
  // takes too much work, or where the source cannot be read.
  std::vector<CodeLine> lines;
};

// A hyper-parameter: a constant of a module's class, or an argument of the
// operator that is left of a layer in a frozen model. Values are source text.
struct SettingDiff {
  std::string where;  // "layer1.conv1", or a layer's name: "conv2d_1".
  std::string name;   // "stride"
  // Unset where the class has no such constant; the layer, its default.
  std::optional<std::string> a, b;
  bool of_layer = false;
};

struct ModuleDiff {
  std::string path;  // The one in common.
  ObjectDiff::Kind kind = ObjectDiff::Kind::kChanged;
  std::string a, b;  // Its classes; empty where there is no module.
};

// Two TorchScript programs side by side. What LibTorch makes up is no
// difference: names of variables, numbers in names of classes, of constants.
struct CodeDiff {
  std::vector<ModuleDiff> modules;    // In A's order, what B adds last.
  std::vector<SettingDiff> settings;  // By module in that order.
  std::vector<MethodDiff> methods;    // Those of modules, then all others.
  uint64_t compared_methods = 0;      // Of both models, equal ones too.
  // Whether both files have source.
  bool compared = false;
  // False if a bound on the work was met: there may be more differences.
  bool complete = true;

  // True, too, where nothing was compared; not where there may be differences.
  bool same() const {
    return complete && modules.empty() && settings.empty() && methods.empty();
  }
};

// Tensors that only one of the models has because it, or the other, is frozen.
// They are no differences.
struct Absorbed {
  bool is_frozen = false;  // One looks like the other after freezing.
  bool frozen_is_a = false;
  // Rows of the original's tensors that have no constant of their own: folded
  // into others, another name of one that has, or counts of batches, which
  // inference does not need.
  std::vector<uint32_t> originals;
  // Rows of the frozen model's tensors that freezing or tracing made: biases of
  // layers that had none, parts of tensors, numbers of the code.
  std::vector<uint32_t> made;
};

// Tensors that only one of two models of different forms has because of its
// form: the numbers and texts in a graph, counts of batches, TensorFlow's
// texts about a checkpoint. They are no differences. Rows of the models'
// tensors.
struct FormsOwn {
  std::vector<uint32_t> a;
  std::vector<uint32_t> b;
};

struct Diff {
  std::vector<TensorDiff> pairs;  // In A's order, equal ones too.
  std::vector<uint32_t> added;    // Rows of B's tensors, in B's order.
  std::vector<uint32_t> removed;  // Rows of A's.
  Absorbed absorbed;
  FormsOwn forms_own;
  std::vector<std::string> added_names;  // As in common, for each of `added`.
  std::vector<std::string> removed_names;
  // "module.": what the names of a model had stripped, because more of them
  // match without.
  std::string wrapper_a;
  std::string wrapper_b;
  ObjectsDiff objects;  // Without modules that differ: `code` has them.
  CodeDiff code;
  std::vector<DiffFailure> failures;

  // Nothing is different but what a tolerance allows and names that the
  // options or a wrapper explain. Failures are not differences.
  bool same() const;
};

// Matches the tensors of the two models by name, what is left by content, and
// compares them. Equal bytes are settled without decoding them; a tolerance
// that is not zero forgives another dtype. Memory does not grow with the
// tensors. The result does not depend on the number of threads. Objects and
// TorchScript programs are compared, too, where both models have them.
//
// A tensor whose bytes cannot be read is among `failures`.
Diff diff(const Model& a, const Model& b, const DiffOptions& options = {});

// Only the objects, without tensors and the bytes they view. Work and result
// are bounded, whatever the graphs.
ObjectsDiff diff_objects(const Model& a, const Model& b);

}  // namespace tsinspect
