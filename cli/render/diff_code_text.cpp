#include <algorithm>
#include <array>

#include "base/printable.h"
#include "render/diff.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

// Of one method, without --all.
constexpr size_t kScreenLines = 20;
constexpr size_t kScreenColumns = 500;

std::string where_text(const std::string& path) {
  return path.empty() ? "(root)" : printable(path);
}

void print_more(Output& out, const char* indent, size_t more) {
  if (more == 0) return;
  out.print("{}… {} more; --all prints them\n", indent,
            std::string_view(count_text(more)));
}

// As many of `items` as are wanted, each by `print`, under a heading.
template <typename T, typename Print>
void print_list(Output& out, const char* heading, const std::vector<T>& items,
                bool all, const Print& print) {
  if (items.empty()) return;
  out.print("{}\n", heading);
  size_t shown = all ? items.size() : std::min(items.size(), kScreenRows);
  for (size_t i = 0; i < shown; ++i) print(items[i]);
  print_more(out, "  ", items.size() - shown);
}

void print_module(Output& out, const ModuleDiff& module) {
  out.print("  {}: ", where_text(module.path));
  if (module.kind == ObjectDiff::Kind::kChanged) {
    out.print("{} → {}\n", printable(module.a), printable(module.b));
  } else {
    out.print("{} {}\n", to_string(module.kind),
              printable(module.a.empty() ? module.b : module.a));
  }
}

std::string value_text(const SettingDiff& setting,
                       const std::optional<std::string>& value) {
  constexpr size_t kColumns = 60;
  if (!value) return setting.of_layer ? "default" : "absent";
  return printable(*value, kColumns);
}

void print_setting(Output& out, const SettingDiff& setting) {
  out.print("  {}: {} {} → {}\n", where_text(setting.where),
            printable(setting.name), value_text(setting, setting.a),
            value_text(setting, setting.b));
}

std::string line_text(const CodeLine& line, bool all) {
  return all ? printable(line.text) : printable(line.text, kScreenColumns);
}

void print_lines(Output& out, const MethodDiff& method, bool all) {
  const auto& lines = method.lines;
  size_t shown = all ? lines.size() : std::min(lines.size(), kScreenLines);
  for (size_t i = 0; i < shown; ++i) {
    bool is_gap = lines[i].kind == CodeLine::Kind::kSkipped;
    out.print("    {}{}\n", mark_of(lines[i].kind),
              is_gap ? "" : " " + line_text(lines[i], all));
  }
  print_more(out, "    ", lines.size() - shown);
}

void print_method(Output& out, const MethodDiff& method, bool all) {
  out.print("  {}", printable(method.name));
  if (method.modules > 1) {
    out.print(" and in {}", counted(method.modules - 1, "other module"));
  }
  if (method.kind != ObjectDiff::Kind::kChanged) {
    out.print(": {}", to_string(method.kind));
  } else if (method.lines.empty()) {
    out.text(": changed, its lines are not compared");
  }
  out.put('\n');
  print_lines(out, method, all);
}

}  // namespace

const char* mark_of(CodeLine::Kind kind) {
  constexpr std::array kMarks = {" ", "-", "+", "…"};
  return kMarks[static_cast<size_t>(kind)];
}

void print_code(Output& out, const DiffView& view) {
  const CodeDiff& code = view.diff.code;
  if (!code.compared) return;
  print_list(out, "modules:", code.modules, view.all,
             [&](const auto& module) { print_module(out, module); });
  print_list(out, "settings:", code.settings, view.all,
             [&](const auto& setting) { print_setting(out, setting); });
  std::string methods = counted(code.compared_methods, "method");
  if (code.methods.empty()) {
    if (!code.complete || code.compared_methods == 0) return;
    out.print("code is the same{}: {}\n",
              code.settings.empty() ? "" : " but for the settings", methods);
    return;
  }
  std::string heading = fmt::format(
      "code: {} of {} {}", std::string_view(count_text(code.methods.size())),
      methods, code.methods.size() == 1 ? "differs" : "differ");
  print_list(out, heading.c_str(), code.methods, view.all,
             [&](const auto& method) { print_method(out, method, view.all); });
}

}  // namespace tsinspect::cli
