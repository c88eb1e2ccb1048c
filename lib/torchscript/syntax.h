// The syntax tree of serialized TorchScript.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "torchscript/lexer.h"

namespace tsinspect::torchscript {

// What a node is, and its children in order. "?" may be missing, and is then
// kNoNode; "…" is any number, none included.
enum class NodeKind : uint8_t {
  kMissing,
  // Statements.
  kModule,               // statement…
  kImport,               // name or attribute, name…: `import a.b`,
                         // `from a.b import c`
  kClass,                // kName, base?, kBlock
  kFunction,             // kName, kParameters, returns?, kBlock or kSkipped
  kParameters,           // kParameter or kKeywordOnly…
  kParameter,            // kName, annotation?, default?
  kKeywordOnly,          // The `*` in front of keyword-only parameters.
  kBlock,                // statement…
  kSkipped,              // A block that was not parsed: see parse_body().
  kAssign,               // target, annotation?, value?
  kAugmentedAssign,      // target, value
  kIf,                   // condition, kBlock, kBlock?: for `elif` one whose
                         // Node::op says so, with only a kIf in it
  kFor,                  // target, iterable, kBlock
  kWhile,                // condition, kBlock
  kWith,                 // kWithItem…, kBlock
  kWithItem,             // expression, target?
  kReturn,               // expression?
  kRaise,                // expression?
  kAssert,               // condition, message?
  kDelete,               // expression…
  kPass,                 //
  kBreak,                //
  kContinue,             //
  kExpressionStatement,  // expression
  // Expressions. Parentheses make no node of their own.
  kName,               //
  kNumber,             //
  kString,             // Adjacent literals are one node: string_value().
  kTrue,               //
  kFalse,              //
  kNone,               //
  kDots,               // `...`
  kAttribute,          // value, kName
  kCall,               // callee, expression or kKeyword or kStarred…
  kKeyword,            // kName, value
  kStarred,            // expression; Node::op tells `*` from `**`
  kSubscript,          // value, expression or kSlice…
  kSlice,              // start?, stop?, step?
  kTuple,              // expression…
  kList,               // expression…
  kDict,               // key, value, key, value…
  kListComprehension,  // element, target, iterable, condition?
  kDictComprehension,  // key, value, target, iterable, condition?
  kConditional,        // value if true, condition, value if false
  kUnary,              // operand
  kBinary,             // left, right; comparisons too
};

// Index of a node in its tree. kNoNode is a node too, of kind kMissing.
using NodeId = uint32_t;
constexpr NodeId kNoNode = 0;

struct Node {
  NodeKind kind = NodeKind::kMissing;
  TokenKind op = TokenKind::kEnd;  // Operator of a unary, binary, …
  uint16_t height = 0;             // Of an expression: its longest way down.
  uint32_t begin = 0;              // Bytes of the source, without blanks and,
  uint32_t end = 0;                // but for a tuple, the parentheses around.
  uint32_t first_child = 0;        // Index into Tree::links.
  uint32_t child_count = 0;
};

// A parsed text. Plain data; the nodes view the text, which the caller owns.
//
// No way down a tree is longer than three times Limits::source_depth and a few
// more, so it may be walked recursively.
struct Tree {
  std::string_view source;
  std::vector<Node> nodes{Node()};
  std::vector<NodeId> links;
  NodeId root = kNoNode;  // A kModule, or a kBlock from parse_body().

  const Node& operator[](NodeId id) const { return nodes[id]; }
  NodeKind kind(NodeId id) const { return nodes[id].kind; }

  // The source of a node.
  std::string_view text(NodeId id) const {
    return source.substr(nodes[id].begin, nodes[id].end - nodes[id].begin);
  }

  Range range(NodeId id) const { return {nodes[id].begin, nodes[id].end}; }

  std::span<const NodeId> children(NodeId id) const {
    return std::span(links).subspan(nodes[id].first_child,
                                    nodes[id].child_count);
  }

  // kNoNode where the node has no such child.
  NodeId child(NodeId id, size_t index) const {
    return index < nodes[id].child_count ? links[nodes[id].first_child + index]
                                         : kNoNode;
  }
};

// The parts of the nodes whose children have a fixed place.
struct Class {
  NodeId name, base, body;
};
struct Function {
  NodeId name, parameters, returns, body;
};
struct Parameter {
  NodeId name, annotation, value;
};
struct Assign {
  NodeId target, annotation, value;
};

Class as_class(const Tree& tree, NodeId id);
Function as_function(const Tree& tree, NodeId id);
Parameter as_parameter(const Tree& tree, NodeId id);
Assign as_assign(const Tree& tree, NodeId id);

// "torch.nn.Linear" of a name or of attributes of one; empty for anything else.
std::string dotted_name(const Tree& tree, NodeId id);

// What a kString stands for, its escapes resolved; empty for anything else.
// `\u` and `\U` are written as UTF-8, as are bytes that stand for themselves.
std::string string_value(const Tree& tree, NodeId id);

}  // namespace tsinspect::torchscript
