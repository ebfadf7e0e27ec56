// What is promised: SHA-256 as FIPS 180-4 gives it, in one piece or in many.
#include "base/digest.h"

namespace gatehouse {
namespace {

TEST(Sha256, gives_the_published_digests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, does_not_care_how_the_bytes_are_cut) {
  Sha256 digest;
  for (const char* piece : {"a", "", "bc"}) digest.add(piece);
  EXPECT_EQ(digest.hex(), sha256_hex("abc"));
}

TEST(Sha256, gives_one_digest_after_another) {
  Sha256 digest;
  EXPECT_EQ(digest.digest_of("abc"), digest.digest_of("abc"));
  EXPECT_NE(digest.digest_of("abc"), digest.digest_of("abd"));
  EXPECT_EQ(digest.digest_of("abc")[0], 0xba);
  EXPECT_EQ(digest.digest_of("abc")[31], 0xad);
}

TEST(Digest, equal_bytes_are_equal_and_no_others) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace gatehouse
