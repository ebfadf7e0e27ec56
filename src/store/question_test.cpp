// What is promised: the words of a question mean what store/question says; each that is wrong is
// named.
#include "store/question.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kNow = 1'795'478'400'000'000;  // 2026-11-24T00:00:00Z

TEST(Question, reads_times_with_and_without_an_offset) {
  EXPECT_EQ(parse_time("2026-11-24"), kNow);
  EXPECT_EQ(parse_time("2026-11-24T00:00:01Z"), kNow + 1'000'000);
  EXPECT_EQ(parse_time("2026-11-24 01:02"), kNow + 3'720'000'000);
  EXPECT_EQ(parse_time("2026-11-24T08:00:00+08:00"), kNow);
  EXPECT_EQ(parse_time("2026-11-23T19:30:00.250-04:30"), kNow + 250'000);
  EXPECT_EQ(parse_time("2026-11-24T00:00:00.0000019Z"), kNow + 1);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59Z"), -1'000'000);
  for (const char* const text :
       {"", "2026", "2026-13-01", "2026-02-30", "2026-11-24T", "2026-11-24T25:00",
        "2026-11-24T10:60", "2026-11-24T10:00:61", "2026-11-24T10:00:00.Z", "2026-11-24T10:00X",
        "2026-11-24Z", "2026-11-24T10:00+8:00", "2026-11-24T10:00+08", "2026-11-24 ",
        "-026-11-24"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Question, asks_for_the_last_ones_without_a_beginning) {
  const HistoryQuery query = read_question({}, kNow).value();
  EXPECT_EQ(query.last, 100U);
  EXPECT_EQ(query.limit, 100U);
  EXPECT_EQ(read_question({.since = "1h"}, kNow)->last, 0U);
}

TEST(Question, reads_every_word) {
  const HistoryQuery query = read_question({.filter = "true",
                                            .since = "1h",
                                            .until = "2026-11-24",
                                            .group_by = "client.ip,url.path",
                                            .limit = "7",
                                            .last = "9",
                                            .after = "1:2",
                                            .all = "1"},
                                           kNow)
                                 .value();
  EXPECT_EQ(query.filter, "true");
  EXPECT_EQ(query.since_us, kNow - 3'600'000'000);
  EXPECT_EQ(query.until_us, kNow);
  EXPECT_EQ(query.group_by, (std::vector<std::string>{"client.ip", "url.path"}));
  EXPECT_EQ(query.limit, 7U);
  EXPECT_EQ(query.last, 9U);
  EXPECT_EQ(query.after, (HistoryCursor{1, 2}));
  EXPECT_TRUE(query.all_kinds);
  EXPECT_EQ(read_question({.since = "204"}, kNow)->since_sequence, 204U);
}

TEST(Question, names_the_word_that_is_wrong) {
  const auto why = [](const HistoryQuestion& question) {
    const auto query = read_question(question, kNow);
    return query ? std::string() : query.error().code + " " + query.error().what;
  };
  EXPECT_EQ(why({.since = "soon"}), "E0807 `soon` is no time for `since`");
  EXPECT_EQ(why({.since = "-1"}), "E0807 `-1` is no time for `since`");
  EXPECT_EQ(why({.until = "12"}), "E0807 `12` is no time for `until`");
  EXPECT_EQ(why({.limit = "0"}), "E0807 `0` is no number for `limit`");
  EXPECT_EQ(why({.limit = "4294967296"}), "E0807 `4294967296` is no number for `limit`");
  EXPECT_EQ(why({.last = "x"}), "E0807 `x` is no number for `last`");
  EXPECT_EQ(why({.after = "x"}), "E0807 `x` is no page");
  EXPECT_EQ(why({.group_by = "a,,b"}), "E0807 there is no field `a` to group by");
}

TEST(Question, travels_in_an_address) {
  const HistoryQuestion question{.filter = "a == \"b&c=d%\" + '\xc3\xa4'", .since = "1h"};
  const std::string query = to_target_query(question);
  EXPECT_EQ(query.find_first_of(" \"'<>"), std::string::npos);
  const HistoryQuestion back = parse_target_query(query).value();
  EXPECT_EQ(back.filter, question.filter);
  EXPECT_EQ(back.since, "1h");
  EXPECT_EQ(parse_target_query("filter=a+b")->filter, "a b");
  for (const char* const text :
       {"filter=%", "filter=%4", "filter=%zz", "what=1", "=1", "filter=%-1"}) {
    EXPECT_FALSE(parse_target_query(text)) << text;
  }
}

}  // namespace
}  // namespace gatehouse
