#include "render/tensor_table.h"

#include <algorithm>
#include <array>

#include "base/printable.h"
#include "render/table.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

std::string quantization_note(const Quantization& quantization) {
  if (quantization.scheme.starts_with("per_channel")) {
    std::string scales =
        quantization.scales.empty()
            ? ""
            : ", " + counted(quantization.scales.size(), "scale");
    return fmt::format("per channel on axis {}{}", quantization.axis, scales);
  }
  return fmt::format("scale {}, zero point {}", quantization.scale,
                     quantization.zero_point);
}

std::string no_data_note(const Tensor& tensor) {
  bool says_why = tensor.details && !tensor.details->no_data.empty();
  return says_why ? "no data: " + tensor.details->no_data : "no data";
}

std::string joined_key_path(const Model& model, uint32_t path) {
  std::string text = "key ";
  for (const std::string& step : key_path(model, path)) {
    text += "[" + step + "]";
  }
  return text;
}

// Which columns there are, and what stands in the last one.
class Layout {
 public:
  explicit Layout(const TensorTable& table)
      : model_(table.model),
        ties_(table.ties),
        ambiguous_(ambiguous_tensors(table.model)) {
    size_t trainable = 0, fixed = 0;
    for (uint32_t row : table.rows) {
      const Tensor& tensor = model_.tensors[row];
      // A buffer's role says it already.
      if (!is_buffer(tensor) && tensor.role != Role::kAttribute) {
        trainable += tensor.requires_grad == true;
        fixed += tensor.requires_grad == false;
      }
      std::string_view device = device_of(model_, tensor);
      has_device |= !device.empty() && device != "cpu";
      has_recovered |= tensor.recovered() != nullptr;
      has_notes |= needs_note(row);
    }
    has_grad = trainable > 0 && fixed > 0;
  }

  std::string note(uint32_t row) const {
    if (!needs_note(row)) return {};
    const Tensor& tensor = model_.tensors[row];
    std::string text;
    auto add = [&](const std::string& part) {
      if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
    };
    if (tied(row)) {
      add("= " + name_text(model_.tensors[ties_[row]].display_name()));
    }
    if (is_ambiguous(row) && tensor.path != kNoIndex) {
      add(joined_key_path(model_, tensor.path));
    }
    if (tensor.storage == kNoIndex) add(no_data_note(tensor));
    if (!tensor.details) return text;
    const TensorDetails& details = *tensor.details;
    if (details.quantization) add(quantization_note(*details.quantization));
    if (!details.layout.empty()) {
      add("of " + printable(details.layout) + " " +
          shape_text(details.whole_shape));
    }
    if (!details.python_class.empty()) add(printable(details.python_class));
    if (!details.opaque_type.empty()) add(printable(details.opaque_type));
    if (!details.scale.empty()) add("scale " + printable(details.scale));
    if (!details.zero_point.empty()) {
      add("zero point " + printable(details.zero_point));
    }
    if (details.conjugate) add("conjugate");
    if (details.negative) add("negative");
    return text;
  }

  bool tied(uint32_t row) const {
    return !ties_.empty() && ties_[row] != kNoIndex;
  }

  static std::string name_text(std::string_view name) {
    return name.empty() ? "''" : printable(name);
  }

  bool has_recovered = false;
  bool has_grad = false;
  bool has_device = false;
  bool has_notes = false;

 private:
  bool is_ambiguous(uint32_t row) const {
    return std::binary_search(ambiguous_.begin(), ambiguous_.end(), row);
  }
  // Details that a note tells of.
  static bool has_own_details(const Tensor& tensor) {
    if (!tensor.details) return false;
    const TensorDetails& details = *tensor.details;
    return details.quantization || !details.layout.empty() ||
           !details.python_class.empty() || !details.opaque_type.empty() ||
           !details.scale.empty() || !details.zero_point.empty() ||
           details.conjugate || details.negative;
  }
  bool needs_note(uint32_t row) const {
    const Tensor& tensor = model_.tensors[row];
    return tied(row) || has_own_details(tensor) || tensor.storage == kNoIndex ||
           (is_ambiguous(row) && tensor.path != kNoIndex);
  }

  const Model& model_;
  const std::vector<uint32_t>& ties_;
  std::vector<uint32_t> ambiguous_;
};

// "folded with bn1" of "conv1.weight folded with bn1": the name stands before.
std::string_view named_by(const RecoveredName& recovered) {
  std::string_view detail = recovered.detail;
  if (detail.starts_with(recovered.name + ' ')) {
    detail.remove_prefix(recovered.name.size() + 1);
  }
  return detail;
}

const char* grad_text(const Tensor& tensor) {
  if (!tensor.requires_grad) return "";
  return *tensor.requires_grad ? "yes" : "no";
}

// What a table without rows says instead of nothing.
std::string empty_reason(const TensorTable& table, const Listing& listing) {
  const auto& tensors = table.model.tensors;
  std::string reason = std::string("no ") + listing.noun + "s";
  size_t of_roles = 0;
  std::array<size_t, kRoleCount> of_others{};
  for (const Tensor& tensor : tensors) {
    ++(listing.is_listed(tensor) ? of_roles
                                 : of_others[static_cast<size_t>(tensor.role)]);
  }
  std::string others;
  for (size_t role = 0; role < kRoleCount; ++role) {
    if (of_others[role] == 0) continue;
    others += (others.empty() ? "" : ", ") +
              counted(of_others[role], to_string(static_cast<Role>(role)));
  }
  if (of_roles > 0) {
    return reason + " chosen, of " + counted(of_roles, listing.noun);
  }
  if (tensors.empty()) return "no tensors in this file";
  return fmt::format("{}; {}: see `tsinspect tensors {}`", reason, others,
                     printable(table.model.path));
}

}  // namespace

std::string_view device_of(const Model& model, const Tensor& tensor) {
  if (tensor.storage == kNoIndex) return {};
  return model.storages[tensor.storage].device;
}

void print_tensors(Output& out, const TensorTable& table) {
  const Model& model = table.model;
  Layout layout(table);
  std::vector<Column> columns = {{.title = "name", .shrink = 2}};
  if (layout.has_recovered)
    columns.push_back({.title = "in file", .shrink = 3});
  if (table.role_column) columns.push_back({"role"});
  columns.push_back({"dtype"});
  columns.push_back({"shape"});
  columns.push_back({.title = "elements", .right = true});
  columns.push_back({.title = "size", .right = true});
  if (layout.has_grad) columns.push_back({"requires_grad"});
  if (layout.has_device) columns.push_back({"device"});
  if (!table.hashes.empty()) columns.push_back({"sha256"});
  if (layout.has_recovered) {
    columns.push_back({.title = "named by", .shrink = 4});
  }
  if (layout.has_notes) columns.push_back({.title = "notes", .shrink = 1});

  print_table(out, columns, table.rows.size(), [&](size_t i, Cells& cells) {
    const Tensor& tensor = model.tensors[table.rows[i]];
    const RecoveredName* recovered = tensor.recovered();
    std::string_view name = tensor.display_name();
    name.empty() ? cells.plain("''") : cells.text(name);
    if (layout.has_recovered) cells.text(recovered ? tensor.name : "");
    if (table.role_column) cells.plain(to_string(tensor.role));
    cells.plain(dtype_info(tensor.dtype).name);
    cells.shape(tensor.shape);
    cells.count(tensor.elements());
    cells.size(tensor.size_bytes());
    if (layout.has_grad) cells.plain(grad_text(tensor));
    if (layout.has_device) cells.text(device_of(model, tensor));
    if (!table.hashes.empty()) {
      cells.plain(table.hashes[i].empty() ? "unreadable" : table.hashes[i]);
    }
    if (layout.has_recovered) {
      recovered ? cells.text(named_by(*recovered)) : cells.blank();
    }
    if (layout.has_notes) cells.escaped(layout.note(table.rows[i]));
  });
}

namespace {

// "named by content 2, folded 6": how the names of constants were found, the
// best evidence first.
std::string recovery_text(const TensorTable& table) {
  constexpr std::array kEvidence = {"content",    "transposed", "structure",
                                    "folded",     "part",       "packed",
                                    "call-stack", "consumer",   "object-graph"};
  std::string text;
  uint64_t named = 0, constants = 0;
  for (const char* evidence : kEvidence) {
    uint64_t count = 0;
    for (uint32_t row : table.rows) {
      const RecoveredName* name = table.model.tensors[row].recovered();
      count += name != nullptr && name->evidence == evidence;
    }
    named += count;
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "named by " : ", ", evidence,
                        std::string_view(count_text(count)));
  }
  bool is_frozen = table.model.form == Form::kTorchScriptFrozen;
  for (uint32_t row : table.rows) {
    bool is_constant = table.model.tensors[row].role == Role::kConstant;
    constants += is_frozen && is_constant;
  }
  if (constants > named && named > 0) {
    text += ", not named " +
            std::string(std::string_view(count_text(constants - named)));
  }
  return text;
}

}  // namespace

void print_totals(Output& out, const TensorTable& table,
                  const Listing& listing) {
  if (table.rows.empty()) {
    out.print("{}\n", empty_reason(table, listing));
    return;
  }
  const auto& ties = table.ties;
  uint64_t elements = 0, bytes = 0, tied = 0;
  for (uint32_t row : table.rows) {
    elements += table.model.tensors[row].elements();
    bytes += table.model.tensors[row].size_bytes();
    tied += !ties.empty() && ties[row] != kNoIndex;
  }
  out.print("{}, {}, {}", counted(table.rows.size(), listing.noun),
            counted(elements, "element"), std::string_view(size_text(bytes)));
  if (tied > 0) out.print(" ({} tied)", std::string_view(count_text(tied)));
  out.put('\n');
  std::string recovery = recovery_text(table);
  if (!recovery.empty()) out.print("{}\n", recovery);
  if (*listing.note) out.print("{}\n", listing.note);
}

}  // namespace tsinspect::cli
