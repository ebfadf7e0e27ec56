#include "gateway/form_text.h"

#include "http/characters.h"

namespace gatehouse {

std::string_view decode_form(std::string_view text, Arena& arena) {
  if (text.find_first_of("%+") == text.npos) return text;
  char* const out = arena.take(text.size());
  if (out == nullptr) return {};
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size();
    const int high = escape ? hex_value(text[i + 1]) : -1;
    const int low = escape ? hex_value(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out[used++] = static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out[used++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  return {out, used};
}

}  // namespace gatehouse
