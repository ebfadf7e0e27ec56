// What is promised: every code that a config's message can carry has a page, and pages are whole.
#include "config/codes.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace gatehouse {
namespace {

// Of every room's product code.
std::set<std::string> codes_in_the_sources() {
  std::set<std::string> codes;
  const auto sources = std::filesystem::path(GH_CONFIG_CASES).parent_path().parent_path();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sources)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".cpp") && !name.ends_with(".h")) continue;
    if (name.ends_with("_test.cpp") || name.ends_with("_testing.h")) continue;
    if (name.ends_with("_fuzz.cpp") || name == "codes.cpp") continue;
    std::ifstream stream(entry.path());
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    for (std::size_t at = text.find("\"E0"); at != text.npos; at = text.find("\"E0", at + 1)) {
      codes.insert(text.substr(at + 1, 5));
    }
  }
  return codes;
}

TEST(Codes, have_a_page_exactly_when_a_message_carries_them) {
  std::set<std::string> pages;
  for (const CodePage& code : all_codes()) pages.emplace(code.code);
  EXPECT_EQ(pages, codes_in_the_sources());
}

TEST(Codes, are_in_order_and_whole) {
  std::string_view last;
  for (const CodePage& code : all_codes()) {
    EXPECT_LT(last, code.code);
    EXPECT_TRUE(code.cause.ends_with('.')) << code.code;
    EXPECT_TRUE(code.mend.ends_with('.')) << code.code;
    EXPECT_FALSE(code.title.ends_with('.')) << code.code;
    last = code.code;
  }
}

TEST(Codes, print_their_page) {
  EXPECT_EQ(code_page("E0203"),
            "E0203: unknown key\n\nThe key is no setting of this part. Unknown keys are errors, "
            "since one that is mistyped would otherwise be obeyed by nobody.\n\nWhat to do: Take "
            "the key that is offered, or remove the line.\n");
  EXPECT_EQ(code_page("E9999"), "");
}

}  // namespace
}  // namespace gatehouse
