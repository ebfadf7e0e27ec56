// expr/expr_fuzz: any text as an expression, with values of every type to name.
//
// Strategy    the input is compiled and evaluated, folded and not, within few steps; the result is
//             looked through to its end.
// Invariants  never crashes; what doesn't compile was told of, with a place in the text; folded and
//             not give the same kind of result, and the same truth; an error says where it is from;
//             the slots that are read are among those that the program named.
#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "expr/constants.h"
#include "expr/program.h"

namespace {

using gatehouse::Kind;
using gatehouse::Type;
using gatehouse::Value;

constexpr std::uint32_t kSteps = 5000;

void require(bool holds) {
  if (!holds) std::abort();
}

class World final : public gatehouse::Environment {
 public:
  World() {
    const Type text(Kind::text);
    add("s", text, Value::text("abcé\xff"));
    add("i", Type(Kind::integer), Value::integer(-7));
    add("u", Type(Kind::unsigned_integer), Value::unsigned_integer(7));
    add("f", Type(Kind::number), Value::number(1.5));
    add("b", Type(Kind::boolean), Value::boolean(true));
    add("y", Type(Kind::bytes), Value::bytes(std::string_view("\0\xff", 2)));
    add("d", Type(Kind::duration), Value::duration_ns(-1'500'000'000));
    add("t", Type(Kind::timestamp), Value::timestamp(-1, 999'999'999));
    add("a", Type(Kind::address), Value::address(address_));
    add("p", Type(Kind::prefix), Value::prefix(prefix_));
    add("l", Type::list_of(Type(Kind::integer)), Value::list(list_));
    add("m", Type::map_of(text, Type()), Value::map(map_));
    add("x", Type(), Value::list(list_));
    add("n", Type(), Value::null());
    add("r.gone", text, Value());
    add("r.bad", Type(Kind::boolean), Value::error(gatehouse::Reason::failed_source));
    // Not what was declared: the evaluation must not trust it.
    add("r.lie", text, Value::integer(1));
  }

  Value get(gatehouse::Slot slot) override {
    require(named == nullptr || std::ranges::binary_search(named->slots(), slot));
    return values_[slot];
  }

  const gatehouse::Schema& schema() const { return schema_; }

  const gatehouse::Program* named = nullptr;

 private:
  void add(std::string name, Type type, Value value) {
    schema_.add(std::move(name), std::move(type));
    values_.push_back(value);
  }

  gatehouse::Schema schema_;
  std::vector<Value> values_;
  gatehouse::IpAddress address_ = *gatehouse::IpAddress::parse("192.0.2.1");
  gatehouse::IpPrefix prefix_ = *gatehouse::IpPrefix::parse("192.0.2.0/24");
  std::vector<Value> items_ = {Value::integer(3), Value::integer(0), Value::integer(-1)};
  gatehouse::ArrayList list_{items_};
  std::vector<gatehouse::MapEntry> entries_ = {{Value::text("a"), Value::integer(1)},
                                               {Value::text("b"), Value::list(list_)}};
  gatehouse::ArrayMap map_{entries_};
};

std::size_t look_through(const Value& value, int depth) {
  if (value.is(Kind::text) || value.is(Kind::bytes)) {
    return static_cast<std::size_t>(std::ranges::count(value.text(), 'a'));
  }
  std::size_t seen = 0;
  if (value.is(Kind::list) && depth != 0) {
    for (std::size_t i = 0; i < value.list().size(); ++i) {
      seen += look_through(value.list().at(i), depth - 1);
    }
  }
  if (value.is(Kind::map) && depth != 0) {
    for (std::size_t i = 0; i < value.map().size(); ++i) {
      const Value key = value.map().key_at(i);
      const Value item = value.map().find(key);
      require(!item.is_absent());
      seen += look_through(key, depth - 1) + look_through(item, depth - 1);
    }
  }
  return seen;
}

Value evaluate(const gatehouse::Program& program, World& world, gatehouse::Arena& arena) {
  world.named = &program;
  gatehouse::Scratch scratch(arena, kSteps);
  const Value value = program.evaluate(world, scratch);
  look_through(value, 8);
  require(!value.is_absent());
  if (value.is_error()) {
    require(value.origin() != 0);
    require(!program.explain(value).what.empty());
  }
  return value;
}

bool is_limit(const Value& value) {
  return value.is_error() && (value.reason() == gatehouse::Reason::steps_spent ||
                              value.reason() == gatehouse::Reason::scratch_full);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  World world;
  gatehouse::Diagnostics out;
  const auto folded = gatehouse::compile(text, world.schema(), {.expected = Type()}, out);
  require(folded.has_value() != out.has_errors());
  for (const gatehouse::Diagnostic& one : out.all()) require(one.error.at.line != 0);
  const auto plain =
      gatehouse::compile(text, world.schema(), {.expected = Type(), .folds = false}, out);
  require(folded.has_value() == plain.has_value());
  if (!folded) return 0;
  gatehouse::Arena arena;
  gatehouse::Arena other_arena;
  const Value one = evaluate(*folded, world, arena);
  const Value other = evaluate(*plain, world, other_arena);
  // Unfolded, more steps are taken.
  if (is_limit(one) || is_limit(other)) return 0;
  require(one.kind() == other.kind() && one.is_true() == other.is_true());
  return 0;
}
