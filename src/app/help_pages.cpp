#include "app/help_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/nearest.h"
#include "config/codes.h"
#include "gateway/gate_error.h"

namespace gatehouse {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return out;
}

}  // namespace

std::string errors_page() {
  std::string page = docs_markdown();
  page +=
      "\n# Findings of the config\n\n"
      "What `gatehouse check`, the start and a reload may say. `gatehouse help E0203` prints one "
      "of these.\n";
  for (const CodePage& one : all_codes()) {
    page += fmt::format("\n## {}\n\n**{}.** {}\n\n{}\n", one.code, one.title, one.cause, one.mend);
  }
  return page;
}

std::string page_of_code(std::string_view code) {
  std::string page = code_page(upper(code));
  if (!page.empty()) return page;
  const auto error = gate_error_of(code);
  if (!error) return {};
  const GateErrorRow& row = row_of(*error);
  return fmt::format("{}: {} (status {})\n\n{}\n\n{}\n\nAt fault: {}.\n", row.code, row.title,
                     row.status, row.cause, row.mend, to_text(row.fault));
}

std::string code_near(std::string_view code) {
  std::vector<std::string_view> known;
  for (const GateErrorRow& row : gate_errors()) known.push_back(row.code);
  std::string_view found = nearest(code, known);
  if (!found.empty()) return std::string(found);
  known.clear();
  for (const CodePage& one : all_codes()) known.push_back(one.code);
  found = nearest(upper(code), known);
  return std::string(found);
}

}  // namespace gatehouse
