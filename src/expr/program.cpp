#include "expr/program.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "expr/checker.h"
#include "expr/constants.h"
#include "expr/faults.h"
#include "expr/fold.h"
#include "expr/lexer.h"
#include "expr/plan.h"
#include "expr/syntax.h"

namespace gatehouse {

struct Program::Code {
  Code(std::string_view from, const CompileOptions& options)
      : text(from),
        places(text, options.begin, options.is_exact),
        expected(options.expected.kind()) {}
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  std::string text;
  Places places;
  Kind expected;
  ConstantPool pool;
  Ast ast;
  Patterns patterns;
  Plan plan;
  std::vector<Slot> slots;
};

namespace {

bool fits(std::string_view text, Faults& faults) {
  if (text.size() > kExpressionBytesMax) {
    faults.tell("E0431", {0, 1},
                {fmt::format("the expression has {} bytes, the most is {}", text.size(),
                             kExpressionBytesMax),
                 "split it, or move a long list into the config"});
    return false;
  }
  const std::size_t wrong = first_not_utf8(text);
  if (wrong == text.size()) return true;
  faults.tell("E0430", {static_cast<std::uint32_t>(wrong), 1},
              {"this is no text in UTF-8", "save the file as UTF-8"});
  return false;
}

std::string_view text_of(Reason reason) {
  switch (reason) {
    case Reason::absent:
      return "there is no value of this name";
    case Reason::no_such_key:
      return "the map has no such key";
    case Reason::out_of_bounds:
      return "the list has no such item";
    case Reason::repeated_key:
      return "the map has a key twice";
    case Reason::no_such_overload:
      return "the values are not of types that go together here";
    case Reason::overflow:
      return "the result is out of the range of its type";
    case Reason::divided_by_zero:
      return "it divides by zero";
    case Reason::not_convertible:
      return "the text can't be read as the type asked for";
    case Reason::steps_spent:
      return "the evaluation takes more steps than it may";
    case Reason::scratch_full:
      return "the evaluation takes more memory than it may";
    case Reason::too_deep:
      return "the values compared are nested too deep";
    case Reason::failed_source:
      return "where the value comes from could not give it";
  }
  return "";
}

}  // namespace

std::optional<Program> compile(std::string_view text, const Schema& schema,
                               const CompileOptions& options, Diagnostics& out) {
  auto code = std::make_unique<Program::Code>(text.substr(0, kExpressionBytesMax + 1), options);
  Faults faults(code->places, options.during, out);
  if (!fits(text, faults)) return std::nullopt;
  const std::vector<Token> tokens = tokens_of(code->text, faults);
  if (tokens.empty()) return std::nullopt;
  const std::optional<Syntax> syntax = syntax_of(tokens, code->pool, faults);
  if (!syntax) return std::nullopt;
  code->ast = check(*syntax, schema, faults);
  const Type& type = code->ast[code->ast.root].type;
  if (!type.goes_with(options.expected)) {
    faults.tell("E0438", code->ast[code->ast.root].at,
                {fmt::format("the expression gives {}, and {} is needed here", type.text(),
                             options.expected.text()),
                 options.expected.is(Kind::boolean) ? "compare it with something" : ""});
  }
  code->patterns = read_constants(code->ast, code->pool, faults);
  if (faults.any()) return std::nullopt;
  code->slots = slots_of(code->ast);
  if (options.folds) fold(code->ast, code->patterns, code->pool);
  code->plan = plan_of(code->ast, code->ast.root, code->patterns);
  return Program(std::move(code));
}

Value Program::evaluate(Environment& environment, Scratch& scratch) const {
  const Value value = gatehouse::evaluate(code_->plan, environment, scratch);
  if (value.is_error() || code_->expected == Kind::dyn || value.is(code_->expected)) return value;
  return Value::error(Reason::no_such_overload).from_node(code_->ast.root);
}

Error Program::explain(const Value& error) const {
  const bool is_known = error.origin() != 0 && error.origin() <= code_->ast.nodes.size();
  const AstNode& node = code_->ast[is_known ? error.origin() - 1 : code_->ast.root];
  return {.code = "E0439",
          .what = std::string(text_of(error.reason())),
          .at = code_->places.of(node.mark)};
}

std::string_view Program::text() const { return code_->text; }
const Type& Program::type() const { return code_->ast[code_->ast.root].type; }
const Ast& Program::ast() const { return code_->ast; }
std::span<const Slot> Program::slots() const { return code_->slots; }

}  // namespace gatehouse
