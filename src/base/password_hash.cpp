#include "base/password_hash.h"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/digest.h"

namespace gatehouse {
namespace {

constexpr unsigned kBcryptCostMax = 14;
constexpr unsigned kRoundsMax = 1'000'000;
constexpr std::size_t kBcryptBytes = 60;

bool is_bcrypt(std::string_view hash) {
  return hash.starts_with("$2b$") || hash.starts_with("$2a$") || hash.starts_with("$2y$");
}

unsigned number_in(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Nothing, or what is wrong with it.
std::string_view fault_of(const std::string& hash) {
  const std::string_view text = hash;
  if (is_bcrypt(text)) {
    if (text.size() != kBcryptBytes) return "a bcrypt hash has 60 characters";
    if (number_in(text.substr(4)) > kBcryptCostMax) return "its cost is over 14";
  } else if (text.starts_with("$6$")) {
    constexpr std::string_view kRounds = "$6$rounds=";
    const bool costly =
        text.starts_with(kRounds) && number_in(text.substr(kRounds.size())) > kRoundsMax;
    if (costly) return "it asks for over 1000000 rounds";
  } else if (!text.starts_with("$y$") && !text.starts_with("$7$")) {
    return "it is no hash of yescrypt, bcrypt, scrypt or SHA-512";
  }
  const bool whole = std::count(text.begin(), text.end(), '$') >= 3 && !text.ends_with('$');
  if (!whole || crypt_checksalt(hash.c_str()) != CRYPT_SALT_OK) return "it is damaged or cut off";
  return {};
}

bool may_be_password(std::string_view password) {
  return !password.empty() && password.size() <= kPasswordBytesMax &&
         password.find('\0') == password.npos;
}

std::string crypted(std::string_view password, const std::string& setting) {
  auto room = std::make_unique<crypt_data>();  // 32 KiB, zeroed
  std::string text(password);
  const char* const made = crypt_rn(text.c_str(), setting.c_str(), room.get(), sizeof *room);
  std::string hash = made == nullptr ? std::string{} : std::string{made};
  wipe(text);
  ::explicit_bzero(room.get(), sizeof *room);
  return hash;
}

}  // namespace

Status check_password_hash(const std::string& hash) {
  const std::string_view fault = fault_of(hash);
  if (fault.empty()) return {};
  return fail({.code = "E0429",
               .what = "a hash can't be used: " + std::string(fault),
               .help = "make one with `gatehouse password hash`, or `htpasswd -nB NAME`"});
}

bool password_holds(std::string_view password, const std::string& hash) {
  if (!may_be_password(password)) return false;
  const std::string made = crypted(password, hash);
  return !made.empty() && equal_in_constant_time(made, hash);
}

std::string hash_password(std::string_view password) {
  if (!may_be_password(password)) return {};
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* const made =
      crypt_gensalt_rn("$y$", 0, nullptr, 0, setting.data(), static_cast<int>(setting.size()));
  return made == nullptr ? std::string{} : crypted(password, made);
}

void wipe(std::string& text) {
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace gatehouse
