#include "base/printable.h"
#include "render/tensor_table.h"
#include "render/text.h"

namespace tsinspect::cli {

std::string csv_field(std::string_view text) {
  std::string safe = printable(text);
  if (safe.find_first_of(",\" \r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void print_csv(Report& report, const TensorTable& table) {
  Output& out = report.out;
  bool several = report.count > 1;
  bool hashes = !table.hashes.empty();
  if (report.index == 0) {
    out.print(
        "{}name,role,dtype,shape,strides,requires_grad,elements,bytes,storage,"
        "device,recovered_name,evidence{}\r\n",
        several ? "file," : "", hashes ? ",sha256" : "");
  }
  std::string file = several ? csv_field(report.file) + ',' : "";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const Tensor& tensor = table.model.tensors[table.rows[i]];
    out.print("{}{},{},{},{},{},", file, csv_field(tensor.name),
              to_string(tensor.role), dtype_info(tensor.dtype).name,
              csv_field(shape_text(tensor.shape)),
              csv_field(shape_text(tensor.strides)));
    if (tensor.requires_grad) out.print("{}", *tensor.requires_grad);
    out.print(",{},{},", tensor.elements(), tensor.size_bytes());
    if (tensor.storage != kNoIndex) out.print("{}", tensor.storage);
    out.print(",{}", csv_field(device_of(table.model, tensor)));
    const RecoveredName* recovered = tensor.recovered();
    out.print(",{},{}", recovered ? csv_field(recovered->name) : "",
              recovered ? recovered->evidence : "");
    if (hashes) out.print(",{}", table.hashes[i]);
    out.text("\r\n");
  }
}

}  // namespace tsinspect::cli
