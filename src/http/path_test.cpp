// Promised here: one canonical form, the same whichever way a path was written, changed by nothing
// but a hostile one; and a value put into a path stays within its segment.
#include "http/path.h"

#include <algorithm>
#include <random>
#include <string>

namespace gatehouse {
namespace {

struct PathCase {
  std::string_view raw;
  std::string_view canonical;
};

TEST(CanonicalPath, is_found_for_every_way_of_writing_it) {
  Arena arena;
  for (const PathCase& c : {
           PathCase{"/", "/"},
           PathCase{"/a/b", "/a/b"},
           PathCase{"/a//b", "/a//b"},
           PathCase{"//", "//"},
           PathCase{"/%61%2D%2e%5f%7E", "/a-._~"},
           PathCase{"/%3a%3A:", "/%3A%3A:"},
           PathCase{"/%c3%bc", "/%C3%BC"},
           PathCase{"/%2525", "/%2525"},
           PathCase{"/a%2fb", "/a%2Fb"},
           PathCase{"/a%3fb%23", "/a%3Fb%23"},
           PathCase{"/{a}|^`", "/%7Ba%7D%7C%5E%60"},
           PathCase{"/a!$&'()*+,;=:@b", "/a!$&'()*+,;=:@b"},
           PathCase{"/.", "/"},
           PathCase{"/./", "/"},
           PathCase{"/./a", "/a"},
           PathCase{"/a/.", "/a/"},
           PathCase{"/a/./b", "/a/b"},
           PathCase{"/a/..", "/"},
           PathCase{"/a/../", "/"},
           PathCase{"/a/../b", "/b"},
           PathCase{"/a/b/../../c", "/c"},
           PathCase{"/a/b/c/./../../g", "/a/g"},  // RFC 3986 §5.2.4
           PathCase{"/a//../b", "/a/b"},
           PathCase{"//..", "/"},
           PathCase{"/.//a", "//a"},
           PathCase{"/a/%2e%2E/b", "/b"},
           PathCase{"/a/.%2e/b", "/b"},
           PathCase{"/a/%2e", "/a/"},
           PathCase{"/...", "/..."},
           PathCase{"/..a/.b", "/..a/.b"},
           PathCase{"/a../b.", "/a../b."},
           PathCase{"/.well-known/x", "/.well-known/x"},
           PathCase{"/a%2F..%2Fb", "/a%2F..%2Fb"},
           PathCase{"/a/..%2Fb", "/a/..%2Fb"},
           PathCase{"/a/..%3Bb", "/a/..%3Bb"},
       }) {
    const PathResult result = canonical_path(c.raw, arena);
    EXPECT_EQ(result.error, PathError::none) << c.raw << ": " << to_text(result.error);
    EXPECT_EQ(result.path, c.canonical) << c.raw;
    EXPECT_EQ(result.has_encoded_slash, c.canonical.find("%2F") != std::string_view::npos) << c.raw;
    const PathResult again = canonical_path(result.path, arena);
    EXPECT_EQ(again.path.data(), result.path.data()) << c.raw;  // canonical, so not even copied
    if (c.raw == c.canonical) {
      EXPECT_EQ(result.path.data(), c.raw.data()) << c.raw;
    }
  }
}

TEST(CanonicalPath, refuses_what_two_servers_could_read_differently) {
  using namespace std::string_view_literals;
  struct Case {
    std::string_view raw;
    PathError error;
  };
  Arena arena;
  for (const Case& c : {
           Case{"", PathError::not_absolute},
           Case{"*", PathError::not_absolute},
           Case{"a", PathError::not_absolute},
           Case{"/..", PathError::above_root},
           Case{"/a/../..", PathError::above_root},
           Case{"/%2e%2e/etc/passwd", PathError::above_root},
           Case{"/./../a", PathError::above_root},
           Case{"/a/..;/b", PathError::dot_parameter},
           Case{"/a/..;x=y", PathError::dot_parameter},
           Case{"/.;/b", PathError::dot_parameter},
           Case{"/a/%2e%2e;/b", PathError::dot_parameter},
           Case{"/%", PathError::bad_escape},
           Case{"/%2", PathError::bad_escape},
           Case{"/%2g", PathError::bad_escape},
           Case{"/%%41", PathError::bad_escape},
           Case{"/%u0041", PathError::bad_escape},
           Case{"/a%00", PathError::forbidden_byte},
           Case{"/a%5Cb", PathError::forbidden_byte},
           Case{"/a%5cb", PathError::forbidden_byte},
           Case{"/a\\b", PathError::forbidden_byte},
           Case{"/a%0d%0aSet-Cookie:x", PathError::forbidden_byte},
           Case{"/a%7f", PathError::forbidden_byte},
           Case{"/a\0"sv, PathError::forbidden_byte},
           Case{"/a\nb", PathError::forbidden_byte},
           Case{"/a b", PathError::forbidden_byte},
           Case{"/a?b", PathError::forbidden_byte},
           Case{"/a#b", PathError::forbidden_byte},
           Case{"/<a>", PathError::forbidden_byte},
           Case{"/\xc3\xbc", PathError::forbidden_byte},
           Case{"/b/%5C/..", PathError::forbidden_byte},
       }) {
    EXPECT_EQ(canonical_path(c.raw, arena).error, c.error) << c.raw;
  }
}

TEST(CanonicalPath, forgets_an_encoded_slash_that_was_resolved_away) {
  Arena arena;
  const PathResult result = canonical_path("/a%2fb/../c", arena);
  EXPECT_EQ(result.path, "/c");
  EXPECT_FALSE(result.has_encoded_slash);
}

TEST(CanonicalPath, says_when_the_arena_is_full) {
  Arena arena;
  while (arena.take(4096) != nullptr) {
  }
  EXPECT_EQ(canonical_path("/" + std::string(8192, '|'), arena).error, PathError::arena_full);
}

TEST(CanonicalPath, is_its_own_canonical_form) {
  constexpr std::string_view kPieces[] = {"/", ".",   "..",  "%2e", "%2F", "a",   ";",
                                          "|", "%",   "%41", "//",  "%5c", "%C3", "=",
                                          "~", "%7e", "b/",  "%25", "?",   "\x80"};
  std::mt19937 random(1);
  Arena arena;
  for (int i = 0; i < 5000; ++i) {
    arena.reset();
    std::string raw = "/";
    for (auto n = random() % 10; n != 0; --n) raw += kPieces[random() % std::size(kPieces)];
    const PathResult once = canonical_path(raw, arena);
    if (once.error != PathError::none) continue;
    const PathResult twice = canonical_path(once.path, arena);
    ASSERT_EQ(twice.path, once.path) << raw;
    ASSERT_EQ(twice.path.data(), once.path.data()) << raw;
    ASSERT_EQ(twice.has_encoded_slash, once.has_encoded_slash) << raw;
    for (std::size_t at = 0; at < once.path.size();) {  // no dot segment is left
      const std::size_t end = std::min(once.path.find('/', at + 1), once.path.size());
      ASSERT_FALSE(is_dot_segment(once.path.substr(at + 1, end - at - 1))) << raw;
      at = end;
    }
  }
}

TEST(EncodeSegment, keeps_a_value_within_its_segment) {
  Arena arena;
  EXPECT_EQ(encode_segment("a-b_c.d~9", arena), "a-b_c.d~9");
  EXPECT_EQ(encode_segment("", arena), "");
  EXPECT_NE(encode_segment({}, arena).data(), nullptr);
  EXPECT_EQ(encode_segment("../x?a=b&c#d", arena), "..%2Fx%3Fa%3Db%26c%23d");
  EXPECT_EQ(encode_segment("100%2F", arena), "100%252F");
  EXPECT_EQ(encode_segment("a\r\n\\\xc3\xbc", arena), "a%0D%0A%5C%C3%BC");
}

TEST(EncodeCaptured, keeps_escapes_and_escapes_the_rest) {
  Arena arena;
  EXPECT_EQ(encode_captured("a%2Fb%20c", arena), "a%2Fb%20c");
  EXPECT_EQ(encode_captured("a&b=c/d", arena), "a%26b%3Dc%2Fd");
  EXPECT_EQ(encode_captured("5%", arena), "5%25");
  EXPECT_EQ(encode_captured("%zz", arena), "%25zz");
}

TEST(DotSegment, is_known_in_every_spelling) {
  for (const char* text : {".", "..", "%2e", "%2E.", ".%2e", "%2e%2E"}) {
    EXPECT_TRUE(is_dot_segment(text)) << text;
  }
  for (const char* text : {"", "...", "a", "A2e", ".a", "%2f", "%2e%2e%2e", "%", "..;"}) {
    EXPECT_FALSE(is_dot_segment(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse
