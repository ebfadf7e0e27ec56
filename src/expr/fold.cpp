#include "expr/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/apply.h"

namespace gatehouse {
namespace {

class NoEnvironment final : public Environment {
 public:
  Value get(Slot /*slot*/) override { return Value::error(Reason::failed_source); }
};

// What a node needs from outside: bit i a variable of a macro that is i deep, the last bit a slot.
using Needs = std::uint32_t;
constexpr Needs kNeedsSlot = 1U << kExpressionMacrosMax;

std::vector<Needs> needs_of(const Ast& ast) {
  std::vector<Needs> needs(ast.nodes.size());
  for (NodeId id = 0; id < ast.nodes.size(); ++id) {
    const AstNode& node = ast[id];
    Needs all = 0;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const bool is_body = node.kind == AstNodeKind::macro && i != 0;
      all |= needs[node.children[i]] & ~(is_body ? 1U << node.variable : 0U);
    }
    if (node.kind == AstNodeKind::slot) all |= kNeedsSlot;
    if (node.kind == AstNodeKind::present && node.children.empty()) all |= kNeedsSlot;
    if (node.kind == AstNodeKind::variable) all |= 1U << node.variable;
    needs[id] = all;
  }
  return needs;
}

class Folder {
 public:
  Folder(Ast& ast, const Patterns& patterns, ConstantPool& pool)
      : ast_(ast), patterns_(patterns), pool_(pool), needs_(needs_of(ast)) {}

  void run(NodeId id) {
    AstNode& node = ast_.nodes[id];
    if (node.kind == AstNodeKind::constant || fold(node, id)) return;
    // A copy: nothing is added to the nodes, but a constant forgets its children.
    const std::vector<NodeId> children = node.children;
    for (const NodeId child : children) run(child);
  }

 private:
  bool fold(AstNode& node, NodeId id) {
    if (needs_[id] != 0 || left_ == 0) return false;
    Arena arena;
    NoEnvironment nothing;
    Scratch scratch(arena, left_);
    const Plan plan = plan_of(ast_, id, patterns_);
    if (!scratch.spend(plan.size())) return false;
    const Value value = evaluate(plan, nothing, scratch);
    left_ = scratch.steps_left();
    if (value.is_error() || arena.bytes_taken() > kFoldBytesMax) return false;
    node.constant = pool_.keep(value);
    node.kind = AstNodeKind::constant;
    node.children.clear();
    return true;
  }

  Ast& ast_;
  const Patterns& patterns_;
  ConstantPool& pool_;
  std::vector<Needs> needs_;
  std::uint32_t left_ = kFoldStepsMax;
};

struct TextForm {
  Op op;
  std::string_view noun;
  std::string_view example;
};

constexpr TextForm kTextForms[] = {
    {Op::to_address, "IP address", "write an address: ip(\"192.0.2.1\")"},
    {Op::to_prefix, "network", "write a network: cidr(\"192.0.2.0/24\")"},
    {Op::to_duration, "duration", "write numbers with h, m, s, ms, us or ns: duration(\"1h30m\")"},
    {Op::to_timestamp, "timestamp", "write it as in timestamp(\"2026-03-01T12:00:00Z\")"},
};

void read_literal(const Ast& ast, const AstNode& node, Faults& faults) {
  const auto* const form = std::ranges::find(kTextForms, node.op, &TextForm::op);
  if (form == std::end(kTextForms)) return;
  const AstNode& from = ast[node.children[0]];
  if (from.kind != AstNodeKind::constant || !from.constant.is(Kind::text)) return;
  Arena arena;
  Scratch scratch(arena);
  const Value value = unary_of(node.op)(from.constant, scratch);
  if (!value.is_error()) return;
  const std::string_view fault =
      value.reason() == Reason::overflow ? "out of the range of a" : "no";
  faults.tell("E0437", from.at,
              {fmt::format("`{}` is {} {}", shown(from.constant.text()), fault, form->noun),
               std::string(form->example)});
}

}  // namespace

Patterns read_constants(Ast& ast, ConstantPool& pool, Faults& faults) {
  Patterns patterns;
  for (NodeId id = 0; id < ast.nodes.size(); ++id) {
    const AstNode& node = ast[id];
    if (node.kind != AstNodeKind::call) continue;
    if (node.op != Op::matches) {
      read_literal(ast, node, faults);
      continue;
    }
    const NodeId text = node.children[1];
    Folder(ast, patterns, pool).run(text);
    const AstNode& from = ast[text];
    if (from.kind != AstNodeKind::constant || !from.constant.is(Kind::text)) {
      faults.tell("E0436", from.at,
                  {"the pattern of `matches` must be known beforehand",
                   "write it in the expression, as in x.matches(\"^/v[0-9]+/\")"});
      patterns[id] = nullptr;
      continue;
    }
    auto pattern = Pattern::compile(from.constant.text());
    if (!pattern) {
      faults.tell("E0437", from.at,
                  {fmt::format("`{}` is no regular expression", shown(from.constant.text())),
                   fmt::format("RE2 says: {}", shown(pattern.error()))});
    }
    patterns[id] = pattern ? *std::move(pattern) : nullptr;
  }
  return patterns;
}

void fold(Ast& ast, const Patterns& patterns, ConstantPool& pool) {
  Folder(ast, patterns, pool).run(ast.root);
}

}  // namespace gatehouse
