// What is promised: a whole line for each request that ended, in a file that turns over at its
// size, follows its name, and drops with a count what the disk does not take.
#include "events/access_log.h"

#include <sys/resource.h>
#include <csignal>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "events/event_json.h"
#include "events/journal.h"
#include "testing/manual_clock.h"

namespace gatehouse {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct AccessLogTest : ::testing::Test {
  AccessLogTest() {
    std::string pattern = (fs::temp_directory_path() / "access.XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    path = folder + "/access.log";
  }
  ~AccessLogTest() override { fs::remove_all(folder); }
  std::string folder, path;
};

TEST_F(AccessLogTest, turns_over_at_its_size_and_keeps_so_many) {
  AccessLogFile file({.path = path, .rotate_bytes = 10, .keep_files = 2});
  for (const char* const line :
       {"aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "eeee\n", "ffff\n", "gggg\n"}) {
    ASSERT_TRUE(file.write(line));
  }
  EXPECT_EQ(read(path), "gggg\n");
  EXPECT_EQ(read(path + ".1"), "eeee\nffff\n");
  EXPECT_EQ(read(path + ".2"), "cccc\ndddd\n");
  EXPECT_FALSE(fs::exists(path + ".3"));
  EXPECT_EQ(file.rotations(), 3U);
}

TEST_F(AccessLogTest, counts_what_was_there_before_and_keeps_none_if_told_so) {
  std::ofstream(path) << "12345678\n";
  AccessLogFile file({.path = path, .rotate_bytes = 10, .keep_files = 0});
  ASSERT_TRUE(file.write("new\n"));
  EXPECT_EQ(read(path), "new\n");
  EXPECT_FALSE(fs::exists(path + ".1"));
}

TEST_F(AccessLogTest, never_turns_over_at_nought) {
  AccessLogFile file({.path = path, .rotate_bytes = 0});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(file.write("a line\n"));
  EXPECT_EQ(read(path).size(), 700U);
}

TEST_F(AccessLogTest, follows_its_name_when_it_was_moved) {
  AccessLogFile file({.path = path});
  ASSERT_TRUE(file.write("one\n"));
  fs::rename(path, path + ".moved");
  ASSERT_TRUE(file.write("two\n"));  // nobody has said so yet
  file.reopen_if_moved();
  ASSERT_TRUE(file.write("three\n"));
  file.reopen_if_moved();
  ASSERT_TRUE(file.write("four\n"));
  EXPECT_EQ(read(path + ".moved"), "one\ntwo\n");
  EXPECT_EQ(read(path), "three\nfour\n");
}

TEST_F(AccessLogTest, says_why_when_it_can_not_be_opened) {
  AccessLogFile file({.path = folder + "/missing/access.log"});
  const Status written = file.write("x\n");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "E0720");
  fs::create_directory(folder + "/missing");
  EXPECT_TRUE(file.write("x\n"));
}

TEST_F(AccessLogTest, leaves_no_part_of_a_line_on_a_full_disk) {
  AccessLogFile file({.path = path});
  ASSERT_TRUE(file.write("whole\n"));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 8;
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Status full = file.write("too much\n");
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(full);
  EXPECT_EQ(read(path), "whole\n");
  EXPECT_TRUE(file.write("again\n"));
  EXPECT_EQ(read(path), "whole\nagain\n");
}

TEST_F(AccessLogTest, has_a_line_for_each_request_that_ended_and_no_other) {
  const testing::ManualClock clock;
  EventFeed feed(folder, 1, 0);
  auto batch = std::make_unique<EventBatch>();
  std::string expected;
  std::uint64_t sequence = 0;
  const auto add = [&](const auto& event) {
    char bytes[kEventBytesMax];
    const std::size_t size = encode(event, bytes);
    stamp(std::span(bytes).first(size), ++sequence, 1000);
    std::ranges::copy(std::span(bytes).first(size), batch->add(size).begin());
    return to_json(*EventView::parse(std::span(bytes).first(size))) + '\n';
  };
  expected += add(RequestEvent{.path = "/a"});
  add(SystemEvent{});
  add(RequestEvent{.kind = EventKind::open, .path = "/b"});
  expected += add(RequestEvent{.path = "/c"});
  batch->first = 1;
  batch->last = sequence;
  AccessLog log({.path = path}, feed, clock, [](std::string_view) {});
  feed.push(share(std::move(batch)));
  feed.finish();
  log.stop();
  EXPECT_EQ(read(path), expected);
  EXPECT_EQ(log.counts().lines, 2U);
}

TEST_F(AccessLogTest, counts_what_is_lost_and_says_so_once) {
  const testing::ManualClock clock;
  EventFeed feed(folder, 1, 0);
  std::vector<std::string> said;
  AccessLog log({.path = folder + "/missing/a.log"}, feed, clock,
                [&](std::string_view text) { said.emplace_back(text); });
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto batch = std::make_unique<EventBatch>();
    char bytes[kEventBytesMax];
    const std::size_t size = encode(RequestEvent{}, bytes);
    stamp(std::span(bytes).first(size), i, 1000);
    std::ranges::copy(std::span(bytes).first(size), batch->add(size).begin());
    batch->first = batch->last = i;
    feed.push(share(std::move(batch)));
  }
  feed.finish();
  log.stop();
  EXPECT_EQ(log.counts().lost, 3U);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("loses lines (1 so far)"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse
