#include "app/terminal.h"

#include <fmt/format.h>

#include <cstdio>

namespace gatehouse {

ExitCode complain(ExitCode code, std::string_view what, std::string_view help) {
  fmt::print(stderr, "error: {}\n", printable(what));
  if (!help.empty()) fmt::print(stderr, "  = help: {}\n", printable(help));
  return code;
}

bool print_out(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

bool flush_out() { return std::fflush(stdout) == 0; }

std::string printable(std::string_view text) {
  std::string shown(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    // C1 controls are c2 80 to c2 9f in UTF-8.
    const bool is_c1 =
        byte == 0xc2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xa0;
    if (is_c1) shown[i] = shown[i + 1] = '?';
    if (byte < 0x20 || byte == 0x7f) shown[i] = '?';
  }
  return shown;
}

}  // namespace gatehouse
