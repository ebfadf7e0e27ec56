// gateway/routing/template: a path, a query or a host made of text and captured parts of the
// request.
//
// Place   parsed once while the config is built, with the names that the route captures; expanded
//         for each request into its arena.
// Safety  a captured value can't change what stands around it. In a path it can add no segment
//         (`{rest}` alone may, and only whole ones), no query and no dot segment; in a query it
//         is one value; in a host it is letters, digits, "-" and "_" within the domain that the
//         text names. Braces themselves are written "{{" and "}}".
// Errors  unknown names and misplaced parts when it is parsed. When it is expanded: the arena is
//         full, or a value can't stand in that place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "gateway/routing/path_pattern.h"

namespace gatehouse {

struct Expansion {
  enum class Failure : std::uint8_t { none, arena_full, unfit_value };

  std::string_view text;  // in the arena, or in the template if nothing is captured
  Failure failure = Failure::none;
};

class Template {
 public:
  static constexpr std::size_t kPiecesMax = 64;
  static constexpr std::size_t kHostBytesMax = 253;

  // "/internal/orders/{id}", in the form of the canonical path.
  [[nodiscard]] static Result<Template> path(std::string_view text,
                                             std::span<const CaptureName> names);
  // {tenant: "{tenant}", v: "a b"} → "tenant=acme&v=a%20b". Names and values are written plain.
  [[nodiscard]] static Result<Template> query(
      std::span<const std::pair<std::string, std::string>> fields,
      std::span<const CaptureName> names);
  // "{tenant}.internal.example:8080"
  [[nodiscard]] static Result<Template> host(std::string_view text,
                                             std::span<const CaptureName> names);

  // `captures` are those of a RouteMatch of the route whose names the template was parsed with.
  Expansion expand(std::span<const std::string_view> captures, Arena& arena) const;

 private:
  enum class Kind : std::uint8_t { path, query, host };
  struct Piece {
    std::string text;  // of a literal, or the capture's name while parsing
    bool captured = false;
    std::uint8_t index = 0;
    CaptureKind kind = CaptureKind::segment;
  };

  explicit Template(Kind kind) : kind_(kind) {}
  static Result<std::vector<Piece>> pieces_of(std::string_view text,
                                              std::span<const CaptureName> names);
  void add_literal(std::string_view text);
  Status check_path() const;
  Status check_host() const;
  bool fits(const Piece& piece, std::string_view value) const;
  std::size_t write(std::span<const std::string_view> captures, char* to) const;
  std::size_t write_value(const Piece& piece, std::string_view value, char* to) const;

  Kind kind_;
  std::vector<Piece> pieces_;
};

}  // namespace gatehouse
