// gateway/identity/password_users: who may sign in with a password, by the hash of it.
//
// Reads    lines `NAME:HASH` of a file as htpasswd writes it (blank ones and those that begin with
//          `#` are passed over), and single users.
// Holds    names and hashes; immutable, shared by all workers. A file has at most kBytesMax bytes.
// Errors   E0429 with the line; E0202 for a name that stands twice.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gatehouse {

class PasswordUsers {
 public:
  static constexpr std::size_t kBytesMax = 4 << 20;
  static constexpr std::size_t kNameBytesMax = 128;

  [[nodiscard]] Status add(std::string_view name, std::string_view hash);
  // `path` is for messages.
  [[nodiscard]] Status read(std::string_view text, const std::string& path);

  // Null: there is no such user.
  const std::string* hash_of(std::string_view name) const;
  // A hash for whom there is no user, so that asking takes as long: always the same for one name.
  const std::string& decoy_for(std::uint64_t name_hash) const;
  bool empty() const { return hashes_.empty(); }

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
};

}  // namespace gatehouse
