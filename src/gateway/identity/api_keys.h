// gateway/identity/api_keys: which app a key belongs to, by the key's SHA-256.
//
// Holds    digests and names, sorted; immutable, shared by all workers.
// Time     the search steps over digests, of which nobody can choose the bytes; the last comparison
//          takes as long whatever they are.
// Errors   E0428: a text that is no digest, or two entries of one key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/error.h"

namespace gatehouse {

class ApiKeys {
 public:
  static constexpr std::string_view kPrefix = "sha256:";
  // A key has at least so many bytes: what is shorter can be guessed, however it is stored.
  static constexpr std::size_t kKeyBytesMin = 16;

  [[nodiscard]] Status add(std::string_view app, std::string_view digest_text);
  // Null: nobody has that key.
  const std::string* app_of(const Sha256Digest& digest) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Sha256Digest digest;
    std::string app;
  };
  std::vector<Entry> entries_;  // by digest
};

// "sha256:" and 64 hex digits.
std::string key_digest(std::string_view key);

}  // namespace gatehouse
