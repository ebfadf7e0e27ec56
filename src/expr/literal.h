// expr/literal: numbers and quoted text as they are written in an expression.
//
// Errors   the place within the literal and what is wrong there, in words.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace gatehouse {

struct LiteralFault {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::string what;
  std::string help;
};

template <class T>
using Literal = std::expected<T, LiteralFault>;

// How many bytes the quoted text at the front has, prefix and quotes included; 0 if it isn't
// closed. `text` begins with a quote, or with r, b and such and then a quote.
std::size_t quoted_bytes(std::string_view text);

// The text that a whole quoted literal stands for. UTF-8, if it isn't one of bytes.
Literal<std::string> decode_quoted(std::string_view literal);
bool is_bytes_literal(std::string_view literal);

// "12", "0x1F": up to 2^64 - 1; whether it fits an int is the parser's to say, which knows the
// sign.
Literal<std::uint64_t> decode_integer(std::string_view digits);
Literal<double> decode_number(std::string_view digits);

}  // namespace gatehouse
