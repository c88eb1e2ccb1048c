#include "render/model_json.h"

namespace tsinspect::cli {
namespace {

template <typename T>
void write_list(Json& json, const char* name, const std::vector<T>& values) {
  json.key(name);
  json.begin_array();
  for (const T& value : values) json.value(value);
  json.end_array();
}

void write_quantization(Json& json, const Quantization& quantization) {
  json.key("quantization");
  json.begin_object();
  json.member("scheme", quantization.scheme);
  if (quantization.scheme.starts_with("per_channel")) {
    json.member("axis", quantization.axis);
    write_list(json, "scales", quantization.scales);
    write_list(json, "zero_points", quantization.zero_points);
  } else {
    json.member("scale", quantization.scale);
    json.member("zero_point", quantization.zero_point);
  }
  json.end_object();
}

void write_recovered(Json& json, const RecoveredName& recovered) {
  json.member("recovered_name", recovered.name);
  json.key("evidence");
  json.begin_object();
  json.member("by", recovered.evidence);
  json.member("detail", recovered.detail);
  if (!recovered.also.empty()) write_list(json, "also", recovered.also);
  if (!recovered.folded.empty()) write_list(json, "folded", recovered.folded);
  if (!recovered.op.empty()) {
    json.member("operator", recovered.op);
    json.member("argument", recovered.argument);
    json.member("record", recovered.record);
    json.member("offset", recovered.offset);
  }
  json.end_object();
}

void write_details(Json& json, const TensorDetails& details) {
  if (details.recovered) write_recovered(json, *details.recovered);
  if (details.quantization) write_quantization(json, *details.quantization);
  if (!details.layout.empty()) {
    json.member("layout", details.layout);
    json.member("whole_shape", details.whole_shape);
  }
  if (!details.python_class.empty()) {
    json.member("class", details.python_class);
  }
  if (!details.opaque_type.empty()) {
    json.member("opaque_type", details.opaque_type);
  }
  if (!details.no_data.empty()) json.member("no_data", details.no_data);
  if (!details.scale.empty()) json.member("scale", details.scale);
  if (!details.zero_point.empty()) {
    json.member("zero_point", details.zero_point);
  }
  if (details.conjugate) json.member("conjugate", true);
  if (details.negative) json.member("negative", true);
}

void write_finding(Json& json, const Finding& finding) {
  json.begin_object();
  json.member("rule", finding.rule);
  json.member("severity", to_string(finding.severity));
  json.member("where", finding.where);
  json.member("message", finding.message);
  json.end_object();
}

}  // namespace

void write_tensor(Json& json, const Model& model, const Tensor& tensor) {
  json.member("name", tensor.name);
  json.member("role", to_string(tensor.role));
  json.member("dtype", dtype_info(tensor.dtype).name);
  json.member("shape", tensor.shape);
  json.member("strides", tensor.strides);
  json.key("requires_grad");
  if (tensor.requires_grad) {
    json.value(*tensor.requires_grad);
  } else {
    json.null();
  }
  json.member("elements", tensor.elements());
  json.member("bytes", tensor.size_bytes());
  bool stored = tensor.storage != kNoIndex;
  json.key("storage");
  if (stored) {
    json.value(tensor.storage);
    json.member("storage_offset", tensor.storage_offset);
  } else {
    json.null();
  }
  json.key("device");
  if (stored && !model.storages[tensor.storage].device.empty()) {
    json.value(model.storages[tensor.storage].device);
  } else {
    json.null();
  }
  json.key("key_path");
  if (tensor.path == kNoIndex) {
    json.null();
  } else {
    json.begin_array();
    for (const std::string& step : key_path(model, tensor.path)) {
      json.value(step);
    }
    json.end_array();
  }
  if (tensor.details) write_details(json, *tensor.details);
}

void write_findings(Json& json, const Model& model,
                    std::span<const Finding> more) {
  json.key("findings");
  json.begin_array();
  for (const Finding& finding : model.findings) write_finding(json, finding);
  for (const Finding& finding : more) write_finding(json, finding);
  json.end_array();
}

}  // namespace tsinspect::cli
