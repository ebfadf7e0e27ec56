// base/password_hash: passwords compared with their hashes, as crypt(5) writes them.
//
// Takes    yescrypt `$y$`, bcrypt `$2b$` (and `$2a$`, `$2y$`), scrypt `$7$` and SHA-512 `$6$`. Fast
//          and old kinds are refused when they are read, as is one whose cost would hold up a
//          thread for minutes.
// Slow     by intent: tens of milliseconds and, with yescrypt, 16 MiB of memory each time. Never on
//          a worker.
// Errors   E0429 and what is wrong with a hash; of a password only whether it is the one. No
//          message shows a hash.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse {

inline constexpr std::size_t kPasswordBytesMax = 256;

[[nodiscard]] Status check_password_hash(const std::string& hash);

// Whether the hash is that of the password; an empty password, one that holds a NUL or is longer
// than kPasswordBytesMax never is.
bool password_holds(std::string_view password, const std::string& hash);

// A fresh yescrypt hash; empty when the password can't be one or the library fails.
std::string hash_password(std::string_view password);

// Overwrites the text before it is forgotten.
void wipe(std::string& text);

}  // namespace gatehouse
