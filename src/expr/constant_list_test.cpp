// What is promised: a list in which one can search says what looking at each item would say.
#include "expr/constant_list.h"

#include <random>

#include "expr/expr_testing.h"
#include "expr/operations.h"

namespace gatehouse {
namespace {

struct ConstantListTest : ::testing::Test {
  std::mt19937 random{7};
  ConstantPool pool;
  Arena arena;

  unsigned below(unsigned end) { return static_cast<unsigned>(random() % end); }

  Value address() {
    IpAddress& made = pool.take<IpAddress>(1)[0];
    // Few distinct bytes, so that networks often hold them; one half IPv4.
    const unsigned same = below(17);
    for (unsigned i = same; i < 16; ++i) made.bytes[i] = static_cast<std::uint8_t>(below(4) << 6);
    if (below(2) == 0) made = *IpAddress::parse("10.0.0.1");
    if (made.is_v4()) made.bytes[13] = static_cast<std::uint8_t>(below(3));
    return Value::address(made);
  }

  // The networks of such addresses; the short ones nest, and some hold both families' values.
  Value prefix() {
    IpAddress base = address().address();
    const bool is_v4 = base.is_v4();
    const unsigned bits = is_v4 ? 96 + below(33) : below(4) == 0 ? below(3) : below(129);
    for (unsigned bit = bits; bit < 128; ++bit) {
      base.bytes[bit / 8] = static_cast<std::uint8_t>(base.bytes[bit / 8] & ~(0x80U >> bit % 8));
    }
    IpPrefix& made = pool.take<IpPrefix>(1)[0];
    const Result<IpPrefix> parsed =
        IpPrefix::parse(base.text() + "/" + std::to_string(is_v4 ? bits - 96 : bits));
    EXPECT_TRUE(parsed.has_value());
    made = parsed ? *parsed : IpPrefix{};
    return Value::prefix(made);
  }

  // The slow twin.
  static bool is_in(const Value& value, const std::vector<Value>& items, Scratch& scratch) {
    for (const Value& item : items) {
      const bool is_within = value.is(Kind::address) && item.is(Kind::prefix) &&
                             item.prefix().contains(value.address());
      if (is_within || equals(value, item, scratch).is_true()) return true;
    }
    return false;
  }

  template <class Make, class Ask>
  void compare(Make make, Ask ask) {
    for (int round = 0; round < 300; ++round) {
      std::vector<Value> items;
      for (unsigned left = below(12); left != 0; --left) items.push_back(make());
      const ArrayList plain(items);
      const Value kept = pool.keep(Value::list(plain));
      for (int asked = 0; asked < 30; ++asked) {
        Scratch scratch(arena);
        const Value value = ask();
        const bool expected = is_in(value, items, scratch);
        EXPECT_EQ(in(value, kept, scratch).is_true(), expected) << testing::show(value);
        EXPECT_EQ(in(value, Value::list(plain), scratch).is_true(), expected);
      }
    }
  }
};

TEST_F(ConstantListTest, agrees_about_networks) {
  compare([this] { return prefix(); }, [this] { return address(); });
}

TEST_F(ConstantListTest, agrees_about_networks_looked_for_in_networks) {
  compare([this] { return prefix(); }, [this] { return prefix(); });
}

TEST_F(ConstantListTest, agrees_about_numbers) {
  compare([this] { return Value::integer(static_cast<std::int64_t>(below(20)) - 10); },
          [this] {
            const auto number = static_cast<std::int64_t>(below(24)) - 12;
            if (below(3) == 0) return Value::number(static_cast<double>(number) / 2);
            if (below(3) == 0) return Value::unsigned_integer(below(12));
            return Value::integer(number);
          });
}

TEST_F(ConstantListTest, agrees_about_texts) {
  const auto text = [this] {
    return Value::text(pool.copy(std::string(below(4), static_cast<char>('a' + below(2)))));
  };
  compare(text, text);
}

TEST_F(ConstantListTest, agrees_about_a_mixture) {
  const auto any = [this] {
    switch (below(4)) {
      case 0:
        return address();
      case 1:
        return prefix();
      case 2:
        return Value::integer(below(3));
      default:
        return Value::text("a");
    }
  };
  compare(any, any);
}

}  // namespace
}  // namespace gatehouse
