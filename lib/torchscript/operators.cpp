// A line of the table is a schema:
//
//   aten::conv2d.padding(Tensor input,…,str padding=,*,int groups=)->Tensor
//
// with `=` behind what has a default, a `*` before what only a keyword gives,
// `...` for any number of arguments or results, and commas between results. The
// lines are sorted by name; overloads of one name stand in LibTorch's order.

#include "torchscript/operators.h"

#include <algorithm>
#include <array>

namespace tsinspect::torchscript {
namespace {

constexpr std::string_view kTable =
#include "torchscript/operator_table.inc"
    ;

constexpr std::array kOwnNamespaces = {
    std::string_view("aten::"), std::string_view("prim::"),
    std::string_view("quantized::"), std::string_view("_caffe2::")};

std::string_view line_at(size_t begin) {
  return kTable.substr(begin, kTable.find('\n', begin) - begin);
}

std::string_view name_of(std::string_view line) {
  return line.substr(0, line.find_first_of(".("));
}

// Where the first line begins whose name is not less than `name`.
size_t lower_bound(std::string_view name) {
  size_t low = 0, high = kTable.size();
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    size_t line = kTable.rfind('\n', middle);
    line = line == kTable.npos || line < low ? low : line + 1;
    if (line >= high) line = low;
    if (name_of(line_at(line)) < name) {
      low = std::min(line + line_at(line).size() + 1, kTable.size());
    } else {
      high = line;
    }
  }
  return low;
}

// Takes the text up to the next comma outside of brackets off `list`.
std::string_view take_item(std::string_view* list) {
  size_t depth = 0, end = 0;
  for (; end < list->size(); ++end) {
    char c = (*list)[end];
    if (c == ',' && depth == 0) break;
    depth += c == '[';
    depth -= c == ']';
  }
  std::string_view item = list->substr(0, end);
  list->remove_prefix(std::min(end + 1, list->size()));
  return item;
}

}  // namespace

bool is_own_operator(std::string_view name) {
  return std::ranges::any_of(
             kOwnNamespaces,
             [&](std::string_view space) { return name.starts_with(space); }) ||
         name_of(line_at(lower_bound(name))) == name;
}

Operator OperatorTable::parse(std::string_view line) {
  Operator op;
  op.name = name_of(line);
  size_t open = line.find('(');
  size_t close = line.rfind(")->");
  if (op.name.size() < open) {
    op.overload = line.substr(op.name.size() + 1, open - op.name.size() - 1);
  }
  std::string_view arguments = line.substr(open + 1, close - open - 1);
  bool keyword_only = false;
  while (!arguments.empty()) {
    std::string_view item = take_item(&arguments);
    if (item == "*") {
      keyword_only = true;
      continue;
    }
    if (item == "...") {
      op.is_vararg = true;
      continue;
    }
    size_t blank = item.rfind(' ');
    std::string_view name = item.substr(blank + 1);
    bool has_default = name.ends_with('=');
    if (has_default) name.remove_suffix(1);
    op.arguments.push_back({name, types_.parse_schema(item.substr(0, blank)),
                            has_default, keyword_only});
  }
  std::string_view returns = line.substr(close + 3);
  if (returns == "...") {
    op.returns = {type_id(TypeKind::kUnknown)};
    return op;
  }
  while (!returns.empty()) {
    op.returns.push_back(types_.parse_schema(take_item(&returns)));
  }
  return op;
}

std::span<const Operator> OperatorTable::overloads(std::string_view name) {
  auto known = parsed_.find(name);
  if (known != parsed_.end()) return known->second;
  std::vector<Operator> all;
  for (size_t at = lower_bound(name); at < kTable.size();) {
    std::string_view line = line_at(at);
    if (name_of(line) != name) break;
    all.push_back(parse(line));
    at += line.size() + 1;
  }
  if (all.empty()) return {};
  // The key is the table's own text, which lasts.
  return parsed_[all.front().name] = std::move(all);
}

}  // namespace tsinspect::torchscript
