// What is promised: SipHash-2-4 with 128 bits, to the bit, and kinds that never meet.
#include "base/stable_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <cstring>
#include <memory>
#include <set>

namespace gatehouse {
namespace {

HashKey counting_key() {
  HashKey key;
  for (std::size_t i = 0; i < 16; ++i) key.bytes[i] = static_cast<std::uint8_t>(i);
  return key;
}

std::string counting_text(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(i));
  return text;
}

std::string hex(const StableHash& hash) {
  std::array<unsigned char, 16> bytes;
  std::memcpy(bytes.data(), &hash.low, 8);
  std::memcpy(bytes.data() + 8, &hash.high, 8);
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// The slow twin.
std::string by_openssl(const HashKey& key, std::string_view text) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(
      EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), &EVP_MAC_free);
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(
      EVP_MAC_CTX_new(mac.get()), &EVP_MAC_CTX_free);
  std::size_t size = 16;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                               OSSL_PARAM_construct_end()};
  StableHash hash;
  std::array<unsigned char, 16> out;
  EXPECT_EQ(EVP_MAC_init(context.get(), key.bytes.data(), key.bytes.size(), params), 1);
  EXPECT_EQ(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()),
                           text.size()),
            1);
  EXPECT_EQ(EVP_MAC_final(context.get(), out.data(), &size, out.size()), 1);
  std::memcpy(&hash.low, out.data(), 8);
  std::memcpy(&hash.high, out.data() + 8, 8);
  return hex(hash);
}

// From the authors' vectors.h, key 00..0f, text 00 01 02 …: lengths 0, 1, 15.
TEST(StableHash, gives_the_published_vectors) {
  EXPECT_EQ(hex(sip_hash_128(counting_key(), counting_text(0))),
            "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(hex(sip_hash_128(counting_key(), counting_text(1))),
            "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(hex(sip_hash_128(counting_key(), counting_text(15))),
            "5493e99933b0a8117e08ec0f97cfc3d9");
}

TEST(StableHash, agrees_with_its_slow_twin_at_every_length) {
  HashKey key = counting_key();
  for (std::size_t bytes = 0; bytes < 200; ++bytes) {
    key.bytes[bytes % 16] = static_cast<std::uint8_t>(bytes * 37);
    const std::string text = counting_text(bytes);
    EXPECT_EQ(hex(sip_hash_128(key, text)), by_openssl(key, text)) << bytes;
  }
}

TEST(StableHash, never_mixes_kinds_or_keys) {
  std::set<StableHash> seen;
  HashKey other = counting_key();
  other.bytes[15] ^= 1;
  constexpr int kKinds = static_cast<int>(SubjectKind::account) + 1;
  for (int kind = 0; kind < kKinds; ++kind) {
    seen.insert(stable_hash(counting_key(), static_cast<SubjectKind>(kind), "barbara"));
    seen.insert(stable_hash(other, static_cast<SubjectKind>(kind), "barbara"));
  }
  EXPECT_EQ(seen.size(), std::size_t{2 * kKinds});
}

TEST(StableHash, has_a_word_for_every_kind) {
  std::set<std::string_view> words;
  for (int kind = 0; kind <= static_cast<int>(SubjectKind::account); ++kind) {
    words.insert(to_text(static_cast<SubjectKind>(kind)));
  }
  EXPECT_EQ(words.size(), 9U);
}

TEST(StableHash, is_read_back_from_its_text_and_nothing_else_is) {
  const StableHash hash{.low = 0xffffffffffffffff, .high = 0x00ab};
  EXPECT_EQ(hash_text(hash), "00000000000000abffffffffffffffff");
  EXPECT_EQ(parse_hash(hash_text(hash)), hash);
  for (const char* text :
       {"", "ab", "00000000000000abfffffffffffffff", "00000000000000abffffffffffffffff0",
        "-0000000000000abffffffffffffffff", "00000000000000abffffffffffffffg0"}) {
    EXPECT_EQ(parse_hash(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gatehouse
