#include "libtorch/providers.h"

namespace tsinspect {
namespace {

struct Row {
  std::string_view space;  // The namespace of the operator or class.
  std::string_view provider;
};

constexpr Row kRows[] = {
    {"torchvision", "libtorchvision (torchvision's _C.so)"},
    {"image", "torchvision's image.so"},
    {"video_reader", "torchvision's video_reader.so"},
    {"torchaudio", "libtorchaudio (torchaudio's lib/libtorchaudio.so)"},
    {"torchaudio_sox", "torchaudio's lib/libtorchaudio_sox.so"},
    {"torchtext", "libtorchtext (torchtext's lib/libtorchtext.so)"},
    {"torch_scatter", "torch_scatter's _scatter_cpu.so and its neighbours"},
    {"torch_sparse", "torch_sparse's _spmm_cpu.so and its neighbours"},
    {"torch_cluster", "torch_cluster's _knn_cpu.so and its neighbours"},
    {"torch_spline_conv", "torch_spline_conv's _basis_cpu.so"},
    {"pyg", "pyg-lib's libpyg.so"},
    {"torchcsprng", "torchcsprng's _C.so"},
    {"fbgemm", "fbgemm_gpu_py.so (pip install fbgemm-gpu)"},
    {"detectron2", "detectron2's _C.so"},
    {"torchao", "torchao's _C.so"},
    {"tensorrt", "libtorchtrt_runtime.so (torch_tensorrt)"},
    {"torch_ipex", "libintel-ext-pt-cpu.so (intel-extension-for-pytorch)"},
    {"ipex_prepack", "libintel-ext-pt-cpu.so (intel-extension-for-pytorch)"},
    {"neuron", "libtorchneuron.so (torch-neuron)"},
    {"neuronx", "libtorchneuron.so (torch-neuronx)"},
    {"habana", "Habana's SynapseAI bridge for PyTorch"},
    {"xla", "torch_xla's _XLAC.so"},
    {"mmcv", "mmcv's TorchScript operators (mmdeploy)"},
    {"mmdeploy", "libmmdeploy_torchscript_ops.so (mmdeploy)"},
    {"vllm", "vllm's _C.so"},
    {"_C", "vllm's _C.so"},
    {"horovod", "horovod's mpi_lib_v2.so"},
    {"onnxruntime_extensions", "onnxruntime-extensions"},
    {"llama", "executorch's custom operators"},
    {"executorch", "executorch's custom operators"},
    {"torchrec", "torchrec's operators, of fbgemm-gpu"},
    {"natten", "natten's libnatten.so"},
    {"metatensor", "libmetatensor_torch.so (metatensor-torch)"},
    {"nvidia", "NVIDIA's own operators"},
};

constexpr std::string_view kClasses = "__torch__.torch.classes.";

std::string_view namespace_of(std::string_view name) {
  if (name.starts_with(kClasses)) {
    name.remove_prefix(kClasses.size());
    return name.substr(0, name.find('.'));
  }
  return name.substr(0, name.find("::"));
}

}  // namespace

std::string_view provider_of(std::string_view name) {
  std::string_view space = namespace_of(name);
  for (const Row& row : kRows) {
    if (row.space == space) return row.provider;
  }
  return {};
}

}  // namespace tsinspect
