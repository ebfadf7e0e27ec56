#include "expr/ast.h"

#include <algorithm>

namespace gatehouse {

std::vector<Slot> slots_of(const Ast& ast) {
  std::vector<Slot> slots;
  std::vector<NodeId> open = {ast.root};
  while (!open.empty()) {
    const AstNode& node = ast[open.back()];
    open.pop_back();
    const bool asks = node.kind == AstNodeKind::present && node.children.empty();
    if (node.kind == AstNodeKind::slot || asks) slots.push_back(node.slot);
    open.insert(open.end(), node.children.begin(), node.children.end());
  }
  std::ranges::sort(slots);
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

}  // namespace gatehouse
