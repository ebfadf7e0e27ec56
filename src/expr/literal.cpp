#include "expr/literal.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"
#include "expr/faults.h"

namespace gatehouse {
namespace {

struct Shape {
  bool raw = false;
  bool bytes = false;
  std::size_t prefix = 0;  // letters before the quote
  std::size_t quotes = 0;  // 1 or 3 at each end
};

Shape shape_of(std::string_view literal) {
  Shape shape;
  for (; literal[shape.prefix] != '"' && literal[shape.prefix] != '\''; ++shape.prefix) {
    const char letter = literal[shape.prefix];
    if (letter == 'r' || letter == 'R') shape.raw = true;
    if (letter == 'b' || letter == 'B') shape.bytes = true;
  }
  const std::string_view rest = literal.substr(shape.prefix);
  const bool triple = rest.size() >= 3 && rest[1] == rest[0] && rest[2] == rest[0];
  shape.quotes = triple ? 3 : 1;
  return shape;
}

std::optional<std::uint32_t> digits_of(std::string_view digits, std::size_t count, int base) {
  std::uint32_t value = 0;
  if (digits.size() < count) return std::nullopt;
  const char* const end = digits.data() + count;
  const auto [stop, fault] = std::from_chars(digits.data(), end, value, base);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Reads one literal's inside, escape by escape.
class Unescape {
 public:
  Unescape(std::string_view inside, std::size_t offset, bool bytes)
      : inside_(inside), offset_(offset), bytes_(bytes) {}

  Literal<std::string> run() {
    while (at_ < inside_.size()) {
      if (inside_[at_] != '\\') {
        to_ += inside_[at_++];
      } else if (!escape()) {
        return std::unexpected(fault_);
      }
    }
    return std::move(to_);
  }

 private:
  bool escape() {
    const std::string_view rest = inside_.substr(at_ + 1);
    if (rest.empty()) return wrong(1, "a backslash escapes nothing", "write `\\\\`");
    constexpr std::string_view kLetters = "abfnrtv\\?\"'`";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\?\"'`";
    if (const std::size_t which = kLetters.find(rest[0]); which != kLetters.npos) {
      to_ += kMeanings[which];
      at_ += 2;
      return true;
    }
    switch (rest[0]) {
      case 'x':
      case 'X':
        return number(1, 2, 16);
      case 'u':
        return unicode(4);
      case 'U':
        return unicode(8);
      case '0':
      case '1':
      case '2':
      case '3':
        return number(0, 3, 8);
      default:
        return wrong(
            1 + std::min<std::size_t>(rest.size(), 1),
            "`" + std::string(inside_.substr(at_, 1 + lead_bytes(rest))) + "` is no escape",
            "write `\\\\` for a backslash, or begin the text with r, as in r\"\\d+\"");
    }
  }

  static std::size_t lead_bytes(std::string_view rest) {
    std::size_t bytes = 1;
    while (bytes < rest.size() && (static_cast<unsigned char>(rest[bytes]) & 0xC0) == 0x80) ++bytes;
    return bytes;
  }

  // \xHH and \ooo: a code point in text, a byte in bytes.
  bool number(std::size_t skip, std::size_t digits, int base) {
    const auto value = digits_of(inside_.substr(at_ + 1 + skip), digits, base);
    if (!value) {
      return wrong(1 + skip, base == 16 ? "`\\x` needs two hexadecimal digits"
                                        : "an octal escape needs three digits, `\\000` to `\\377`");
    }
    if (bytes_) {
      to_ += static_cast<char>(*value);
    } else {
      append_utf8(*value, to_);
    }
    at_ += 1 + skip + digits;
    return true;
  }

  bool unicode(std::size_t digits) {
    if (bytes_)
      return wrong(2, "`\\u` and `\\U` stand in text, not in bytes", "write `\\x` escapes");
    auto value = digits_of(inside_.substr(at_ + 2), digits, 16);
    if (!value) {
      return wrong(2, digits == 4 ? "`\\u` needs four hexadecimal digits"
                                  : "`\\U` needs eight hexadecimal digits");
    }
    std::size_t bytes = 2 + digits;
    const std::string_view next = inside_.substr(at_ + bytes);
    if (digits == 4 && *value >= 0xD800 && *value < 0xDC00 && next.starts_with("\\u")) {
      const auto low = digits_of(next.substr(2), 4, 16);
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        value = 0x10000 + ((*value - 0xD800) << 10) + (*low - 0xDC00);
        bytes += 6;
      }
    }
    if (!is_code_point(*value)) return wrong(bytes, "the escape stands for no character");
    append_utf8(*value, to_);
    at_ += bytes;
    return true;
  }

  bool wrong(std::size_t length, std::string what, std::string help = {}) {
    fault_ = {static_cast<std::uint32_t>(offset_ + at_), static_cast<std::uint32_t>(length),
              std::move(what), std::move(help)};
    return false;
  }

  std::string_view inside_;
  std::size_t offset_;
  bool bytes_;
  std::size_t at_ = 0;
  std::string to_;
  LiteralFault fault_;
};

LiteralFault of_all(std::string_view literal, std::string what, std::string help = {}) {
  return {0, static_cast<std::uint32_t>(literal.size()), std::move(what), std::move(help)};
}

}  // namespace

std::size_t quoted_bytes(std::string_view text) {
  const Shape shape = shape_of(text);
  const char quote = text[shape.prefix];
  for (std::size_t at = shape.prefix + shape.quotes; at < text.size(); ++at) {
    if (text[at] == '\\' && !shape.raw) {
      ++at;
    } else if (shape.quotes == 1 && (text[at] == '\n' || text[at] == '\r')) {
      return 0;
    } else if (text.substr(at, shape.quotes) == std::string(shape.quotes, quote)) {
      return at + shape.quotes;
    }
  }
  return 0;
}

bool is_bytes_literal(std::string_view literal) { return shape_of(literal).bytes; }

Literal<std::string> decode_quoted(std::string_view literal) {
  const Shape shape = shape_of(literal);
  const std::size_t begin = shape.prefix + shape.quotes;
  const std::string_view inside = literal.substr(begin, literal.size() - begin - shape.quotes);
  if (shape.raw) return std::string(inside);
  return Unescape(inside, begin, shape.bytes).run();
}

Literal<std::uint64_t> decode_integer(std::string_view digits) {
  const bool hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
  const std::string_view plain = digits.substr(hexadecimal ? 2 : 0);
  std::uint64_t value = 0;
  const auto [stop, fault] =
      std::from_chars(plain.data(), plain.data() + plain.size(), value, hexadecimal ? 16 : 10);
  if (fault != std::errc() || stop != plain.data() + plain.size()) {
    return std::unexpected(
        of_all(digits, "`" + shown(digits) + "` is over 18446744073709551615, the most of uint"));
  }
  return value;
}

Literal<double> decode_number(std::string_view digits) {
  double value = 0;
  const auto [stop, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (fault == std::errc() && stop == digits.data() + digits.size()) return value;
  return std::unexpected(of_all(digits, "`" + shown(digits) + "` is out of the range of double"));
}

}  // namespace gatehouse
