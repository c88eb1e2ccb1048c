#include "options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "base/printable.h"

namespace tsinspect::cli {
namespace {

// CLI11's own conversion takes "-1" and octal.
uint64_t parse_number(const Option& option, const std::string& text) {
  uint64_t value;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return value;
  throw UsageError{fmt::format("{} needs a number, not {}", option.name,
                               tsinspect::quoted(text))};
}

CLI::Option* add(CLI::App* app, const Option& option) {
  if (auto* flag = std::get_if<bool*>(&option.target)) {
    return app->add_flag(option.name, **flag);
  }
  if (auto* text = std::get_if<std::string*>(&option.target)) {
    return app->add_option(option.name, **text);
  }
  if (auto* number = std::get_if<std::optional<uint64_t>*>(&option.target)) {
    return app->add_option_function<std::string>(
        option.name, [&option, target = *number](const std::string& text) {
          *target = parse_number(option, text);
        });
  }
  auto* texts = std::get<std::vector<std::string>*>(option.target);
  // One value for each time the option is given, not all that follow.
  CLI::Option* added = app->add_option(option.name, *texts);
  if (option.value.starts_with('[')) {
    added->expected(0, 1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  return added->allow_extra_args(option.is_argument());
}

// CLI11 takes "[a,b]" for two values; with this before it, for one.
constexpr char kGuard = '\1';

void guard(std::vector<std::string>* args) {
  for (std::string& arg : *args) {
    if (arg.starts_with('[')) arg.insert(0, 1, kGuard);
  }
}

void unguard(const Option& option) {
  auto strip = [](std::string& text) {
    if (text.starts_with(kGuard)) text.erase(0, 1);
  };
  if (auto* text = std::get_if<std::string*>(&option.target)) strip(**text);
  if (auto* texts = std::get_if<std::vector<std::string>*>(&option.target)) {
    for (std::string& text : **texts) strip(text);
  }
}

// CLI11's sentence as ours: one line, no full stop.
std::string one_line(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  while (!message.empty() && (message.back() == '.' || message.back() == ' ')) {
    message.pop_back();
  }
  return message;
}

bool repeats(const Option& option) {
  return std::holds_alternative<std::vector<std::string>*>(option.target);
}

std::string left_column(const Option& option) {
  if (option.value.empty()) return option.name;
  return option.name + " " + option.value;
}

}  // namespace

bool parse_options(const Options& options, std::vector<std::string> args) {
  CLI::App app;
  for (const Option& option : options) {
    CLI::Option* added = add(&app, option);
    added->required(option.required);
    if (!option.choices.empty()) {
      added->check(CLI::IsMember(option.choices));
    }
  }
  guard(&args);
  std::reverse(args.begin(), args.end());  // As CLI11 wants a vector.
  try {
    app.parse(std::move(args));
  } catch (const CLI::CallForHelp&) {
    return false;
  } catch (const CLI::ParseError& error) {
    throw UsageError{one_line(error.what())};
  }
  for (const Option& option : options) unguard(option);
  return true;
}

std::string usage_text(const Options& options) {
  std::string usage = "[OPTIONS]";
  for (const Option& option : options) {
    if (!option.is_argument()) continue;
    std::string name = option.name + (repeats(option) ? "..." : "");
    usage += option.required ? " " + name : " [" + name + "]";
  }
  return usage;
}

std::string help_text(const Options& options) {
  size_t width = 0;
  for (const Option& option : options) {
    width = std::max(width, left_column(option).size());
  }
  std::string text;
  for (const Option& option : options) {
    text +=
        fmt::format("  {:{}}  {}\n", left_column(option), width, option.help);
  }
  return text + fmt::format("  {:{}}  {}\n", "--help", width, "Print this");
}

}  // namespace tsinspect::cli
