// What is promised: a password is known by its hash of each kind that is taken and by no other; a
// hash that is weak, costly or cut off is refused when it is read.
#include "base/password_hash.h"

namespace gatehouse {
namespace {

// Of "open sesame", by crypt(3) of another program.
constexpr const char* kSha512 =
    "$6$rounds=1000$PCvmmLrV./6bFHm3$KjUNzq6RqHLmbh0MFlrwfhM9WjdxzokHh9.n36fJE4dTS5uEjzOKxy81gsjAjW"
    "djwqKyXgJAn2k4HJDBen/MK0";
constexpr const char* kBcrypt = "$2b$04$XQdoG2X70Uk7LbmSBIA6Tu8LeqNToovMk8Zre5oRLYe7yZQ153dGO";
constexpr const char* kYescrypt = "$y$j75$abcdefgh$OcRLeYk4aBaMmXLTb6Z9GKkFizlSo99SAAuNZ2.NQz1";

TEST(PasswordHash, knows_a_password_by_its_hash_of_each_kind) {
  for (const std::string hash : {kSha512, kBcrypt, kYescrypt}) {
    EXPECT_TRUE(check_password_hash(hash)) << hash;
    EXPECT_TRUE(password_holds("open sesame", hash)) << hash;
    EXPECT_FALSE(password_holds("open sesam", hash)) << hash;
    EXPECT_FALSE(password_holds("", hash)) << hash;
  }
}

TEST(PasswordHash, takes_no_password_that_a_c_string_would_cut) {
  EXPECT_FALSE(password_holds(std::string_view("open sesame\0x", 13), kBcrypt));
  EXPECT_FALSE(password_holds(std::string(kPasswordBytesMax + 1, 'a'), kBcrypt));
}

TEST(PasswordHash, refuses_what_is_weak_costly_or_cut_off) {
  const std::string bcrypt = kBcrypt;
  for (const std::string& hash :
       {std::string{}, std::string("plain"), std::string("$apr1$abc$def"),
        std::string("{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="), std::string("$1$abcdefgh$1234"),
        bcrypt.substr(0, 59), "$2b$31" + bcrypt.substr(6),
        std::string("$6$rounds=9999999$salt$hash"), std::string("$y$j75$abcdefgh$")}) {
    const Status status = check_password_hash(hash);
    ASSERT_FALSE(status) << hash;
    EXPECT_EQ(status.error().code, "E0429");
    if (!hash.empty()) {
      EXPECT_EQ(status.error().what.find(hash), std::string::npos);
    }
  }
}

TEST(PasswordHash, makes_a_hash_that_it_takes_and_no_two_alike) {
  const std::string one = hash_password("open sesame");
  EXPECT_TRUE(check_password_hash(one));
  EXPECT_TRUE(password_holds("open sesame", one));
  EXPECT_NE(one, hash_password("open sesame"));
  EXPECT_EQ(hash_password(""), "");
}

}  // namespace
}  // namespace gatehouse
