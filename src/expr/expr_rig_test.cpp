// What is promised: values print as they are written in expressions, so that tables are readable.
#include <fmt/format.h>

#include "expr/conversions.h"
#include "expr/expr_testing.h"

namespace gatehouse::testing {
namespace {

const IpAddress& kept_address(ConstantPool& pool, std::string_view text) {
  IpAddress& kept = pool.take<IpAddress>(1)[0];
  kept = *IpAddress::parse(text);
  return kept;
}

Value list_in(ConstantPool& pool, std::vector<Value> values) {
  return pool.keep(Value::list(*new (pool.take<ArrayList>(1).data()) ArrayList(values)));
}

Value map_in(ConstantPool& pool, std::vector<MapEntry> entries) {
  EXPECT_FALSE(ArrayMap::sort(entries));
  return pool.keep(Value::map(*new (pool.take<ArrayMap>(1).data()) ArrayMap(entries)));
}

Value cidr_in(ConstantPool& pool, std::string_view text) {
  IpPrefix& kept = pool.take<IpPrefix>(1)[0];
  kept = *IpPrefix::parse(text);
  return Value::prefix(kept);
}

std::string quoted(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') shown += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      shown += fmt::format("\\x{:02x}", c);
    } else {
      shown += c;
    }
  }
  return shown + '"';
}

// With a point, so that it is no int.
std::string number_text(std::string text) {
  return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
}

}  // namespace

ExprRig::ExprRig() {
  const Type text(Kind::text);
  const Type integer(Kind::integer);
  add("request.method", text, Value::text("POST"));
  add("request.path", text, Value::text("/admin/users"));
  add("request.size", integer, Value::integer(512));
  add("request.headers", Type::map_of(text, text),
      map_in(pool, {{Value::text("host"), Value::text("shop.example")},
                    {Value::text("x-id"), Value::text("7")}}));
  add("request.time", Type(Kind::timestamp), Value::timestamp(1'772'366'400));
  add("request.age", Type(Kind::duration), Value::duration_ns(90'000'000'000));
  add("request.body", Type(Kind::bytes), Value::bytes("abc"));
  add("client.address", Type(Kind::address), Value::address(kept_address(pool, "10.1.2.3")));
  add("office", Type::list_of(Type(Kind::prefix)),
      list_in(pool, {cidr_in(pool, "10.0.0.0/8"), cidr_in(pool, "2001:db8::/32")}));
  add("user.name", text, Value::text("ann"));
  add("user.roles", Type::list_of(text), list_in(pool, {Value::text("ops"), Value::text("dev")}));
  add("user.country", text, Value::text("NO"));
  add("user.country.surprise", Type(Kind::number), Value::number(0.25));
  add("count", Type(Kind::unsigned_integer), Value::unsigned_integer(3));
  add("rate", Type(Kind::number), Value::number(1.5));
  add("yes", Type(Kind::boolean), Value::boolean(true));
  add("numbers", Type::list_of(integer),
      list_in(pool, {Value::integer(1), Value::integer(2), Value::integer(3)}));
  const Value roles = list_in(pool, {Value::text("a"), Value::text("b")});
  add("claims", Type::map_of(text, Type()),
      map_in(pool, {{Value::text("level"), Value::number(3)},
                    {Value::text("sub"), Value::text("u1")},
                    {Value::text("roles"), roles},
                    {Value::text("gone"), Value::null()},
                    {Value::text("in"), map_in(pool, {{Value::text("x"), Value::integer(1)}})}}));
  add("any", Type(), Value::integer(5));
  add("absent.text", text, Value());
  add("absent.claims", Type::map_of(text, Type()), Value());
  add("failing", Type(Kind::boolean), Value::error(Reason::failed_source));
}

void ExprRig::add(std::string name, Type type, Value value) {
  schema_.add(std::move(name), std::move(type));
  values_.push_back(value);
}

void ExprRig::set(std::string_view name, Value value) { values_[*schema_.find(name)] = value; }

std::optional<Program> ExprRig::compiled(std::string_view text, bool folds) {
  Diagnostics out;
  return compile(text, schema_, {.expected = Type(), .folds = folds}, out);
}

std::string ExprRig::run(const Program& program) {
  arena.reset();
  Scratch scratch(arena, steps);
  return show(program.evaluate(*this, scratch));
}

std::string ExprRig::evaluate(std::string_view text, bool folds) {
  const std::optional<Program> program = compiled(text, folds);
  return program ? run(*program) : "fault: " + faults(text);
}

std::string ExprRig::faults(std::string_view text, Type expected) {
  Diagnostics out;
  out.add_source("rules.yaml", std::string(text));
  const CompileOptions options{.expected = std::move(expected), .begin = {"rules.yaml", 1, 1, 0}};
  if (compile(text, schema_, options, out)) return "none";
  std::string all;
  for (const Diagnostic& one : out.all()) {
    const Error& error = one.error;
    all += fmt::format("{}:{} {}: {}{}{}{}{}\n", error.at.line, error.at.column, error.code,
                       error.what, error.label.empty() ? "" : " [", error.label,
                       error.label.empty() ? "" : "]", error.help.empty() ? "" : "; " + error.help);
  }
  return all;
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::absent:
      return "absent";
    case Reason::no_such_key:
      return "no such key";
    case Reason::out_of_bounds:
      return "out of bounds";
    case Reason::repeated_key:
      return "repeated key";
    case Reason::no_such_overload:
      return "no such overload";
    case Reason::overflow:
      return "overflow";
    case Reason::divided_by_zero:
      return "divided by zero";
    case Reason::not_convertible:
      return "not convertible";
    case Reason::steps_spent:
      return "steps spent";
    case Reason::scratch_full:
      return "scratch full";
    case Reason::too_deep:
      return "too deep";
    case Reason::failed_source:
      return "failed source";
  }
  return "";
}

std::string show(const Value& value) {
  Arena arena;
  Scratch scratch(arena);
  switch (value.kind()) {
    case Kind::absent:
      return "absent";
    case Kind::error:
      return fmt::format("error: {}", name_of(value.reason()));
    case Kind::null:
      return "null";
    case Kind::text:
      return quoted(value.text());
    case Kind::bytes:
      return "b" + quoted(value.text());
    case Kind::list: {
      std::string items;
      for (std::size_t i = 0; i < value.list().size(); ++i) {
        items += (i == 0 ? "" : ", ") + show(value.list().at(i));
      }
      return "[" + items + "]";
    }
    case Kind::map: {
      std::string items;
      for (std::size_t i = 0; i < value.map().size(); ++i) {
        const Value key = value.map().key_at(i);
        items += (i == 0 ? "" : ", ") + show(key) + ": " + show(value.map().find(key));
      }
      return "{" + items + "}";
    }
    case Kind::unsigned_integer:
      return fmt::format("{}u", value.natural());
    case Kind::number:
      return number_text(std::string(to_text(value, scratch).text()));
    case Kind::dyn:
    case Kind::boolean:
    case Kind::integer:
    case Kind::duration:
    case Kind::timestamp:
    case Kind::address:
    case Kind::prefix:
      return std::string(to_text(value, scratch).text());
  }
  return "";
}

TEST(ExprRig, prints_values_as_they_are_written) {
  EXPECT_EQ(show(Value::text("a\"\n")), R"("a\"\x0a")");
  EXPECT_EQ(show(Value::number(2)), "2.0");
  EXPECT_EQ(show(Value::unsigned_integer(2)), "2u");
  EXPECT_EQ(show(Value::error(Reason::overflow)), "error: overflow");
}

}  // namespace gatehouse::testing
