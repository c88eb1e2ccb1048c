// A record of serialized TorchScript:
//
//   record     = { import | statement }
//   import     = "import" dotted NEWLINE
//              | "from" dotted "import" NAME { "," NAME } NEWLINE
//   class      = "class" NAME [ "(" [ expression ] ")" ] ":" block
//   function   = "def" NAME "(" parameters ")" [ "->" expression ] ":" block
//   parameters = { ( "*" | NAME [":" expression] ["=" expression] ) "," }
//   block      = NEWLINE INDENT statement { statement } DEDENT
//   statement  = class | function | if | for | while | with | simple NEWLINE
//   if         = "if" expression ":" block
//                { "elif" expression ":" block } [ "else" ":" block ]
//   for        = "for" targets "in" expressions ":" block
//   while      = "while" expression ":" block
//   with       = "with" expression ["as" target] { "," … } ":" block
//   simple     = targets "=" expressions | target ":" expression
//                ["=" expressions] | target ("+=" | …) expressions
//              | "return" [expressions] | "raise" [expression]
//              | "assert" expression ["," expression] | "del" expressions
//              | "pass" | "break" | "continue" | expressions
//
// with the expressions of expressions.cpp. So a class reads
//
//   class Linear(Module):
//     __parameters__ = ["weight", ]
//     __buffers__ = []
//     weight : Tensor
//     __annotations__["0"] = __torch__.torch.nn.modules.activation.ReLU
//     in_features : Final[int] = 4
//     def forward(self: __torch__.Linear,
//       input: Tensor) -> Tensor:
//       return torch.linear(input, self.weight)
//
// and records of torch 1.0 and 1.1 have methods at the top level, behind
// `op_version_set = 0`.
//
// Source of truth: torch/csrc/jit/serialization/python_print.cpp writes it,
// torch/csrc/jit/frontend/{lexer,parser,tree_views}.h and
// torch/csrc/jit/serialization/import_source.cpp read it.

#include "torchscript/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "torchscript/expressions.h"

namespace tsinspect::torchscript {
namespace {

constexpr std::array kAugmented = {
    TokenKind::kPlusAssign,      TokenKind::kMinusAssign,
    TokenKind::kStarAssign,      TokenKind::kPowerAssign,
    TokenKind::kSlashAssign,     TokenKind::kFloorDivAssign,
    TokenKind::kPercentAssign,   TokenKind::kAtAssign,
    TokenKind::kAndAssign,       TokenKind::kOrAssign,
    TokenKind::kXorAssign,       TokenKind::kShiftLeftAssign,
    TokenKind::kShiftRightAssign};

constexpr std::array kTargets = {NodeKind::kName,      NodeKind::kAttribute,
                                 NodeKind::kSubscript, NodeKind::kTuple,
                                 NodeKind::kList,      NodeKind::kStarred};

template <typename Array, typename Value>
bool contains(const Array& array, Value value) {
  return std::find(array.begin(), array.end(), value) != array.end();
}

class Parser : private ExpressionParser {
 public:
  Parser(std::string_view source, Lexer lexer, Depth depth,
         const Limits& limits)
      : ExpressionParser(source, std::move(lexer), limits),
        parse_depth_(depth) {}

  // Statements up to the end of the source, as the root of the tree.
  // All of the lexer's text, which is so many bytes.
  Tree parse(NodeKind root, size_t bytes) {
    // What signatures of real files need.
    tree_.nodes.reserve(bytes / 16 + 8);
    tree_.links.reserve(bytes / 16 + 8);
    uint32_t begin = token_.begin;
    std::vector<NodeId> statements;
    while (!at(TokenKind::kEnd)) statements.push_back(statement());
    tree_.root = add(root, begin, statements);
    return std::move(tree_);
  }

 private:
  struct Keyword {
    TokenKind kind;
    NodeId (Parser::*read)();
  };
  static const std::array<Keyword, 14> kStatements;

  NodeId statement();
  NodeId simple_statement();
  NodeId attribute_declaration();
  NodeId import_from();
  NodeId import_statement();
  NodeId class_definition();
  NodeId function_definition();
  NodeId parameters();
  NodeId block();
  NodeId body();
  NodeId if_statement();
  NodeId for_statement();
  NodeId while_statement();
  NodeId with_statement();
  NodeId return_statement();
  NodeId raise_statement();
  NodeId assert_statement();
  NodeId delete_statement();
  NodeId word_statement(NodeKind kind);
  NodeId pass_statement() { return word_statement(NodeKind::kPass); }
  NodeId break_statement() { return word_statement(NodeKind::kBreak); }
  NodeId continue_statement() { return word_statement(NodeKind::kContinue); }
  void check_target(NodeId target) const;

  // `node`, behind whose last token the line ends.
  NodeId end_line(NodeId node) {
    expect(TokenKind::kNewline);
    return node;
  }

  const Depth parse_depth_;
  uint32_t block_depth_ = 0;
};

const std::array<Parser::Keyword, 14> Parser::kStatements = {{
    {TokenKind::kClass, &Parser::class_definition},
    {TokenKind::kDef, &Parser::function_definition},
    {TokenKind::kImport, &Parser::import_statement},
    {TokenKind::kIf, &Parser::if_statement},
    {TokenKind::kFor, &Parser::for_statement},
    {TokenKind::kWhile, &Parser::while_statement},
    {TokenKind::kWith, &Parser::with_statement},
    {TokenKind::kReturn, &Parser::return_statement},
    {TokenKind::kRaise, &Parser::raise_statement},
    {TokenKind::kAssert, &Parser::assert_statement},
    {TokenKind::kDel, &Parser::delete_statement},
    {TokenKind::kPass, &Parser::pass_statement},
    {TokenKind::kBreak, &Parser::break_statement},
    {TokenKind::kContinue, &Parser::continue_statement},
}};

NodeId Parser::statement() {
  if (is_word(token_.kind) && lexer_.next_byte_is(':') &&
      !at(TokenKind::kElse)) {
    return attribute_declaration();
  }
  for (const Keyword& row : kStatements) {
    if (row.kind == token_.kind) return (this->*row.read)();
  }
  return simple_statement();
}

// `class : Tensor`. torch writes an attribute that setattr() or add_module()
// named with a reserved word like any other, and cannot read it back.
NodeId Parser::attribute_declaration() {
  uint32_t begin = token_.begin;
  advance();
  NodeId target = add(NodeKind::kName, begin);
  expect(TokenKind::kColon);
  NodeId annotation = expression();
  NodeId value = accept(TokenKind::kAssign) ? expression_list() : kNoNode;
  return end_line(add(NodeKind::kAssign, begin, {target, annotation, value}));
}

void Parser::check_target(NodeId target) const {
  if (!contains(kTargets, tree_.kind(target))) unexpected("end of line");
}

NodeId Parser::simple_statement() {
  uint32_t begin = token_.begin;
  NodeId first = expression_list();
  if (at(TokenKind::kName) && tree_.text(first) == "from") {
    return import_from();
  }
  if (at(TokenKind::kColon)) {
    check_target(first);
    advance();
    NodeId annotation = expression();
    NodeId value = accept(TokenKind::kAssign) ? expression_list() : kNoNode;
    return end_line(add(NodeKind::kAssign, begin, {first, annotation, value}));
  }
  if (at(TokenKind::kAssign)) {
    check_target(first);
    advance();
    NodeId value = expression_list();
    return end_line(add(NodeKind::kAssign, begin, {first, kNoNode, value}));
  }
  if (contains(kAugmented, token_.kind)) {
    check_target(first);
    TokenKind op = token_.kind;
    advance();
    NodeId value = expression_list();
    return end_line(add(NodeKind::kAugmentedAssign, begin, {first, value}, op));
  }
  return end_line(add(NodeKind::kExpressionStatement, begin, {first}));
}

NodeId Parser::import_statement() {
  uint32_t begin = expect(TokenKind::kImport).begin;
  return end_line(add(NodeKind::kImport, begin, {expression()}));
}

// `from` is no reserved word; it has been passed already.
NodeId Parser::import_from() {
  uint32_t begin = last_end_ - 4;
  std::vector<NodeId> children = {expression()};
  expect(TokenKind::kImport);
  do {
    children.push_back(name());
  } while (accept(TokenKind::kComma));
  return end_line(add(NodeKind::kImport, begin, children));
}

NodeId Parser::class_definition() {
  uint32_t begin = expect(TokenKind::kClass).begin;
  NodeId class_name = name();
  NodeId base = kNoNode;
  if (accept(TokenKind::kLeftParen)) {
    if (!at(TokenKind::kRightParen)) base = expression();
    expect(TokenKind::kRightParen);
  }
  NodeId statements = block();
  return add(NodeKind::kClass, begin, {class_name, base, statements});
}

NodeId Parser::function_definition() {
  uint32_t begin = expect(TokenKind::kDef).begin;
  NodeId function_name = name();
  NodeId arguments = parameters();
  NodeId returns = accept(TokenKind::kArrow) ? expression() : kNoNode;
  NodeId statements = parse_depth_ == Depth::kBodies ? block() : body();
  return add(NodeKind::kFunction, begin,
             {function_name, arguments, returns, statements});
}

NodeId Parser::parameters() {
  uint32_t begin = expect(TokenKind::kLeftParen).begin;
  std::vector<NodeId> all;
  while (!at(TokenKind::kRightParen)) {
    uint32_t parameter = token_.begin;
    if (accept(TokenKind::kStar)) {
      all.push_back(add(NodeKind::kKeywordOnly, parameter));
    } else {
      NodeId id = name();
      NodeId annotation = accept(TokenKind::kColon) ? expression() : kNoNode;
      NodeId value = accept(TokenKind::kAssign) ? expression() : kNoNode;
      all.push_back(
          add(NodeKind::kParameter, parameter, {id, annotation, value}));
    }
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightParen);
  return add(NodeKind::kParameters, begin, all);
}

NodeId Parser::block() {
  expect(TokenKind::kColon);
  expect(TokenKind::kNewline);
  Nesting nesting(this, &block_depth_);
  expect(TokenKind::kIndent);
  uint32_t begin = token_.begin;
  std::vector<NodeId> statements;
  while (!at(TokenKind::kDedent)) statements.push_back(statement());
  NodeId all = add(NodeKind::kBlock, begin, statements);
  expect(TokenKind::kDedent);
  return all;
}

// A block that is not looked at.
NodeId Parser::body() {
  expect(TokenKind::kColon);
  expect(TokenKind::kNewline);
  if (!at(TokenKind::kIndent)) unexpected(to_string(TokenKind::kIndent));
  Range range = lexer_.skip_block();
  advance();
  NodeId all = add(NodeKind::kSkipped, range.begin);
  tree_.nodes[all].end = range.end;
  expect(TokenKind::kDedent);
  return all;
}

NodeId Parser::if_statement() {
  Nesting nesting(this, &block_depth_);
  uint32_t begin = token_.begin;
  advance();
  NodeId condition = expression();
  NodeId then = block();
  NodeId otherwise = kNoNode;
  if (at(TokenKind::kElif)) {
    uint32_t elif = token_.begin;
    otherwise = add(NodeKind::kBlock, elif, {if_statement()}, TokenKind::kElif);
  } else if (accept(TokenKind::kElse)) {
    otherwise = block();
  }
  return add(NodeKind::kIf, begin, {condition, then, otherwise});
}

NodeId Parser::for_statement() {
  uint32_t begin = expect(TokenKind::kFor).begin;
  NodeId target = target_list();
  expect(TokenKind::kIn);
  NodeId iterable = expression_list();
  NodeId statements = block();
  return add(NodeKind::kFor, begin, {target, iterable, statements});
}

NodeId Parser::while_statement() {
  uint32_t begin = expect(TokenKind::kWhile).begin;
  NodeId condition = expression();
  NodeId statements = block();
  return add(NodeKind::kWhile, begin, {condition, statements});
}

NodeId Parser::with_statement() {
  uint32_t begin = expect(TokenKind::kWith).begin;
  std::vector<NodeId> children;
  do {
    uint32_t item = token_.begin;
    NodeId value = expression();
    NodeId target = accept(TokenKind::kAs) ? expression() : kNoNode;
    children.push_back(add(NodeKind::kWithItem, item, {value, target}));
  } while (accept(TokenKind::kComma));
  children.push_back(block());
  return add(NodeKind::kWith, begin, children);
}

NodeId Parser::return_statement() {
  uint32_t begin = expect(TokenKind::kReturn).begin;
  NodeId value = at(TokenKind::kNewline) ? kNoNode : expression_list();
  return end_line(add(NodeKind::kReturn, begin, {value}));
}

NodeId Parser::raise_statement() {
  uint32_t begin = expect(TokenKind::kRaise).begin;
  NodeId value = at(TokenKind::kNewline) ? kNoNode : expression();
  return end_line(add(NodeKind::kRaise, begin, {value}));
}

NodeId Parser::assert_statement() {
  uint32_t begin = expect(TokenKind::kAssert).begin;
  NodeId condition = expression();
  NodeId message = accept(TokenKind::kComma) ? expression() : kNoNode;
  return end_line(add(NodeKind::kAssert, begin, {condition, message}));
}

NodeId Parser::delete_statement() {
  uint32_t begin = expect(TokenKind::kDel).begin;
  std::vector<NodeId> targets;
  do {
    targets.push_back(expression());
  } while (accept(TokenKind::kComma));
  return end_line(add(NodeKind::kDelete, begin, targets));
}

NodeId Parser::word_statement(NodeKind kind) {
  uint32_t begin = token_.begin;
  advance();
  return end_line(add(kind, begin));
}

}  // namespace

Tree parse(std::string_view source, Depth depth, const Limits& limits) {
  return Parser(source, Lexer(source), depth, limits)
      .parse(NodeKind::kModule, source.size());
}

Tree parse_body(std::string_view source, Range body, const Limits& limits) {
  return Parser(source, Lexer(source, body), Depth::kBodies, limits)
      .parse(NodeKind::kBlock, body.end - body.begin);
}

}  // namespace tsinspect::torchscript
