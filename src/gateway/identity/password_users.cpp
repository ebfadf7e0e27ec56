#include "gateway/identity/password_users.h"

#include <algorithm>
#include <iterator>

#include "base/password_hash.h"
#include "http/characters.h"

namespace gatehouse {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= PasswordUsers::kNameBytesMax &&
         name.find(':') == name.npos && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

}  // namespace

Status PasswordUsers::add(std::string_view name, std::string_view hash) {
  if (!is_name(name)) {
    return fail({"E0429", "a name has 1 to 128 bytes and no colon or control character",
                 "write `NAME:HASH`, as htpasswd does"});
  }
  std::string kept(hash);
  if (Status usable = check_password_hash(kept); !usable) {
    return fail(std::move(usable).error().while_doing("reading user `" + std::string(name) + '`'));
  }
  if (!hashes_.emplace(name, std::move(kept)).second) {
    return fail({"E0202", "user `" + std::string(name) + "` is there twice", "remove one of them"});
  }
  return {};
}

Status PasswordUsers::read(std::string_view text, const std::string& path) {
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view entry = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.ends_with('\r')) entry.remove_suffix(1);
    entry = trimmed(entry);
    if (entry.empty() || entry.starts_with('#')) continue;
    const std::size_t colon = std::min(entry.find(':'), entry.size());
    const std::string_view hash = entry.substr(std::min(colon + 1, entry.size()));
    if (Status added = add(entry.substr(0, colon), hash); !added) {
      Error error = std::move(added).error();
      error.what += " (`" + path + "`, line " + std::to_string(line) + ')';
      return fail(std::move(error));
    }
  }
  return {};
}

const std::string* PasswordUsers::hash_of(std::string_view name) const {
  const auto found = hashes_.find(name);
  return found == hashes_.end() ? nullptr : &found->second;
}

// REQUIRES: there is a user.
const std::string& PasswordUsers::decoy_for(std::uint64_t name_hash) const {
  const auto steps = static_cast<std::ptrdiff_t>(name_hash % hashes_.size());
  return std::next(hashes_.begin(), steps)->second;
}

}  // namespace gatehouse
