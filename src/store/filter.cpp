#include "store/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/diagnostics.h"
#include "expr/program.h"
#include "store/columns.h"
#include "store/filter_names.h"

namespace gatehouse {
namespace {

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";

SourcePosition position_of(std::string_view text, const TextSpan& span) {
  const std::string_view before = text.substr(0, span.offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  SourcePosition at;
  at.line = static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n'));
  at.column = static_cast<std::uint32_t>(1 + before.size() - line_begin);
  at.length = std::max<std::uint32_t>(span.length, 1);
  return at;
}

std::optional<Number128> parse_id(std::string_view text) {
  Number128 id;
  if (text.size() != 32) return std::nullopt;
  const char* const middle = text.data() + 16;
  const auto high = std::from_chars(text.data(), middle, id.high, 16);
  const auto low = std::from_chars(middle, middle + 16, id.low, 16);
  const bool whole = high.ec == std::errc{} && low.ec == std::errc{} && high.ptr == middle &&
                     low.ptr == middle + 16;
  return whole ? std::optional(id) : std::nullopt;
}

// What an operator is in SQL; empty: nothing that the database can be asked.
std::string_view infix(Op op) {
  static constexpr std::pair<Op, std::string_view> kInfix[] = {
      {Op::logical_or, "OR"}, {Op::logical_and, "AND"},  {Op::equal, "="},
      {Op::not_equal, "<>"},  {Op::less, "<"},           {Op::less_equal, "<="},
      {Op::greater, ">"},     {Op::greater_equal, ">="}, {Op::add, "+"},
      {Op::subtract, "-"},    {Op::multiply, "*"}};
  for (const auto& [one, text] : kInfix) {
    if (one == op) return text;
  }
  return {};
}

std::string_view function(Op op) {
  static constexpr std::pair<Op, std::string_view> kFunctions[] = {{Op::size, "length"},
                                                                   {Op::contains, "contains"},
                                                                   {Op::starts_with, "starts_with"},
                                                                   {Op::ends_with, "ends_with"},
                                                                   {Op::matches, "regexp_matches"},
                                                                   {Op::full_year, "year"},
                                                                   {Op::hours, "hour"},
                                                                   {Op::minutes, "minute"},
                                                                   {Op::day_of_week, "dayofweek"},
                                                                   {Op::date, "day"}};
  for (const auto& [one, text] : kFunctions) {
    if (one == op) return text;
  }
  return {};
}

class Translator {
 public:
  Translator(const Program& program, const FilterNames& names, std::vector<SqlValue>& values)
      : ast_(program.ast()), text_(program.text()), names_(names), values_(values) {}

  Result<std::string> run() { return say(ast_.root); }

 private:
  std::unexpected<Error> refuse(const AstNode& node, std::string what) const {
    return fail({.code = "E0807",
                 .what = std::move(what),
                 .help = "compare fields with ==, !=, <, >, in, contains, startsWith, endsWith, "
                         "matches and has(), joined by && and ||",
                 .at = position_of(text_, node.mark.length == 0 ? node.at : node.mark)});
  }

  Result<std::string> say(NodeId id) {
    const AstNode& node = ast_[id];
    switch (node.kind) {
      case AstNodeKind::constant:
        return constant(node, node.constant);
      case AstNodeKind::slot:
        return column(node);
      case AstNodeKind::present:
        if (!node.children.empty()) break;
        return fmt::format("({} IS NOT NULL)", names_.at(node.slot).column->sql);
      case AstNodeKind::call:
        return call(node);
      case AstNodeKind::variable:
      case AstNodeKind::field:
      case AstNodeKind::list:
      case AstNodeKind::map:
      case AstNodeKind::macro:
        break;
    }
    return refuse(node, "the event history can't be asked this");
  }

  std::string bind(SqlValue value) {
    values_.push_back(std::move(value));
    return fmt::format("${}", values_.size());
  }

  Result<std::string> constant(const AstNode& node, const Value& value) {
    switch (value.kind()) {
      case Kind::boolean:
        return bind(value.boolean());
      case Kind::integer:
        return bind(value.integer());
      case Kind::unsigned_integer:
        return bind(value.natural());
      case Kind::number:
        return bind(value.number());
      case Kind::text:
        return bind(std::string(value.text()));
      case Kind::address:
        return bind(value.address().text());
      case Kind::prefix:
        return bind(value.prefix().text());
      case Kind::timestamp:
        return bind(Timestamp{value.seconds() * 1'000'000 + value.subsecond_ns() / 1000});
      case Kind::dyn:
      case Kind::absent:
      case Kind::error:
      case Kind::null:
      case Kind::bytes:
      case Kind::duration:
      case Kind::list:
      case Kind::map:
        break;
    }
    return refuse(node,
                  fmt::format("the event history has no values of type {}", to_text(value.kind())));
  }

  // Numbers are compared as the language's 64 bits, whatever their width in the table.
  Result<std::string> column(const AstNode& node) const {
    const Column& one = *names_.at(node.slot).column;
    if (one.kind == ColumnType::id) {
      return refuse(node, fmt::format("`{}` can only be compared with == or in", one.name));
    }
    if (one.kind != ColumnType::number) return std::string(one.sql);
    if (one.factor == 1) return fmt::format("CAST({} AS BIGINT)", one.sql);
    return fmt::format("(CAST({} AS BIGINT) * {})", one.sql, one.factor);
  }

  bool is_address(const AstNode& node) const {
    return node.kind == AstNodeKind::slot && names_.at(node.slot).is_address;
  }

  bool is_id(const AstNode& node) const {
    return node.kind == AstNodeKind::slot && names_.at(node.slot).column->kind == ColumnType::id;
  }

  // A request's id is a number of 128 bits here, and 32 hex digits outside.
  Result<std::string> id_value(const AstNode& node, const Value& value) {
    const auto id = value.is(Kind::text) ? parse_id(value.text()) : std::nullopt;
    if (!id) return refuse(node, "an id is 32 hex digits");
    return bind(*id);
  }

  Result<std::string> operand(NodeId id, bool as_id) {
    const AstNode& node = ast_[id];
    if (!as_id) return say(id);
    if (is_id(node)) return std::string(names_.at(node.slot).column->sql);
    if (node.kind == AstNodeKind::constant) return id_value(node, node.constant);
    return refuse(node, "an id can only be compared with a text");
  }

  Result<std::string> call(const AstNode& node) {
    if (node.op == Op::in) return in_list(node);
    if (node.op == Op::lower_ascii) return lower(node);
    if (const std::string_view sign = infix(node.op); !sign.empty()) return join(node, sign);
    if (const std::string_view name = function(node.op); !name.empty()) return apply(node, name);
    std::vector<std::string> parts;
    if (node.op == Op::logical_not || node.op == Op::negate || node.op == Op::conditional) {
      for (const NodeId child : node.children) {
        GH_TRY(std::string part, say(child));
        parts.push_back(std::move(part));
      }
      if (node.op == Op::logical_not) return fmt::format("(NOT {})", parts[0]);
      if (node.op == Op::negate) return fmt::format("(- {})", parts[0]);
      // A condition without a value chooses neither.
      return fmt::format("(CASE WHEN {0} THEN {1} WHEN NOT {0} THEN {2} END)", parts[0], parts[1],
                         parts[2]);
    }
    return refuse(node, "the event history can't be asked this");
  }

  Result<std::string> join(const AstNode& node, std::string_view sign) {
    const bool is_equality = node.op == Op::equal || node.op == Op::not_equal;
    if (is_equality) {
      const AstNode& left = ast_[node.children[0]];
      const AstNode& right = ast_[node.children[1]];
      const bool left_first = is_address(left) && right.kind == AstNodeKind::constant;
      if (left_first || (is_address(right) && left.kind == AstNodeKind::constant)) {
        return same_address(node, left_first ? left : right, left_first ? right : left);
      }
    }
    const bool as_id = is_equality && std::any_of(node.children.begin(), node.children.end(),
                                                  [&](NodeId child) { return is_id(ast_[child]); });
    std::string sql;
    for (const NodeId child : node.children) {
      GH_TRY(const std::string part, operand(child, as_id));
      sql += sql.empty() ? part : fmt::format(" {} {}", sign, part);
    }
    return "(" + sql + ")";
  }

  Result<std::string> apply(const AstNode& node, std::string_view name) {
    const bool is_time = name == "year" || name == "hour" || name == "minute" ||
                         name == "dayofweek" || name == "day";
    if (is_time && node.children.size() != 1) {
      return refuse(node, "the event history knows times in UTC alone");
    }
    std::string sql;
    for (const NodeId child : node.children) {
      GH_TRY(const std::string part, say(child));
      sql += (sql.empty() ? "" : ", ") + part;
    }
    return fmt::format("{}({})", name, sql);
  }

  Result<std::string> lower(const AstNode& node) {
    GH_TRY(const std::string text, say(node.children[0]));
    return fmt::format("translate({}, '{}', '{}')", text, kUpper, kLower);
  }

  Result<std::string> in_list(const AstNode& node) {
    const AstNode& item = ast_[node.children[0]];
    const AstNode& list = ast_[node.children[1]];
    if (is_address(item)) return in_networks(names_.at(item.slot).column->sql, list);
    if (list.kind != AstNodeKind::constant || !list.constant.is(Kind::list)) {
      return refuse(list, "the event history can look for a value in a written list alone");
    }
    const bool as_id = is_id(item);
    GH_TRY(const std::string value, operand(node.children[0], as_id));
    std::string sql;
    for (std::size_t i = 0; i < list.constant.list().size(); ++i) {
      const Value one = list.constant.list().at(i);
      GH_TRY(const std::string part, as_id ? id_value(list, one) : constant(list, one));
      sql += (sql.empty() ? "" : ", ") + part;
    }
    return sql.empty() ? std::string("false") : fmt::format("({} IN ({}))", value, sql);
  }

  // An address may be written in several ways, and is compared as what it is.
  Result<std::string> same_address(const AstNode& node, const AstNode& slot, const AstNode& other) {
    GH_TRY(const std::string same, in_networks(names_.at(slot.slot).column->sql, other));
    return node.op == Op::equal ? same : "(NOT " + same + ")";
  }

  // One network, or a list of networks and addresses: an address is a network of one.
  Result<std::string> in_networks(std::string_view column, const AstNode& where) {
    if (where.kind != AstNodeKind::constant) {
      return refuse(where, "the event history can look for an address in written networks alone");
    }
    const auto in_one = [&](const Value& one) -> Result<std::string> {
      GH_TRY(const std::string network, constant(where, one));
      return fmt::format("in_network({}, {})", column, network);
    };
    if (!where.constant.is(Kind::list)) return in_one(where.constant);
    std::string sql;
    for (std::size_t i = 0; i < where.constant.list().size(); ++i) {
      GH_TRY(const std::string part, in_one(where.constant.list().at(i)));
      sql += (sql.empty() ? "" : " OR ") + part;
    }
    return sql.empty() ? std::string("false") : "(" + sql + ")";
  }

  const Ast& ast_;
  const std::string_view text_;
  const FilterNames& names_;
  std::vector<SqlValue>& values_;
};

}  // namespace

Result<std::string> filter_sql(std::string_view filter, std::vector<SqlValue>& values) {
  const FilterNames names;
  Diagnostics found;
  const auto program = compile(filter, names.schema(), {}, found);
  if (!program) {
    Error error = found.all().empty() ? Error{.code = {}, .what = "the filter can't be read"}
                                      : found.all().front().error;
    error.code = "E0807";
    return fail(std::move(error));
  }
  return Translator(*program, names, values).run();
}

}  // namespace gatehouse
