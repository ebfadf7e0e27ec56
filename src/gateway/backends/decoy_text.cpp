#include "gateway/backends/decoy_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gatehouse {
namespace {

constexpr std::uint64_t kMembersLeast = 3;
constexpr std::uint64_t kMembersMost = 8;
constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::string_view kGeneral =
    R"({"id":48211,"reference":"A3-40971","name":"Standard","status":"active",)"
    R"("amount":148.5,"currency":"EUR","created_at":"2025-03-14T09:26:53Z",)"
    R"("updated_at":"2025-08-02T16:40:12Z"})";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
// Nothing else of a path is worth being shown again.
bool is_id(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                  c == '_' || c == '.';
         });
}
bool has_digit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }

// SplitMix64 (Steele, Lea, Flood 2014).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

// "2025-03-14", perhaps with a time behind it.
bool is_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == 'd' ? !is_digit(text[i]) : text[i] != kForm[i]) return false;
  }
  return text.size() == kForm.size() || text[10] == 'T' || text[10] == ' ';
}

class Maker {
 public:
  Maker(std::uint64_t seed, std::string_view id) : dice_(seed), id_(id) {}

  void value(const JsonView& like) {
    switch (like.kind()) {
      case JsonKind::null:
        out_ += "null";
        return;
      case JsonKind::boolean:
        out_ += dice_.below(2) == 0 ? "false" : "true";
        return;
      case JsonKind::whole:
        return whole(like.whole());
      case JsonKind::real:
        return real(like.number());
      case JsonKind::text:
        return text(like.text());
      case JsonKind::list:
        return list(like);
      case JsonKind::object:
        return object(like, {});
    }
  }

  // The path's own thing.
  void thing(const JsonView& like) {
    if (like.is(JsonKind::object)) {
      object(like, id_);
    } else {
      value(like);
    }
  }

  // Several things like these.
  template <class Choose>
  void several(Choose&& choose) {
    const std::uint64_t count = kMembersLeast + dice_.below(kMembersMost - kMembersLeast + 1);
    out_ += '[';
    for (std::uint64_t i = 0; i < count && out_.size() < kDecoyBytesMax; ++i) {
      if (i != 0) out_ += ',';
      value(choose(dice_));
    }
    out_ += ']';
  }

  void list(const JsonView& like) {
    if (like.size() == 0) {
      out_ += "[]";
      return;
    }
    several(
        [&](Dice& dice) { return like.at(static_cast<std::uint32_t>(dice.below(like.size()))); });
  }

  std::string take() { return std::move(out_); }

 private:
  void object(const JsonView& like, std::string_view id) {
    out_ += '{';
    for (std::uint32_t i = 0; i < like.size() && out_.size() < kDecoyBytesMax; ++i) {
      if (i != 0) out_ += ',';
      quoted(like.name_at(i));
      out_ += ':';
      const JsonView member = like.at(i);
      if (id.empty() || like.name_at(i) != "id" || !named(member, id)) value(member);
    }
    out_ += '}';
  }

  // Who asks for /orders/17 is shown 17; false where the example's `id` is of another kind.
  bool named(const JsonView& member, std::string_view id) {
    std::uint64_t whole = 0;
    const auto read = std::from_chars(id.data(), id.data() + id.size(), whole);
    const bool is_whole = read.ec == std::errc{} && read.ptr == id.data() + id.size();
    if (member.is(JsonKind::text)) {
      quoted(id);
    } else if (member.is(JsonKind::whole) && is_whole) {
      out_ += std::to_string(whole);
    } else {
      return false;
    }
    return true;
  }

  // As many digits, as likely nought as the example is.
  void whole(std::int64_t like) {
    if (like == 0) {
      out_ += '0';
      return;
    }
    std::string digits = std::to_string(like);
    bool first = true;
    for (char& c : digits) {
      if (!is_digit(c)) continue;
      c = static_cast<char>(first ? '1' + dice_.below(9) : '0' + dice_.below(10));
      first = false;
    }
    // 19 digits may be more than the number that was there could be.
    std::int64_t made = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), made);
    out_ += read.ec == std::errc{} ? digits : std::to_string(like);
  }

  // Half to one and a half times as much, with two places.
  void real(double like) {
    const double made = like * (0.5 + static_cast<double>(dice_.below(1000)) / 1000.0);
    out_ += std::isfinite(made) && std::abs(made) < 1e15 ? fmt::format("{:.2f}", made) : "0.5";
  }

  void text(std::string_view like) {
    if (!has_digit(like)) return quoted(like);
    std::string made(like);
    if (is_date(like)) {
      date(made);
    } else if (like.size() >= 8 && std::all_of(like.begin(), like.end(),
                                               [](char c) { return is_hex(c) || c == '-'; })) {
      const bool has_letter =
          std::any_of(like.begin(), like.end(), [](char c) { return is_hex(c) && !is_digit(c); });
      for (char& c : made) {
        if (is_hex(c)) c = kHex[dice_.below(has_letter ? 16 : 10)];
      }
    } else {
      digits(made, 0);
    }
    quoted(made);
  }

  // The year stays; every month has 28 days, and every day the hours, minutes and seconds.
  void date(std::string& text) {
    two(text, 5, 1 + dice_.below(12));
    two(text, 8, 1 + dice_.below(28));
    constexpr std::uint64_t kMost[] = {24, 60, 60};
    std::size_t at = 11;
    for (const std::uint64_t most : kMost) {
      if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return;
      two(text, at, dice_.below(most));
      at += 3;
      if (at > text.size() || text[at - 1] != ':') break;
    }
    if (at <= text.size() && text[at - 1] == '.') {
      while (at < text.size() && is_digit(text[at])) {
        text[at++] = static_cast<char>('0' + dice_.below(10));
      }
    }
  }

  static void two(std::string& text, std::size_t at, std::uint64_t value) {
    text[at] = static_cast<char>('0' + value / 10);
    text[at + 1] = static_cast<char>('0' + value % 10);
  }

  void digits(std::string& text, std::size_t from) {
    for (std::size_t i = from; i < text.size(); ++i) {
      if (is_digit(text[i])) text[i] = static_cast<char>('0' + dice_.below(10));
    }
  }

  // The texts come from a strict reader of JSON or from a canonical path.
  void quoted(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (byte < 0x20 || byte == 0x7f) {
        out_ += "\\u00";
        out_ += kHex[byte >> 4];
        out_ += kHex[byte & 15];
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  Dice dice_;
  const std::string_view id_;
  std::string out_;
};

}  // namespace

std::string decoy_text(const HashKey& key, std::string_view path,
                       std::span<const std::shared_ptr<const JsonDocument>> examples) {
  const std::uint64_t seed = sip_hash_128(key, path).low;
  const std::string_view last = path.substr(path.rfind('/') + 1);
  const bool is_one = has_digit(last);
  std::vector<JsonView> objects;
  std::vector<JsonView> others;
  const auto general = examples.empty() ? JsonDocument::read(kGeneral) : nullptr;
  if (general != nullptr) objects.push_back(general->root());
  for (const auto& one : examples) {
    (one->root().is(JsonKind::object) ? objects : others).push_back(one->root());
  }
  Dice choice(~seed);
  const auto any = [](const std::vector<JsonView>& of, Dice& dice) {
    return of[dice.below(of.size())];
  };
  Maker maker(seed, is_one && is_id(last) ? last : std::string_view{});
  if (is_one ? !objects.empty() : others.empty()) {
    if (is_one) {
      maker.thing(any(objects, choice));
    } else {
      maker.several([&](Dice& dice) { return any(objects, dice); });
    }
  } else {
    const JsonView like = any(others, choice);
    if (is_one && like.is(JsonKind::list) && like.size() != 0) {
      maker.thing(like.at(static_cast<std::uint32_t>(choice.below(like.size()))));
    } else {
      maker.value(like);
    }
  }
  return maker.take();
}

}  // namespace gatehouse
