#include "render/code_json.h"

namespace tsinspect::cli {
namespace {

void write_strings(Json& json, std::string_view key, const auto& texts) {
  json.key(key);
  json.begin_array();
  for (const auto& text : texts) json.value(text);
  json.end_array();
}

void write_class(Json& json, const CodeClass& shown) {
  json.begin_object();
  json.member("name", shown.name);
  json.key("kind");
  shown.kind.empty() ? json.null() : json.value(shown.kind);
  write_strings(json, "methods", shown.methods);
  json.end_object();
}

void write_frame(Json& json, const Frame& frame) {
  json.begin_object();
  json.member("file", frame.file);
  json.member("line", frame.line);
  json.member("function", frame.function);
  json.end_object();
}

void write_origin(Json& json, const Origin& origin) {
  json.begin_object();
  json.member("offset", origin.offset);
  json.member("file", origin.file);
  json.member("line", origin.line);
  json.member("text", origin.text);
  if (!origin.stack.empty()) {
    json.key("stack");
    json.begin_array();
    for (const Frame& frame : origin.stack) write_frame(json, frame);
    json.end_array();
  }
  json.end_object();
}

}  // namespace

void write_code_record(Json& json, const CodeRecord& record) {
  json.member("record", record.name);
  json.key("classes");
  json.begin_array();
  for (const CodeClass& shown : record.classes) write_class(json, shown);
  json.end_array();
  write_strings(json, "functions", record.functions);
  json.member("text", record.text);
}

void write_code_part(Json& json, const CodePart& part) {
  json.member("name", part.name);
  json.member("record", part.place.record);
  json.member("offset", part.place.offset);
  json.member("text", part.text);
}

void write_origins(Json& json, CodeOrigins* origins, const CodePart& part) {
  auto [first, last] = origins_of(*origins, part);
  json.key("origins");
  json.begin_array();
  for (size_t i = first; i < last; ++i) {
    Origin origin = origins->at(i);
    if (origin.line != 0) write_origin(json, origin);
  }
  json.end_array();
}

}  // namespace tsinspect::cli
