#include "libtorch/errors.h"

#include "libtorch/torch.h"

namespace tsinspect {

std::string libtorch_message(const std::exception& error) {
  std::string message;
  if (auto* c10_error = dynamic_cast<const c10::Error*>(&error)) {
    message = c10_error->what_without_backtrace();
  } else {
    message = error.what();
  }
  return message.empty() ? "LibTorch gives no reason" : message;
}

void translate_errors(ErrorKind kind, const char* doing,
                      const std::function<void()>& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(kind, std::string(doing) + ": " + libtorch_message(error));
  }
}

}  // namespace tsinspect
