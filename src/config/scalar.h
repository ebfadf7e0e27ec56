// config/scalar: how a scalar of each type is read, named on a page and written back.
//
// A type that may be an option's value specialises Scalar<T>:
//   parse(node)  the value, or nothing when the text is not one
//   kType        its word in the reference: "duration"
//   kExpected    what a message calls it: "a duration"; kExample: one that is right
//   text(value)  as a person would write it
//   fault(node)  optional: a few words on what exactly is wrong with the text
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "config/node.h"
#include "config/units.h"

namespace gatehouse {

template <class T>
struct Scalar;

template <class T>
concept IsScalar = requires(const Node& node, const T& value) {
  { Scalar<T>::parse(node) } -> std::same_as<std::optional<T>>;
  { Scalar<T>::text(value) } -> std::same_as<std::string>;
};

// A name of another part of the config, checked once all parts are read.
struct Reference {
  std::string name;
  Origin at;
  bool operator==(const Reference&) const = default;
};

// A path, taken from the folder of the file that names it.
struct FilePath {
  std::string path;
  Origin at;
  bool operator==(const FilePath&) const = default;
};

// The text of an expression, which whoever knows its names compiles.
struct ExpressionText {
  std::string text;
  Origin at;              // where it begins in the file
  bool is_exact = false;  // a place in the text is a place in the file, counted from there

  bool operator==(const ExpressionText& other) const { return text == other.text; }
};

// Quoted, `true` and `12` are text; what came from outside has no quotes of its own.
inline bool is_plain(const Node& node) { return !node.quoted || node.secret; }

template <>
struct Scalar<bool> {
  static constexpr std::string_view kType = "true or false";
  static constexpr std::string_view kExpected = "true or false";
  static constexpr std::string_view kExample = "true";
  static std::optional<bool> parse(const Node& node);
  static std::string text(bool value) { return value ? "true" : "false"; }
};

template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>)
struct Scalar<T> {
  static constexpr std::string_view kType = "whole number";
  static constexpr std::string_view kExpected = "a whole number";
  static constexpr std::string_view kExample = "100";
  static std::optional<T> parse(const Node& node) {
    const auto value = is_plain(node) ? parse_whole(node.text) : std::nullopt;
    if (!value || *value > std::numeric_limits<T>::max()) return std::nullopt;
    return static_cast<T>(*value);
  }
  static std::string text(T value) { return std::to_string(value); }
  static std::string fault(const Node& node) {
    const bool octal = node.text.size() > 1 && node.text[0] == '0' &&
                       node.text.find_first_not_of("0123456789") == std::string::npos;
    if (octal) return "begins with 0; an octal number begins with 0o";
    return node.quoted ? "remove the quotes" : "";
  }
};

template <>
struct Scalar<std::string> {
  static constexpr std::string_view kType = "text";
  static constexpr std::string_view kExpected = "text";
  static constexpr std::string_view kExample = "text";
  static std::optional<std::string> parse(const Node& node) { return node.text; }
  static std::string text(const std::string& value) { return value; }
};

template <>
struct Scalar<Duration> {
  static constexpr std::string_view kType = "duration";
  static constexpr std::string_view kExpected = "a duration";
  static constexpr std::string_view kExample = "30s";
  static std::optional<Duration> parse(const Node& node) { return parse_duration(node.text); }
  static std::string text(Duration value) { return to_text(value); }
};

template <>
struct Scalar<Bytes> {
  static constexpr std::string_view kType = "size";
  static constexpr std::string_view kExpected = "a size";
  static constexpr std::string_view kExample = "10MiB";
  static std::optional<Bytes> parse(const Node& node) { return parse_bytes(node.text); }
  static std::string text(Bytes value) { return to_text(value); }
};

template <>
struct Scalar<ByteRate> {
  static constexpr std::string_view kType = "bytes a second";
  static constexpr std::string_view kExpected = "a number of bytes a second";
  static constexpr std::string_view kExample = "240B/s";
  static std::optional<ByteRate> parse(const Node& node) { return parse_byte_rate(node.text); }
  static std::string text(ByteRate value) { return to_text(value); }
};

template <>
struct Scalar<Rate> {
  static constexpr std::string_view kType = "rate";
  static constexpr std::string_view kExpected = "a rate";
  static constexpr std::string_view kExample = "100/s";
  static std::optional<Rate> parse(const Node& node) { return parse_rate(node.text); }
  static std::string text(Rate value) { return to_text(value); }
};

template <>
struct Scalar<Endpoint> {
  static constexpr std::string_view kType = "address";
  static constexpr std::string_view kExpected = "an address with a port";
  static constexpr std::string_view kExample = "127.0.0.1:8080";
  static std::optional<Endpoint> parse(const Node& node) {
    std::optional<Endpoint> endpoint = parse_endpoint(node.text);
    if (endpoint) endpoint->at = node.at;
    return endpoint;
  }
  static std::string text(const Endpoint& value) {
    return value == Endpoint{} ? "" : to_text(value);
  }
};

template <>
struct Scalar<Cidr> {
  static constexpr std::string_view kType = "address range";
  static constexpr std::string_view kExpected = "a range of addresses";
  static constexpr std::string_view kExample = "10.0.0.0/8";
  static std::optional<Cidr> parse(const Node& node) { return parse_cidr(node.text); }
  static std::string text(const Cidr& value) { return to_text(value); }
};

template <>
struct Scalar<Reference> {
  static constexpr std::string_view kType = "name";
  static constexpr std::string_view kExpected = "a name";
  static constexpr std::string_view kExample = "orders";
  static std::optional<Reference> parse(const Node& node) {
    if (node.text.empty()) return std::nullopt;
    return Reference{node.text, node.at};
  }
  static std::string text(const Reference& value) { return value.name; }
};

template <>
struct Scalar<FilePath> {
  static constexpr std::string_view kType = "path";
  static constexpr std::string_view kExpected = "a path";
  static constexpr std::string_view kExample = "tls/shop.crt";
  static std::optional<FilePath> parse(const Node& node);
  static std::string text(const FilePath& value) { return value.path; }
};

template <>
struct Scalar<ExpressionText> {
  static constexpr std::string_view kType = "expression";
  static constexpr std::string_view kExpected = "an expression";
  static constexpr std::string_view kExample = "request.method == \"GET\"";
  static std::optional<ExpressionText> parse(const Node& node);
  static std::string text(const ExpressionText& value) { return value.text; }
};

}  // namespace gatehouse
