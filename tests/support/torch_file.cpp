#include "support/torch_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "format/temp_folder.h"
#include "support/zip_builder.h"
#include "tsinspect/values.h"

namespace tsinspect {

std::string torch_zip(const pkl::Code& value, const NamedBytes& storages) {
  std::vector<ZipRecord> records = {{"archive/data.pkl", pkl::pickle(value)}};
  for (const auto& [key, bytes] : storages) {
    records.push_back({"archive/data/" + key, bytes});
  }
  records.push_back({"archive/version", "3\n"});
  return build_zip(records);
}

Model opened(std::string_view bytes) {
  TempFolder folder;
  return open_model(folder.add("m", bytes));
}

std::vector<std::string> tensor_lines(const Model& model) {
  std::vector<std::string> lines;
  for (const Tensor& t : model.tensors) {
    std::string storage =
        t.storage == kNoIndex ? "none" : std::to_string(t.storage);
    lines.push_back(
        fmt::format("{} {} {} [{}] [{}]+{} @{}{}", t.name, to_string(t.role),
                    dtype_info(t.dtype).name, fmt::join(t.shape, ","),
                    fmt::join(t.strides, ","), t.storage_offset, storage,
                    t.requires_grad.value_or(false) ? " grad" : ""));
  }
  return lines;
}

std::vector<std::string> module_lines(const Model& model) {
  std::vector<std::string> lines;
  for (const Module& module : model.modules) {
    std::string line = module.path + ": " + module.type;
    if (module.training) line += *module.training ? " training" : " eval";
    lines.push_back(line);
  }
  return lines;
}

std::string value_bytes(const Model& model, const Tensor& tensor) {
  std::string bytes;
  read_values(model, tensor, [&](std::span<const std::byte> piece) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return bytes;
}

std::string value_bytes(const Model& model, size_t row) {
  return value_bytes(model, model.tensors.at(row));
}

}  // namespace tsinspect
