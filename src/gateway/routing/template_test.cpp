// Promised: parts of a request put into a path, a query or a host can't change what stands around
// them, and a template that can't work is refused when it is parsed.
#include "gateway/routing/template.h"

namespace gatehouse {
namespace {

const std::vector<CaptureName> kNames{
    {"tenant", CaptureKind::host_label}, {"id", CaptureKind::segment}, {"rest", CaptureKind::rest}};

using Make = Result<Template> (*)(std::string_view, std::span<const CaptureName>);

Result<Template> query_of(std::string_view text, std::span<const CaptureName> names) {
  const std::pair<std::string, std::string> field{"q", text};
  return Template::query({&field, 1}, names);
}

// The template expanded, or its error, or "unfit".
std::string expand(Make make, std::string_view text, std::string_view tenant, std::string_view id,
                   std::string_view rest) {
  const Result<Template> made = make(text, kNames);
  if (!made) return made.error().what;
  Arena arena;
  const std::string_view captures[] = {tenant, id, rest};
  const Expansion expansion = made->expand(captures, arena);
  return expansion.failure == Expansion::Failure::none ? std::string(expansion.text) : "unfit";
}
std::string path(std::string_view text, std::string_view id = "7", std::string_view rest = "a/b") {
  return expand(&Template::path, text, "acme", id, rest);
}
std::string query(std::string_view text, std::string_view id = "7", std::string_view rest = "a/b") {
  return expand(&query_of, text, "acme", id, rest);
}
std::string host(std::string_view text, std::string_view id = "7") {
  return expand(&Template::host, text, "acme", id, "");
}

TEST(TemplatePath, puts_parts_into_place) {
  EXPECT_EQ(path("/internal/orders/{id}"), "/internal/orders/7");
  EXPECT_EQ(path("/{tenant}/o-{id}.json"), "/acme/o-7.json");
  EXPECT_EQ(path("/files/{rest}"), "/files/a/b");
  EXPECT_EQ(path("/files/{rest}", "7", ""), "/files/");
  EXPECT_EQ(path("/plain"), "/plain");
  EXPECT_EQ(path("/a b/%2f{{x}}"), "/a%20b/%2F%7Bx%7D");
}

TEST(TemplatePath, a_value_adds_no_segment_no_query_and_no_dot_segment) {
  EXPECT_EQ(path("/o/{id}", "a%2Fb"), "/o/a%2Fb");
  EXPECT_EQ(path("/o/{id}", "a/b?c#d%"), "/o/a%2Fb%3Fc%23d%25");
  EXPECT_EQ(path("/o/{id}", "\r\n\xff"), "/o/%0D%0A%FF");
  EXPECT_EQ(path("/o/{id}/x", ".."), "unfit");
  EXPECT_EQ(path("/o/{id};v=1", "%2e."), "unfit");
  EXPECT_EQ(path("/o/.{id}", "."), "unfit");
  EXPECT_EQ(path("/o/.{id}", ";x"), "unfit");
  EXPECT_EQ(path("/o/.{id}", "x"), "/o/.x");
  EXPECT_EQ(path("/o/{id}", ""), "unfit");
  EXPECT_EQ(path("/o/{rest}", "7", "a/../b"), "unfit");
  EXPECT_EQ(path("/o/{rest}", "7", "a?b"), "/o/a%3Fb");
}

TEST(TemplatePath, refuses_what_cannot_work) {
  EXPECT_EQ(path("/o/{idd}"), "`{idd}` isn't captured by this route");
  EXPECT_EQ(path("o/{id}"), "the path doesn't begin with `/`");
  EXPECT_EQ(path("{rest}"), "the path doesn't begin with `/`");
  EXPECT_EQ(path("/o?x={id}"), "the path holds one of `?`, `#` and `\\`");
  EXPECT_EQ(path("/a{rest}"), "`{rest}` is the rest of a path and shares its segment");
  EXPECT_EQ(path("/{id}{rest}"), "`{rest}` is the rest of a path and shares its segment");
  EXPECT_EQ(path("/{rest}.gz"), "`{rest}` is the rest of a path and shares its segment");
  EXPECT_EQ(path("/a/../{id}"), "the path has a dot segment");
  EXPECT_EQ(path("/a/{id"), "a brace has no partner");
  EXPECT_EQ(path("/a/id}"), "a brace has no partner");
  EXPECT_EQ(path("/%4{id}"), "`/%4` has a `%` without two hexadecimal digits");
}

TEST(TemplatePath, says_which_names_there_are) {
  EXPECT_EQ(Template::path("/{x}", kNames).error().help, "it captures `tenant`, `id`, `rest`");
  EXPECT_EQ(Template::path("/{x}", {}).error().help,
            "capture it in the route's `match` or `hosts`");
}

TEST(TemplateQuery, encodes_text_and_values) {
  EXPECT_EQ(query("{tenant}"), "q=acme");
  EXPECT_EQ(query("a b&c=100%"), "q=a%20b%26c%3D100%25");
  EXPECT_EQ(query("{id}", "a&b=c+d%20e"), "q=a%26b%3Dc%2Bd%20e");
  EXPECT_EQ(query("{rest}"), "q=a%2Fb");
  EXPECT_EQ(query("{nope}"), "`{nope}` isn't captured by this route");
}

TEST(TemplateQuery, joins_fields_and_encodes_their_names) {
  const std::vector<std::pair<std::string, std::string>> fields{
      {"a&b", "{id}"}, {"v", ""}, {"w", "2"}};
  Arena arena;
  const std::string_view captures[] = {"acme", "7", ""};
  EXPECT_EQ(Template::query(fields, kNames)->expand(captures, arena).text, "a%26b=7&v=&w=2");
  EXPECT_EQ(Template::query({}, kNames)->expand(captures, arena).text, "");
}

TEST(TemplateHost, takes_names_within_its_own_domain_alone) {
  EXPECT_EQ(host("{tenant}.internal.example:8080"), "acme.internal.example:8080");
  EXPECT_EQ(host("svc-{id}.Internal.example", "Ab"), "svc-ab.internal.example");
  EXPECT_EQ(host("plain.example"), "plain.example");
  EXPECT_EQ(host("{id}.example", "evil.com"), "unfit");
  EXPECT_EQ(host("{id}.example", "a%2Eb"), "unfit");
  EXPECT_EQ(host("{id}.example", "a:1"), "unfit");
  EXPECT_EQ(host("{id}.example", ""), "unfit");
  EXPECT_EQ(host("{id}.example", std::string(64, 'a')), "unfit");
}

TEST(TemplateHost, refuses_what_cannot_work) {
  EXPECT_EQ(host("{tenant}"), "the caller could choose any host");
  EXPECT_EQ(host("a.{tenant}"), "the caller could choose any host");
  EXPECT_EQ(host("{tenant}:80"), "the caller could choose any host");
  EXPECT_EQ(host("{tenant}x."), "the caller could choose any host");
  EXPECT_EQ(host("{rest}.example"), "`{rest}` is the rest of a path");
  EXPECT_EQ(host("{tenant}.exa/mple"), "the host isn't `name[:port]`");
  EXPECT_EQ(host("{tenant}..example"), "the host isn't `name[:port]`");
  EXPECT_EQ(host("{tenant}.example:x"), "the port isn't a number");
  EXPECT_EQ(host(""), "the host is empty");
}

TEST(Template, fails_when_the_arena_is_full) {
  Arena arena;
  while (arena.take(16) != nullptr) {
  }
  const std::string_view captures[] = {"acme", "7", ""};
  EXPECT_EQ(Template::path("/{id}", kNames)->expand(captures, arena).failure,
            Expansion::Failure::arena_full);
}

}  // namespace
}  // namespace gatehouse
