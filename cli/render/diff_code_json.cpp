#include "render/diff.h"

namespace tsinspect::cli {
namespace {

void write_or_null(Json& json, const char* key, bool has_value,
                   const std::string& value) {
  json.key(key);
  has_value ? json.value(value) : json.null();
}

void write_modules(Json& json, const std::vector<ModuleDiff>& modules) {
  json.key("modules");
  json.begin_array();
  for (const ModuleDiff& module : modules) {
    json.begin_object();
    json.member("path", module.path);
    json.member("status", to_string(module.kind));
    write_or_null(json, "a", !module.a.empty(), module.a);
    write_or_null(json, "b", !module.b.empty(), module.b);
    json.end_object();
  }
  json.end_array();
}

void write_settings(Json& json, const std::vector<SettingDiff>& settings) {
  json.key("settings");
  json.begin_array();
  for (const SettingDiff& setting : settings) {
    json.begin_object();
    json.member("where", setting.where);
    json.member("name", setting.name);
    write_or_null(json, "a", setting.a.has_value(), setting.a.value_or(""));
    write_or_null(json, "b", setting.b.has_value(), setting.b.value_or(""));
    json.end_object();
  }
  json.end_array();
}

void write_method(Json& json, const MethodDiff& method) {
  json.begin_object();
  json.member("name", method.name);
  json.member("status", to_string(method.kind));
  json.member("modules", method.modules);
  json.key("lines");
  json.begin_array();
  for (const CodeLine& line : method.lines) {
    std::string text = mark_of(line.kind);
    if (line.kind != CodeLine::Kind::kSkipped) text += ' ' + line.text;
    json.value(text);
  }
  json.end_array();
  json.end_object();
}

}  // namespace

void write_code(Json& json, const CodeDiff& code) {
  json.key("code");
  json.begin_object();
  json.member("compared_methods", code.compared_methods);
  json.member("complete", code.complete);
  json.key("methods");
  json.begin_array();
  for (const MethodDiff& method : code.methods) write_method(json, method);
  json.end_array();
  write_settings(json, code.settings);
  write_modules(json, code.modules);
  json.end_object();
}

}  // namespace tsinspect::cli
