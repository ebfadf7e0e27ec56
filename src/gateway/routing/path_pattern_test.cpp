// Promised: a pattern is read into methods and canonical segments, and mistakes are said in words.
#include "gateway/routing/path_pattern.h"

#include "http/path.h"

namespace gatehouse {
namespace {

using testing::HasSubstr;

// "literal:orders param:id", or the error.
std::string read(std::string_view match) {
  const Result<PathPattern> pattern = PathPattern::parse(match);
  if (!pattern) return pattern.error().what;
  std::string text;
  for (const PathSegment& segment : pattern->segments) {
    constexpr std::string_view kKinds[] = {"", ":", "*"};
    text += "/" + std::string(kKinds[static_cast<int>(segment.kind)]) + segment.text;
  }
  return text;
}

TEST(PathPattern, reads_segments) {
  EXPECT_EQ(read("GET /orders/{id}/items"), "/orders/:id/items");
  EXPECT_EQ(read("/"), "/");
  EXPECT_EQ(read("/a/"), "/a/");
  EXPECT_EQ(read("/files/*"), "/files/**");
  EXPECT_EQ(read("/files/{rest*}"), "/files/*rest");
}

TEST(PathPattern, reads_methods) {
  const PathPattern some = *PathPattern::parse("GET|POST|PURGE /x");
  EXPECT_EQ(some.methods, bit_of(Method::get) | bit_of(Method::post));
  EXPECT_THAT(some.more_methods, testing::ElementsAre("PURGE"));
  EXPECT_FALSE(some.any_method);
  EXPECT_TRUE(PathPattern::parse("/x")->any_method);
  EXPECT_TRUE(PathPattern::parse("* /x")->any_method);
}

TEST(PathPattern, brings_literals_into_canonical_form) {
  EXPECT_EQ(read("/%7euser/%2fa/caf\xc3\xa9/a;b=c"), "/~user/%2Fa/caf%C3%A9/a;b=c");
  EXPECT_EQ(read("/%2A|%25"), "/%2A%7C%25");
}

TEST(PathPattern, a_literal_is_what_the_canonical_path_of_a_request_is) {
  for (const char* text : {"/a", "/%7Euser", "/a%2fb", "/caf%c3%a9", "/a;b=c", "/x|y", "/%25",
                           "/a'(b)!$&+,:@", "/%2A", "/{a%7D"}) {
    Arena arena;
    const PathResult request = canonical_path(text, arena);
    ASSERT_EQ(request.error, PathError::none) << text;
    EXPECT_EQ(*canonical_literal(text), request.path);
  }
}

TEST(PathPattern, says_what_is_wrong) {
  EXPECT_EQ(read("GET orders"), "path `orders` doesn't begin with `/`");
  EXPECT_EQ(read("GET"), "`GET` has no path");
  EXPECT_EQ(read(""), "path `` doesn't begin with `/`");
  EXPECT_EQ(read("get /x"), "method `get` isn't in capitals");
  EXPECT_EQ(read("GET|GET /x"), "method `GET` stands twice");
  EXPECT_EQ(read("GET| /x"), "`` isn't a method");
  EXPECT_EQ(read("CONNECT /x"), "a route can't ask for CONNECT");
  EXPECT_EQ(read("/a//b"), "the path has an empty segment");
  EXPECT_EQ(read("/a/../b"), "the path has the dot segment `..`");
  EXPECT_EQ(read("/a/%2e"), "the path has the dot segment `%2e`");
  EXPECT_EQ(read("/a?x=1"), "path `/a?x=1` holds one of `?`, `#`, `\\` and blank");
  EXPECT_EQ(read("/{id}.json"), "segment `{id}.json` mixes text and a captured part");
  EXPECT_EQ(read("/v{n}"), "segment `v{n}` mixes text and a captured part");
  EXPECT_EQ(read("/{}"), "`{}` isn't a name for a captured part");
  EXPECT_EQ(read("/{9}"), "`{9}` isn't a name for a captured part");
  EXPECT_EQ(read("/{a}/{a}"), "`{a}` is captured twice");
  EXPECT_EQ(read("/*/a"), "`*` isn't at the end of the path");
  EXPECT_EQ(read("/{r*}/a"), "`{r*}` takes the rest of the path but isn't at its end");
  EXPECT_EQ(read("/%zz"), "`%zz` has a `%` without two hexadecimal digits");
  EXPECT_EQ(read("/a%5Cb"), "`a%5Cb` holds an encoded control character or backslash");
  EXPECT_EQ(read("/%0a"), "`%0a` holds an encoded control character or backslash");
  EXPECT_EQ(read("/..;x"), "the path has the dot segment `..;x`");
  EXPECT_EQ(read("/" + std::string(256, 'a')), "a segment of the path is longer than 255 bytes");
  std::string deep;
  for (int i = 0; i < 33; ++i) deep += "/a";
  EXPECT_EQ(read(deep), "the path has more than 32 segments");
}

}  // namespace
}  // namespace gatehouse
