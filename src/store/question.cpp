#include "store/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

#include "config/units.h"

namespace gatehouse {
namespace {

constexpr std::uint32_t kLimitByDefault = 100;

Error refused(std::string what, std::string help) {
  return {"E0807", std::move(what), std::move(help)};
}

struct Name {
  std::string_view name;
  std::string HistoryQuestion::* member;
};
constexpr std::array kNames{
    Name{"filter", &HistoryQuestion::filter}, Name{"since", &HistoryQuestion::since},
    Name{"until", &HistoryQuestion::until},   Name{"group_by", &HistoryQuestion::group_by},
    Name{"limit", &HistoryQuestion::limit},   Name{"last", &HistoryQuestion::last},
    Name{"after", &HistoryQuestion::after},   Name{"all", &HistoryQuestion::all},
};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at] == '+' ? ' ' : text[at];
      continue;
    }
    std::uint8_t byte = 0;
    if (text.size() - at < 3) return std::nullopt;
    const auto [end, bad] = std::from_chars(&text[at] + 1, &text[at] + 3, byte, 16);
    if (bad != std::errc{} || end != &text[at] + 3) return std::nullopt;
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

// Takes a whole number of exactly `digits` digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + digits, value);
  if (bad != std::errc{} || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// ".123" in microseconds; further digits are dropped.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  std::int64_t us = 0, unit = 100'000;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, unit /= 10) {
    us += (text.front() - '0') * unit;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return us;
}

// "Z", "+08:00" or nothing, in microseconds east of UTC.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const bool is_west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t us = (*hours * 60LL + *minutes) * 60'000'000;
  return is_west ? -us : us;
}

std::optional<std::int64_t> take_day_time(std::string_view& text) {
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes) return std::nullopt;
  std::optional<int> seconds = 0;
  std::optional<std::int64_t> fraction = 0;
  if (take(text, ':')) {
    seconds = take_digits(text, 2);
    fraction = take_fraction(text);
  }
  if (!seconds || !fraction || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return ((*hours * 60LL + *minutes) * 60 + *seconds) * 1'000'000 + *fraction;
}

std::optional<std::int64_t> read_moment(std::string_view text, std::int64_t now_us) {
  if (const auto age = parse_duration(text)) {
    return now_us - std::chrono::microseconds{*age}.count();
  }
  return parse_time(text);
}

Error bad_time(std::string_view name, const std::string& text) {
  return refused(fmt::format("`{}` is no time for `{}`", text, name),
                 "write an age such as `1h`, or a time such as `2026-11-24T21:45:34Z`");
}

template <class T>
Status read_number(std::string_view name, const std::string& text, T& into) {
  if (text.empty()) return {};
  const auto number = parse_whole(text);
  if (number && *number != 0 && *number <= std::numeric_limits<T>::max()) {
    into = static_cast<T>(*number);
    return {};
  }
  return fail(
      refused(fmt::format("`{}` is no number for `{}`", text, name), "write a whole number"));
}

void split_names(std::string_view text, std::vector<std::string>& into) {
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    into.emplace_back(one);
    text.remove_prefix(std::min(text.size(), one.size() + 1));
  }
}

Status read_times(const HistoryQuestion& question, std::int64_t now_us, HistoryQuery& query) {
  if (!question.since.empty()) {
    // A number alone is a record's; ages have units.
    if (const auto number = parse_whole(question.since)) {
      query.since_sequence = *number;
    } else {
      query.since_us = read_moment(question.since, now_us);
      if (!query.since_us) return fail(bad_time("since", question.since));
    }
  }
  if (!question.until.empty()) {
    query.until_us = read_moment(question.until, now_us);
    if (!query.until_us || parse_whole(question.until)) {
      return fail(bad_time("until", question.until));
    }
  }
  return {};
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t midnight =
      std::chrono::sys_days{date}.time_since_epoch().count() * 86'400'000'000LL;
  std::optional<std::int64_t> in_day = 0, east = 0;
  if (take(text, 'T') || take(text, ' ')) {
    in_day = take_day_time(text);
    east = take_offset(text);
  }
  if (!in_day || !east || !text.empty()) return std::nullopt;
  return midnight + *in_day - *east;
}

Result<HistoryQuery> read_question(const HistoryQuestion& question, std::int64_t now_us) {
  HistoryQuery query;
  query.filter = question.filter;
  if (Status times = read_times(question, now_us, query); !times) {
    return fail(std::move(times).error());
  }
  split_names(question.group_by, query.group_by);
  query.limit = kLimitByDefault;
  if (Status limit = read_number("limit", question.limit, query.limit); !limit) {
    return fail(std::move(limit).error());
  }
  if (Status last = read_number("last", question.last, query.last); !last) {
    return fail(std::move(last).error());
  }
  if (!question.after.empty()) {
    query.after = parse_cursor(question.after);
    if (!query.after) {
      return fail(refused(fmt::format("`{}` is no page", question.after),
                          "give back what the answer before named as the next one"));
    }
  }
  query.all_kinds = question.all == "1";
  if (question.since.empty() && question.last.empty() && question.after.empty()) {
    query.last = query.limit;
  }
  if (Status good = check_query(query); !good) return fail(std::move(good).error());
  return query;
}

std::string to_target_query(const HistoryQuestion& question) {
  std::string out;
  for (const auto& [name, member] : kNames) {
    if (const std::string& value = question.*member; !value.empty()) {
      out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, percent_encoded(value));
    }
  }
  return out;
}

Result<HistoryQuestion> parse_target_query(std::string_view query) {
  HistoryQuestion question;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::string_view name = pair.substr(0, pair.find('='));
    const auto* const known = std::find_if(kNames.begin(), kNames.end(),
                                           [&](const Name& one) { return one.name == name; });
    const auto value = percent_decoded(pair.substr(std::min(pair.size(), name.size() + 1)));
    if (known == kNames.end() || !value) {
      return fail(refused(fmt::format("`{}` is no part of a question", pair),
                          "there are filter, since, until, group_by, limit, last, after and all"));
    }
    question.*(known->member) = *value;
  }
  return question;
}

}  // namespace gatehouse
