// What is promised: after apply() a worker's table equals the feed's, however many changes it
// slept through; it is told once for all that waits; writers and workers never race.
#include "verdicts/verdict_feed.h"

#include <atomic>
#include <thread>

namespace gatehouse {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'790'000'000s};

VerdictSubject subject(std::uint64_t number) { return {SubjectKind::address, {number, 1}}; }
Verdict block(std::uint64_t number, std::chrono::seconds stands = 60s) {
  return {.subject = subject(number),
          .level = VerdictLevel::block,
          .expires = kNow + stands,
          .reason = "refused too often"};
}

TEST(VerdictFeed, brings_numbered_changes_to_every_worker) {
  VerdictFeed feed;
  VerdictMailbox& one = feed.add_mailbox([] { return true; });
  VerdictMailbox& two = feed.add_mailbox([] { return true; });
  VerdictTable table_one, table_two;
  EXPECT_EQ(feed.set(block(1)), 1U);
  EXPECT_EQ(feed.set(block(2)), 2U);
  EXPECT_EQ(one.apply(table_one), 2U);
  EXPECT_EQ(feed.clear(subject(1)), 3U);
  EXPECT_EQ(one.apply(table_one), 3U);
  EXPECT_EQ(two.apply(table_two), 3U);
  EXPECT_EQ(table_one.rows(), std::vector{block(2)});
  EXPECT_EQ(table_two.rows(), std::vector{block(2)});
}

TEST(VerdictFeed, knows_what_every_worker_has) {
  VerdictFeed feed;
  EXPECT_EQ(feed.applied(), 0U);
  VerdictMailbox& one = feed.add_mailbox([] { return true; });
  VerdictMailbox& two = feed.add_mailbox([] { return true; });
  VerdictTable table_one, table_two;
  feed.set(block(1)), feed.set(block(2));
  one.apply(table_one);
  EXPECT_EQ(feed.applied(), 0U);
  two.apply(table_two);
  EXPECT_EQ(feed.applied(), 2U);
  feed.set(block(3));
  two.apply(table_two);
  EXPECT_EQ(feed.applied(), 2U);
  one.close();  // that worker has ended
  EXPECT_EQ(feed.applied(), 3U);
}

TEST(VerdictFeed, the_latest_of_a_subject_wins) {
  VerdictFeed feed;
  VerdictMailbox& mailbox = feed.add_mailbox([] { return true; });
  feed.set(block(1, 10s)), feed.clear(subject(1)), feed.set(block(1, 30s));
  VerdictTable table;
  mailbox.apply(table);
  EXPECT_EQ(table.rows(), std::vector{block(1, 30s)});
}

TEST(VerdictFeed, tells_a_worker_once_for_all_that_waits) {
  VerdictFeed feed;
  int told = 0;
  VerdictMailbox& mailbox = feed.add_mailbox([&] { return ++told > 0; });
  feed.set(block(1)), feed.set(block(2)), feed.clear(subject(1));
  EXPECT_EQ(told, 1);
  VerdictTable table;
  mailbox.apply(table);
  feed.set(block(3));
  EXPECT_EQ(told, 2);
}

TEST(VerdictFeed, tells_again_when_a_worker_could_not_be_told) {
  VerdictFeed feed;
  int tried = 0;
  feed.add_mailbox([&] {
    ++tried;
    return false;
  });
  feed.set(block(1)), feed.set(block(2));
  EXPECT_EQ(tried, 2);
}

TEST(VerdictFeed, tells_no_one_who_has_closed) {
  VerdictFeed feed;
  int told = 0;
  VerdictMailbox& mailbox = feed.add_mailbox([&] { return ++told > 0; });
  mailbox.close();
  feed.set(block(1));
  EXPECT_EQ(told, 0);
}

TEST(VerdictFeed, a_worker_that_slept_too_long_gets_all) {
  VerdictFeed feed;
  VerdictMailbox& mailbox = feed.add_mailbox([] { return true; }, 3);
  VerdictTable table;
  feed.set(block(99));
  mailbox.apply(table);
  feed.clear(subject(99));
  for (std::uint64_t n = 1; n <= 10; ++n) feed.set(block(n));
  EXPECT_EQ(mailbox.missed(), 1U);
  EXPECT_EQ(mailbox.apply(table), 12U);
  EXPECT_EQ(table.rows(), feed.rows());
  EXPECT_EQ(table.size(), 10U);
}

TEST(VerdictFeed, a_worker_that_comes_later_begins_with_what_stands) {
  VerdictFeed feed;
  feed.set(block(1));
  VerdictMailbox& mailbox = feed.add_mailbox([] { return true; });
  VerdictTable table;
  EXPECT_EQ(mailbox.apply(table), 1U);
  EXPECT_EQ(table.rows(), std::vector{block(1)});
}

TEST(VerdictFeed, who_loses_its_row_in_the_full_table_is_cleared_at_the_workers) {
  VerdictFeed feed(2);
  VerdictMailbox& mailbox = feed.add_mailbox([] { return true; });
  VerdictTable table;
  feed.set(block(1, 10s)), feed.set(block(2, 20s));
  mailbox.apply(table);
  EXPECT_NE(feed.set(block(3, 30s)), 0U);
  EXPECT_EQ(feed.set(block(4, 1s)), 0U);
  mailbox.apply(table);
  EXPECT_EQ(table.rows(), (std::vector{block(2, 20s), block(3, 30s)}));
  EXPECT_EQ(feed.evicted(), 1U);
  EXPECT_EQ(feed.refused(), 1U);
}

TEST(VerdictFeed, keeps_workers_equal_to_the_feed_under_load) {
  VerdictFeed feed;
  struct Worker {
    std::atomic<int> told{0};
    VerdictTable table;
    VerdictMailbox* mailbox = nullptr;
    std::thread thread;
  };
  std::array<Worker, 2> workers;
  std::atomic<bool> ended{false};
  for (Worker& worker : workers) {
    worker.mailbox = &feed.add_mailbox(
        [&worker] {
          worker.told.fetch_add(1);
          worker.told.notify_one();
          return true;
        },
        20);
    worker.thread = std::thread([&worker, &ended] {
      for (int seen = 0; !ended.load();) {
        worker.told.wait(seen);
        seen = worker.told.load();
        worker.mailbox->apply(worker.table);
      }
      worker.mailbox->apply(worker.table);
    });
  }
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t n = i * 2654435761 % 50;
    if (i % 3 == 0) {
      feed.clear(subject(n));
    } else {
      feed.set(block(n, std::chrono::seconds(1 + i % 100)));
    }
  }
  ended = true;
  for (Worker& worker : workers) {
    worker.told.fetch_add(1);
    worker.told.notify_one();
    worker.thread.join();
    EXPECT_EQ(worker.table.rows(), feed.rows());
  }
}

}  // namespace
}  // namespace gatehouse
