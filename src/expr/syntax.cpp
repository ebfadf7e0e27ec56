#include "expr/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "expr/literal.h"
#include "expr/program.h"
#include "expr/words.h"

namespace gatehouse {
namespace {

struct Binary {
  std::string_view symbol;
  int level;  // the higher binds the closer
  Op op;
};

constexpr Binary kBinaries[] = {
    {"||", 1, Op::logical_or}, {"&&", 2, Op::logical_and},   {"==", 3, Op::equal},
    {"!=", 3, Op::not_equal},  {"<", 3, Op::less},           {"<=", 3, Op::less_equal},
    {">", 3, Op::greater},     {">=", 3, Op::greater_equal}, {"in", 3, Op::in},
    {"+", 4, Op::add},         {"-", 4, Op::subtract},       {"*", 5, Op::multiply},
    {"/", 5, Op::divide},      {"%", 5, Op::modulo},
};

const Binary* binary_of(const Token& token) {
  if (token.kind != TokenKind::symbol && !token.is_word("in")) return nullptr;
  for (const Binary& one : kBinaries) {
    if (one.symbol == token.text) return &one;
  }
  return nullptr;
}

TextSpan from_to(TextSpan first, TextSpan last) {
  return {first.offset, last.offset + last.length - first.offset};
}

// What people write who think of another language.
std::string_view meant_by(std::string_view word) {
  if (word == "and" || word == "AND") return "write `&&`";
  if (word == "or" || word == "OR") return "write `||`";
  if (word == "not" || word == "NOT") return "write `!`";
  if (word == "is") return "write `==`";
  return "put an operator between the two, or remove one";
}

class Parser {
 public:
  Parser(const std::vector<Token>& tokens, ConstantPool& pool, Faults& faults)
      : tokens_(tokens), pool_(pool), faults_(faults) {}

  std::optional<Syntax> run() {
    syntax_.root = expression();
    if (!ended_ && here().kind != TokenKind::end) unexpected("expected an operator or the end");
    if (ended_) return std::nullopt;
    return std::move(syntax_);
  }

 private:
  const Token& here() const { return tokens_[at_]; }
  const Token& last() const { return tokens_[at_ == 0 ? 0 : at_ - 1]; }
  TextSpan span_of(SyntaxId id) const { return syntax_.nodes[id].at; }

  bool take(std::string_view symbol) {
    if (ended_ || !here().is(symbol)) return false;
    ++at_;
    return true;
  }

  SyntaxId end_with(const char* code, TextSpan at, Fault fault) {
    if (!ended_) faults_.tell(code, at, std::move(fault));
    ended_ = true;
    return 0;
  }

  SyntaxId unexpected(std::string_view expected) {
    const Token& token = here();
    if (token.kind == TokenKind::end) {
      const TextSpan end = {last().at.offset + last().at.length, 1};
      return end_with(
          "E0430", token.at.offset == 0 ? token.at : end,
          {"the expression ends too early", "write the rest of it", std::string(expected)});
    }
    std::string help;
    if (token.kind == TokenKind::word && expected.starts_with("expected an operator")) {
      help = meant_by(last().is_word("not") ? last().text : token.text);
    }
    return end_with(
        "E0430", token.at,
        {"`" + shown(token.text) + "` can't stand here", std::move(help), std::string(expected)});
  }

  // Also where the fault was told already: the node is then never looked at.
  SyntaxId add(SyntaxNode node) {
    if (ended_) return 0;
    for (const SyntaxId child : node.children) {
      const int depth = syntax_.nodes[child].depth + 1;
      node.depth = std::max(node.depth, static_cast<std::uint16_t>(depth));
    }
    if (node.depth > kExpressionDepthMax) return too_deep(node.mark);
    if (syntax_.nodes.size() == kExpressionNodesMax) {
      return end_with("E0431", node.at,
                      {fmt::format("the expression has more than {} parts", kExpressionNodesMax),
                       "split it, or move a long list into the config"});
    }
    syntax_.nodes.push_back(std::move(node));
    return static_cast<SyntaxId>(syntax_.nodes.size() - 1);
  }

  SyntaxId too_deep(TextSpan at) {
    return end_with("E0431", at,
                    {fmt::format("the expression is nested more than {} deep", kExpressionDepthMax),
                     "remove parentheses, or split it"});
  }

  SyntaxId expression() {
    if (++open_ > kExpressionDepthMax) return too_deep(here().at);
    const SyntaxId condition = binary(1);
    SyntaxId result = condition;
    if (!ended_ && here().is("?")) {
      const TextSpan mark = here().at;
      take("?");
      const SyntaxId yes = binary(1);
      if (!ended_ && !take(":")) unexpected("expected `:` and what holds otherwise");
      const SyntaxId no = ended_ ? 0 : expression();
      if (!ended_) {
        result = add({.kind = SyntaxKind::op,
                      .op = Op::conditional,
                      .at = from_to(span_of(condition), span_of(no)),
                      .mark = mark,
                      .children = {condition, yes, no}});
      }
    }
    --open_;
    return result;
  }

  SyntaxId binary(int level) {
    SyntaxId left = unary();
    while (!ended_) {
      const Binary* const found = binary_of(here());
      if (found == nullptr || found->level < level) break;
      const TextSpan mark = here().at;
      ++at_;
      const SyntaxId right = binary(found->level + 1);
      if (!ended_) left = joined(found->op, left, right, mark);
    }
    return left;
  }

  // a || b || c is one node of three.
  SyntaxId joined(Op op, SyntaxId left, SyntaxId right, TextSpan mark) {
    SyntaxNode& first = syntax_.nodes[left];
    const bool chains = op == Op::logical_or || op == Op::logical_and;
    // Children come before their parents, so a chain moves behind what joins it.
    if (chains && first.kind == SyntaxKind::op && first.op == op) {
      SyntaxNode moved = std::move(first);
      first = SyntaxNode{};
      moved.at = from_to(moved.at, span_of(right));
      moved.children.push_back(right);
      return add(std::move(moved));
    }
    return add({.kind = SyntaxKind::op,
                .op = op,
                .at = from_to(first.at, span_of(right)),
                .mark = mark,
                .children = {left, right}});
  }

  SyntaxId unary() {
    const std::size_t first = at_;
    const bool is_minus = here().is("-");
    while (take(is_minus ? "-" : "!")) continue;
    std::size_t begin = at_;
    const bool is_literal = here().kind == TokenKind::integer || here().kind == TokenKind::number;
    const bool negative = is_minus && is_literal;
    if (negative) --begin;
    SyntaxId node = member(negative);
    while (!ended_ && begin-- != first) {
      node = add({.kind = SyntaxKind::op,
                  .op = is_minus ? Op::negate : Op::logical_not,
                  .at = from_to(tokens_[begin].at, span_of(node)),
                  .mark = tokens_[begin].at,
                  .children = {node}});
    }
    return node;
  }

  SyntaxId member(bool negative) {
    SyntaxId node = primary(negative);
    while (!ended_) {
      if (take(".")) {
        node = selection(node);
      } else if (here().is("[")) {
        const TextSpan open = here().at;
        ++at_;
        const SyntaxId key = expression();
        close("]", open);
        if (ended_) return 0;
        node = add({.kind = SyntaxKind::op,
                    .op = Op::index,
                    .at = from_to(span_of(node), last().at),
                    .mark = from_to(open, last().at),
                    .children = {node, key}});
      } else if (here().is("{")) {
        return end_with("E0430", here().at,
                        {"`{` can't stand here",
                         "messages can't be made; a map stands alone: "
                         "{\"key\": 1}"});
      } else {
        break;
      }
    }
    return node;
  }

  SyntaxId selection(SyntaxId of) {
    if (here().kind != TokenKind::word || is_keyword(here().text)) {
      return unexpected("expected a name after the dot");
    }
    const Token name = here();
    ++at_;
    SyntaxNode node{
        .kind = SyntaxKind::field, .mark = name.at, .name = name.text, .children = {of}};
    if (here().is("(")) {
      node.kind = SyntaxKind::method;
      arguments(node.children);
      if (ended_) return 0;
    }
    node.at = from_to(span_of(of), last().at);
    return add(std::move(node));
  }

  void arguments(std::vector<SyntaxId>& into) {
    const TextSpan open = here().at;
    take("(");
    if (take(")")) return;
    do {
      into.push_back(expression());
    } while (take(","));
    close(")", open);
  }

  void close(std::string_view symbol, TextSpan open) {
    if (ended_ || take(symbol)) return;
    if (here().kind != TokenKind::end) {
      unexpected(fmt::format("expected an operator or `{}`", symbol));
      return;
    }
    const char opening = symbol == ")" ? '(' : symbol == "]" ? '[' : '{';
    end_with(
        "E0430", open,
        {fmt::format("`{}` isn't closed", opening), fmt::format("add `{}` where it ends", symbol)});
  }

  SyntaxId primary(bool negative) {
    const Token& token = here();
    switch (token.kind) {
      case TokenKind::word:
        return word();
      case TokenKind::integer:
      case TokenKind::unsigned_integer:
      case TokenKind::number:
      case TokenKind::quoted:
        ++at_;
        return literal(token, negative);
      case TokenKind::symbol:
        if (token.is("(")) return group();
        if (token.is("[")) return list();
        if (token.is("{")) return map();
        if (token.is(".") && tokens_[at_ + 1].kind == TokenKind::word) return word();
        return unexpected("expected a value");
      case TokenKind::end:
        return unexpected("expected a value");
    }
    return 0;
  }

  SyntaxId word() {
    const TextSpan first = here().at;
    const bool is_rooted = take(".");
    const Token name = here();
    ++at_;
    SyntaxNode node{.kind = SyntaxKind::name,
                    .is_rooted = is_rooted,
                    .at = from_to(first, name.at),
                    .mark = name.at,
                    .name = name.text};
    if (!is_rooted && is_keyword(name.text) && name.text != "in") {
      node.kind = SyntaxKind::literal;
      node.constant = name.text == "null" ? Value::null() : Value::boolean(name.text == "true");
      return add(std::move(node));
    }
    if (is_reserved(name.text)) {
      return end_with("E0430", name.at,
                      {fmt::format("`{}` is a reserved word", name.text), "use another name"});
    }
    if (here().is("(")) {
      node.kind = SyntaxKind::call;
      arguments(node.children);
      node.at = from_to(first, last().at);
    }
    return add(std::move(node));
  }

  SyntaxId group() {
    const TextSpan open = here().at;
    take("(");
    const SyntaxId inside = expression();
    close(")", open);
    return inside;
  }

  SyntaxId list() {
    SyntaxNode node{.kind = SyntaxKind::list, .mark = here().at};
    take("[");
    while (!ended_ && !here().is("]")) {
      node.children.push_back(expression());
      if (!take(",")) break;
    }
    close("]", node.mark);
    node.at = from_to(node.mark, last().at);
    return add(std::move(node));
  }

  SyntaxId map() {
    SyntaxNode node{.kind = SyntaxKind::map, .mark = here().at};
    take("{");
    while (!ended_ && !here().is("}")) {
      node.children.push_back(expression());
      if (!ended_ && !take(":")) unexpected("expected `:` and the item of this key");
      if (!ended_) node.children.push_back(expression());
      if (!take(",")) break;
    }
    close("}", node.mark);
    node.at = from_to(node.mark, last().at);
    return add(std::move(node));
  }

  SyntaxId literal(const Token& token, bool negative) {
    TextSpan at = token.at;
    if (negative) at = from_to(tokens_[at_ - 2].at, at);
    const Literal<Value> value = value_of(token, negative);
    if (!value) wrong_literal(token, value.error());
    return add({.kind = SyntaxKind::literal,
                .at = at,
                .mark = at,
                .constant = value ? *value : Value::error(Reason::not_convertible)});
  }

  void wrong_literal(const Token& token, const LiteralFault& fault) {
    faults_.tell("E0432", {token.at.offset + fault.offset, fault.length}, {fault.what, fault.help});
  }

  Literal<Value> value_of(const Token& token, bool negative) {
    if (token.kind == TokenKind::number) {
      const Literal<double> number = decode_number(token.text);
      if (!number) return std::unexpected(number.error());
      return Value::number(negative ? -*number : *number);
    }
    if (token.kind == TokenKind::quoted) {
      const Literal<std::string> text = decode_quoted(token.text);
      if (!text) return std::unexpected(text.error());
      const std::string_view kept = pool_.copy(*text);
      return is_bytes_literal(token.text) ? Value::bytes(kept) : Value::text(kept);
    }
    const Literal<std::uint64_t> number = decode_integer(token.text);
    if (!number) return std::unexpected(number.error());
    if (token.kind == TokenKind::unsigned_integer) return Value::unsigned_integer(*number);
    constexpr std::uint64_t kMost = INT64_MAX;
    if (*number <= kMost + (negative ? 1 : 0)) {
      return Value::integer(static_cast<std::int64_t>(negative ? 0 - *number : *number));
    }
    return std::unexpected(LiteralFault{
        0, token.at.length,
        fmt::format("`{}{}` is out of the range of int", negative ? "-" : "", shown(token.text)),
        negative ? "" : fmt::format("write `{}u` for a uint", shown(token.text))});
  }

  const std::vector<Token>& tokens_;
  ConstantPool& pool_;
  Faults& faults_;
  Syntax syntax_;
  std::size_t at_ = 0;
  std::size_t open_ = 0;
  bool ended_ = false;
};

}  // namespace

std::optional<Syntax> syntax_of(const std::vector<Token>& tokens, ConstantPool& pool,
                                Faults& faults) {
  return Parser(tokens, pool, faults).run();
}

}  // namespace gatehouse
