// gateway/identity/jwt_fuzz: any bytes as a token, as signed claims, and as a key set.
//
// Strategy    the input is checked as a token as it stands; then its first line is taken as a
//             header and the rest as claims, signed rightly, so that the claims are reached; then
//             all of it is read as a key set.
// Invariants  never crashes or reads past the end; what was not signed by us is never good; a good
//             token names only what may stand in a field; whatever is read as a key set has a key.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/identity/hs256_testing.h"
#include "gateway/identity/token.h"
#include "http/characters.h"

namespace {

using gatehouse::KeySet;
using gatehouse::TokenCheck;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::string kSecret(32, 's');
constexpr gatehouse::WallTime kNow{std::chrono::seconds{1'790'000'000}};

TokenCheck make_check() {
  gatehouse::TokenRules rules;
  rules.algorithms = {gatehouse::SignatureAlgorithm::hs256};
  rules.app_claim = "azp";
  rules.forwarded = {"role"};
  return TokenCheck(rules);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto keys = KeySet::of_secret(kSecret);
  require(keys.has_value());
  TokenCheck check = make_check();
  check.use(*keys);
  // To guess a signature is beyond a fuzzer; the corpus holds none that is right.
  require(!check.check(input, kNow).has_value());

  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view rest = input.substr(std::min(line + 1, input.size()));
  const auto token =
      check.check(gatehouse::testing::hs256_token(input.substr(0, line), rest, kSecret), kNow);
  if (token) {
    require((*token)->until > kNow);
    for (const std::string& text : {(*token)->user, (*token)->app, (*token)->forwarded.at(0)}) {
      require(gatehouse::all_in(text, gatehouse::kValue));
      require(text.size() <= TokenCheck::kFieldBytesMax);
    }
  }
  if (const auto set = KeySet::read(input)) require(!(*set)->keys().empty());
  return 0;
}
