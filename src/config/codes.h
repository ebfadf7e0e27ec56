// config/codes: the codes of diagnostics, each with its page for `gatehouse help E0203`.
//
//   E01xx the text of a file   E02xx keys   E03xx values   E04xx parts that refer to each other
//   E05xx files and secrets
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatehouse {

struct CodePage {
  std::string_view code;
  std::string_view title;  // a few words, lower case
  std::string_view cause;  // what the gate saw, in whole sentences
  std::string_view mend;   // what to do, as orders
};

std::span<const CodePage> all_codes();  // in order
const CodePage* find_code(std::string_view code);

// The page as text; empty for a code that isn't there.
std::string code_page(std::string_view code);

}  // namespace gatehouse
