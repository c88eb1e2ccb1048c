#include "libtorch/raw_archive.h"

#include <unordered_map>

namespace tsinspect {
namespace {

// Stands in for the types a pickle names: what is in them is not asked.
class Types {
 public:
  c10::StrongTypePtr find(const c10::QualifiedName& name) {
    std::string text = name.qualifiedName();
    auto any = c10::AnyType::get();
    if (text.rfind("List[", 0) == 0) {
      return {unit_, c10::ListType::create(any)};
    }
    if (text.rfind("Dict[", 0) == 0) {
      return {unit_, c10::DictType::create(any, any)};
    }
    c10::ClassTypePtr& type = classes_[text];
    if (type == nullptr) {
      type = c10::ClassType::create(name, unit_);
      type->addAttribute("(state)", any);
    }
    return {unit_, type};
  }

 private:
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::unordered_map<std::string, c10::ClassTypePtr> classes_;
};

}  // namespace

c10::IValue read_raw(const std::string& path, const std::string& name,
                     const std::string& folder) {
  caffe2::serialize::PyTorchStreamReader archive(path);
  Types types;
  torch::jit::TypeResolver find_type = [&](const c10::QualifiedName& type) {
    return types.find(type);
  };
  torch::jit::ObjLoader make_object = [](const c10::StrongTypePtr& type,
                                         c10::IValue state) {
    auto object = c10::ivalue::Object::create(type, 1);
    object->setSlot(0, std::move(state));
    return object;
  };
  return torch::jit::readArchiveAndTensors(
      name, "", folder, find_type, make_object, at::Device(at::kCPU), archive);
}

c10::IValue read_plain(const std::string& path, const std::string& name) {
  caffe2::serialize::PyTorchStreamReader archive(path);
  return torch::jit::readArchiveAndTensors(name, "", "", {}, {},
                                           at::Device(at::kCPU), archive);
}

}  // namespace tsinspect
