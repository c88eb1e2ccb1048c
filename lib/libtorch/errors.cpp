#include "libtorch/errors.h"

#include <algorithm>
#include <optional>

#include "base/printable.h"
#include "libtorch/torch.h"

namespace tsinspect {
namespace {

std::string raw_message(const std::exception& error) {
  if (auto* c10_error = dynamic_cast<const c10::Error*>(&error)) {
    return c10_error->what_without_backtrace();
  }
  return error.what();
}

// Takes out where an assertion is in LibTorch's own source, and the request to
// report it, which are for LibTorch's developers.
void drop_assertion(std::string* message) {
  constexpr std::string_view kBegin = " INTERNAL ASSERT FAILED at ";
  constexpr std::string_view kEnd = "please report a bug to PyTorch. ";
  size_t begin = message->find(kBegin);
  size_t end = message->find(kEnd);
  if (begin == message->npos || end == message->npos || end < begin) return;
  begin = message->rfind('\n', begin) + 1;
  message->erase(begin, end + kEnd.size() - begin);
}

// Without blanks and lone colons around it.
void trim(std::string* text) {
  constexpr const char* kBlanks = " \n\t:";
  size_t end = text->find_last_not_of(kBlanks);
  text->resize(end == text->npos ? 0 : end + 1);
  text->erase(0, std::min(text->find_first_not_of(kBlanks), text->size()));
}

// What the interpreter throws:
//
//   The following operation failed in the TorchScript interpreter.
//   Traceback of TorchScript, serialized code (most recent call last):
//     File "code/__torch__.py", line 15, in forward
//     …
//   RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)
//
// and what a function of it that was called in C++ throws, which begins with
// the traceback.
//
// Source: InterpreterStateImpl::handleError in torch/csrc/jit/runtime.
struct Traceback {
  std::string reason;  // "mat1 and …", or "builtins.ValueError: …".
  std::string block;   // The traceback.
};

constexpr std::string_view kInterpreter =
    "The following operation failed in the TorchScript interpreter.\n";
constexpr std::string_view kRuntimeError = "RuntimeError: ";

// The line behind the traceback: the first that is neither indented nor a
// heading.
size_t reason_begin(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    bool is_block = end == at || text[at] == ' ' ||
                    text.compare(at, 9, "Traceback") == 0 || text[at] == '\t' ||
                    text[at] == '~';
    if (!is_block) return at;
    at = end + 1;
  }
  return text.npos;
}

// Where source lines begin at the margin, too, what the traceback ends with is
// told by its own word.
std::optional<Traceback> split_traceback(std::string message) {
  if (!message.starts_with(kInterpreter)) return std::nullopt;
  message.erase(0, kInterpreter.size());
  size_t last_mark = message.rfind("<--- HERE");
  size_t from = last_mark == message.npos ? 0 : message.find('\n', last_mark);
  if (from == message.npos) return std::nullopt;
  size_t begin = message.find("\n" + std::string(kRuntimeError), from);
  begin = begin == message.npos ? reason_begin(message.substr(from))
                                : begin + 1 - from;
  if (begin == message.npos) return std::nullopt;
  Traceback result = {message.substr(from + begin),
                      message.substr(0, from + begin)};
  if (result.reason.starts_with(kRuntimeError)) {
    result.reason.erase(0, kRuntimeError.size());
  }
  return result;
}

// The same of a message that has places in the source behind it: what the
// compiler says.
Traceback split_lines(std::string message) {
  size_t end = message.find('\n');
  if (end == message.npos) return {message, ""};
  return {message.substr(0, end), message.substr(end + 1)};
}

// Each line with two spaces before it, without blank ones and lone colons.
std::string indented(const std::string& block) {
  std::string result;
  for (size_t at = 0; at < block.size();) {
    size_t end = std::min(block.find('\n', at), block.size());
    std::string line = block.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t:") == line.npos) continue;
    line.resize(line.find_last_not_of(" \t") + 1);
    result += "\n  " + printable_lines(line);
  }
  return result;
}

}  // namespace

std::string libtorch_message(const std::exception& error) {
  std::string message = raw_message(error);
  drop_assertion(&message);
  trim(&message);
  auto parts = split_traceback(message);
  if (!parts) parts = split_lines(message);
  trim(&parts->reason);
  if (parts->reason.empty()) parts->reason = "LibTorch gives no reason";
  return indented(parts->reason).substr(3) + indented(parts->block);
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
