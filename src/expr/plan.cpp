#include "expr/plan.h"

namespace gatehouse {
namespace {

class Planner {
 public:
  Planner(const Ast& ast, const Patterns& patterns) : ast_(ast), patterns_(patterns) {}

  Plan run(NodeId root) {
    plan_.emplace_back();
    put(0, root);
    return std::move(plan_);
  }

 private:
  void put(std::size_t at, NodeId id) {
    const AstNode& node = ast_[id];
    Step step;
    step.macro = node.macro;
    step.variable = node.variable;
    step.slot = node.slot;
    step.node = id;
    step.constant = node.constant;
    std::vector<NodeId> children = node.children;
    switch (node.kind) {
      case AstNodeKind::constant:
        step.kind = Step::Kind::constant;
        break;
      case AstNodeKind::slot:
        step.kind = Step::Kind::slot;
        break;
      case AstNodeKind::variable:
        step.kind = Step::Kind::variable;
        break;
      case AstNodeKind::field:
        step.kind = Step::Kind::field;
        step.constant = Value::text(node.name);
        break;
      case AstNodeKind::present:
        step.kind = children.empty() ? Step::Kind::present_slot : Step::Kind::present_field;
        step.constant = Value::text(node.name);
        break;
      case AstNodeKind::list:
        step.kind = Step::Kind::list;
        break;
      case AstNodeKind::map:
        step.kind = Step::Kind::map;
        break;
      case AstNodeKind::macro:
        step.kind = Step::Kind::macro;
        break;
      case AstNodeKind::call:
        call(node, step, children);
        break;
    }
    step.first = static_cast<std::uint32_t>(plan_.size());
    step.count = static_cast<std::uint32_t>(children.size());
    plan_.resize(plan_.size() + children.size());
    for (std::size_t i = 0; i < children.size(); ++i) {
      put(step.first + i, children[i]);
      step.cost += plan_[step.first + i].cost;
    }
    plan_[at] = step;
  }

  void call(const AstNode& node, Step& step, std::vector<NodeId>& children) const {
    if (node.op == Op::logical_or) {
      step.kind = Step::Kind::any;
    } else if (node.op == Op::logical_and) {
      step.kind = Step::Kind::all;
    } else if (node.op == Op::conditional) {
      step.kind = Step::Kind::conditional;
    } else if (node.op == Op::matches) {
      step.kind = Step::Kind::matches;
      step.pattern = patterns_.at(step.node).get();
      children.pop_back();
    } else if (children.size() == 1) {
      step.kind = Step::Kind::one;
      step.unary = unary_of(node.op);
    } else {
      step.kind = Step::Kind::two;
      step.binary = binary_of(node.op);
      if (node.op == Op::equal || node.op == Op::not_equal) equality(node, step, children);
    }
  }

  // Where one side is known to be text, no call is needed.
  void equality(const AstNode& node, Step& step, std::vector<NodeId>& children) const {
    for (const std::size_t side : {1U, 0U}) {
      const AstNode& known = ast_[children[side]];
      if (known.kind != AstNodeKind::constant || !known.constant.is(Kind::text)) continue;
      step.kind = Step::Kind::equal_text;
      step.constant = known.constant;
      step.negated = node.op == Op::not_equal;
      children = {children[1 - side]};
      return;
    }
  }

  const Ast& ast_;
  const Patterns& patterns_;
  Plan plan_;
};

}  // namespace

Plan plan_of(const Ast& ast, NodeId root, const Patterns& patterns) {
  return Planner(ast, patterns).run(root);
}

}  // namespace gatehouse
