#include "base/stable_hash.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

namespace gatehouse {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  explicit State(const HashKey& key) {
    std::uint64_t k0, k1;
    std::memcpy(&k0, key.bytes.data(), 8);
    std::memcpy(&k1, key.bytes.data() + 8, 8);
    v0 = k0 ^ 0x736f6d6570736575;
    v1 = k1 ^ 0x646f72616e646f6d ^ 0xee;
    v2 = k0 ^ 0x6c7967656e657261;
    v3 = k1 ^ 0x7465646279746573;
  }
  void round() {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }
  void rounds(int count) {
    for (int i = 0; i < count; ++i) round();
  }
  void word(std::uint64_t m) {
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
};

static_assert(std::endian::native == std::endian::little, "words are read as little-endian");

}  // namespace

StableHash sip_hash_128(const HashKey& key, std::string_view bytes) {
  State state(key);
  const std::size_t whole = bytes.size() / 8 * 8;
  for (std::size_t at = 0; at < whole; at += 8) {
    std::uint64_t m;
    std::memcpy(&m, bytes.data() + at, 8);
    state.word(m);
  }
  std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (std::size_t i = whole; i < bytes.size(); ++i) {
    last |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * (i - whole));
  }
  state.word(last);
  state.v2 ^= 0xee;
  state.rounds(4);
  StableHash hash;
  hash.low = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
  state.v1 ^= 0xdd;
  state.rounds(4);
  hash.high = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
  return hash;
}

StableHash stable_hash(const HashKey& key, SubjectKind kind, std::string_view name) {
  // The kind goes into the key: two kinds with one name are as unrelated as two installations.
  HashKey kinded = key;
  kinded.bytes[0] = static_cast<std::uint8_t>(kinded.bytes[0] ^ static_cast<std::uint8_t>(kind));
  return sip_hash_128(kinded, name);
}

std::string_view to_text(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::none:
      return "none";
    case SubjectKind::address:
      return "address";
    case SubjectKind::device:
      return "device";
    case SubjectKind::user:
      return "user";
    case SubjectKind::token:
      return "token";
    case SubjectKind::app:
      return "app";
    case SubjectKind::host:
      return "host";
    case SubjectKind::api:
      return "api";
    case SubjectKind::account:
      return "account";
  }
  return "none";
}

StableHash chain_hash(const StableHash& before, std::string_view bytes) {
  HashKey key;
  std::memcpy(key.bytes.data(), &before.low, 8);
  std::memcpy(key.bytes.data() + 8, &before.high, 8);
  return sip_hash_128(key, bytes);
}

std::string hash_text(const StableHash& hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::optional<StableHash> parse_hash(std::string_view text) {
  StableHash hash;
  if (text.size() != 32) return std::nullopt;
  for (const auto& [half, to] :
       {std::pair{text.substr(0, 16), &hash.high}, std::pair{text.substr(16), &hash.low}}) {
    const auto [end, bad] = std::from_chars(half.data(), half.data() + half.size(), *to, 16);
    if (bad != std::errc{} || end != half.data() + half.size()) return std::nullopt;
  }
  return hash;
}

}  // namespace gatehouse
