// Promised: a host's pattern is read into labels, each mistake is said in words, and an authority
// gives its host.
#include "gateway/routing/host_pattern.h"

namespace gatehouse {
namespace {

std::string read(std::string_view pattern) {
  const Result<HostPattern> host = HostPattern::parse(pattern);
  if (!host) return host.error().what;
  std::string text;
  for (const HostLabel& label : host->labels) {
    constexpr std::string_view kKinds[] = {"", ":", "*"};
    text += "." + std::string(kKinds[static_cast<int>(label.kind)]) + label.text;
  }
  return text;
}

TEST(HostPattern, reads_labels) {
  EXPECT_EQ(read("API.Shop.example"), ".api.shop.example");
  EXPECT_EQ(read("{tenant}.shop.example"), ".:tenant.shop.example");
  EXPECT_EQ(read("*.{region}.example"), ".*.:region.example");
  EXPECT_EQ(read("*"), "");
  EXPECT_EQ(read("[2001:db8::1.2.3.4]"), ".[2001:db8::1.2.3.4]");
}

TEST(HostPattern, says_what_is_wrong) {
  EXPECT_EQ(read(""), "`` isn't the name of a host");
  EXPECT_EQ(read("a..b"), "`a..b` isn't the name of a host");
  EXPECT_EQ(read("a.example:80"), "`a.example:80` isn't the name of a host");
  EXPECT_EQ(read("b\xc3\xbc"
                 "cher.example"),
            "`b\xc3\xbc"
            "cher.example` isn't the name of a host");
  EXPECT_EQ(read("a.*.example"), "`*` isn't at the front of `a.*.example`");
  EXPECT_EQ(read("a{b}.example"), "label `a{b}` mixes text and a captured part");
  EXPECT_EQ(read("{9}.example"), "`{9}` isn't a name for a captured part");
  EXPECT_EQ(read("{a}.{a}.example"), "`{a}` is captured twice in `{a}.{a}.example`");
}

}  // namespace
}  // namespace gatehouse
