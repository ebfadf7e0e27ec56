// What is promised: without a token that stands nothing is told; without its scope nothing is done;
// each change leaves one row of audit, and one that can't leave it is not made.
#include "admin/api_call.h"

#include <nlohmann/json.hpp>

#include "admin/api_document.h"
#include "admin/api_token.h"

namespace gatehouse {
namespace {

using nlohmann::json;

// Answers what the handlers ask; nothing else runs.
class StillView final : public AdminView {
 public:
  bool ready() const override { return true; }
  GateStatus status() const override { return {}; }
  std::string metrics() const override { return {}; }
  std::vector<Verdict> verdicts() const override { return rows; }
  std::optional<Verdict> verdict(const VerdictSubject& subject) const override {
    for (const Verdict& row : rows) {
      if (row.subject == subject) return row;
    }
    return std::nullopt;
  }
  const HashKey& key() const override { return hash_key; }
  AdminApiCounts& api_counts() override { return counts; }
  bool ask_records(Records::Job) override { return false; }
  bool ask_engine(Engine::Question) override { return false; }
  bool order_verdict(const HandOrder&, Sequencer::Written) override { return false; }
  bool in_force(std::uint64_t, std::optional<std::uint64_t>&) const override { return true; }
  std::uint64_t ask_history(HistoryQuery, Store::Done) override { return 0; }
  void cancel_history(std::uint64_t) override {}
  std::chrono::milliseconds history_time() const override { return {}; }
  void reload(std::move_only_function<void(ReloadReport)>) override {}

  std::vector<Verdict> rows;
  HashKey hash_key;
  AdminApiCounts counts;
};

constexpr std::int64_t kNow = 1'790'000'000'000'000;

struct ApiCallTest : ::testing::Test {
  std::string token(const std::string& scopes, std::int64_t expires_us = kNow + 1) {
    const std::string secret = new_token_secret();
    EXPECT_TRUE(tables->add_token({.name = "test", .scopes = scopes, .expires_us = expires_us},
                                  token_digest(secret)));
    return secret;
  }
  // Over TCP with a secret, through the socket without one.
  ApiBegun call(Method method, std::string_view path, const json& body = {},
                const std::optional<std::string>& secret = std::nullopt, std::string query = {}) {
    const ApiMatch match = find_operation(method, path);
    EXPECT_NE(match.operation, nullptr) << path;
    ApiRequest request;
    request.target = std::string(path);
    request.captured = percent_decoded(match.captured).value();
    request.parameters = read_parameters(query, match.operation->parameters).value();
    request.body = match.operation->body.empty() ? nullptr : &body;
    request.now_us = kNow;
    ApiCaller caller{.is_local = !secret, .who = "uid 7", .scopes = {}, .from = "socket"};
    ApiBegun begun =
        begin_call({*match.operation, request, caller, secret.value_or("")}, *tables, view);
    answer = begun.outcome.answer.body.empty() ? json() : json::parse(begun.outcome.answer.body);
    return begun;
  }
  int status(Method method, std::string_view path, const json& body = {},
             const std::optional<std::string>& secret = std::nullopt, std::string query = {}) {
    return call(method, path, body, secret, std::move(query)).outcome.answer.status;
  }
  std::string audit() {
    std::string text;
    const auto rows = tables->audit(0, 100).value();
    for (const AuditRow& row : rows) {
      text += row.who + " " + row.operation + " " + std::to_string(row.status) + "\n";
    }
    return text;
  }

  std::unique_ptr<RecordTables> tables = RecordTables::open(":memory:").value();
  StillView view;
  json answer;
};

TEST_F(ApiCallTest, a_token_opens_what_its_scopes_name_and_nothing_else) {
  const std::string reader = token("tokens:read verdicts:read");
  EXPECT_EQ(status(Method::get, "/v1/tokens", {}, reader), 200);
  EXPECT_EQ(status(Method::get, "/v1/audit", {}, reader), 403);
  EXPECT_EQ(answer["code"], "E0902");
  EXPECT_EQ(status(Method::get, "/v1/audit", {}, token("all")), 200);
  EXPECT_EQ(status(Method::get, "/v1/audit"), 200);
}

TEST_F(ApiCallTest, no_token_a_wrong_one_and_an_ended_one_are_alike) {
  const std::string revoked = token("all");
  ASSERT_TRUE(tables->revoke_token(1, kNow));
  json seen;
  for (const std::string& secret :
       {std::string(), new_token_secret(), revoked, token("all", kNow)}) {
    const ApiBegun begun = call(Method::get, "/v1/status", {}, secret);
    EXPECT_TRUE(begun.is_unknown);
    EXPECT_TRUE(begun.outcome.answer.wants_token);
    EXPECT_EQ(begun.outcome.answer.status, 401);
    if (seen.is_null()) seen = answer;
    EXPECT_EQ(answer, seen);
  }
  EXPECT_EQ(audit(), "");
}

TEST_F(ApiCallTest, a_new_token_tells_its_secret_once_and_gives_no_scope_that_its_maker_lacks) {
  const std::string maker = token("tokens:write audit:read");
  const json order = {{"name", "ci"}, {"scopes", {"audit:read"}}, {"for", "1h"}};
  EXPECT_EQ(status(Method::post, "/v1/tokens", order, maker), 201);
  const std::string secret = answer["secret"];
  EXPECT_EQ(answer["expires_at"], "2026-09-21T15:13:20.000000Z");
  EXPECT_EQ(status(Method::get, "/v1/tokens/2"), 200);
  EXPECT_FALSE(answer.contains("secret"));
  EXPECT_EQ(answer["created_by"], "token 1 (test)");
  EXPECT_EQ(status(Method::get, "/v1/audit", {}, secret), 200);
  EXPECT_EQ(answer.dump().find(secret), std::string::npos);
  const json more = {{"name", "ci"}, {"scopes", {"verdicts:write"}}};
  EXPECT_EQ(status(Method::post, "/v1/tokens", more, maker), 403);
  EXPECT_EQ(status(Method::post, "/v1/tokens", {{"name", "ci"}, {"scopes", {"all"}}}, maker), 403);
  EXPECT_EQ(tables->tokens(0, 10).value().size(), 2U);
  EXPECT_EQ(audit(),
            "token 1 (test) createToken 403\ntoken 1 (test) createToken 403\n"
            "token 1 (test) createToken 201\n");
}

TEST_F(ApiCallTest, a_revoked_token_ends_at_once) {
  const std::string secret = token("all");
  EXPECT_EQ(status(Method::del, "/v1/tokens/1", {}, secret), 200);
  EXPECT_EQ(answer["stands"], false);
  EXPECT_EQ(status(Method::get, "/v1/status", {}, secret), 401);
  EXPECT_EQ(status(Method::del, "/v1/tokens/9"), 404);
  EXPECT_EQ(status(Method::del, "/v1/tokens/x"), 404);
}

TEST_F(ApiCallTest, what_is_no_order_is_refused_with_its_reason) {
  const auto why = [&](const json& body) {
    EXPECT_EQ(status(Method::put, "/v1/verdicts/address:192.0.2.1", body), 400) << body;
    return answer["detail"].get<std::string>();
  };
  EXPECT_EQ(why({{"for", "1h"}}), "a level is wanted");
  EXPECT_EQ(why({{"level", "kill"}, {"for", "1h"}}), "a level is wanted");
  EXPECT_EQ(why({{"level", "block"}}), "an end is wanted, once");
  EXPECT_EQ(why({{"level", "block"}, {"for", "1h"}, {"until", "2027-01-01"}}),
            "an end is wanted, once");
  EXPECT_EQ(why({{"level", "block"}, {"for", "366d"}}), "`366d` is no end");
  EXPECT_EQ(why({{"level", "block"}, {"until", "2020-01-01"}}), "`2020-01-01` is no end");
  EXPECT_EQ(why({{"level", "block"}, {"for", "1h"}, {"colour", 1}}), "there is no key `colour`");
  EXPECT_EQ(why({{"level", "block"}, {"for", "1h"}, {"reason", "a\nb"}}),
            "the reason is longer than 200 bytes, or not to be printed");
  EXPECT_EQ(status(Method::put, "/v1/verdicts/nobody", {{"level", "block"}, {"for", "1h"}}), 400);
}

TEST_F(ApiCallTest, an_order_waits_for_its_journal_record_and_is_audited_before) {
  const ApiBegun begun = call(Method::put, "/v1/verdicts/address:%3a%3affff:192.0.2.1",
                              {{"level", "block"}, {"for", "1h"}, {"reason", "scans"}});
  ASSERT_TRUE(begun.outcome.order);
  EXPECT_EQ(begun.outcome.order->name, "address:192.0.2.1");
  EXPECT_EQ(begun.outcome.order->until_us, kNow + 3'600'000'000);
  EXPECT_EQ(begun.outcome.order->by, "uid 7");
  EXPECT_EQ(begun.audit, 1);
  EXPECT_EQ(audit(), "uid 7 setVerdict 0\n");
}

TEST_F(ApiCallTest, a_question_about_risk_waits_for_the_engine_and_leaves_no_audit) {
  const ApiBegun why = call(Method::get, "/v1/entities/user:ann/why", {}, token("risk:read"));
  ASSERT_TRUE(why.outcome.risk);
  EXPECT_EQ(why.outcome.risk->subject->name, "user:ann");
  const ApiBegun page = call(Method::get, "/v1/notable", {}, std::nullopt,
                             "limit=7&cursor=1790000000000000.45000.2.5.6");
  ASSERT_TRUE(page.outcome.risk);
  const NotableQuestion& question = page.outcome.risk->notable;
  EXPECT_EQ(question.rows_max, 7U);
  EXPECT_EQ(question.at_us, kNow);
  ASSERT_TRUE(question.after);
  EXPECT_EQ(question.after->milli, 45'000);
  EXPECT_EQ(question.after->subject.hash, (StableHash{5, 6}));
  EXPECT_EQ(status(Method::get, "/v1/notable", {}, token("events:read")), 403);
  EXPECT_EQ(status(Method::get, "/v1/entities/ann/why"), 400);
  EXPECT_EQ(status(Method::get, "/v1/notable", {}, std::nullopt, "cursor=1.2"), 400);
  EXPECT_EQ(audit(), "");
}

TEST(FindOperation, a_segment_between_others_is_captured_and_not_empty) {
  EXPECT_EQ(find_operation(Method::get, "/v1/entities/a/why").captured, "a");
  for (const std::string_view path :
       {"/v1/entities//why", "/v1/entities/why", "/v1/entities/a/b/why", "/v1/entities/a/whyy",
        "/v1/entities/a"}) {
    EXPECT_EQ(find_operation(Method::get, path).operation, nullptr) << path;
  }
}

TEST_F(ApiCallTest, only_what_stands_can_be_cleared) {
  EXPECT_EQ(status(Method::del, "/v1/verdicts/user:ann"), 404);
  Verdict stands;
  stands.subject = {SubjectKind::user, stable_hash(view.hash_key, SubjectKind::user, "ann")};
  view.rows = {stands};
  EXPECT_TRUE(call(Method::del, "/v1/verdicts/user:ann").outcome.order);
}

TEST_F(ApiCallTest, a_change_that_can_not_be_audited_is_not_made) {
  ASSERT_TRUE(tables->database().run(
      "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no room'); END"));
  EXPECT_EQ(status(Method::post, "/v1/tokens", {{"name", "ci"}, {"scopes", {"all"}}}), 507);
  EXPECT_EQ(answer["code"], "E0811");
  EXPECT_TRUE(tables->tokens(0, 10).value().empty());
  EXPECT_FALSE(call(Method::put, "/v1/verdicts/user:ann", {{"level", "block"}, {"for", "1h"}})
                   .outcome.order);
}

TEST_F(ApiCallTest, without_a_file_changes_are_refused_and_tokens_not_judged) {
  const std::string secret = token("all");
  tables->set_fault({"E0811", "the records can't be opened", {}});
  EXPECT_EQ(status(Method::get, "/v1/status", {}, secret), 507);
  EXPECT_EQ(status(Method::post, "/v1/reload"), 507);
  EXPECT_EQ(status(Method::get, "/v1/verdicts"), 200);
}

TEST_F(ApiCallTest, pages_give_each_row_once) {
  for (std::uint64_t i = 0; i < 7; ++i) {
    Verdict row;
    row.subject = {SubjectKind::address, {UINT64_MAX - i, i}};
    row.expires = WallTime{std::chrono::microseconds{kNow}};
    view.rows.insert(view.rows.begin(), row);
  }
  std::string hashes, query = "limit=3";
  for (int page = 0; page < 3; ++page) {
    ASSERT_EQ(status(Method::get, "/v1/verdicts", {}, std::nullopt, query), 200);
    for (const json& row : answer["verdicts"]) hashes += row["hash"].get<std::string>()[15];
    query = "limit=3&cursor=" + answer.value("next", "");
  }
  EXPECT_EQ(hashes, "6543210");
  EXPECT_FALSE(answer.contains("next"));
  EXPECT_EQ(status(Method::get, "/v1/verdicts", {}, std::nullopt, "limit=0"), 400);
  EXPECT_EQ(status(Method::get, "/v1/verdicts", {}, std::nullopt, "cursor=1.2"), 400);
  EXPECT_FALSE(read_parameters("limit=1&limit=2", api_operations()[3].parameters));
  EXPECT_FALSE(read_parameters("what=1", api_operations()[3].parameters));
}

TEST(ApiOperations, each_has_a_scope_of_the_table_and_stands_in_the_document) {
  const json document = json::parse(api_document());
  std::size_t count = 0;
  for (const auto& [path, operations] : document["paths"].items()) count += operations.size();
  EXPECT_EQ(count, api_operations().size());
  for (const ApiOperation& one : api_operations()) {
    EXPECT_NE(std::ranges::find(api_scopes(), one.scope), api_scopes().end()) << one.id;
    EXPECT_EQ(one.changes, one.method != Method::get) << one.id;
    EXPECT_TRUE(document["components"]["schemas"].contains(one.answer)) << one.id;
    EXPECT_TRUE(one.summary.ends_with('.')) << one.id;
  }
}

TEST(ApiCall, decodes_what_is_encoded_and_refuses_what_is_not) {
  EXPECT_EQ(percent_decoded("a%2Fb+%c3%A9"), "a/b+é");
  for (const char* const bad : {"%", "%z", "%zz", "a%2", "%+1"}) {
    EXPECT_EQ(percent_decoded(bad), std::nullopt) << bad;
  }
}

TEST(ApiOperations, a_path_takes_its_methods_and_one_segment) {
  EXPECT_EQ(find_operation(Method::post, "/v1/verdicts/a").allow, "GET, HEAD, PUT, DELETE");
  EXPECT_EQ(find_operation(Method::head, "/v1/tokens").operation->id, "listTokens");
  for (const char* const path : {"/v1/tokens/", "/v1/tokens/1/2", "/v1/", "/v1/token"}) {
    EXPECT_EQ(find_operation(Method::get, path).operation, nullptr) << path;
    EXPECT_EQ(find_operation(Method::get, path).allow, "") << path;
  }
}

}  // namespace
}  // namespace gatehouse
