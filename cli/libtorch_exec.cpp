#include "libtorch_exec.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace tsinspect::cli {
namespace {

std::string parent(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

}  // namespace

std::string libtorch_executable(const std::string& self) {
  return parent(parent(self)) + "/libexec/tsinspect/tsinspect-libtorch";
}

std::string exec_libtorch(char** argv) {
  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length < 0) return "cannot find its own executable in /proc";
  std::string path =
      libtorch_executable(std::string(self, static_cast<size_t>(length)));
  execv(path.c_str(), argv);
  return "this command runs models, which needs the LibTorch half of "
         "tsinspect: " +
         path + ": " + std::strerror(errno);
}

}  // namespace tsinspect::cli
