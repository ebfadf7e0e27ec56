#include "expr/times.h"

#include <charconv>
#include <chrono>

#include "expr/words.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDaySeconds = 86'400;

constexpr Value kNoOverload = Value::error(Reason::no_such_overload);
constexpr Value kNotConvertible = Value::error(Reason::not_convertible);
constexpr Value kOverflow = Value::error(Reason::overflow);

__extension__ using Wide = __int128;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

// Takes pieces from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  // Exactly that many digits.
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (!is_digit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  // All digits at the front, as a fraction of `unit`; what is below one is cut off.
  std::int64_t fraction(std::int64_t unit) {
    std::int64_t value = 0;
    for (; is_digit(front()); rest_.remove_prefix(1)) {
      unit /= 10;
      value += unit * (front() - '0');
    }
    return value;
  }
  // All digits at the front; nothing where there is none or too many.
  std::optional<std::int64_t> whole() {
    std::int64_t value = 0;
    const char* const end = rest_.data() + rest_.size();
    if (!is_digit(front())) return std::nullopt;
    const auto [stop, fault] = std::from_chars(rest_.data(), end, value);
    if (fault != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> take_unit(Reader& from) {
  struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  // Those whose name begins another's come after it.
  static constexpr Unit kUnits[] = {
      {"ns", 1},      {"us", 1'000},       {"µs", 1'000},        {"ms", 1'000'000},
      {"s", kSecond}, {"m", 60 * kSecond}, {"h", 3600 * kSecond}};
  for (const Unit& unit : kUnits) {
    if (from.take(unit.name)) return unit.nanoseconds;
  }
  return std::nullopt;
}

Value duration_of(Wide nanoseconds) {
  if (nanoseconds < INT64_MIN || nanoseconds > INT64_MAX) return kOverflow;
  return Value::duration_ns(static_cast<std::int64_t>(nanoseconds));
}

Value timestamp_of_ns(Wide nanoseconds) {
  Wide seconds = nanoseconds / kSecond;
  Wide rest = nanoseconds % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  if (seconds < Value::kTimestampSecondsMin || seconds > Value::kTimestampSecondsMax) {
    return kOverflow;
  }
  return Value::timestamp(static_cast<std::int64_t>(seconds), static_cast<std::uint32_t>(rest));
}

Wide ns_of(const Value& timestamp) {
  return Wide{timestamp.seconds()} * kSecond + timestamp.subsecond_ns();
}

// "+08:00" as seconds.
std::optional<std::int64_t> take_offset(Reader& from) {
  const bool west = from.front() == '-';
  if (!from.take("+") && !from.take("-")) return std::nullopt;
  const auto hours = from.digits(2);
  if (!hours || *hours > 23 || !from.take(":")) return std::nullopt;
  const auto minutes = from.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = (*hours * 60 + *minutes) * 60;
  return west ? -seconds : seconds;
}

std::optional<std::int64_t> offset_of(std::string_view zone) {
  if (zone == "UTC") return 0;
  Reader from(zone);
  const auto seconds = take_offset(from);
  return from.done() ? seconds : std::nullopt;
}

std::optional<std::int64_t> take_day(Reader& from) {
  const auto year = from.digits(4);
  if (!year || !from.take("-")) return std::nullopt;
  const auto month = from.digits(2);
  if (!month || !from.take("-")) return std::nullopt;
  const auto day = from.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<std::int64_t> take_clock(Reader& from) {
  const auto hours = from.digits(2);
  if (!hours || *hours > 23 || !from.take(":")) return std::nullopt;
  const auto minutes = from.digits(2);
  if (!minutes || *minutes > 59 || !from.take(":")) return std::nullopt;
  const auto seconds = from.digits(2);
  if (!seconds || *seconds > 59) return std::nullopt;
  return (*hours * 60 + *minutes) * 60 + *seconds;
}

char* put_two(char* to, unsigned number) {
  *to++ = static_cast<char>('0' + number / 10 % 10);
  *to++ = static_cast<char>('0' + number % 10);
  return to;
}

// ".5" of 500'000'000; nothing of 0.
char* put_fraction(char* to, std::uint32_t nanoseconds) {
  if (nanoseconds == 0) return to;
  *to++ = '.';
  for (std::uint32_t unit = kSecond / 10; nanoseconds != 0; unit /= 10) {
    *to++ = static_cast<char>('0' + nanoseconds / unit);
    nanoseconds %= unit;
  }
  return to;
}

Value duration_field(Op op, std::int64_t nanoseconds) {
  if (op == Op::hours) return Value::integer(nanoseconds / (3600 * kSecond));
  if (op == Op::minutes) return Value::integer(nanoseconds / (60 * kSecond));
  if (op == Op::seconds) return Value::integer(nanoseconds / kSecond);
  if (op == Op::milliseconds) return Value::integer(nanoseconds % kSecond / 1'000'000);
  return kNoOverload;
}

std::int64_t date_field(Op op, std::int64_t day) {
  const std::chrono::sys_days date{std::chrono::days(day)};
  const std::chrono::year_month_day parts(date);
  if (op == Op::full_year) return static_cast<int>(parts.year());
  if (op == Op::month) return static_cast<unsigned>(parts.month()) - 1;
  if (op == Op::date) return static_cast<unsigned>(parts.day());
  if (op == Op::day_of_month) return static_cast<unsigned>(parts.day()) - 1;
  if (op == Op::day_of_week) return std::chrono::weekday(date).c_encoding();
  return (date - std::chrono::sys_days(parts.year() / std::chrono::January / 1)).count();
}

Value field_at(Op op, const Value& time, std::int64_t offset) {
  const std::int64_t local = time.seconds() + offset;
  const std::int64_t day = floor_div(local, kDaySeconds);
  const std::int64_t second = local - day * kDaySeconds;
  if (op == Op::hours) return Value::integer(second / 3600);
  if (op == Op::minutes) return Value::integer(second / 60 % 60);
  if (op == Op::seconds) return Value::integer(second % 60);
  if (op == Op::milliseconds) return Value::integer(time.subsecond_ns() / 1'000'000);
  return Value::integer(date_field(op, day));
}

}  // namespace

Value read_duration(std::string_view text) {
  Reader from(text);
  const bool negative = from.take("-");
  if (!negative) from.take("+");
  if (from.take("0") && from.done()) return Value::duration_ns(0);
  from = Reader(text);
  if (!from.take("-")) from.take("+");
  if (from.done()) return kNotConvertible;
  Wide sum = 0;
  while (!from.done()) {
    const bool begins_with_dot = from.front() == '.';
    const auto whole = begins_with_dot ? std::optional<std::int64_t>(0) : from.whole();
    if (!whole) return is_digit(from.front()) ? kOverflow : kNotConvertible;
    std::int64_t billionths = 0;
    if (from.take(".")) {
      if (begins_with_dot && !is_digit(from.front())) return kNotConvertible;
      billionths = from.fraction(kSecond);
    }
    const auto unit = take_unit(from);
    if (!unit) return kNotConvertible;
    sum += Wide{*whole} * *unit + Wide{billionths} * *unit / kSecond;
    if (sum > Wide{INT64_MAX} + 1) return kOverflow;
  }
  return duration_of(negative ? -sum : sum);
}

Value parse_timestamp(std::string_view text) {
  Reader from(text);
  const auto day = take_day(from);
  if (!day || (!from.take("T") && !from.take("t"))) return kNotConvertible;
  const auto clock = take_clock(from);
  if (!clock) return kNotConvertible;
  std::int64_t fraction = 0;
  if (from.take(".")) {
    if (!is_digit(from.front())) return kNotConvertible;
    fraction = from.fraction(kSecond);
  }
  std::optional<std::int64_t> offset = 0;
  if (!from.take("Z") && !from.take("z")) offset = take_offset(from);
  if (!offset || !from.done()) return kNotConvertible;
  const std::int64_t seconds = *day * kDaySeconds + *clock - *offset;
  return timestamp_of_ns(Wide{seconds} * kSecond + fraction);
}

Value timestamp_of(std::int64_t seconds) { return timestamp_of_ns(Wide{seconds} * kSecond); }

std::string_view print_duration(std::int64_t nanoseconds, TimeText& to) {
  char* at = to.data();
  const auto magnitude = nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds)
                                         : static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) *at++ = '-';
  at = std::to_chars(at, to.data() + to.size(), magnitude / kSecond).ptr;
  at = put_fraction(at, static_cast<std::uint32_t>(magnitude % kSecond));
  *at++ = 's';
  return {to.data(), at};
}

std::string_view print_timestamp(const Value& timestamp, TimeText& to) {
  const std::int64_t day = floor_div(timestamp.seconds(), kDaySeconds);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  const auto second = static_cast<unsigned>(timestamp.seconds() - day * kDaySeconds);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  char* at = put_two(put_two(to.data(), year / 100), year % 100);
  *at++ = '-';
  at = put_two(at, static_cast<unsigned>(date.month()));
  *at++ = '-';
  at = put_two(at, static_cast<unsigned>(date.day()));
  *at++ = 'T';
  at = put_two(at, second / 3600);
  *at++ = ':';
  at = put_two(at, second / 60 % 60);
  *at++ = ':';
  at = put_fraction(put_two(at, second % 60), timestamp.subsecond_ns());
  *at++ = 'Z';
  return {to.data(), at};
}

Value add_times(const Value& one, const Value& other) {
  if (one.is(Kind::duration) && other.is(Kind::duration)) {
    return duration_of(Wide{one.nanoseconds()} + other.nanoseconds());
  }
  if (one.is(Kind::timestamp) && other.is(Kind::duration)) {
    return timestamp_of_ns(ns_of(one) + other.nanoseconds());
  }
  if (one.is(Kind::duration) && other.is(Kind::timestamp)) {
    return timestamp_of_ns(ns_of(other) + one.nanoseconds());
  }
  return kNoOverload;
}

Value subtract_times(const Value& one, const Value& other) {
  if (one.is(Kind::duration) && other.is(Kind::duration)) {
    return duration_of(Wide{one.nanoseconds()} - other.nanoseconds());
  }
  if (one.is(Kind::timestamp) && other.is(Kind::duration)) {
    return timestamp_of_ns(ns_of(one) - other.nanoseconds());
  }
  if (one.is(Kind::timestamp) && other.is(Kind::timestamp)) {
    return duration_of(ns_of(one) - ns_of(other));
  }
  return kNoOverload;
}

Value time_field(Op op, const Value& time) {
  if (time.is(Kind::duration)) return duration_field(op, time.nanoseconds());
  return time.is(Kind::timestamp) ? field_at(op, time, 0) : kNoOverload;
}

Value time_field(Op op, const Value& time, std::string_view zone) {
  if (!time.is(Kind::timestamp)) return kNoOverload;
  const auto offset = offset_of(zone);
  return offset ? field_at(op, time, *offset) : kNotConvertible;
}

}  // namespace gatehouse
