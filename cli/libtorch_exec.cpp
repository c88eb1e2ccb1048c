#include "libtorch_exec.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>

#include "base/printable.h"

namespace tsinspect::cli {
namespace {

std::string parent(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

// The rest of the next line, if that begins with `word` and a space.
std::string line_after(std::istream& lines, const std::string& word) {
  std::string line;
  std::getline(lines, line);
  bool fits = line.starts_with(word + " ");
  return fits ? line.substr(word.size() + 1) : "";
}

}  // namespace

LibtorchProgram find_libtorch_program(const std::string& self) {
  LibtorchProgram result;
  result.path = parent(parent(self)) + "/libexec/tsinspect/tsinspect-libtorch";
  if (access(result.path.c_str(), X_OK) != 0) {
    result.problem = result.path + ": " + std::strerror(errno);
    return result;
  }
  std::ifstream lines(result.path + ".version");
  std::string version = line_after(lines, "tsinspect");
  result.libtorch_version = line_after(lines, "LibTorch");
  if (version.empty() || result.libtorch_version.empty()) {
    result.problem = result.path + ".version does not say what it is of";
  } else if (version != TSINSPECT_VERSION) {
    result.problem = result.path + " is of tsinspect " + printable(version) +
                     ", and this is " TSINSPECT_VERSION;
  }
  return result;
}

LibtorchProgram find_libtorch_program() {
  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length < 0) {
    return {.problem = "cannot find its own executable in /proc"};
  }
  return find_libtorch_program(std::string(self, static_cast<size_t>(length)));
}

std::string exec_libtorch(char** argv) {
  LibtorchProgram program = find_libtorch_program();
  if (program.problem.empty()) {
    execv(program.path.c_str(), argv);
    program.problem = program.path + ": " + std::strerror(errno);
  }
  return "this command needs the LibTorch half of tsinspect: " +
         program.problem;
}

}  // namespace tsinspect::cli
