#include "gateway/identity/api_keys.h"

#include <algorithm>
#include <optional>

#include "http/characters.h"

namespace gatehouse {
namespace {

std::optional<Sha256Digest> parse(std::string_view text) {
  Sha256Digest digest{};
  if (!text.starts_with(ApiKeys::kPrefix)) return std::nullopt;
  text.remove_prefix(ApiKeys::kPrefix.size());
  if (text.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::string_view bytes_of(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Status ApiKeys::add(std::string_view app, std::string_view digest_text) {
  const auto digest = parse(digest_text);
  if (!digest) {
    return fail({"E0428", "the digest is not `sha256:` and 64 hex digits",
                 "make it with `gatehouse key hash`, which reads the key from standard input"});
  }
  const auto at = std::ranges::lower_bound(entries_, *digest, {}, &Entry::digest);
  if (at != entries_.end() && at->digest == *digest) {
    return fail({"E0428", "it has the same key as `" + at->app + '`', "give each key to one app"});
  }
  entries_.insert(at, {*digest, std::string(app)});
  return {};
}

const std::string* ApiKeys::app_of(const Sha256Digest& digest) const {
  const auto at = std::ranges::lower_bound(entries_, digest, {}, &Entry::digest);
  if (at == entries_.end() || !equal_in_constant_time(bytes_of(at->digest), bytes_of(digest))) {
    return nullptr;
  }
  return &at->app;
}

std::string key_digest(std::string_view key) {
  return std::string(ApiKeys::kPrefix) + sha256_hex(key);
}

}  // namespace gatehouse
