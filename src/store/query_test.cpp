// What is promised: a question gives the rows that it means, in pages that neither lose nor repeat
// one; groups are counted; what can't be asked is refused with a word on why.
#include "store/query.h"

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "events/event_json.h"
#include "store/columns.h"
#include "store/event_row.h"
#include "store/query_run.h"
#include "store/store_testing.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using nlohmann::json;
using testing::Folder;
using testing::JournalWriter;
using testing::ManualClock;
using testing::OpenHistory;
using testing::second;

struct QueryTest : ::testing::Test {
  QueryTest() : journal(folder.journal()) {}

  void take(std::uint64_t requests) {
    journal.requests(requests);
    history = std::make_unique<OpenHistory>(folder, clock);
    history->take_all();
  }
  HistoryRows ask(const HistoryQuery& query) {
    return run_query(query, *history->file, {}).value();
  }
  std::vector<json> lines(const HistoryQuery& query) {
    std::vector<json> all;
    std::istringstream stream(ask(query).lines);
    for (std::string line; std::getline(stream, line);) all.push_back(json::parse(line));
    return all;
  }
  std::vector<std::uint64_t> numbers(const HistoryQuery& query) {
    std::vector<std::uint64_t> all;
    for (const json& line : lines(query)) all.push_back(line["event"]["sequence"]);
    return all;
  }

  Folder folder;
  ManualClock clock;
  JournalWriter journal;
  std::unique_ptr<OpenHistory> history;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(QueryTest, gives_requests_in_the_order_of_their_numbers) {
  journal.requests(2);
  journal.write(SystemEvent{.kind = EventKind::config}, second(3));
  take(2);
  EXPECT_EQ(numbers({}), (Numbers{1, 2, 4, 5}));
  EXPECT_EQ(numbers({.all_kinds = true}), (Numbers{1, 2, 3, 4, 5}));
}

TEST_F(QueryTest, keeps_to_its_times_and_numbers) {
  take(10);
  EXPECT_EQ(numbers({.since_us = second(8)}), (Numbers{8, 9, 10}));
  EXPECT_EQ(numbers({.until_us = second(3)}), (Numbers{1, 2}));
  EXPECT_EQ(numbers({.since_us = second(4), .until_us = second(6)}), (Numbers{4, 5}));
  EXPECT_EQ(numbers({.since_sequence = 9}), (Numbers{9, 10}));
}

TEST_F(QueryTest, begins_so_that_the_last_ones_are_left) {
  take(10);
  EXPECT_EQ(numbers({.last = 3}), (Numbers{8, 9, 10}));
  EXPECT_EQ(numbers({.last = 10}).size(), 10U);
  EXPECT_EQ(numbers({.last = 400}).size(), 10U);
  EXPECT_EQ(numbers({.until_us = second(6), .last = 2}), (Numbers{4, 5}));
}

TEST_F(QueryTest, pages_lose_and_repeat_nothing) {
  take(5000);
  HistoryQuery query{.last = 4000, .limit = 700};
  Numbers all;
  for (int pages = 0; pages < 10; ++pages) {
    const Numbers page = numbers(query);
    all.insert(all.end(), page.begin(), page.end());
    const auto next = ask(query).next;
    if (!next) break;
    query.after = next;
  }
  ASSERT_EQ(all.size(), 4000U);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], 1001 + i);
}

TEST_F(QueryTest, pages_go_on_from_one_epoch_to_the_next) {
  take(10);
  history.reset();
  std::filesystem::remove_all(folder.journal());
  JournalWriter other(folder.journal());
  for (int i = 0; i < 5; ++i) other.write(RequestEvent{}, second(1000) + i);
  history = std::make_unique<OpenHistory>(folder, clock);
  history->take_all();
  EXPECT_EQ(numbers({.after = HistoryCursor{1, 8}}), (Numbers{9, 10, 1, 2, 3, 4, 5}));
  EXPECT_EQ(numbers({.after = HistoryCursor{2, 3}}), (Numbers{4, 5}));
  EXPECT_EQ(numbers({.last = 6}), (Numbers{10, 1, 2, 3, 4, 5}));
}

TEST_F(QueryTest, groups_are_counted_with_the_most_first) {
  take(20);
  const auto groups = lines({.group_by = {"http.response.status_code"}});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0], (json{{"http.response.status_code", 200}, {"count", 16}}));
  EXPECT_EQ(groups[1], (json{{"http.response.status_code", 404}, {"count", 4}}));
  const auto two = lines({.group_by = {"client.ip", "http.response.status_code"}, .limit = 3});
  ASSERT_EQ(two.size(), 3U);
  EXPECT_EQ(two[0],
            (json{{"client.ip", "10.0.0.0"}, {"http.response.status_code", 200}, {"count", 4}}));
}

TEST_F(QueryTest, groups_by_every_field_that_has_a_name) {
  take(3);
  for (const Column& column : all_columns()) {
    if (column.name.empty()) continue;
    const auto groups = lines({.group_by = {std::string(column.name)}});
    ASSERT_FALSE(groups.empty()) << column.name;
    EXPECT_TRUE(groups[0].contains(column.name)) << column.name;
  }
  EXPECT_EQ(lines({.group_by = {"event.duration"}})[0]["event.duration"], 1'001'000);
  EXPECT_EQ(lines({.group_by = {"@timestamp"}})[0]["@timestamp"], time_text(second(1)));
  EXPECT_EQ(lines({.group_by = {"event.id"}})[0]["event.id"], id_text({1, 7}));
  EXPECT_TRUE(lines({.group_by = {"error.code"}})[0]["error.code"].is_null());
}

TEST_F(QueryTest, is_ended_between_two_steps_when_that_is_asked) {
  take(3000);
  int asked = 0;
  const auto answer =
      run_query({.group_by = {"url.path"}}, *history->file, [&] { return ++asked == 1; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, kQueryEnded);
  EXPECT_EQ(lines({.group_by = {"event.action"}})[0]["count"], 3000);  // and the next is answered
}

// A row is the event that it was: the same JSON as from the journal.
TEST_F(QueryTest, gives_each_event_as_the_journal_has_it) {
  const Subject subjects[] = {{SubjectKind::address, {1, 2}}, {SubjectKind::user, {3, 4}}};
  RequestEvent full{.kind = EventKind::final,
                    .outcome = EventOutcome::refused,
                    .fault = EventFault::client,
                    .by_verdict = true,
                    .id = {0x0123456789abcdef, 0xfedcba9876543210},
                    .start_us = second(0),
                    .duration_us = 1234,
                    .upstream_us = 1000,
                    .request_bytes = 5,
                    .response_bytes = 77,
                    .worker = 3,
                    .port = 8443,
                    .status = 403,
                    .attempts = 2,
                    .client = "192.0.2.1",
                    .forwarded = "2001:db8::1",
                    .method = "GET",
                    .scheme = "https",
                    .host = "shop.example",
                    .route_pattern = "/orders/{id}",
                    .path = "/orders/\xc3\xa4\xff",
                    .query_names = "page,sort",
                    .error_code = "blocked",
                    .api = "orders",
                    .route = "GET /orders/{id}",
                    .upstream = "up",
                    .target = "127.0.0.1:9001",
                    .http_version = "2",
                    .tls_version = "1.3",
                    .user_agent = "curl/8",
                    .verdict_level = "block",
                    .verdict_reason = "20 refusals in 10 s",
                    .user = "ann",
                    .app = "ios",
                    .proof = "jwt",
                    .credential = "0123456789abcdef0123456789abcdef",
                    .verified = true,
                    .sign_in_user = "bob",
                    .sign_in = EventSignIn::failed,
                    .subjects = subjects};
  full.done = EventAct::slow;
  full.would = EventAct::block;
  journal.write(full, second(1));
  full.kind = EventKind::progress;
  journal.write(full, second(2));
  journal.write(RequestEvent{}, second(3));
  journal.write(SystemEvent{.kind = EventKind::gap, .count = 12}, second(4));
  journal.write(SystemEvent{.kind = EventKind::config,
                            .name = "a",
                            .detail = "b\n\"c\"",
                            .about = "d",
                            .by = "e",
                            .subjects = subjects},
                second(5));
  take(1);
  const auto rows = lines({.all_kinds = true});
  ASSERT_EQ(rows.size(), 6U);
  JournalReader reader(folder.journal(), 1);
  for (const json& row : rows) EXPECT_EQ(row, json::parse(to_json(*reader.next())));
}

TEST(Columns, hold_every_text_of_an_event) {
  for (std::size_t i = 1; i < kEventTexts; ++i) {
    const auto text = static_cast<EventText>(i);
    if (text == EventText::client || text == EventText::forwarded)
      continue;  // source.ip, client.ip
    const bool is_there = std::any_of(all_columns().begin(), all_columns().end(),
                                      [&](const Column& one) { return one.text == text; });
    EXPECT_TRUE(is_there) << "text " << i << " needs a line in columns.cpp and in event_row.cpp";
  }
}

TEST(Columns, have_names_and_places_of_their_own) {
  std::set<std::string_view> names, places;
  for (const Column& one : all_columns()) {
    EXPECT_TRUE(places.insert(one.sql).second) << one.sql;
    EXPECT_TRUE(one.name.empty() || names.insert(one.name).second) << one.name;
  }
  EXPECT_EQ(find_column(""), nullptr);
  EXPECT_EQ(find_column("url.path")->sql, "path");
  EXPECT_EQ(column_near("url.paht"), "url.path");
}

TEST(HistoryQuery, is_refused_with_a_word_on_why) {
  const auto why = [](const HistoryQuery& query) {
    const Status checked = check_query(query);
    return checked ? std::string() : checked.error().what + "; " + checked.error().help;
  };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({.group_by = {"client.pi"}}),
            "there is no field `client.pi` to group by; did you mean `client.ip`?");
  EXPECT_EQ(why({.limit = 0}), "a limit of 0; write one from 1 to 5000");
  EXPECT_EQ(why({.limit = 5001}), "a limit of 5001; write one from 1 to 5000");
  EXPECT_EQ(why({.group_by = {"url.path"}, .limit = 5001}), "");
  EXPECT_NE(why({.last = 1'000'001}), "");
  EXPECT_NE(why({.since_us = 5, .until_us = 5}), "");
  EXPECT_NE(why({.filter = std::string(9000, 'x')}), "");
  EXPECT_NE(why({.group_by = std::vector<std::string>(9, "url.path")}), "");
}

TEST(HistoryQuery, comes_back_from_its_json) {
  const HistoryQuery query{.filter = "status == 404",
                           .since_us = -5,
                           .until_us = 7,
                           .since_sequence = 9,
                           .all_kinds = true,
                           .group_by = {"url.path", "client.ip"},
                           .last = 11,
                           .limit = 12,
                           .after = HistoryCursor{3, 4},
                           .seen = 13,
                           .time_ms = 14};
  EXPECT_EQ(parse_query(to_json(query)).value(), query);
  EXPECT_EQ(parse_query(to_json(HistoryQuery{})).value(), HistoryQuery{});
}

TEST(HistoryQuery, is_no_question_when_its_json_is_not_right) {
  for (const char* const text :
       {"", "[]", "{", R"({"limit": -1})", R"({"limit": "5"})", R"({"limit": 4294967296})",
        R"({"since_us": 1.5})", R"({"group_by": "url.path"})", R"({"group_by": [1]})",
        R"({"after": "1"})", R"({"after": "1:x"})", R"({"after": 5})", R"({"all_kinds": 1})"}) {
    EXPECT_FALSE(parse_query(text)) << text;
  }
}

TEST(HistoryCursor, is_read_as_it_is_written) {
  EXPECT_EQ(to_text(HistoryCursor{1, 204}), "1:204");
  EXPECT_EQ(parse_cursor("1:204"), (HistoryCursor{1, 204}));
  for (const char* const text :
       {"", ":", "1:", ":2", "1:2:3", "1:2 ", "-1:2", "1:99999999999999999999"}) {
    EXPECT_FALSE(parse_cursor(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse
