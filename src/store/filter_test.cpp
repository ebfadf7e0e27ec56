// What is promised: a filter chooses the rows that it means, absent values as the language has
// them, and the same records when they are asked without a database; nothing of it gets into the
// SQL but names of ours; what can't be asked is refused at its place.
#include "store/filter.h"

#include "events/journal_reader.h"
#include "store/columns.h"
#include "store/event_filter.h"
#include "store/query_run.h"
#include "store/store_testing.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

using testing::Folder;
using testing::JournalWriter;
using testing::ManualClock;
using testing::OpenHistory;
using testing::second;

struct FilterTest : ::testing::Test {
  FilterTest() {
    JournalWriter journal(folder.journal());
    journal.requests(20);  // 404: 5, 10, 15, 20; clients 10.0.0.(n % 4)
    journal.write(SystemEvent{.kind = EventKind::config, .name = "behavior"}, second(21));
    journal.write(RequestEvent{.client = "192.0.2.1",
                               .method = "POST",
                               .path = "/O'Brien\"$1",
                               .user = "ann",
                               .verified = true},
                  second(22));
    history = std::make_unique<OpenHistory>(folder, clock);
    history->take_all();
  }
  std::uint64_t count(std::string_view filter) {
    const auto rows =
        run_query({.filter = std::string(filter), .all_kinds = true}, *history->file, {});
    EXPECT_TRUE(rows) << filter << ": " << rows.error().what;
    EXPECT_EQ(rows ? rows->count : 999, count_records(filter)) << filter;
    return rows ? rows->count : 999;
  }
  // The slow twin of the database.
  std::uint64_t count_records(std::string_view filter) const {
    const auto asked = EventFilter::read(filter);
    if (!asked) return 998;
    std::uint64_t chosen = 0;
    JournalReader reader(folder.journal(), 0);
    while (const auto event = reader.next()) chosen += (*asked)->chooses(*event) ? 1 : 0;
    return chosen;
  }
  Folder folder;
  ManualClock clock;
  std::unique_ptr<OpenHistory> history;
};

TEST_F(FilterTest, compares_texts_numbers_truths_and_times) {
  EXPECT_EQ(count("http.response.status_code == 404"), 4U);
  EXPECT_EQ(count("http.response.status_code >= 400 && http.response.bytes < 15"), 2U);
  EXPECT_EQ(count("client.ip == '10.0.0.1' || client.ip == '10.0.0.2'"), 10U);
  EXPECT_EQ(count("gatehouse.credential.verified"), 1U);
  EXPECT_EQ(count("time >= timestamp('2026-11-24T00:00:20Z')"), 3U);
  EXPECT_EQ(count("time < timestamp('2026-11-24T00:00:03Z')"), 2U);
  EXPECT_EQ(count("event.duration == 1005000"), 1U);
  EXPECT_EQ(count("http.response.bytes * 2 - 1 == 19"), 1U);
  EXPECT_EQ(count("time.getHours() == 0"), 22U);
  EXPECT_EQ(count("http.response.status_code == 404 ? http.response.bytes > 10 : false"), 2U);
}

TEST_F(FilterTest, looks_into_texts) {
  EXPECT_EQ(count("url.path.startsWith('/1')"), 11U);
  EXPECT_EQ(count("url.path.endsWith('5')"), 2U);
  EXPECT_EQ(count("url.path.contains('0')"), 2U);
  EXPECT_EQ(count("url.path.matches('^/[0-9]$')"), 9U);
  EXPECT_EQ(count("size(url.path) == 2"), 9U);
  EXPECT_EQ(count("http.request.method.lowerAscii() == 'post'"), 1U);
  EXPECT_EQ(count("http.request.method in ['POST', 'PUT']"), 1U);
  EXPECT_EQ(count("http.response.status_code in [404, 500]"), 4U);
  EXPECT_EQ(count("http.request.method in []"), 0U);
}

TEST_F(FilterTest, chooses_by_an_id) {
  EXPECT_EQ(count("event.id == '00000000000000070000000000000003'"), 1U);
  EXPECT_EQ(
      count("event.id in ['00000000000000070000000000000003', '00000000000000070000000000000004']"),
      2U);
}

TEST_F(FilterTest, chooses_by_networks) {
  EXPECT_EQ(count("client.address in cidr('10.0.0.0/8')"), 20U);
  EXPECT_EQ(count("!(client.address in cidr('10.0.0.0/8'))"), 1U);  // the config has no client
  EXPECT_EQ(count("client.address in cidr('10.0.0.2/31')"), 10U);
  EXPECT_EQ(count("source.address in [cidr('10.0.0.1/32'), ip('192.0.2.1')]"), 6U);
  EXPECT_EQ(count("client.address in []"), 0U);
  EXPECT_EQ(count("client.address in cidr('::/0')"), 0U);
  EXPECT_EQ(count("client.address == ip('::ffff:192.0.2.1')"), 1U);
  EXPECT_EQ(count("ip('192.0.2.1') != client.address"), 20U);
  EXPECT_EQ(count("client.address == source.address"), 21U);
  EXPECT_EQ(count("has(client.address)"), 21U);
}

TEST_F(FilterTest, treats_what_is_absent_as_the_language_does) {
  EXPECT_EQ(count("has(user.id)"), 1U);
  EXPECT_EQ(count("!has(user.id)"), 21U);
  EXPECT_EQ(count("user.id != 'bob'"), 1U);
  EXPECT_EQ(count("!(user.id == 'bob')"), 1U);
  EXPECT_EQ(count("user.id == 'bob' || url.path == '/3'"), 1U);
  EXPECT_EQ(count("!(user.id == 'bob' && url.path == '/3')"), 20U);
  EXPECT_EQ(count("user.id == 'bob' ? true : true"), 1U);
}

TEST_F(FilterTest, binds_every_constant) {
  EXPECT_EQ(count(R"(url.path == "/O'Brien\"$1")"), 1U);
  EXPECT_EQ(count(R"(url.path == "' OR 1=1 --")"), 0U);
  std::vector<SqlValue> values{std::string("before")};
  const auto sql =
      filter_sql("url.path == 'x; DROP TABLE events' && http.response.bytes > 7", values);
  ASSERT_TRUE(sql);
  EXPECT_EQ(*sql, "((path = $2) AND (CAST(response_bytes AS BIGINT) > $3))");
  EXPECT_EQ(values.size(), 3U);
  const auto networks = filter_sql("client.address in cidr('10.0.0.0/8')", values);
  ASSERT_TRUE(networks);
  EXPECT_EQ(*networks, "in_network(client_ip, $4)");
  EXPECT_EQ(values.back(), SqlValue("10.0.0.0/8"));
}

std::string fault(std::string_view filter) {
  std::vector<SqlValue> values;
  const auto sql = filter_sql(filter, values);
  if (sql) return "none: " + *sql;
  const Error& error = sql.error();
  EXPECT_EQ(error.code, "E0807");
  return std::to_string(error.at.column) + "+" + std::to_string(error.at.length) + " " + error.what;
}

TEST(Filter, refuses_what_the_database_can_not_be_asked) {
  EXPECT_EQ(fault("url.path == 'a' && [1, 2].exists(x, x == http.response.bytes)").substr(0, 2),
            "27");
  EXPECT_EQ(fault("event.id.startsWith('a')"), "1+8 `event.id` can only be compared with == or in");
  EXPECT_EQ(fault("event.id == 'abc'"), "13+5 an id is 32 hex digits");
  EXPECT_NE(fault("client.ip in cidr('10.0.0.0/8')").find("can't look for string"),
            std::string::npos);
  EXPECT_NE(fault("client.address in (time.getHours() == 0 ? cidr('10.0.0.0/8') : cidr('::/0'))")
                .find("written networks alone"),
            std::string::npos);
  EXPECT_NE(fault("string(http.response.bytes) == '1'").find("can't be asked"), std::string::npos);
  EXPECT_NE(fault("http.response.bytes / 2 == 1").find("can't be asked"), std::string::npos);
}

TEST(Filter, refuses_what_is_no_condition) {
  EXPECT_EQ(fault("url.paht == 'a'").substr(0, 4), "5+4 ");
  EXPECT_EQ(fault("url.path == 5").substr(0, 3), "10+");
  EXPECT_NE(fault("url.path ==").find("+"), std::string::npos);
  EXPECT_NE(fault("url.path").find("1+8"), std::string::npos);
  EXPECT_NE(fault(std::string(100'000, '(')).find("+"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse
