// What is promised: an expression reads of a request what the gate knows of it, in the form in
// which the gate uses it; what isn't known is absent; a fault is told at its place in the file.
#include "gateway/request_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/policies/exchange_testing.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;

struct RequestFactsTest : ::testing::Test {
  // "true", "false", or what kind of value it is instead.
  std::string ask(std::string_view text, const std::function<void(QuietStream&)>& change = {}) {
    Diagnostics out;
    const auto program =
        compile_for_request({std::string(text), {}, true}, Kind::boolean, "the test", out);
    if (!program) return out.text();
    std::string result = "not asked";
    rig.look = [&](Exchange& exchange) {
      if (caller.shown()) exchange.identify(Identity(caller));
      RequestFacts facts(exchange);
      const Value value = facts.evaluate(*program);
      result = value.is_true() ? "true" : value.is_false() ? "false" : program->explain(value).what;
    };
    EXPECT_EQ(rig.ask(change), 404);
    return result;
  }

  ExchangeRig rig{"", "GET /{kind}/{id}"};
  Identity caller;
};

TEST_F(RequestFactsTest, the_request_as_it_was_understood) {
  EXPECT_EQ(ask("request.method == 'GET' && request.scheme == 'http'"), "true");
  EXPECT_EQ(ask("request.path == '/orders/17'",
                [](QuietStream& s) { s.request().raw_path = "/x/../%6frders/17"; }),
            "true");
  EXPECT_EQ(ask("request.host == 'shop.example'"), "true");
  EXPECT_EQ(ask("request.version == '1.1'"), "true");
  EXPECT_EQ(ask("client.address in cidr('203.0.113.0/24')"), "true");
  EXPECT_EQ(ask("route.name == 'all' && route.api == 'shop'"), "true");
  EXPECT_EQ(ask("params.kind == 'orders' && params['id'] == '17' && !has(params.x)"), "true");
  EXPECT_EQ(ask("params.all(name, name in ['kind', 'id']) && size(params) == 2"), "true");
  EXPECT_EQ(ask("request.time == timestamp(1790003600)"), "true");
}

TEST_F(RequestFactsTest, fields_in_any_case_and_those_of_one_name_together) {
  const auto fields = [](QuietStream& s) {
    EXPECT_TRUE(s.request().fields.add(FieldId::other, "X-Tenant", "a"));
    EXPECT_TRUE(s.request().fields.add(FieldId::other, "x-tenant", "b"));
    EXPECT_TRUE(s.request().fields.add(FieldId::accept, "Accept", "*/*"));
  };
  EXPECT_EQ(ask("request.headers['x-tenant'] == 'a, b'", fields), "true");
  EXPECT_EQ(ask("request.headers['X-TENANT'] == 'a, b'", fields), "true");
  EXPECT_EQ(ask("request.headers.accept == '*/*'", fields), "true");
  EXPECT_EQ(ask("request.headers.host == 'shop.example:8080'", fields), "true");
  EXPECT_EQ(ask("has(request.headers.origin) || 'cookie' in request.headers", fields), "false");
  EXPECT_EQ(
      ask("request.headers.exists_one(n, n == 'x-tenant') && size(request.headers) == 3", fields),
      "true");
}

TEST_F(RequestFactsTest, names_of_the_query_are_decoded) {
  const auto query = [](QuietStream& s) { s.request().query = "page=1&&%61dmin&a+b=%zz&"; };
  EXPECT_EQ(ask("request.query_names == ['page', 'admin', 'a b']", query), "true");
  EXPECT_EQ(ask("size(request.query_names) == 0"), "true");
}

TEST_F(RequestFactsTest, a_size_where_one_was_announced) {
  EXPECT_EQ(ask("request.size == 0"), "true");
  EXPECT_EQ(ask("request.size == 12",
                [](QuietStream& s) {
                  s.request().framing = Framing::length;
                  s.request().content_length = 12;
                }),
            "true");
  EXPECT_EQ(
      ask("has(request.size)", [](QuietStream& s) { s.request().framing = Framing::chunked; }),
      "false");
}

TEST_F(RequestFactsTest, nobody_is_named_who_was_not_proved) {
  EXPECT_EQ(ask("has(user) || has(app) || has(claims) || has(identity.proof)"), "false");
  EXPECT_EQ(ask("has(claims.sub)"), "false");
  EXPECT_EQ(ask("identity.verified"), "false");
  caller.proof = "jwt";
  caller.user = "ann";
  caller.claims = JsonDocument::read(R"({"sub": "ann"})");
  EXPECT_EQ(ask("identity.proof == 'jwt' && !has(user) && !has(claims)"), "true");
  caller.verified = true;
  EXPECT_EQ(ask("user == 'ann' && claims.sub == user && identity.verified"), "true");
}

TEST_F(RequestFactsTest, claims_of_every_kind) {
  caller.proof = "jwt";
  caller.verified = true;
  caller.claims = JsonDocument::read(
      R"({"level": 3, "rate": 0.5, "on": true, "none": null, "roles": ["ops", "dev", "qa"],
          "org": {"id": 7, "tags": [{"k": "v"}]}, "empty": []})");
  EXPECT_EQ(ask("claims.level == 3 && claims.rate == 0.5 && claims.on == true"), "true");
  EXPECT_EQ(ask("claims.none == null && has(claims.none)"), "true");
  EXPECT_EQ(ask("'qa' in claims.roles && !('root' in claims.roles)"), "true");
  EXPECT_EQ(ask("claims.roles.exists(r, r.startsWith('de')) && size(claims.roles) == 3"), "true");
  EXPECT_EQ(ask("claims.org.id == 7 && claims.org.tags[0].k == 'v'"), "true");
  EXPECT_EQ(ask("size(claims.empty) == 0 && claims.exists(name, name == 'org')"), "true");
  EXPECT_EQ(ask("claims.level.x == 1"), "the values are not of types that go together here");
}

TEST_F(RequestFactsTest, the_level_of_a_verdict) { EXPECT_EQ(ask("has(verdict.level)"), "false"); }

TEST(CompileForRequest, tells_a_fault_at_its_place_in_the_file) {
  const auto origin = [](std::uint32_t line, std::uint32_t column, std::uint32_t length) {
    return Origin{std::make_shared<const std::string>("g.yaml"), line, column, length};
  };
  Diagnostics out;
  const ExpressionText exact{"request.method ==\n nobody", origin(7, 11, 20), true};
  EXPECT_FALSE(compile_for_request(exact, Kind::boolean, "policy `x`", out));
  ASSERT_EQ(out.all().size(), 1U);
  EXPECT_EQ(out.all()[0].error.at, (SourcePosition{"g.yaml", 8, 12, 6}));
  EXPECT_EQ(out.all()[0].error.during, std::vector<std::string>{"reading policy `x`"});

  const ExpressionText folded{"request.method == nobody", origin(7, 11, 1), false};
  EXPECT_FALSE(compile_for_request(folded, Kind::boolean, "policy `x`", out));
  EXPECT_EQ(out.all()[1].error.at, (SourcePosition{"g.yaml", 7, 11, 1}));
  EXPECT_FALSE(compile_for_request({}, Kind::boolean, "policy `x`", out));
  EXPECT_EQ(out.all().size(), 2U);
}

}  // namespace
}  // namespace gatehouse::testing
