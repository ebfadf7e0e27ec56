// base/stable_hash: one 128-bit keyed hash for every name that is stored, ordered or shared.
//
// SipHash-2-4 with 128 bits out (Aumasson, Bernstein 2012; its 2013 extension); the kind is mixed
// into the key. The low 64 bits decide order and partition. One key per installation; the same key
// gives the same hashes on every machine, so nothing ever depends on a pointer, an interned id or a
// hash table's order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

struct HashKey {
  std::array<std::uint8_t, 16> bytes{};
};

struct StableHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const StableHash&) const = default;
};

enum class SubjectKind : std::uint8_t {
  none,
  address,
  device,
  user,
  token,
  app,
  host,
  api,
  account
};

// The field's own word for a kind: "address", "user", …
std::string_view to_text(SubjectKind kind);

StableHash stable_hash(const HashKey& key, SubjectKind kind, std::string_view name);

// 32 hex digits, the high half first, and back.
std::string hash_text(const StableHash& hash);
std::optional<StableHash> parse_hash(std::string_view text);

// A digest of all that came before and of these bytes: the one before is the key.
StableHash chain_hash(const StableHash& before, std::string_view bytes);

// SipHash-2-4-128 of plain bytes, for digests of credentials and for the published vectors.
StableHash sip_hash_128(const HashKey& key, std::string_view bytes);

}  // namespace gatehouse
