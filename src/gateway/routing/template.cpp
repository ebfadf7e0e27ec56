#include "gateway/routing/template.h"

#include <algorithm>

#include "http/path.h"

namespace gatehouse {
namespace {

constexpr std::string_view kHexUpper = "0123456789ABCDEF";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_plain(char c) {  // RFC 3986: unreserved
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
bool stands_in_segment(char c) {
  return is_plain(c) || std::string_view("!$&'()*+,;=:@").find(c) != std::string_view::npos;
}
bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_escape(std::string_view text, std::size_t at) {
  return text[at] == '%' && at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2]);
}
bool stands_in_host(char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; }

// Whether a segment is "." or "..", with or without parameters: some servers resolve both.
bool has_dots(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (is_dot_segment(segment.substr(0, segment.find(';')))) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

std::string encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_plain(c)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kHexUpper[byte >> 4], kHexUpper[byte & 15]};
    }
  }
  return result;
}

Error bad_template(std::string what, std::string help) {
  return Error{.code = "E0411", .what = std::move(what), .help = std::move(help)};
}

Error unknown_name(std::string_view name, std::span<const CaptureName> names) {
  std::string known;
  for (const CaptureName& one : names) known += (known.empty() ? "`" : ", `") + one.text + "`";
  return Error{.code = "E0410",
               .what = "`{" + std::string(name) + "}` isn't captured by this route",
               .help = names.empty() ? "capture it in the route's `match` or `hosts`"
                                     : "it captures " + known};
}

}  // namespace

Result<std::vector<Template::Piece>> Template::pieces_of(std::string_view text,
                                                         std::span<const CaptureName> names) {
  std::vector<Piece> pieces;
  const auto literal = [&]() -> std::string& {
    if (pieces.empty() || pieces.back().captured) pieces.emplace_back();
    return pieces.back().text;
  };
  while (!text.empty()) {
    const std::size_t brace = std::min(text.find_first_of("{}"), text.size());
    if (brace != 0) literal() += text.substr(0, brace);
    text.remove_prefix(brace);
    if (text.empty()) break;
    if (text.size() > 1 && text[1] == text[0]) {
      literal() += text[0];
      text.remove_prefix(2);
      continue;
    }
    const std::size_t close = text.find('}');
    if (text[0] == '}' || close == std::string_view::npos) {
      return fail(bad_template("a brace has no partner", "write `{{` or `}}` for a plain brace"));
    }
    const std::string_view name = text.substr(1, close - 1);
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const CaptureName& one) { return one.text == name; });
    if (found == names.end()) return fail(unknown_name(name, names));
    pieces.push_back({.text = std::string(name),
                      .captured = true,
                      .index = static_cast<std::uint8_t>(found - names.begin()),
                      .kind = found->kind});
    text.remove_prefix(close + 1);
  }
  if (pieces.size() > kPiecesMax) {
    return fail(bad_template("the template has more than 64 parts", "shorten it"));
  }
  return pieces;
}

void Template::add_literal(std::string_view text) {
  if (pieces_.empty() || pieces_.back().captured) pieces_.emplace_back();
  pieces_.back().text += text;
}

Result<Template> Template::path(std::string_view text, std::span<const CaptureName> names) {
  Template made(Kind::path);
  GH_TRY(made.pieces_, pieces_of(text, names));
  for (Piece& piece : made.pieces_) {
    if (piece.captured) continue;
    if (piece.text.find_first_of("?#\\") != std::string::npos) {
      return fail(bad_template("the path holds one of `?`, `#` and `\\`",
                               "put query values under `query`"));
    }
    GH_TRY(piece.text, canonical_literal(piece.text));
  }
  const Status checked = made.check_path();
  if (!checked) return fail(checked.error());
  return made;
}

// A rest is whole segments, so it needs a border on both sides.
Status Template::check_path() const {
  if (pieces_.empty() || !pieces_[0].text.starts_with('/') || pieces_[0].captured) {
    return fail(bad_template("the path doesn't begin with `/`", "write `/` in front"));
  }
  std::string shape;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    shape += piece.captured ? std::string("x") : piece.text;
    if (!piece.captured || piece.kind != CaptureKind::rest) continue;
    const bool begins = !pieces_[i - 1].captured && pieces_[i - 1].text.ends_with('/');
    const bool ends = i + 1 == pieces_.size() ||
                      (!pieces_[i + 1].captured && pieces_[i + 1].text.starts_with('/'));
    if (begins && ends) continue;
    return fail(bad_template("`{" + piece.text + "}` is the rest of a path and shares its segment",
                             "give it segments of its own: `/files/{" + piece.text + "}`"));
  }
  if (has_dots(shape)) {
    return fail(bad_template("the path has a dot segment", "write the path without `.` and `..`"));
  }
  return {};
}

Result<Template> Template::query(std::span<const std::pair<std::string, std::string>> fields,
                                 std::span<const CaptureName> names) {
  Template made(Kind::query);
  for (const auto& [name, value] : fields) {
    if (name.empty()) return fail(bad_template("a query value has no name", "give it one"));
    Result<std::vector<Piece>> pieces = pieces_of(value, names);
    if (!pieces) {
      return fail(std::move(pieces).error().while_doing("reading query value `" + name + "`"));
    }
    made.add_literal(made.pieces_.empty() ? "" : "&");
    made.add_literal(encoded(name) + "=");
    for (Piece& piece : *pieces) {
      if (piece.captured) {
        made.pieces_.push_back(std::move(piece));
      } else {
        made.add_literal(encoded(piece.text));
      }
    }
  }
  return made;
}

Result<Template> Template::host(std::string_view text, std::span<const CaptureName> names) {
  Template made(Kind::host);
  GH_TRY(made.pieces_, pieces_of(text, names));
  for (Piece& piece : made.pieces_) {
    if (piece.captured) continue;
    for (char& c : piece.text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  const Status checked = made.check_host();
  if (!checked) return fail(checked.error());
  return made;
}

// The domain must be ours: a caller may choose names in it, never which one it is.
Status Template::check_host() const {
  if (pieces_.empty()) return fail(bad_template("the host is empty", "write a name"));
  for (const Piece& piece : pieces_) {
    if (piece.captured && piece.kind == CaptureKind::rest) {
      return fail(bad_template("`{" + piece.text + "}` is the rest of a path",
                               "a host can hold labels and single segments alone"));
    }
  }
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].captured) continue;
    std::string_view text = pieces_[i].text;
    if (i + 1 == pieces_.size()) {
      const std::size_t colon = text.find(':');
      const std::string_view port =
          colon == std::string_view::npos ? std::string_view("80") : text.substr(colon + 1);
      if (port.empty() || port.size() > 5 ||
          port.find_first_not_of("0123456789") != std::string_view::npos) {
        return fail(bad_template("the port isn't a number", "write `name:8080`"));
      }
      text = text.substr(0, colon);
    }
    const auto sound = [](char c) { return stands_in_host(c) || c == '.'; };
    const bool leading_dot = i == 0 && text.starts_with('.');
    if (!leading_dot && text.find("..") == std::string_view::npos &&
        std::all_of(text.begin(), text.end(), sound)) {
      continue;
    }
    return fail(bad_template("the host isn't `name[:port]`", "use letters, digits, `-` and `.`"));
  }
  if (pieces_.size() == 1 && !pieces_[0].captured) return {};
  const std::string_view tail =
      pieces_.back().captured ? std::string_view{} : std::string_view(pieces_.back().text);
  const std::size_t dot = tail.find('.');
  if (dot == std::string_view::npos || dot + 1 >= tail.size() || !stands_in_host(tail[dot + 1])) {
    return fail(bad_template("the caller could choose any host",
                             "end the host with a domain: `{tenant}.internal.example`"));
  }
  return {};
}

bool Template::fits(const Piece& piece, std::string_view value) const {
  switch (kind_) {
    case Kind::query:
      return true;
    case Kind::path:
      return piece.kind == CaptureKind::rest || !value.empty();
    case Kind::host:
      return !value.empty() && value.size() <= 63 &&
             std::all_of(value.begin(), value.end(), stands_in_host);
  }
  return false;
}

// With `to` null it only counts.
std::size_t Template::write_value(const Piece& piece, std::string_view value, char* to) const {
  std::size_t size = 0;
  const auto put = [&](char c) {
    if (to != nullptr) to[size] = c;
    ++size;
  };
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (kind_ == Kind::host) {
      put(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      continue;
    }
    // Values are canonical already: an escape stays one, and means the same in a query.
    const bool slash = c == '/' && kind_ == Kind::path && piece.kind == CaptureKind::rest;
    const bool plain = kind_ == Kind::path ? stands_in_segment(c) : is_plain(c);
    if (slash || plain || is_escape(value, i)) {
      put(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    put('%');
    put(kHexUpper[byte >> 4]);
    put(kHexUpper[byte & 15]);
  }
  return size;
}

std::size_t Template::write(std::span<const std::string_view> captures, char* to) const {
  std::size_t size = 0;
  for (const Piece& piece : pieces_) {
    char* const at = to == nullptr ? nullptr : to + size;
    if (piece.captured) {
      size += write_value(piece, captures[piece.index], at);
    } else {
      if (at != nullptr) std::copy(piece.text.begin(), piece.text.end(), at);
      size += piece.text.size();
    }
  }
  return size;
}

Expansion Template::expand(std::span<const std::string_view> captures, Arena& arena) const {
  if (pieces_.empty()) return {};
  if (pieces_.size() == 1 && !pieces_[0].captured) return {pieces_[0].text};
  for (const Piece& piece : pieces_) {
    if (piece.captured && !fits(piece, captures[piece.index])) {
      return {{}, Expansion::Failure::unfit_value};
    }
  }
  const std::size_t size = write(captures, nullptr);
  if (kind_ == Kind::host && size > kHostBytesMax + 6) {
    return {{}, Expansion::Failure::unfit_value};
  }
  char* const to = arena.take(size);
  if (to == nullptr) return {{}, Expansion::Failure::arena_full};
  write(captures, to);
  // Text and value together can make dots that neither holds by itself.
  if (kind_ == Kind::path && has_dots({to, size})) return {{}, Expansion::Failure::unfit_value};
  return {{to, size}};
}

}  // namespace gatehouse
