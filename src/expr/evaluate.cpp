#include <array>
#include <cstring>
#include <span>

#include "expr/constants.h"
#include "expr/plan.h"

namespace gatehouse {
namespace {

constexpr std::size_t kBytesPerStep = 64;

class Evaluator {
 public:
  Evaluator(const Step* steps, Environment& environment, Scratch& scratch)
      : steps_(steps), environment_(environment), scratch_(scratch) {}

  Value run(const Step& step) {
    switch (step.kind) {
      case Step::Kind::constant:
        return step.constant;
      case Step::Kind::slot:
        return there(step, environment_.get(step.slot), Reason::absent);
      case Step::Kind::variable:
        return there(step, variables_[step.variable], Reason::absent);
      case Step::Kind::equal_text:
        return equal_text(step);
      case Step::Kind::any:
        return joined(step, true);
      case Step::Kind::all:
        return joined(step, false);
      case Step::Kind::two:
        return two(step);
      case Step::Kind::one: {
        const Value value = operand(child(step, 0));
        return value.is_error() ? value : from(step, step.unary(value, scratch_));
      }
      case Step::Kind::conditional:
        return conditional(step);
      case Step::Kind::field:
        return field(step);
      case Step::Kind::present_slot:
        return present_slot(step);
      case Step::Kind::present_field:
        return present_field(step);
      case Step::Kind::matches:
        return matches(step);
      case Step::Kind::list:
        return list(step);
      case Step::Kind::map:
        return map(step);
      case Step::Kind::macro:
        return macro(step);
    }
    return error(step, Reason::no_such_overload);
  }

 private:
  const Step& child(const Step& step, std::size_t which) const {
    return steps_[step.first + which];
  }

  static Value error(const Step& step, Reason reason) {
    return Value::error(reason).from_node(step.node);
  }
  // Errors get their origin where they are first seen.
  static Value from(const Step& step, const Value& value) {
    return value.is_error() ? value.from_node(step.node) : value;
  }
  static Value there(const Step& step, const Value& value, Reason otherwise) {
    return value.is_absent() ? error(step, otherwise) : from(step, value);
  }

  // As run(), without a call for what most operands are.
  Value operand(const Step& step) {
    if (step.kind == Step::Kind::constant) return step.constant;
    if (step.kind == Step::Kind::slot) {
      return there(step, environment_.get(step.slot), Reason::absent);
    }
    return run(step);
  }

  Value equal_text(const Step& step) {
    const Value value = operand(child(step, 0));
    if (value.is_error()) return value;
    const bool same = value.is(Kind::text) && value.text() == step.constant.text();
    return Value::boolean(same != step.negated);
  }

  // && and ||: one operand that decides does so, whatever is wrong with the others.
  Value joined(const Step& step, bool decisive) {
    Value fault;
    for (std::uint32_t i = 0; i < step.count; ++i) {
      const Value value = run(child(step, i));
      if (value.is(Kind::boolean)) {
        if (value.boolean() == decisive) return value;
      } else if (fault.is_absent()) {
        fault = value.is_error() ? value : error(step, Reason::no_such_overload);
      }
    }
    return fault.is_absent() ? Value::boolean(!decisive) : fault;
  }

  Value two(const Step& step) {
    const Value one = operand(child(step, 0));
    if (one.is_error()) return one;
    const Value other = operand(child(step, 1));
    if (other.is_error()) return other;
    return from(step, step.binary(one, other, scratch_));
  }

  Value conditional(const Step& step) {
    const Value condition = run(child(step, 0));
    if (condition.is_error()) return condition;
    if (!condition.is(Kind::boolean)) return error(step, Reason::no_such_overload);
    return run(child(step, condition.boolean() ? 1 : 2));
  }

  Value field(const Step& step) {
    const Value of = operand(child(step, 0));
    if (of.is_error()) return of;
    if (!of.is(Kind::map)) return error(step, Reason::no_such_overload);
    return there(step, of.map().find(step.constant), Reason::no_such_key);
  }

  Value present_slot(const Step& step) {
    const Value value = environment_.get(step.slot);
    return value.is_error() ? from(step, value) : Value::boolean(!value.is_absent());
  }

  // Of a slot without a value no field is there, as of a message that isn't set in CEL.
  Value present_field(const Step& step) {
    const Step& below = child(step, 0);
    const Value of = run(below);
    const bool is_unset =
        of.is_error() && of.reason() == Reason::absent && below.kind == Step::Kind::slot;
    if (is_unset) return Value::boolean(false);
    if (of.is_error()) return of;
    if (!of.is(Kind::map)) return error(step, Reason::no_such_overload);
    const Value value = of.map().find(step.constant);
    return value.is_error() ? from(step, value) : Value::boolean(!value.is_absent());
  }

  Value matches(const Step& step) {
    const Value value = operand(child(step, 0));
    if (value.is_error()) return value;
    if (!value.is(Kind::text)) return error(step, Reason::no_such_overload);
    if (!scratch_.spend(value.text().size() / kBytesPerStep)) {
      return error(step, Reason::steps_spent);
    }
    return Value::boolean(step.pattern->matches(value.text()));
  }

  Value list(const Step& step) {
    const std::span<Value> items = scratch_.arena().take_array<Value>(step.count);
    if (items.size() != step.count) return error(step, Reason::scratch_full);
    for (std::uint32_t i = 0; i < step.count; ++i) {
      items[i] = run(child(step, i));
      if (items[i].is_error()) return items[i];
    }
    return list_of(step, items);
  }

  Value list_of(const Step& step, std::span<const Value> items) {
    const std::span<ArrayList> list = scratch_.arena().take_array<ArrayList>(1);
    if (list.empty()) return error(step, Reason::scratch_full);
    list[0] = ArrayList(items);
    return Value::list(list[0]);
  }

  Value map(const Step& step) {
    const std::size_t count = step.count / 2;
    const std::span<MapEntry> entries = scratch_.arena().take_array<MapEntry>(count);
    const std::span<ArrayMap> map = scratch_.arena().take_array<ArrayMap>(1);
    if (entries.size() != count || map.empty()) return error(step, Reason::scratch_full);
    for (std::size_t i = 0; i < count; ++i) {
      entries[i] = {run(child(step, 2 * i)), {}};
      if (entries[i].key.is_error()) return entries[i].key;
      entries[i].item = run(child(step, 2 * i + 1));
      if (entries[i].item.is_error()) return entries[i].item;
    }
    if (const auto wrong = ArrayMap::sort(entries)) return error(step, *wrong);
    map[0] = ArrayMap(entries);
    return Value::map(map[0]);
  }

  Value macro(const Step& step) {
    const Value range = run(child(step, 0));
    if (range.is_error()) return range;
    const bool makes_list = step.macro == Macro::filter || step.macro == Macro::map;
    if (range.is(Kind::map) && !makes_list) {
      const MapView& map = range.map();
      return tested(step, map.size(), [&map](std::size_t i) { return map.key_at(i); });
    }
    if (!range.is(Kind::list)) return error(step, Reason::no_such_overload);
    const ListView& list = range.list();
    if (makes_list) return gathered(step, list);
    return tested(step, list.size(), [&list](std::size_t i) { return list.at(i); });
  }

  bool bind(const Step& step, const Value& item) {
    variables_[step.variable] = item;
    return scratch_.spend(step.cost);
  }

  // all, exists, exists_one
  template <class At>
  Value tested(const Step& step, std::size_t size, At at) {
    const bool counts = step.macro == Macro::exists_one;
    const bool decisive = step.macro == Macro::exists;
    std::size_t found = 0;
    Value fault;
    for (std::size_t i = 0; i < size; ++i) {
      if (!bind(step, at(i))) return error(step, Reason::steps_spent);
      const Value value = run(child(step, 1));
      if (!value.is(Kind::boolean)) {
        if (fault.is_absent()) {
          fault = value.is_error() ? value : error(step, Reason::no_such_overload);
        }
      } else if (counts) {
        found += value.boolean() ? 1 : 0;
      } else if (value.boolean() == decisive) {
        return value;
      }
    }
    if (!fault.is_absent()) return fault;
    return Value::boolean(counts ? found == 1 : !decisive);
  }

  // filter, map
  Value gathered(const Step& step, const ListView& list) {
    const std::size_t size = list.size();
    if (size > scratch_.steps_left()) return error(step, Reason::steps_spent);
    const std::span<Value> items = scratch_.arena().take_array<Value>(size);
    if (items.size() != size) return error(step, Reason::scratch_full);
    const bool has_condition = step.macro == Macro::filter || step.count == 3;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const Value item = list.at(i);
      if (item.is_error()) return from(step, item);
      if (!bind(step, item)) return error(step, Reason::steps_spent);
      if (has_condition) {
        const Value condition = run(child(step, 1));
        if (condition.is_error()) return condition;
        if (!condition.is(Kind::boolean)) return error(step, Reason::no_such_overload);
        if (!condition.boolean()) continue;
      }
      items[kept] = step.macro == Macro::filter ? item : run(child(step, step.count - 1));
      if (items[kept].is_error()) return items[kept];
      ++kept;
    }
    return list_of(step, items.first(kept));
  }

  const Step* steps_;
  Environment& environment_;
  Scratch& scratch_;
  std::array<Value, kExpressionMacrosMax> variables_;
};

}  // namespace

Value evaluate(const Plan& plan, Environment& environment, Scratch& scratch) {
  return Evaluator(plan.data(), environment, scratch).run(plan.front());
}

}  // namespace gatehouse
