// What is promised: every example on the page of the language, in both tongues, gives what stands
// beside it; and the page names every function.
#include <fstream>
#include <iterator>

#include "expr/expr_testing.h"
#include "expr/functions.h"

namespace gatehouse {
namespace {

std::string page(const std::string& name) {
  std::ifstream stream(std::string(GH_DOCS) + "/" + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Lines `expression  // value` within ```cel fences.
std::size_t check_examples(const std::string& text) {
  testing::ExprRig rig;
  std::size_t count = 0;
  std::size_t at = 0;
  while ((at = text.find("```cel\n", at)) != text.npos) {
    at += 7;
    const std::size_t end = text.find("```", at);
    while (at < end) {
      const std::size_t line_end = text.find('\n', at);
      const std::string line = text.substr(at, line_end - at);
      const std::size_t comment = line.rfind("  // ");
      at = line_end + 1;
      if (comment == line.npos) {
        ADD_FAILURE() << "no value stands beside " << line;
        continue;
      }
      EXPECT_EQ(rig.evaluate(line.substr(0, comment)), line.substr(comment + 5)) << line;
      ++count;
    }
  }
  return count;
}

TEST(Page, gives_examples_that_hold) {
  EXPECT_GE(check_examples(page("expressions.md")), 20U);
  EXPECT_GE(check_examples(page("zh-CN/expressions.md")), 20U);
}

TEST(Page, names_every_function) {
  for (const char* const name : {"expressions.md", "zh-CN/expressions.md"}) {
    const std::string text = page(name);
    for (const Function& function : all_functions()) {
      EXPECT_NE(text.find(function.name), text.npos) << function.name << " in " << name;
    }
  }
}

TEST(Page, tells_the_limits_that_there_are) {
  for (const char* const name : {"expressions.md", "zh-CN/expressions.md"}) {
    const std::string text = page(name);
    for (const std::size_t limit : {kExpressionBytesMax, kExpressionNodesMax, kExpressionDepthMax,
                                    std::size_t{Scratch::kStepsMax}}) {
      EXPECT_NE(text.find(std::to_string(limit)), text.npos) << limit << " in " << name;
    }
  }
}

}  // namespace
}  // namespace gatehouse
