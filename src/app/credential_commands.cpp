#include "app/credential_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "app/terminal.h"
#include "base/password_hash.h"
#include "gateway/identity/api_keys.h"

namespace gatehouse {
namespace {

constexpr std::size_t kLineBytesMax = 4096;

// The line without its end; nothing after a complaint.
std::optional<std::string> read_secret(const char* what) {
  if (::isatty(STDIN_FILENO) != 0) fmt::print(stderr, "{}, then Enter:\n", what);
  std::string text;
  char bytes[1024];
  for (ssize_t count = 1; count > 0 && text.size() <= kLineBytesMax;) {
    if (text.ends_with('\n')) break;
    count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
  }
  ::explicit_bzero(bytes, sizeof bytes);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (!text.empty() && text.size() <= kLineBytesMax && text.find('\n') == text.npos) return text;
  wipe(text);
  complain(kExitFailure, "standard input holds no secret, or more than one line");
  return std::nullopt;
}

int print_line(const std::string& line) {
  return print_out(line + '\n') && flush_out()
             ? static_cast<int>(kExitOk)
             : complain(kExitFailure, "the output could not be written");
}

}  // namespace

int print_key_digest() {
  auto key = read_secret("the key");
  if (!key) return kExitFailure;
  if (key->size() < ApiKeys::kKeyBytesMin) {
    wipe(*key);
    return complain(kExitFailure, "a key of fewer than 16 bytes can be guessed",
                    "make one with `openssl rand -hex 32`");
  }
  const std::string digest = key_digest(*key);
  wipe(*key);
  return print_line(digest);
}

int print_password_hash() {
  auto password = read_secret("the password");
  if (!password) return kExitFailure;
  const std::string hash = hash_password(*password);
  wipe(*password);
  if (hash.empty()) {
    return complain(kExitFailure, "a password has at most 256 bytes and no NUL");
  }
  return print_line(hash);
}

}  // namespace gatehouse
