#include <algorithm>

#include "base/printable.h"
#include "render/model_json.h"
#include "render/node.h"
#include "render/objects.h"
#include "render/text.h"
#include "render/values.h"
#include "report.h"
#include "tensor_names.h"
#include "tsinspect/object_tree.h"

namespace tsinspect::cli {
namespace {

struct ShowOptions {
  std::string file;
  std::string name;
  bool json = false;
  bool full = false;
  std::optional<uint64_t> precision;
  std::string names_from;

  ValueStyle style() const {
    return {static_cast<int>(std::min<uint64_t>(precision.value_or(4), 64)),
            full};
  }
};

// What a NAME turned out to mean: tensors (several where the file uses a name
// twice) and what to take of them, or an object.
struct Target {
  std::vector<uint32_t> tensors;
  std::string slice;  // With its brackets; empty for the whole.
  ObjectRef object = kNoObject;
  std::optional<GraphThing> thing = {};
};

Target top_of(const Model& model) {
  auto bare = tensors_named(model, "");
  if (!bare.empty()) return {bare, "", kNoObject};
  if (model.root != kNoObject) return {{}, "", model.root};
  if (model.tensors.size() == 1) return {{0}, "", kNoObject};
  if (auto main = find_in_graphs(model, "main")) {
    return {{}, "", kNoObject, main};
  }
  throw Error(ErrorKind::kNotFound,
              "this file has tensors only, and no one is named; `tsinspect "
              "tensors` lists them");
}

Target find_target(const Model& model, const std::string& name) {
  if (name.empty()) return top_of(model);
  auto exact = tensors_named(model, name);
  if (!exact.empty()) return {exact, "", kNoObject};
  // A name may hold brackets itself, so each could begin the slice.
  if (name.ends_with(']')) {
    for (size_t at = name.rfind('['); at != std::string::npos;
         at = at == 0 ? std::string::npos : name.rfind('[', at - 1)) {
      auto rows = tensors_named(model, name.substr(0, at));
      if (!rows.empty()) return {rows, name.substr(at), kNoObject};
    }
  }
  if (auto thing = find_in_graphs(model, name)) {
    return {{}, "", kNoObject, thing};
  }
  ObjectRef object = lookup(model.objects, model.root, name);
  if (object == kNoObject) fail_not_found(model, name);
  return {{}, "", object};
}

void print_tensor(const Model& model, const Tensor& tensor,
                  const Target& target, const ShowOptions& options,
                  Output& out) {
  Slice slice = slice_of(tensor, target.slice);
  std::string name = tensor.name.empty() && target.slice.empty()
                         ? "''"
                         : printable(tensor.display_name()) + target.slice;
  std::string key;
  if (target.tensors.size() > 1 && tensor.path != kNoIndex) {
    key = " at ";
    for (const std::string& step : key_path(model, tensor.path)) {
      key += '[' + step + ']';
    }
  }
  out.print("{}: {} {}{}\n", name, dtype_info(tensor.dtype).name,
            shape_text(slice.shape()), key);
  print_values(out, model, tensor, slice, options.style());
}

void write_tensor_values(const Model& model, const Tensor& tensor,
                         const Target& target, const ShowOptions& options,
                         Json& json) {
  Slice slice = slice_of(tensor, target.slice);
  json.begin_object();
  write_tensor(json, model, tensor);
  if (!target.slice.empty()) {
    json.member("slice", target.slice);
    json.member("slice_shape", slice.shape());
  }
  json.key("values");
  bool complete = write_values(json, model, tensor, slice, options.style());
  json.member("truncated", !complete);
  json.end_object();
}

void print_text(const Model& model, const Target& target,
                const ShowOptions& options, Output& out) {
  if (target.thing) return print_thing(out, model, *target.thing, options.full);
  if (target.object != kNoObject) {
    return print_object(out, model.objects, target.object, options.full);
  }
  for (uint32_t row : target.tensors) {
    print_tensor(model, model.tensors[row], target, options, out);
  }
}

void print_json(const Model& model, const Target& target,
                const ShowOptions& options, Json& json) {
  if (target.thing) {
    if (target.thing->signature == nullptr) json.member("name", options.name);
    return write_thing(json, model, *target.thing);
  }
  json.member("name", options.name);
  if (target.object != kNoObject) {
    json.member("kind", type_name(model.objects, target.object));
    json.key("value");
    bool complete =
        write_object(json, model.objects, target.object, options.full);
    return json.member("truncated", !complete);
  }
  json.key("tensors");
  json.begin_array();
  for (uint32_t row : target.tensors) {
    write_tensor_values(model, model.tensors[row], target, options, json);
  }
  json.end_array();
}

Action setup(Options* options) {
  auto values = std::make_shared<ShowOptions>();
  *options = {
      {.name = "FILE",
       .value = "",
       .help = "Model file, or a folder that holds one",
       .target = &values->file,
       .required = true},
      {"NAME", "", "Tensor, with a NumPy slice if you like, object or node",
       &values->name},
      {"--json", "", "Print one JSON object", &values->json},
      {"--full", "", "Everything, however long", &values->full},
      {"--precision", "N", "Digits behind the point (4)", &values->precision},
      names_from_option(&values->names_from),
  };
  return [values](Output& out) {
    FileOptions files = {{values->file}, values->json, values->names_from};
    return for_each_model(files, out, [&](const Model& model, Report& report) {
      Target target = find_target(model, values->name);
      if (report.json) {
        print_json(model, target, *values, *report.json);
      } else {
        print_text(model, target, *values, report.out);
      }
    });
  };
}

}  // namespace

Command show_command() {
  return {"show", "One tensor's values, one object, or a graph's node",
          "  tsinspect show model.pt layer1.0.conv1.weight\n"
          "  tsinspect show model.pt 'layer1.0.conv1.weight[0, :, ::2]'\n"
          "  tsinspect show checkpoint.pt hyper_parameters\n"
          "  tsinspect show checkpoint.pt optimizer.param_groups.0.lr\n"
          "  tsinspect show model.onnx /layer1/conv1/Conv\n",
          setup};
}

}  // namespace tsinspect::cli
