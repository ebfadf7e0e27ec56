// What is promised: a record is asked alone, by the same filters that the database takes; one that
// comes to no answer chooses nothing. (That both choose the same is promised by filter_test.)
#include "store/event_filter.h"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse {
namespace {

class Record {
 public:
  template <class Event>
  explicit Record(const Event& event, std::uint64_t sequence = 7, std::int64_t at_us = -1)
      : size_(encode(event, bytes_)) {
    stamp(std::span(bytes_).first(size_), sequence, at_us);
  }
  EventView view() const { return *EventView::parse(std::span(bytes_).first(size_)); }

 private:
  std::array<char, kEventBytesMax> bytes_{};
  std::size_t size_;
};

bool chooses(std::string_view filter, const Record& record) {
  const auto read = EventFilter::read(filter);
  EXPECT_TRUE(read) << filter << ": " << read.error().what;
  return read && (*read)->chooses(record.view());
}

TEST(EventFilter, asks_a_request_for_what_it_has) {
  const Record record(RequestEvent{.outcome = EventOutcome::served,
                                   .id = {.low = 5, .high = 6},
                                   .duration_us = 3,
                                   .status = 200,
                                   .client = "10.1.2.3",
                                   .forwarded = "2001:db8::7",
                                   .path = "/orders/17",
                                   .verdict_level = "slow",
                                   .sign_in = EventSignIn::failed});
  for (const std::string_view filter :
       {"url.path.startsWith('/orders/')", "http.response.status_code == 200",
        "event.duration == 3000", "event.sequence == 7", "gatehouse.outcome == 'served'",
        "client.ip == '2001:db8::7' && source.ip == '10.1.2.3'",
        "client.address in cidr('2001:db8::/32') && source.address in [cidr('10.0.0.0/8')]",
        "event.id == '00000000000000060000000000000005'", "gatehouse.sign_in.outcome == 'failed'",
        "gatehouse.verdict.done == 'none' && gatehouse.verdict.would == 'none'",
        "!gatehouse.truncated && !has(user.id) && !has(gatehouse.fault)",
        "time < timestamp('1970-01-01T00:00:00Z') && time.getFullYear() == 1969"}) {
    EXPECT_TRUE(chooses(filter, record)) << filter;
  }
}

TEST(EventFilter, a_record_that_is_no_request_has_only_what_it_says) {
  const Record gap(SystemEvent{.kind = EventKind::gap, .count = 12, .name = "journal"});
  EXPECT_TRUE(chooses("gatehouse.count == 12 && event.action == 'gap'", gap));
  EXPECT_TRUE(chooses("gatehouse.name == 'journal'", gap));
  EXPECT_FALSE(chooses("event.duration >= 0 || gatehouse.worker == 0", gap));
  EXPECT_FALSE(chooses("gatehouse.truncated || !gatehouse.truncated", gap));
}

TEST(EventFilter, chooses_nothing_where_it_comes_to_no_answer) {
  const Record record(RequestEvent{.path = "/a"});
  EXPECT_FALSE(chooses("http.response.status_code == 200", record));
  EXPECT_FALSE(chooses("!(http.response.status_code == 200)", record));
  EXPECT_FALSE(chooses("client.address in cidr('::/0')", Record(RequestEvent{.client = "unix"})));
}

TEST(EventFilter, text_that_is_no_utf_8_is_mended_as_in_the_history) {
  const Record record(RequestEvent{.path = "/\xff"});
  EXPECT_TRUE(chooses("url.path == '/\\ufffd' && size(url.path) == 2", record));
}

TEST(EventFilter, forgets_one_record_before_the_next) {
  const auto filter = EventFilter::read("url.path.lowerAscii() == '/a' && size(event.id) == 32");
  ASSERT_FALSE(filter);  // an id can't be asked that
  const auto lower = EventFilter::read("url.path.lowerAscii().endsWith('x')");
  ASSERT_TRUE(lower);
  const std::string path = "/" + std::string(500, 'X');
  const Record record(RequestEvent{.path = path});
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE((*lower)->chooses(record.view())) << i;
}

TEST(EventFilter, refuses_what_the_database_refuses) {
  const auto unknown = EventFilter::read("url.paht == 'a'");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "E0807");
  EXPECT_EQ(unknown.error().at.column, 5U);
  EXPECT_FALSE(EventFilter::read("string(http.response.bytes) == '1'"));
}

}  // namespace
}  // namespace gatehouse
