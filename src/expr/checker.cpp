#include "expr/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "expr/check_types.h"
#include "expr/functions.h"
#include "expr/program.h"

namespace gatehouse {
namespace {

constexpr std::string_view kMacros[] = {"all", "exists", "exists_one", "filter", "map"};

std::optional<Macro> macro_of(std::string_view name) {
  const auto* const found = std::ranges::find(kMacros, name);
  if (found == std::end(kMacros)) return std::nullopt;
  return static_cast<Macro>(found - kMacros);
}

std::string offer(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = nearest(word, known);
  return near.empty() ? std::string() : fmt::format("did you mean `{}`?", near);
}

class Checker {
 public:
  Checker(const Syntax& syntax, const Schema& schema, Faults& faults)
      : syntax_(syntax), schema_(schema), faults_(faults) {}

  Ast run() {
    ast_.root = check(syntax_.root);
    return std::move(ast_);
  }

 private:
  struct Variable {
    std::string_view name;
    Type type;
  };

  const SyntaxNode& at(SyntaxId id) const { return syntax_.nodes[id]; }
  const Type& type_of(NodeId id) const { return ast_.nodes[id].type; }

  NodeId add(AstNode node) {
    ast_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(ast_.nodes.size() - 1);
  }

  // A node in the place of what is wrong.
  NodeId wrong(const SyntaxNode& from, const char* code, TextSpan at, Fault fault) {
    faults_.tell(code, at, std::move(fault));
    return add({.at = from.at, .mark = from.mark, .type = Type(Kind::error)});
  }

  NodeId check(SyntaxId id) {
    const SyntaxNode& from = at(id);
    switch (from.kind) {
      case SyntaxKind::literal:
        return add({.at = from.at,
                    .mark = from.mark,
                    .constant = from.constant,
                    .type = Type(from.constant.kind())});
      case SyntaxKind::name:
      case SyntaxKind::field:
        return name(id);
      case SyntaxKind::call:
        return from.name == "has" ? has(from) : function(from);
      case SyntaxKind::method:
        return method(from);
      case SyntaxKind::op:
        return operation(from, from.op);
      case SyntaxKind::list:
        return list(from);
      case SyntaxKind::map:
        return map(from);
    }
    return 0;
  }

  // ---- names

  // A slot or a variable, and fields of it.
  NodeId name(SyntaxId id) {
    std::vector<SyntaxId> path;  // the longest first: a.b.c, a.b, a
    for (path.push_back(id); at(path.back()).kind == SyntaxKind::field;) {
      path.push_back(at(path.back()).children[0]);
    }
    const SyntaxNode& first = at(path.back());
    if (first.kind != SyntaxKind::name) return field(at(id), check(at(id).children[0]));
    NodeId node = 0;
    std::size_t left = path.size();  // how many of the path still stand for fields, and one
    if (const auto variable = find_variable(first)) {
      node = add({.kind = AstNodeKind::variable,
                  .variable = static_cast<std::uint8_t>(*variable),
                  .at = first.at,
                  .mark = first.mark,
                  .name = first.name,
                  .type = variables_[*variable].type});
    } else {
      for (left = 1; left <= path.size(); ++left) {
        if (schema_.find(words(path, left - 1))) break;
      }
      if (left > path.size()) return unknown_name(path);
      node = slot(at(path[left - 1]), *schema_.find(words(path, left - 1)));
    }
    while (--left != 0) {
      const SyntaxNode& next = at(path[left - 1]);
      const bool is_mistyped = ast_.nodes[node].kind == AstNodeKind::slot &&
                               !is_map(type_of(node)) &&
                               schema_.is_family(schema_.at(ast_.nodes[node].slot).name);
      if (is_mistyped) return unknown_name(path);
      node = field(next, node);
    }
    return node;
  }

  static bool is_map(const Type& type) { return type.is_open() || type.is(Kind::map); }

  // "a.b" of a path from its `end`th part to its last.
  std::string words(const std::vector<SyntaxId>& path, std::size_t end) const {
    std::string name;
    for (std::size_t i = path.size(); i-- > end;) {
      if (!name.empty()) name += '.';
      name += at(path[i]).name;
    }
    return name;
  }

  std::optional<std::size_t> find_variable(const SyntaxNode& name) const {
    if (name.is_rooted) return std::nullopt;
    for (std::size_t i = variables_.size(); i-- > 0;) {
      if (variables_[i].name == name.name) return i;
    }
    return std::nullopt;
  }

  NodeId slot(const SyntaxNode& from, Slot slot) {
    return add({.kind = AstNodeKind::slot,
                .slot = slot,
                .at = from.at,
                .mark = from.at,
                .type = schema_.at(slot).type});
  }

  NodeId unknown_name(const std::vector<SyntaxId>& path) {
    // The first word that leads nowhere.
    std::size_t part = path.size() - 1;
    std::string family;
    while (part != 0 && schema_.is_family(words(path, part))) {
      family = words(path, part);
      --part;
    }
    const SyntaxNode& from = at(path[part]);
    const bool is_family = schema_.is_family(words(path, part));
    if (is_family) family = words(path, part);
    const std::vector<std::string_view> known = names_in(family);
    if (is_family) {
      return wrong(from, "E0433", from.at,
                   {fmt::format("`{}` is no value by itself", shown(family)),
                    "name one of its fields: " + some_of(known)});
    }
    std::string help = offer(from.name, known);
    if (help.empty() && !known.empty()) help = "there is " + some_of(known);
    const std::string where = family.empty() ? "" : fmt::format(" in `{}`", family);
    return wrong(from, "E0433", from.mark,
                 {fmt::format("unknown name `{}`{}", shown(from.name), where), std::move(help)});
  }

  static std::string some_of(const std::vector<std::string_view>& known) {
    constexpr std::size_t kNamedMax = 8;
    std::vector<std::string> named;
    for (const std::string_view one : known) {
      if (named.size() == kNamedMax) break;
      named.push_back(fmt::format("`{}`", one));
    }
    if (known.size() > kNamedMax) named.push_back(fmt::format("{} more", known.size() - kNamedMax));
    return joined(named);
  }

  // The words that may follow a family's name, or begin one.
  std::vector<std::string_view> names_in(std::string_view family) const {
    std::vector<std::string_view> names;
    for (const Schema::Entry& entry : schema_.slots()) {
      std::string_view name = entry.name;
      if (!family.empty()) {
        if (!name.starts_with(family) || name.size() <= family.size()) continue;
        if (name[family.size()] != '.') continue;
        name.remove_prefix(family.size() + 1);
      }
      names.push_back(name.substr(0, name.find('.')));
    }
    if (family.empty()) {
      for (const Variable& variable : variables_) names.push_back(variable.name);
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  NodeId field(const SyntaxNode& from, NodeId of) {
    if (!has_fields(from, of)) return wrong_type(from);
    const Type& type = type_of(of);
    return add({.kind = AstNodeKind::field,
                .at = from.at,
                .mark = from.mark,
                .name = from.name,
                .type = type.is(Kind::map) ? type.item() : type,
                .children = {of}});
  }

  bool has_fields(const SyntaxNode& from, NodeId of) {
    const Type& type = type_of(of);
    if (type.is_open()) return true;
    if (type.is(Kind::map) && Type(Kind::text).goes_with(type.key())) return true;
    faults_.tell(
        "E0435", from.mark,
        {fmt::format("{} has no field `{}`", type.text(), shown(from.name)),
         find_function(from.name) == nullptr ? "fields are those of a map whose keys are text"
                                             : fmt::format("write `{}()` to call it", from.name)});
    return false;
  }

  NodeId wrong_type(const SyntaxNode& from) {
    return add({.at = from.at, .mark = from.mark, .type = Type(Kind::error)});
  }

  // ---- has() and the other macros

  NodeId has(const SyntaxNode& from) {
    const bool is_path =
        from.children.size() == 1 && (at(from.children[0]).kind == SyntaxKind::field ||
                                      at(from.children[0]).kind == SyntaxKind::name);
    if (!is_path) {
      return wrong(from, "E0436", from.at,
                   {"`has()` takes one field",
                    "write it as in has(a.b); for a key write "
                    "\"key\" in a"});
    }
    const NodeId named = name(from.children[0]);
    AstNode present = ast_.nodes[named];
    if (present.type.is(Kind::error)) return named;
    if (present.kind == AstNodeKind::variable) {
      return wrong(from, "E0436", from.at,
                   {fmt::format("`{}` is always there", present.name), "name a field of it"});
    }
    // The field itself isn't read: its node is made into the question.
    ast_.nodes[named].kind = AstNodeKind::present;
    ast_.nodes[named].type = Type(Kind::boolean);
    ast_.nodes[named].at = from.at;
    return named;
  }

  NodeId method(const SyntaxNode& from) {
    const std::optional<Macro> macro = macro_of(from.name);
    if (macro) return comprehension(from, *macro);
    return function(from);
  }

  NodeId comprehension(const SyntaxNode& from, Macro macro) {
    const std::size_t count = from.children.size();
    const bool takes_condition = macro == Macro::map && count == 4;
    const bool is_named = count >= 2 && at(from.children[1]).kind == SyntaxKind::name &&
                          !at(from.children[1]).is_rooted;
    if ((count != 3 && !takes_condition) || !is_named) {
      return wrong(from, "E0436", from.mark,
                   {fmt::format("`{}` takes a name and an expression", from.name),
                    fmt::format("write it as in list.{}(x, x > 1)", from.name)});
    }
    AstNode node{.kind = AstNodeKind::macro,
                 .macro = macro,
                 .variable = static_cast<std::uint8_t>(variables_.size()),
                 .at = from.at,
                 .mark = from.mark,
                 .name = at(from.children[1]).name,
                 .children = {check(from.children[0])}};
    if (variables_.size() == kExpressionMacrosMax) {
      return wrong(
          from, "E0431", from.mark,
          {fmt::format("macros stand more than {} deep in one another", kExpressionMacrosMax),
           "split the expression"});
    }
    variables_.push_back({node.name, item_type(from, macro, node.children[0])});
    for (std::size_t i = 2; i < count; ++i) node.children.push_back(check(from.children[i]));
    variables_.pop_back();
    const bool gives_condition = macro != Macro::map || takes_condition;
    if (gives_condition) need_bool(node.children[1], from.name);
    node.type = Type(Kind::boolean);
    if (macro == Macro::filter) node.type = as_list(type_of(node.children[0]));
    if (macro == Macro::map) node.type = Type::list_of(type_of(node.children.back()));
    return add(std::move(node));
  }

  static Type as_list(const Type& range) { return range.is(Kind::list) ? range : Type(Kind::list); }

  Type item_type(const SyntaxNode& from, Macro macro, NodeId range) {
    const Type& type = type_of(range);
    if (type.is_open()) return type;
    if (type.is(Kind::list)) return type.item();
    const bool makes_list = macro == Macro::filter || macro == Macro::map;
    if (type.is(Kind::map) && !makes_list) return type.key();
    faults_.tell(
        "E0435", from.mark,
        {fmt::format("`{}` can't go over {}", from.name, type.text()),
         makes_list ? "it goes over a list" : "it goes over a list, or over the keys of a map"});
    return Type(Kind::error);
  }

  void need_bool(NodeId id, std::string_view sign) {
    const Type& type = type_of(id);
    if (type.is_open() || type.is(Kind::boolean)) return;
    faults_.tell(
        "E0435", ast_.nodes[id].at,
        {fmt::format("`{}` takes bool, and this is {}", sign, type.text()),
         type.is(Kind::integer) ? "compare it, as in x != 0" : "compare it with something"});
  }

  // ---- functions and operators

  NodeId function(const SyntaxNode& from) {
    const bool is_method = from.kind == SyntaxKind::method;
    const Function* const found = find_function(from.name);
    if (found != nullptr && (is_method ? found->is_method : found->is_plain)) {
      return operation(from, found->op);
    }
    for (const SyntaxId child : from.children) check(child);
    std::vector<std::string_view> known;
    for (const Function& one : all_functions()) {
      if (is_method ? one.is_method : one.is_plain) known.push_back(one.name);
    }
    if (is_method) known.insert(known.end(), std::begin(kMacros), std::end(kMacros));
    if (!is_method) known.push_back("has");
    std::string help = offer(from.name, known);
    if (found != nullptr) {
      help = is_method ? fmt::format("write {}(x)", from.name)
                       : fmt::format("write it after what it is called on: x.{}(…)", from.name);
    }
    return wrong(
        from, "E0434", from.mark,
        {fmt::format("unknown {} `{}`", is_method ? "method" : "function", shown(from.name)),
         std::move(help)});
  }

  NodeId operation(const SyntaxNode& from, Op op) {
    AstNode node{.kind = AstNodeKind::call, .op = op, .at = from.at, .mark = from.mark};
    for (const SyntaxId child : from.children) node.children.push_back(check(child));
    std::vector<Type> types;
    for (const NodeId child : node.children) types.push_back(type_of(child));
    if (op == Op::logical_and || op == Op::logical_or) {
      for (const NodeId child : node.children) need_bool(child, sign_of(op));
      node.type = Type(Kind::boolean);
    } else if (op == Op::conditional) {
      need_bool(node.children[0], "?:");
    }
    TypeVerdict verdict = type_of_operation(op, types);
    if (!verdict.fault.what.empty()) {
      return wrong(from, verdict.code, from.mark, std::move(verdict.fault));
    }
    node.type = std::move(verdict.type);
    return add(std::move(node));
  }

  NodeId list(const SyntaxNode& from) {
    AstNode node{.kind = AstNodeKind::list, .at = from.at, .mark = from.mark};
    std::optional<Type> item;
    for (const SyntaxId child : from.children) {
      node.children.push_back(check(child));
      const Type& type = type_of(node.children.back());
      item = item ? common_type(*item, type) : type;
    }
    node.type = Type::list_of(item.value_or(Type()));
    return add(std::move(node));
  }

  NodeId map(const SyntaxNode& from) {
    AstNode node{.kind = AstNodeKind::map, .at = from.at, .mark = from.mark};
    std::optional<Type> key;
    std::optional<Type> item;
    for (std::size_t i = 0; i < from.children.size(); ++i) {
      node.children.push_back(check(from.children[i]));
      const Type& type = type_of(node.children.back());
      std::optional<Type>& into = i % 2 == 0 ? key : item;
      into = into ? common_type(*into, type) : type;
      if (i % 2 == 0 && !is_key(type)) {
        faults_.tell(
            "E0435", at(from.children[i]).at,
            {fmt::format("{} can't be a key", type.text()), "keys are bool, int, uint or string"});
      }
    }
    node.type = Type::map_of(key.value_or(Type()), item.value_or(Type()));
    return add(std::move(node));
  }

  static bool is_key(const Type& type) {
    return type.is_open() || type.is(Kind::boolean) || type.is(Kind::integer) ||
           type.is(Kind::unsigned_integer) || type.is(Kind::text);
  }

  const Syntax& syntax_;
  const Schema& schema_;
  Faults& faults_;
  Ast ast_;
  std::vector<Variable> variables_;
};

}  // namespace

Ast check(const Syntax& syntax, const Schema& schema, Faults& faults) {
  return Checker(syntax, schema, faults).run();
}

}  // namespace gatehouse
